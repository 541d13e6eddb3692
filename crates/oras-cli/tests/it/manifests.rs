//! `oras manifest push` and `oras manifest delete`, in registries and layouts.

use serde_json::Value;

use crate::run::{Place, World, digest, with};

/// A repository and a layout with the blobs of the manifest in `m.json`, and its digest.
fn places(world: &World) -> ([Place; 2], String) {
    let pushed = world.push_hello("app:v1");
    world.oras(&["manifest", "fetch", &world.at("app:v1"), "-o", "m.json"]);
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:v1"]);
    let places = [
        (world.at("app"), "registry", vec![]),
        ("lay".to_owned(), "oci-layout", vec!["--oci-layout"]),
    ];
    (places, pushed)
}

#[test]
fn a_manifest_is_pushed_tagged_and_deleted() {
    let world = World::new();
    let (places, manifest) = places(&world);
    for (place, label, flags) in places {
        let name = format!("{place}:v2,v3");
        let pushed = world.oras(&with(&["manifest", "push", &name, "m.json"], &flags));
        assert_eq!(pushed, format!("Pushed [{label}] {name}\nDigest: {manifest}\n"));
        let v3 = format!("{place}:v3");
        assert_eq!(
            world.oras(&with(&["resolve", &v3], &flags)),
            format!("{manifest}\n")
        );
        let by_digest = format!("{place}@{manifest}");
        let again = world.oras(&with(&["manifest", "push", &by_digest, "m.json"], &flags));
        assert_eq!(digest(&again), manifest);

        let delete = with(&["manifest", "delete", &v3], &flags);
        let kept = world.run_with("\n", &delete);
        assert_eq!((kept.code, kept.stdout.as_str()), (0, ""), "{}", kept.stderr);
        assert!(kept.stderr.contains(&format!(
            "Delete the manifest {manifest} of {place} and all its tags?"
        )));
        let deleted = world.run_with("yes\n", &delete);
        assert_eq!(
            deleted.stdout,
            format!("Deleted [{label}] {v3}\n"),
            "{}",
            deleted.stderr
        );
        for gone in ["v1", "v2", "v3"] {
            world.fails_with(Some(3), &with(&["resolve", &format!("{place}:{gone}")], &flags));
        }
        let forced = with(&["manifest", "delete", "-f", &by_digest], &flags);
        assert_eq!(world.oras(&forced), "");
    }
}

#[test]
fn the_descriptor_alone_is_written_in_every_format() {
    let world = World::new();
    let (places, _) = places(&world);
    for (place, _, flags) in places {
        let name = format!("{place}:v1");
        for command in ["fetch", "fetch-config"] {
            let fetch = with(&["manifest", command, &name, "--descriptor"], &flags);
            let text: Value = serde_json::from_str(&world.oras(&fetch)).unwrap();
            let mut json: Value =
                serde_json::from_str(&world.oras(&with(&fetch, &["--format", "json"]))).unwrap();
            let reference = json.as_object_mut().unwrap().remove("reference").unwrap();
            assert_eq!(json, text);
            assert_eq!(reference, format!("{place}@{}", text["digest"].as_str().unwrap()));
        }
    }
}

#[test]
fn a_manifest_from_stdin_may_be_told_its_type() {
    let world = World::new();
    let (places, manifest) = places(&world);
    let text = world.read("m.json");
    let untyped = text.replace(r#""mediaType":"application/vnd.oci.image.manifest.v1+json","#, "");
    assert_ne!(text, untyped);
    for (place, _, flags) in places {
        let name = format!("{place}:stdin");
        let push = with(&["manifest", "push", &name, "-"], &flags);
        let pushed = world.run_with(&text, &push);
        assert_eq!(digest(&pushed.stdout), manifest);
        let unknown = world.run_with(&untyped, &push);
        assert_eq!(unknown.code, 2, "{}", unknown.stderr);
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let typed = with(&push, &["--media-type", media_type, "--descriptor", "--pretty"]);
        let typed = world.run_with(&untyped, &typed);
        assert!(
            typed.stdout.starts_with("{\n"),
            "{} {}",
            typed.stdout,
            typed.stderr
        );
        let shown: Value = serde_json::from_str(&typed.stdout).unwrap();
        assert_eq!(shown["mediaType"], media_type);
        assert_ne!(shown["digest"], manifest);
    }
}

#[test]
fn what_is_no_manifest_is_not_pushed() {
    let world = World::new();
    let (places, _) = places(&world);
    world.write("text.json", r#"{"mediaType": "text/plain"}"#);
    world.write(
        "list.json",
        r#"{"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": 1}"#,
    );
    world.write("long.json", vec![b' '; (4 << 20) + 1]);
    world.journal().clear();
    for (place, _, flags) in places {
        let name = format!("{place}:bad");
        for (file, code) in [
            ("text.json", 2),
            ("list.json", 1),
            ("long.json", 1),
            ("hello.txt", 2),
        ] {
            world.fails_with(Some(code), &with(&["manifest", "push", &name, file], &flags));
        }
        let other = format!("{place}@sha256:{}", "a".repeat(64));
        world.fails_with(Some(6), &with(&["manifest", "push", &other, "m.json"], &flags));
    }
    assert_eq!(world.journal().count(|entry| entry.method.as_str() != "GET"), 0);
}
