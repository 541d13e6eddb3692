//! The main job: push, attach, discover, copy, pull.

use crate::run::{World, digest, files};

#[test]
fn what_is_pushed_is_pulled() {
    let world = World::new();
    world.write("docs/readme.md", "# Read me");
    world.write("empty", "");
    world.write("program", vec![7_u8; 3_000_000]);
    let name = world.at("app:v1,latest");
    let pushed = world.oras(&[
        "push",
        &name,
        "--artifact-type",
        "application/vnd.test",
        "./docs/readme.md:text/markdown",
        "empty",
        "program",
    ]);
    assert!(
        pushed.starts_with(&format!(
            "Pushed [registry] {name}\nArtifactType: application/vnd.test\nDigest: sha256:"
        )),
        "{pushed}"
    );
    for tag in ["v1", "latest"] {
        let to = format!("out-{tag}");
        let pulled = world.oras(&["pull", &world.at(&format!("app:{tag}")), "-o", &to]);
        assert_eq!(digest(&pulled), digest(&pushed));
        assert_eq!(world.read(&format!("{to}/docs/readme.md")), "# Read me");
        assert_eq!(files(&world.path(&to)).len(), 3);
        assert_eq!(
            std::fs::read(world.path(&to).join("program")).unwrap(),
            vec![7_u8; 3_000_000]
        );
    }
}

#[test]
fn what_is_attached_is_discovered_and_copied_along() {
    let world = World::new();
    let root = world.push_hello("app:v1");
    world.write("sbom.json", "{}");
    let sbom = digest(&world.oras(&[
        "attach",
        &world.at("app:v1"),
        "--artifact-type",
        "sbom/x",
        "sbom.json:application/json",
    ]));
    let signature = digest(&world.oras(&[
        "attach",
        &world.at(&format!("app@{sbom}")),
        "--artifact-type",
        "sig/x",
        "-a",
        "who=me",
    ]));

    let tree = world.oras(&["discover", &world.at("app:v1"), "--no-annotations"]);
    let expected = format!(
        "{}@{root}\n└── sbom/x\n    └── {sbom}\n        └── sig/x\n            └── {signature}\n",
        world.at("app")
    );
    assert_eq!(tree, expected);
    assert!(world.oras(&["discover", &world.at("app:v1")]).contains("who: me"));
    let one_level = world.oras(&["discover", &world.at("app:v1"), "--depth", "1"]);
    assert!(one_level.contains(&sbom) && !one_level.contains(&signature));

    world.oras(&["cp", "-r", &world.at("app:v1"), &world.at("copy:v2")]);
    world.oras(&["cp", "-r", &world.at("copy:v2"), "--to-oci-layout", "layout:v3"]);
    let copied = world.oras(&["discover", "--oci-layout", "layout:v3", "--no-annotations"]);
    assert_eq!(copied, expected.replace(&world.at("app"), "layout"));
    world.oras(&["pull", "--oci-layout", "layout:v3", "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
}

#[test]
fn a_copy_without_a_tag_has_none() {
    let world = World::new();
    let root = world.push_hello("app:v1");
    let copied = world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "layout"]);
    assert_eq!(digest(&copied), root);
    assert_eq!(world.oras(&["repo", "tags", "--oci-layout", "layout"]), "");
    assert_eq!(
        world.oras(&["resolve", "--oci-layout", &format!("layout@{root}")]),
        format!("{root}\n")
    );
}

#[test]
fn tags_are_given_resolved_and_listed() {
    let world = World::new();
    let root = world.push_hello("app:v1");
    let tagged = world.oras(&["tag", &world.at("app:v1"), "v2", "latest"]);
    assert!(tagged.ends_with("Tagged v2\nTagged latest\n"), "{tagged}");
    assert_eq!(
        world.oras(&["repo", "tags", &world.at("app")]),
        "latest\nv1\nv2\n"
    );
    assert_eq!(
        world.oras(&["repo", "tags", &world.at("app"), "--last", "latest"]),
        "v1\nv2\n"
    );
    assert_eq!(
        world.oras(&["resolve", &world.at("app:latest")]),
        format!("{root}\n")
    );
    assert_eq!(
        world.oras(&["resolve", "-l", &world.at("app:v2")]),
        format!("{}@{root}\n", world.at("app"))
    );
    world.push_hello("team/other:v1");
    assert_eq!(
        world.oras(&["repo", "ls", &world.registry()]),
        "app\nteam/other\n"
    );
    assert_eq!(world.oras(&["repo", "ls", &world.at("team")]), "other\n");
}

