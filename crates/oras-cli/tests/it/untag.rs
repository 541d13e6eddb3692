//! Tags removed by name or by age; the manifests they resolve to stay.

use std::io::{Read, Write};
use std::process::Stdio;

use http::Method;
use oras_server::Route;
use oras_server_faults::Fault;
use serde_json::{Value, json};

use crate::run::{Place, World, digest, with};

/// The same artifact, tagged `v1`, `v2` and `v3`, in a repository and in a layout. Returns its digest.
fn places(world: &World) -> ([Place; 2], String) {
    let root = world.push_hello("app:v1");
    world.oras(&["tag", &world.at("app:v1"), "v2", "v3"]);
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:v1,v2,v3"]);
    let places = [
        (world.at("app"), "registry", vec![]),
        ("lay".to_owned(), "oci-layout", vec!["--oci-layout"]),
    ];
    (places, root)
}

#[test]
fn tags_go_and_their_manifest_stays() {
    let world = World::new();
    let (places, root) = places(&world);
    for (name, kind, flags) in places {
        let two = format!("{name}:v1,v3");
        let said = world.oras(&with(&["repo", "delete", "--force", &two], &flags));
        assert_eq!(
            said,
            format!("Untagged [{kind}] {name}:v1\nUntagged [{kind}] {name}:v3\n")
        );
        assert_eq!(world.oras(&with(&["repo", "tags", &name], &flags)), "v2\n");
        let last = format!("{name}:v2");
        let ran = world.run_with("n\n", &with(&["repo", "delete", &last], &flags));
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
        assert_eq!(
            ran.stderr,
            format!("Remove the tag v2 of {name}? [y/N] Nothing was deleted\n")
        );
        let ran = world.run_with(
            "y\n",
            &with(&["repo", "untag", &last, "--format", "json"], &flags),
        );
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        let expected = json!({ "reference": name, "untagged": ["v2"], "missing": [], "failed": [] });
        assert_eq!(document, expected);
        let by_digest = format!("{name}@{root}");
        assert_eq!(world.oras(&with(&["resolve", &by_digest], &flags)).trim(), root);
        // A missing tag is an error, unless it may be absent.
        world.fails_with(Some(3), &with(&["repo", "delete", &last], &flags));
        let ran = world.run(&with(&["repo", "delete", "-f", &last], &flags));
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
        assert_eq!(ran.stderr, format!("Missing [{kind}] {name}:v2\n"));
    }
}

#[test]
fn a_tag_that_moves_while_somebody_is_asked_stays() {
    let world = World::new();
    let (places, _) = places(&world);
    world.write("new.txt", "new");
    for (name, _, flags) in places {
        let tag = format!("{name}:v1");
        let mut command = world.command(&with(&["repo", "delete", &tag], &flags));
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut asking = command.spawn().unwrap();
        let (mut asked, mut said) = (Vec::new(), asking.stderr.take().unwrap());
        while !asked.ends_with(b"[y/N] ") {
            let mut byte = [0];
            said.read_exact(&mut byte).unwrap();
            asked.extend(byte);
        }
        world.oras(&with(&["push", &tag, "new.txt"], &flags));
        let moved = world.oras(&with(&["resolve", &tag], &flags));
        asking.stdin.take().unwrap().write_all(b"y\n").unwrap();
        let mut why = String::new();
        said.read_to_string(&mut why).unwrap();
        assert!(!asking.wait().unwrap().success(), "{why}");
        assert!(why.contains(&format!("to {} meanwhile", moved.trim())), "{why}");
        assert_eq!(world.oras(&with(&["resolve", &tag], &flags)), moved);
    }
}

