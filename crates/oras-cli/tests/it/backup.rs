//! Backup and restore: all tags or some, to folders and archives and back, whatever fails on the way.

use std::process::Stdio;

use http::Method;
use oras::content::{Descriptor, ImageManifest, MediaType, WriterExt};
use oras::layout::LayoutStore;
use oras_server::{Route, ServerOptions};
use oras_server_faults::Fault;
use tokio::runtime::Runtime;

use crate::run::{World, digest, files};

/// A repository `app` to back up: `v1` with an SBOM, `v2`, and `latest`, which is the same as `v2`.
fn world() -> World {
    let world = World::new();
    world.push_hello("app:v1");
    world.write("more.txt", "more");
    world.oras(&["push", &world.at("app:v2,latest"), "hello.txt", "more.txt"]);
    let attach = [
        "attach",
        &world.at("app:v1"),
        "--artifact-type",
        "sbom/x",
        "hello.txt",
    ];
    world.oras(&attach);
    world
}

fn resolve(world: &World, name: &str) -> String {
    world.oras(&["resolve", name]).trim().to_owned()
}

fn same_tags(world: &World, a: &str, b: &str) {
    for tag in ["v1", "v2", "latest"] {
        let [a, b] = [a, b].map(|name| resolve(world, &format!("{name}:{tag}")));
        assert_eq!(a, b, "{tag}");
    }
}

/// Removes the elapsed time from `text`.
fn timeless(text: &str) -> String {
    let at = text.rfind(" in ").unwrap();
    text[..at].to_owned()
}

#[test]
fn all_tags_go_to_a_folder_and_back() {
    let world = world();
    let app = world.at("app");
    let said = world.oras(&["backup", &app, "--output", "out", "--include-referrers"]);
    let expected = format!(
        "Found 3 tag(s) in {app}: latest, v1, v2\nPulled tag latest with 0 referrer(s)\nPulled tag v1 with 1 referrer(s)\n\
         Pulled tag v2 with 0 referrer(s)\nSuccessfully backed up 3 tag(s) from \"{app}\" to \"out\""
    );
    assert_eq!(timeless(&said), expected);

    let back = world.at("back");
    let planned = world.oras(&["restore", "--input", "out", &back, "--dry-run"]);
    assert!(planned.ends_with(&format!(
        "Dry run: would push tag v1 with 1 referrer(s)\nDry run: would push tag v2 with 0 referrer(s)\n\
         Dry run complete: 3 tag(s) would be restored to \"{back}\" (no data pushed)\n"
    )));
    world.fails_with(Some(3), &["repo", "tags", &back]);
    let said = world.oras(&["restore", "--input", "out", &back]);
    let expected = format!(
        "Found 3 tag(s) in the backup: latest, v1, v2\nPushed tag latest with 0 referrer(s)\nPushed tag v1 with 1 referrer(s)\n\
         Pushed tag v2 with 0 referrer(s)\nSuccessfully restored 3 tag(s) to \"{back}\""
    );
    assert_eq!(timeless(&said), expected);
    same_tags(&world, &app, &back);
    assert!(world.oras(&["discover", &world.at("back:v1")]).contains("sbom/x"));

    world.oras(&[
        "restore",
        "--input",
        "out",
        &world.at("plain:v1"),
        "--exclude-referrers",
    ]);
    assert!(
        !world
            .oras(&["discover", &world.at("plain:v1")])
            .contains("sbom/x")
    );
    assert_eq!(world.oras(&["repo", "tags", &world.at("plain")]), "v1\n");
}

