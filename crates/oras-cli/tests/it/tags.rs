//! Tags of the same manifest.

use http::Method;
use oras_server::Route;

use crate::run::{Place, World, with};

/// A repository and a layout with two tags of one artifact, and one of another.
fn places(world: &World) -> [Place; 2] {
    let app = world.at("app");
    world.push_hello("app:v1");
    world.oras(&["tag", &format!("{app}:v1"), "latest"]);
    let other = ["push", &format!("{app}:v2"), "--artifact-type", "t/x"];
    world.oras(&other);
    world.oras(&["cp", "--all-tags", &app, "--to-oci-layout", "lay"]);
    [
        (app, "registry", vec![]),
        ("lay".to_owned(), "oci-layout", vec!["--oci-layout"]),
    ]
}

#[test]
fn tags_of_the_same_content_are_listed_by_one_of_them_and_by_its_digest() {
    let world = World::new();
    for (place, _, flags) in places(&world) {
        let listed = |name: &str| world.oras(&with(&["repo", "tags", name], &flags));
        assert_eq!(listed(&place), "latest\nv1\nv2\n");
        let long = ["repository", "show-tags", &place];
        assert_eq!(world.oras(&with(&long, &flags)), "latest\nv1\nv2\n");
        assert_eq!(listed(&format!("{place}:v1")), "latest\nv1\n");
        assert_eq!(listed(&format!("{place}:v2")), "v2\n");
        let digest = world.oras(&with(&["resolve", &format!("{place}:v1")], &flags));
        assert_eq!(listed(&format!("{place}@{}", digest.trim())), "latest\nv1\n");
        let last = format!("{place}:v1");
        let after = ["repo", "tags", &last, "--last", "latest"];
        assert_eq!(world.oras(&with(&after, &flags)), "v1\n");
        let absent = format!("{place}:v3");
        world.fails_with(Some(3), &with(&["repo", "tags", &absent], &flags));
    }
}

#[test]
fn a_tag_costs_one_question_and_none_that_was_not_asked_about() {
    let world = World::new();
    let [(app, ..), _] = places(&world);
    let questions = |name: &str| {
        world.journal().clear();
        world.oras(&["repo", "tags", name]);
        let is_head = |method: &Method| *method == Method::HEAD;
        let journal = world.journal();
        let asked = journal.count(|entry| entry.route == Route::Manifest && is_head(&entry.method));
        (asked, journal.requests())
    };
    assert_eq!(questions(&app), (0, 1));
    assert_eq!(questions(&format!("{app}:v1")), (4, 5));
}

#[test]
fn a_tag_that_is_not_there_is_not_said_to_be_found() {
    let world = World::new();
    let [(app, ..), _] = places(&world);
    let back = world.at("back");
    world.fails_with(Some(3), &["restore", &format!("{back}:v3"), "--input", "lay"]);
    world.fails_with(Some(3), &["backup", &format!("{app}:v3"), "--output", "out"]);
    let ran = world.run(&["backup", &format!("{app}:v2,v3"), "--output", "out"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let found = format!("Found 1 tag(s) in {app}: v2\n");
    assert!(ran.stdout.starts_with(&found), "{}", ran.stdout);
}