#[test]
fn what_is_no_tag_is_not_removed() {
    let world = World::new();
    let (places, root) = places(&world);
    for (name, _, flags) in places {
        let by_digest = format!("{name}@{root}");
        let error = world.fails_with(Some(2), &with(&["repo", "delete", "-f", &by_digest], &flags));
        assert!(
            error.contains(&format!("'oras manifest delete {name}@{root}'")),
            "{error}"
        );
        let error = world.fails_with(Some(2), &with(&["repo", "delete", "-f", &name], &flags));
        assert!(error.contains(&format!("write {name}:<tag>")), "{error}");
        let ran = world.run(&with(&["repo", "delete", &format!("{name}:v1")], &flags));
        assert!(
            ran.code == 2 && ran.stderr.contains("add --force"),
            "{}",
            ran.stderr
        );
        assert_eq!(
            world.oras(&with(&["repo", "tags", &name], &flags)),
            "v1\nv2\nv3\n"
        );
    }
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "x.tar:v1"]);
    let error = world.fails_with(Some(1), &["repo", "delete", "-f", "--oci-layout", "x.tar:v1"]);
    assert!(error.contains("an archive stays as it is"), "{error}");
}

#[test]
fn a_registry_that_cannot_remove_a_tag_alone_is_told_of() {
    let world = World::new();
    let (_, root) = places(&world);
    let app = world.at("app");
    for status in [405, 400, 404] {
        let refuses = Fault::status(status)
            .on_method(Method::DELETE)
            .on_route(Route::Manifest);
        world.server().inject(refuses);
        let error = world.fails_with(Some(1), &["repo", "delete", "-f", &format!("{app}:v1,v2")]);
        assert!(
            error.starts_with("Error: 0 of 2 tags were removed, and v1 was not: ")
                && error.contains(" is not supported"),
            "{error}"
        );
        let advice = format!("or 'oras manifest delete {app}:v1' deletes the manifest, with all its tags");
        assert!(error.ends_with(&advice), "{error}");
    }
    // A refusal for one tag does not affect the others.
    let refuses = Fault::status(403)
        .on_method(Method::DELETE)
        .on_route(Route::Manifest);
    world.server().inject(refuses.times(2));
    let ran = world.run(&["repo", "delete", "-f", &format!("{app}:v1,v2")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("Failed tag v2: "), "{}", ran.stderr);
    assert_eq!(world.oras(&["repo", "tags", &app]), "v1\nv2\nv3\n");

    // A registry that also deletes the manifest gets it back.
    for method in [Method::HEAD, Method::GET] {
        let gone = Fault::status(404).on_method(method).on_digest(&root);
        world.server().inject(gone);
    }
    world.journal().clear();
    let error = world.fails_with(Some(1), &["repo", "delete", "-f", &format!("{app}:v1,v2")]);
    assert!(
        error.contains("the registry deleted the manifest with its tag"),
        "{error}"
    );
    assert_eq!(
        world.journal().count(|entry| entry.method == Method::DELETE),
        1,
        "what else it would delete stays"
    );
    assert!(
        error.contains(&format!("the manifest was put back as {app}@{root}")),
        "{error}"
    );
    let puts = world
        .journal()
        .count(|entry| entry.method == Method::PUT && entry.path.ends_with(&root));
    assert_eq!(puts, 1);
}

/// Q03: such a registry denies content it has.
#[test]
fn a_manifest_that_is_only_denied_when_it_is_asked_for_was_not_deleted_with_its_tag() {
    let world = World::new();
    let (_, root) = places(&world);
    let app = world.at("app");
    let denied = Fault::status(404).on_method(Method::HEAD).on_digest(&root);
    world.server().inject(denied.always());
    world.oras(&["repo", "delete", "-f", &format!("{app}:v1")]);
    assert_eq!(world.oras(&["repo", "tags", &app]), "v2\nv3\n");
    assert_eq!(
        world
            .journal()
            .count(|entry| entry.method == Method::PUT && entry.path.ends_with(&root)),
        0
    );
}

/// Pushes `app:<tag>` with this creation time.
fn push(world: &World, tag: &str, created: &str) {
    let created = format!("org.opencontainers.image.created={created}");
    let name = world.at(&format!("app:{tag}"));
    world.oras(&[
        "push",
        &name,
        "hello.txt",
        "-a",
        &created,
        "-a",
        &format!("tag={tag}"),
    ]);
}

/// Pushes an image `app:<tag>` without annotations, with this config.
fn push_image(world: &World, tag: &str, config: &str) {
    world.write("config.json", config);
    let pushed = digest(&world.oras(&["blob", "push", &world.at("app"), "config.json"]));
    let kind = "application/vnd.oci.image.config.v1+json";
    let config = json!({ "mediaType": kind, "digest": pushed, "size": config.len() });
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let image = json!({ "schemaVersion": 2, "mediaType": kind, "config": config, "layers": [] });
    world.write("image.json", image.to_string());
    world.oras(&["manifest", "push", &world.at(&format!("app:{tag}")), "image.json"]);
}

/// Creates tags of all kinds: three with dates, two without, one with the date in its config, one of an index, and
/// one of another artifact.
fn dated() -> World {
    let world = World::new();
    world.write("hello.txt", "hello");
    push(&world, "v1", "2001-01-01T00:00:00Z");
    push(&world, "v2", "2002-02-02T00:00:00Z");
    push(&world, "new", "2999-01-01T00:00:00Z");
    push(&world, "zero", "1970-01-01T00:00:00Z");
    push(
        &world,
        &format!("sha256-{}", "a".repeat(64)),
        "2000-01-01T00:00:00Z",
    );
    push_image(&world, "image", "{\"created\":\"2003-03-03T00:00:00Z\"}");
    push_image(&world, "nothing", "{}");
    let described = world.oras(&["manifest", "fetch", "--descriptor", &world.at("app:v2")]);
    let entry: Value = serde_json::from_str(&described).unwrap();
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = json!({ "schemaVersion": 2, "mediaType": kind, "manifests": [entry] });
    world.write("index.json", index.to_string());
    world.oras(&["manifest", "push", &world.at("app:index"), "index.json"]);
    world
}

fn names(documents: &Value) -> Vec<&str> {
    let documents = documents.as_array().unwrap();
    documents
        .iter()
        .map(|document| document["tag"].as_str().unwrap())
        .collect()
}

/// Returns the tags that `prune --dry-run` of `place` would remove and keep with these flags.
fn planned(world: &World, place: &[&str], flags: &[&str]) -> [Vec<String>; 2] {
    let said = world.oras(
        &[
            &["repo", "prune"],
            place,
            &["--dry-run", "--format", "json"],
            flags,
        ]
        .concat(),
    );
    let document: Value = serde_json::from_str(&said).unwrap();
    ["removed", "kept"].map(|list| names(&document[list]).into_iter().map(str::to_owned).collect())
}

#[test]
fn what_is_pruned_is_old_and_dated_and_fits() {
    let world = dated();
    world.oras(&["backup", &world.at("app"), "-o", "lay"]);
    let app = world.at("app");
    for place in [
        &[app.as_str()][..],
        &["--oci-layout", "lay"],
        &["--oci-layout-path", "lay"],
    ] {
        let keeps_two = planned(&world, place, &["--keep", "2"]);
        assert_eq!(
            keeps_two,
            [vec!["v2", "index", "v1"], vec!["new", "image", "zero", "nothing"]]
        );
        let [old, _] = planned(&world, place, &["--older-than", "30d"]);
        assert_eq!(old, ["image", "v2", "index", "v1"]);
        let [old, kept] = planned(
            &world,
            place,
            &["--keep", "1", "--older-than", "1000w", "--match", "v?"],
        );
        assert_eq!((old, kept), (vec!["v1".to_owned()], vec!["v2".to_owned()]));
        let [old, kept] = planned(&world, place, &["--keep", "4", "--undated"]);
        assert_eq!(
            (old, kept.len()),
            (vec!["v1".to_owned(), "zero".to_owned(), "nothing".to_owned()], 4)
        );
        let [old, _] = planned(&world, place, &["--keep", "0", "--match", "n*"]);
        assert_eq!(old, ["new"], "what has no date stays");
    }
    assert_eq!(
        world.oras(&["repo", "tags", &app]).lines().count(),
        8,
        "nothing was written"
    );
}

#[test]
fn an_index_of_more_manifests_than_are_looked_at_has_no_date() {
    let world = World::new();
    world.write("hello.txt", "hello");
    push(&world, "v1", "2001-01-01T00:00:00Z");
    let described = world.oras(&["manifest", "fetch", "--descriptor", &world.at("app:v1")]);
    let entry: Value = serde_json::from_str(&described).unwrap();
    let kind = "application/vnd.oci.image.index.v1+json";
    for (tag, count) in [("some", 64), ("many", 65)] {
        let index = json!({ "schemaVersion": 2, "mediaType": kind, "manifests": vec![&entry; count] });
        world.write("index.json", index.to_string());
        world.oras(&["manifest", "push", &world.at(&format!("app:{tag}")), "index.json"]);
    }
    let [old, kept] = planned(&world, &[&world.at("app")], &["--keep", "0"]);
    assert_eq!(
        (old, kept),
        (vec!["v1".to_owned(), "some".to_owned()], vec!["many".to_owned()])
    );
}

#[test]
fn pruning_says_what_it_does_and_needs_a_yes() {
    let world = dated();
    world.oras(&["backup", &world.at("app"), "-o", "lay"]);
    let app = world.at("app");
    let said = world.oras(&["repo", "prune", &app, "--keep", "3", "--dry-run"]);
    assert_eq!(
        said,
        "Would remove index (2002-02-02T00:00:00Z)\nWould remove v1 (2001-01-01T00:00:00Z)\n\
         2 tag(s) would be removed, 5 kept, 2 of them without a date\n"
    );
    let error = world.fails_with(Some(2), &["repo", "prune", &app, "--keep", "3"]);
    assert!(error.contains("--force"), "{error}");
    for (name, kind, flags) in [
        (app.as_str(), "registry", vec![]),
        ("lay", "oci-layout", vec!["--oci-layout"]),
    ] {
        let said = world.oras(&with(&["repo", "prune", name, "--keep", "3", "--force"], &flags));
        let expected = format!(
            "Untagged [{kind}] {name}:index\nUntagged [{kind}] {name}:v1\n2 tag(s) removed, 5 kept, 2 of them without a date\n"
        );
        assert_eq!(said, expected);
        let tags = world.oras(&with(&["repo", "tags", name, "--exclude-digest-tags"], &flags));
        assert_eq!(tags, "image\nnew\nnothing\nv2\nzero\n");
        let said = world.oras(&with(&["repo", "prune", name, "--keep", "3", "--force"], &flags));
        assert_eq!(said, "0 tag(s) removed, 5 kept, 2 of them without a date\n");
    }
}

#[test]
fn a_prune_that_cannot_read_or_remove_says_so() {
    let world = dated();
    let app = world.at("app");
    let unreadable = Fault::status(403)
        .on_route(Route::Manifest)
        .on_method(Method::GET)
        .nth(3);
    world.server().inject(unreadable);
    world.fails_with(Some(4), &["repo", "prune", &app, "--keep", "0", "--force"]);
    assert_eq!(
        world.oras(&["repo", "tags", &app]).lines().count(),
        8,
        "one unknown date, and nothing goes"
    );
    world
        .server()
        .inject(Fault::status(405).on_method(Method::DELETE));
    let ran = world.run(&["repo", "prune", &app, "--keep", "3", "--force"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stdout, "0 tag(s) removed, 7 kept, 2 of them without a date\n");
    assert!(
        ran.stderr
            .starts_with("Error: 0 of 2 tags were removed, and index was not: "),
        "{}",
        ran.stderr
    );
    for wrong in [
        vec!["repo", "prune", &app, "--force"],
        vec!["repo", "prune", &app, "--older-than", "soon", "--force"],
        vec!["repo", "prune", &app, "--keep", "-1", "--force"],
    ] {
        assert_eq!(world.run(&wrong).code, 2, "{wrong:?}");
    }
    let tagged = format!("{app}:v2");
    world.fails_with(Some(2), &["repo", "prune", &tagged, "--keep", "1", "--force"]);
    world.fails_with(
        Some(3),
        &["repo", "prune", &world.at("none"), "--keep", "1", "--force"],
    );
}
