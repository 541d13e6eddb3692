//! Absent subjects: their referrers can still be listed and attached.

use crate::run::{World, digest};

/// Creates an artifact without its manifest, with a note attached. Returns the digests of the artifact and of the
/// note.
fn noted(world: &World, layout: &str) -> (String, String) {
    world.push_hello("app:v1");
    let name = format!("{layout}:v1");
    let subject = digest(&world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", &name]));
    let note = digest(&world.oras(&attach(&name, "note/x")));
    let encoded = subject.strip_prefix("sha256:").unwrap();
    std::fs::remove_file(world.path(&format!("{layout}/blobs/sha256/{encoded}"))).unwrap();
    (subject, note)
}

fn attach<'a>(name: &'a str, kind: &'a str) -> [&'a str; 7] {
    [
        "attach",
        "--oci-layout",
        name,
        "--artifact-type",
        kind,
        "-a",
        "k=v",
    ]
}

#[test]
fn what_is_attached_to_an_absent_subject_is_listed_with_the_rest() {
    let world = World::new();
    let (subject, note) = noted(&world, "layout");
    let name = format!("layout@{subject}");
    let more = digest(&world.oras(&attach(&name, "more/x")));
    let found = world.oras(&["discover", "--oci-layout", &name, "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let referrers = found["referrers"].as_array().unwrap();
    let mut digests: Vec<&str> = referrers
        .iter()
        .map(|one| one["digest"].as_str().unwrap())
        .collect();
    let mut expected = [note.as_str(), more.as_str()];
    digests.sort_unstable();
    expected.sort_unstable();
    assert_eq!(digests, expected);

    // The size and type come from the first referrer.
    let described = |referrer: &str| {
        let fetched = world.oras(&["manifest", "fetch", "--oci-layout", &format!("layout@{referrer}")]);
        serde_json::from_str::<serde_json::Value>(&fetched).unwrap()["subject"].clone()
    };
    assert_eq!(described(&more), described(&note));
    assert_eq!(found["size"], described(&note)["size"]);
}

#[test]
fn nothing_is_attached_to_what_nobody_describes() {
    let world = World::new();
    world.push_hello("app:v1");
    let absent = world.at(&format!("app@sha256:{}", "a".repeat(64)));
    world.journal().clear();
    for command in [
        vec!["attach", &absent, "--artifact-type", "a/b", "-a", "k=v"],
        vec!["discover", &absent],
    ] {
        let error = world.fails_with(Some(3), &command);
        assert!(error.contains("not found"), "{error}");
    }
    let writes = |method: &str| matches!(method, "POST" | "PUT" | "PATCH");
    assert_eq!(world.journal().count(|entry| writes(entry.method.as_str())), 0);
}