#[test]
fn some_tags_go_to_an_archive_and_back() {
    let world = world();
    let app = world.at("app:v1,v2");
    let said = world.oras(&["backup", &app, "-o", "out.tar"]);
    let size = std::fs::metadata(world.path("out.tar")).unwrap().len() as f64 / 1024.0;
    assert!(
        said.contains(&format!("\nExported to out.tar ({size:.1} KiB)\n")),
        "{said}"
    );
    assert_eq!(
        world.oras(&["repo", "tags", "--oci-layout", "out.tar"]),
        "v1\nv2\n"
    );
    let said = world.oras(&["restore", "--input", "out.tar", &world.at("back")]);
    assert!(said.starts_with("Loaded backup archive: out.tar ("), "{said}");
    assert!(
        said.contains("tag v1 with 0 referrer(s)"),
        "they were not asked for: {said}"
    );
    let [v2, back] = ["app:v2", "back:v2"].map(|name| resolve(&world, &world.at(name)));
    assert_eq!(v2, back);

    // A new backup replaces it.
    world.oras(&["backup", &world.at("app"), "-o", "out.tar"]);
    assert_eq!(
        world.oras(&["repo", "tags", "--oci-layout", "out.tar"]),
        "latest\nv1\nv2\n"
    );
    world.write("mine.tar", "mine");
    world.fails_with(
        Some(1),
        &["cp", &world.at("app:v1"), "--to-oci-layout", "mine.tar:v1"],
    );
    let ran = world.run(&["backup", &world.at("app:v1"), "-o", "mine.tar"]);
    assert!(
        ran.code == 1 && ran.stderr.contains("mine.tar: it exists"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.read("mine.tar"), "mine");
}

#[test]
fn layouts_are_backed_up_and_restored_to_as_well() {
    let world = world();
    world.oras(&["backup", &world.at("app"), "-o", "first"]);
    world.oras(&["backup", "--oci-layout", "first", "-o", "second.tar"]);
    world.oras(&["restore", "--input", "second.tar", "--oci-layout", "third"]);
    let tags = world.oras(&["repo", "tags", "--oci-layout", "third"]);
    assert_eq!(tags, "latest\nv1\nv2\n");
    world.oras(&["restore", "--input", "third", "--oci-layout", "fourth.tar:v2"]);
    assert_eq!(
        world.oras(&["repo", "tags", "--oci-layout", "fourth.tar"]),
        "v2\n"
    );
}

#[test]
fn the_lists_of_referrers_that_a_registry_keeps_are_its_own() {
    let world = World::with(ServerOptions::default().with_referrers_api(false));
    let root = world.push_hello("app:v1");
    let attach = |name: &str, kind: &str| {
        let attached = world.oras(&["attach", &world.at(name), "--artifact-type", kind, "hello.txt"]);
        digest(&attached)
    };
    let sbom = attach("app:v1", "sbom/x");
    let list = root.replace(':', "-");
    assert_eq!(
        world.oras(&["repo", "tags", &world.at("app")]),
        format!("{list}\nv1\n")
    );
    let ran = world.run(&["backup", &world.at("app"), "-o", "out", "--include-referrers"]);
    assert!(
        ran.code == 0 && ran.stdout.contains("Pulled tag v1 with 1 referrer(s)\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr.contains("Left out 1 tag(s) such as sha256-…"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.oras(&["repo", "tags", "--oci-layout", "out"]), "v1\n");

    // Entries the other registry already lists stay in its list.
    let back = world.at("back:v1");
    world.oras(&["cp", &world.at("app:v1"), &back]);
    let signature = attach("back:v1", "sig/x");
    world.oras(&["restore", "--input", "out", &world.at("back")]);
    let found = world.oras(&["discover", &back]);
    assert!(found.contains(&sbom) && found.contains(&signature), "{found}");
    // Named explicitly, it is a tag like any other.
    world.oras(&["backup", &world.at(&format!("app:{list}")), "-o", "named"]);
}

#[test]
fn a_tag_that_only_a_layout_can_have_does_not_end_others_of_its_manifest() {
    let world = World::new();
    world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:v1"]);
    world.oras(&["tag", "--oci-layout-path", "lay", "v1", "reg.example/app:v1"]);
    for more in [&["--dry-run"][..], &[]] {
        let ran = world.run(&[&["restore", "--input", "lay", &world.at("back")], more].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stdout.contains("tag v1 with 0 referrer(s)"), "{}", ran.stdout);
        let failed = "Failed tag reg.example/app:v1: cannot tag at the destination";
        assert!(ran.stderr.contains(failed), "{}", ran.stderr);
    }
    assert_eq!(world.oras(&["repo", "tags", &world.at("back")]), "v1\n");
    world.oras(&["restore", "--input", "lay", "--oci-layout", "back"]);
}

#[test]
fn a_document_tells_of_each_tag() {
    let world = world();
    let name = world.at("app:v1,none");
    let ran = world.run(&[
        "backup",
        &name,
        "-o",
        "out",
        "--include-referrers",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 3);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&document["path"], &document["dryRun"]),
        (&"out".into(), &false.into())
    );
    let [v1, none] = document["tags"].as_array().unwrap().as_slice() else {
        panic!("{document}");
    };
    assert_eq!(v1["digest"], resolve(&world, &world.at("app:v1")).as_str());
    assert_eq!((&v1["tag"], &v1["referrers"]), (&"v1".into(), &1.into()));
    assert!(
        none["error"].as_str().unwrap().contains("none not found"),
        "{none}"
    );
    assert!(v1.get("error").is_none() && none.get("digest").is_none());
}

#[test]
fn a_tag_that_fails_does_not_end_the_others() {
    let world = world();
    let more = "sha256:187897ce0afcf20b50ba2b37dca84a951b7046f29ed5ab94f010619f69d6e189";
    // The bytes are wrong on every request.
    world.server().inject(Fault::flip(1).on_digest(more).always());
    let ran = world.run(&["backup", &world.at("app"), "-o", "out"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(
        ran.stdout.ends_with("\nPulled tag v1 with 0 referrer(s)\n"),
        "{}",
        ran.stdout
    );
    let failed: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("Failed tag"))
        .collect();
    assert!(
        failed.len() == 1 && failed[0].starts_with("Failed tags latest, v2: cannot fetch"),
        "{failed:?}"
    );
    let last = ran.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("Error: 2 of 3 tags were not backed up: "),
        "{last}"
    );
    assert_eq!(world.oras(&["repo", "tags", "--oci-layout", "out"]), "v1\n");
    let check = world.oras(&["layout", "check", "out"]);
    assert!(!check.contains("Fault"), "{check}");

    // An existing archive is only replaced by a complete one; a missing one may be incomplete.
    world.oras(&["backup", &world.at("app:v1"), "-o", "old.tar"]);
    let before = std::fs::read(world.path("old.tar")).unwrap();
    let ran = world.run(&["backup", &world.at("app"), "-o", "old.tar"]);
    assert!(
        ran.code == 6 && ran.stderr.contains("old.tar is unchanged"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stdout.contains("Pulled"), "{}", ran.stdout);
    assert!(std::fs::read(world.path("old.tar")).unwrap() == before);
    let app = world.at("app");
    for (output, is_written) in [("old.tar", false), ("third.tar", true)] {
        let ran = world.run(&["backup", &app, "-o", output, "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["written"], is_written, "{document}");
    }
    let ran = world.run(&["backup", &world.at("app"), "-o", "new.tar"]);
    assert_eq!(ran.code, 6);
    assert_eq!(world.oras(&["repo", "tags", "--oci-layout", "new.tar"]), "v1\n");
}

#[cfg(unix)]
#[test]
fn an_archive_that_is_replaced_stays_private_and_behind_its_link() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let world = world();
    world.oras(&["backup", &world.at("app:v1"), "-o", "old.tar"]);
    set_permissions(world.path("old.tar"), Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("old.tar", world.path("newest.tar")).unwrap();
    world.oras(&["backup", &world.at("app"), "-o", "newest.tar"]);
    assert!(world.path("newest.tar").is_symlink());
    let mode = world.path("old.tar").metadata().unwrap().permissions().mode();
    assert_eq!(format!("{mode:o}"), "100600");
    let all = world.oras(&["repo", "tags", &world.at("app")]);
    assert_eq!(world.oras(&["repo", "tags", "--oci-layout", "old.tar"]), all);
}

#[test]
fn what_is_cut_off_or_refused_for_a_while_is_asked_for_again() {
    for output in ["out", "out.tar"] {
        let world = world();
        let blob = |fault: Fault| fault.on_route(Route::Blob).on_method(Method::GET);
        world.server().inject(blob(Fault::reset(2)).nth(2));
        world.server().inject(blob(Fault::truncate(1)));
        world
            .server()
            .inject(Fault::rate_limited("0").on_route(Route::Manifest).nth(2).times(2));
        world.oras(&["backup", &world.at("app"), "-o", output]);
        world
            .server()
            .inject(Fault::reset_request(1).on_route(Route::Upload));
        world
            .server()
            .inject(Fault::rate_limited("0").on_route(Route::Uploads).nth(2));
        world.server().inject(
            Fault::status(503)
                .on_route(Route::Manifest)
                .on_method(Method::PUT),
        );
        world.oras(&["restore", "--input", output, &world.at("back")]);
        same_tags(&world, &world.at("app"), &world.at("back"));
    }
}

#[test]
fn a_registry_that_fails_for_good_is_told_of_once_and_leaves_whole_tags() {
    let world = world();
    world.oras(&["backup", &world.at("app"), "-o", "out"]);
    let broken = Fault::status(403)
        .on_route(Route::Uploads)
        .on_repository("back")
        .always();
    world.server().inject(broken);
    let ran = world.run(&["restore", "--input", "out", &world.at("back")]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (4, 1), "{}", ran.stderr);
    let last = ran.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("Error: 3 of 3 tags were not restored: "),
        "{last}"
    );
    assert!(last.contains("log in with an account that may do this"), "{last}");
    world.fails_with(Some(3), &["repo", "tags", &world.at("back")]);
}

#[test]
fn a_registry_that_fails_in_the_middle_of_a_transfer_ends_it() {
    let world = World::new();
    let names: Vec<String> = (0..6).map(|number| format!("file{number}")).collect();
    for name in &names {
        world.write(name, name.repeat(200_000));
    }
    let app = world.at("app:v1");
    let mut push = vec!["push", app.as_str()];
    push.extend(names.iter().map(String::as_str));
    world.oras(&push);
    world.oras(&["push", &world.at("app:v2"), "file0"]);
    // One blob stalls, and the others are refused.
    world.server().inject(Fault::stall(500_000).on_route(Route::Blob));
    world
        .server()
        .inject(Fault::status(403).on_route(Route::Blob).always());
    let ran = world.run(&["backup", &world.at("app"), "-o", "out"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("\nError: 2 of 2 tags were not backed up: "),
        "{}",
        ran.stderr
    );
}

/// Writes a layout of 100 tags, each with its own manifest of the same three blobs.
fn hundred_tags(world: &World) {
    let folder = world.path("hundred");
    Runtime::new().unwrap().block_on(async {
        let layout = LayoutStore::create(&folder).await.unwrap();
        let config = layout.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
        let mut manifest = ImageManifest::new(config);
        for layer in ["one", "two"] {
            let layer: Descriptor = layout.push_bytes(MediaType::OCI_LAYER, layer).await.unwrap();
            manifest.layers.push(layer);
        }
        for number in 0..100 {
            manifest.annotations.insert("number".into(), number.to_string());
            let content = manifest.to_content();
            layout.push(content.descriptor(), content.clone()).await.unwrap();
            let tag = format!("v{number:02}");
            layout.tag(content.descriptor(), tag.as_str()).await.unwrap();
        }
    });
}

#[test]
fn what_a_hundred_tags_share_moves_once() {
    let world = World::new();
    hundred_tags(&world);
    world.oras(&["restore", "--input", "hundred", &world.at("app")]);
    let journal = world.journal();
    let count = |route, method: Method| journal.count(|entry| entry.route == route && entry.method == method);
    assert_eq!(count(Route::Manifest, Method::PUT), 100);
    assert_eq!(count(Route::Upload, Method::PUT), 3, "each blob once");
    let asked = count(Route::Blob, Method::HEAD) + count(Route::Uploads, Method::POST);
    assert!(asked <= 6, "{asked} questions about three blobs");
    for output in ["out", "out.tar"] {
        journal.clear();
        world.oras(&["backup", &world.at("app"), "-o", output]);
        assert_eq!(count(Route::Blob, Method::GET), 3, "each blob once");
        assert_eq!(count(Route::Manifest, Method::GET), 100, "each manifest once");
        assert_eq!(journal.requests(), 104, "and the tags");
    }
    let check = world.oras(&["layout", "check", "out"]);
    assert!(check.starts_with("103 blobs"), "{check}");
}

#[test]
fn a_backup_that_is_killed_at_any_request_completes_when_it_is_run_again() {
    let world = world();
    let app = world.at("app");
    let backup =
        |output: &'static str| ["backup", &app, "-o", output, "--include-referrers"].map(str::to_owned);
    world.journal().clear();
    world.oras(&backup("whole").each_ref().map(String::as_str));
    let requests = world.journal().requests();
    assert!(requests >= 8, "{requests}");
    for nth in 1..=requests {
        for output in ["out", "out.tar"] {
            let _ = std::fs::remove_dir_all(world.path("out"));
            let _ = std::fs::remove_file(world.path("out.tar"));
            world.journal().clear();
            world.server().inject(Fault::hang().nth(nth));
            let arguments = backup(output);
            let mut program = world.command(&arguments.each_ref().map(String::as_str));
            let mut program = program
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            while world.journal().requests() < nth {
                assert!(program.try_wait().unwrap().is_none(), "it waits for an answer");
                std::thread::yield_now();
            }
            program.kill().unwrap();
            program.wait().unwrap();
            assert!(
                !world.path("out.tar").exists(),
                "an archive is whole or not there"
            );
            world.oras(&arguments.each_ref().map(String::as_str));
            let flags = ["discover", "--oci-layout", &format!("{output}:v1")].map(str::to_owned);
            let found = world.oras(&flags.each_ref().map(String::as_str));
            assert!(found.contains("sbom/x"), "{nth}: {found}");
            let tags = world.oras(&["repo", "tags", "--oci-layout", output]);
            assert_eq!(tags, "latest\nv1\nv2\n", "{nth}");
        }
        let check = ["layout", "check", "out"];
        assert!(
            !world.path("out").exists() || !world.oras(&check).contains("Fault"),
            "{nth}"
        );
    }
}

#[test]
fn bad_input_is_told_in_a_line_and_writes_nothing() {
    let world = world();
    let absent = format!("{}@sha256:{}", world.at("app"), "a".repeat(64));
    for (arguments, code, says) in [
        (vec!["backup", &world.at("app")], 2, "--output"),
        (vec!["backup", &absent, "-o", "out"], 2, "write"),
        (vec!["backup", &world.at("none"), "-o", "out"], 3, "none"),
        (
            vec!["backup", &world.at("app:none"), "-o", "out"],
            3,
            "check the name",
        ),
        (
            vec!["backup", &world.at("app:v1"), "-o", "out.tgz"],
            2,
            "name it out.tar",
        ),
        (vec!["restore", &world.at("back")], 2, "--input"),
        (
            vec!["restore", &world.at("back"), "--input", "out"],
            3,
            "check the path",
        ),
        (
            vec!["restore", &world.at("back"), "--input", "hello.txt"],
            1,
            "hello.txt",
        ),
    ] {
        let ran = world.run(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{arguments:?}: {}", ran.stderr);
        assert!(files(&world.path("out")).is_empty() && !world.path("out.tgz").exists());
    }
    world.fails_with(Some(3), &["repo", "tags", &world.at("back")]);
}

#[test]
fn a_backup_of_a_backup_has_the_same_digests() {
    let world = world();
    let pushed = world.oras(&["push", &world.at("other:v1"), "more.txt"]);
    world.oras(&["backup", &world.at("other"), "-o", "out"]);
    let copied = world.oras(&["cp", "--from-oci-layout", "out:v1", &world.at("copy:v1")]);
    assert_eq!(digest(&copied), digest(&pushed));
}