#[test]
fn manifests_and_blobs_come_as_they_are() {
    let world = World::new();
    let root = world.push_hello("app:v1");
    let manifest = world.oras(&["manifest", "fetch", &world.at("app:v1")]);
    assert!(manifest.starts_with("{\"schemaVersion\":2,"), "{manifest}");
    world.oras(&[
        "manifest",
        "fetch",
        &world.at(&format!("app@{root}")),
        "-o",
        "manifest.json",
    ]);
    assert_eq!(world.read("manifest.json"), manifest);
    let descriptor = world.oras(&["manifest", "fetch", "--descriptor", &world.at("app:v1")]);
    assert!(descriptor.contains(&root), "{descriptor}");

    let hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let blob = world.at(&format!("app@{hello}"));
    assert_eq!(world.oras(&["blob", "fetch", &blob, "-o", "-"]), "hello");
    world.oras(&["blob", "fetch", &blob, "-o", "out/blob"]);
    assert_eq!(world.read("out/blob"), "hello");
    assert!(
        world
            .oras(&["blob", "fetch", "--descriptor", &blob])
            .contains("\"size\":5")
    );
}

#[test]
fn a_configuration_is_pushed_and_pulled() {
    let world = World::new();
    world.write("config.json", "{\"answer\":42}");
    world.write("a.txt", "a");
    world.oras(&[
        "push",
        &world.at("app:v1"),
        "--config",
        "config.json:application/vnd.me+json",
        "a.txt",
    ]);
    let manifest = world.oras(&["manifest", "fetch", &world.at("app:v1")]);
    assert!(
        !manifest.contains("artifactType") && manifest.contains("application/vnd.me+json"),
        "{manifest}"
    );
    world.oras(&[
        "pull",
        &world.at("app:v1"),
        "-o",
        "out",
        "--config",
        "pulled.json:application/vnd.me+json",
    ]);
    assert_eq!(world.read("out/pulled.json"), "{\"answer\":42}");
    assert_eq!(world.read("out/a.txt"), "a");
}

#[test]
fn annotations_come_from_flags_and_a_file() {
    let world = World::new();
    world.write("a.txt", "a");
    world.write(
        "annotations.json",
        r#"{"$manifest":{"m":"1"},"$config":{"c":"2"},"a.txt":{"f":"3"}}"#,
    );
    world.oras(&[
        "push",
        &world.at("app:v1"),
        "a.txt",
        "-a",
        "k=v=w",
        "--annotation-file",
        "annotations.json",
        "--export-manifest",
        "m.json",
    ]);
    let manifest = world.read("m.json");
    for said in [r#""k":"v=w""#, r#""m":"1""#, r#""c":"2""#, r#""f":"3""#] {
        assert!(manifest.contains(said), "{manifest}");
    }
}

#[test]
fn two_files_of_the_same_content_both_arrive() {
    let world = World::new();
    world.write("one.txt", "same");
    world.write("two.txt", "same");
    world.oras(&["push", &world.at("app:v1"), "one.txt", "two.txt"]);
    world.oras(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert_eq!(world.read("out/one.txt"), "same");
    assert_eq!(world.read("out/two.txt"), "same");
}

#[test]
fn old_files_are_replaced_unless_they_are_to_stay() {
    let world = World::new();
    world.push_hello("app:v1");
    world.write("out/hello.txt", "old");
    let error = world.fails(&["pull", &world.at("app:v1"), "-o", "out", "-k"]);
    assert!(error.contains("hello.txt"), "{error}");
    assert_eq!(world.read("out/hello.txt"), "old");
    world.oras(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
}

#[test]
fn a_layout_in_an_archive_is_read_and_not_written() {
    let world = World::new();
    let root = world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "layout:v1"]);
    let packed = std::process::Command::new("tar")
        .args(["-cf", "layout.tar", "-C", "layout", "."])
        .current_dir(world.path(""))
        .status();
    assert!(packed.unwrap().success());
    assert_eq!(
        world.oras(&["repo", "tags", "--oci-layout", "layout.tar"]),
        "v1\n"
    );
    world.oras(&["pull", "--oci-layout", "layout.tar:v1", "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
    let copied = world.oras(&["cp", "--from-oci-layout", "layout.tar:v1", &world.at("b:v1")]);
    assert_eq!(digest(&copied), root);
    let error = world.fails(&[
        "attach",
        "--oci-layout",
        "layout.tar:v1",
        "--artifact-type",
        "t/x",
        "-a",
        "k=v",
    ]);
    assert!(
        error.contains("layout.tar") && error.contains("not supported"),
        "{error}"
    );
}
