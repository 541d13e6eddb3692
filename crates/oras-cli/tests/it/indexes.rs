//! `oras manifest index` and `oras manifest fetch-config`, in registries and layouts.

use serde_json::Value;

use crate::run::{Place, Ran, World, digest, with};

/// The same manifests in a repository and a layout, with the tags amd, arm, art and old.
fn places(world: &World) -> [Place; 2] {
    world.write("hello.txt", "hello");
    world.write("amd.json", r#"{"architecture":"amd64","os":"linux","config":{}}"#);
    let arm = r#"{"architecture":"arm64","os":"linux","variant":"v8","os.version":"1","os.features":["x"]}"#;
    world.write("arm.json", arm);
    for (tag, kind) in [
        (
            "amd",
            ["--config", "amd.json:application/vnd.oci.image.config.v1+json"],
        ),
        (
            "arm",
            [
                "--config",
                "arm.json:application/vnd.docker.container.image.v1+json",
            ],
        ),
        ("art", ["--artifact-type", "a/b"]),
        ("old", ["--config", "amd.json:application/x.y"]),
    ] {
        let (name, layout) = (world.at(&format!("app:{tag}")), format!("lay:{tag}"));
        let created = ["-a", "org.opencontainers.image.created=2000-01-01T00:00:00Z"];
        world.oras(&with(&with(&["push", &name, "hello.txt"], &kind), &created));
        world.oras(&["cp", &name, "--to-oci-layout", &layout]);
    }
    [
        (world.at("app"), "registry", vec![]),
        ("lay".to_owned(), "oci-layout", vec!["--oci-layout"]),
    ]
}

/// The output of oras 1.3.6 for the same manifests.
mod golden {
    pub(super) const CREATED: &str =
        "sha256:96b5ef836d25521e6ef3b8d53bbdad8d5c54e7cedbe2bea66143c5461a09e424";
    pub(super) const NESTED: &str = "sha256:3412bb709202668d31d3a747d70cec636aa40d908a657a51bf0a5e08cbba0fca";
    pub(super) const UPDATED: &str =
        "sha256:19433d01d5c9fe2fca0bcfc970e8fc7b74c4b95e1e9fa27c805cc961ac6e3b0f";
    pub(super) const REMOVED: &str =
        "sha256:1af1ed7b0223e22093fee853591ab9a187ec16b7ca1156197724ab434c32b134";
    pub(super) const EMPTY: &str = "sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2";
    pub(super) const LIST_UPDATED: &str =
        "sha256:dd8dc50c83600ff5609f2aae62720e998c9d18ebcbb4928cf9e0bcc137cd04c6";
    /// A Docker manifest list with the manifest `AMD`, before the update.
    pub(super) const LIST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"AMD","size":528,"platform":{"architecture":"amd64","os":"linux"},"annotations":{"z":"1"}}]}"#;
}

#[test]
fn an_index_is_what_oras_makes_of_the_same_manifests() {
    let world = World::new();
    for (place, label, flags) in places(&world) {
        let run = |words: &[&str]| world.oras(&with(&with(&["manifest", "index"], words), &flags));
        let tagged = |tag: &str| format!("{place}:{tag}");
        let amd = world.oras(&with(&["resolve", &tagged("amd")], &flags));

        let created = run(&["create", &tagged("v1"), "amd", "arm", "art", "old"]);
        assert_eq!(
            created,
            format!("Pushed [{label}] {place}:v1\nDigest: {}\n", golden::CREATED)
        );
        let nested = [
            "create",
            &tagged("v2"),
            "v1",
            "art",
            "-a",
            "b=c",
            "-a",
            "a=d",
            "--artifact-type",
            "x/y",
        ];
        assert_eq!(digest(&run(&nested)), golden::NESTED);
        let updated = run(&[
            "update",
            &tagged("v2"),
            "--add",
            "amd",
            "--merge",
            "v1",
            "--tag",
            "v3",
        ]);
        assert_eq!(
            updated,
            format!("Pushed [{label}] {place}:v2,v3\nDigest: {}\n", golden::UPDATED)
        );
        let removed = run(&[
            "update",
            &tagged("v2"),
            "--remove",
            amd.trim(),
            "--artifact-type",
            "",
        ]);
        assert_eq!(digest(&removed), golden::REMOVED);
        assert_eq!(digest(&run(&["create", &place])), golden::EMPTY);

        world.write("list.json", golden::LIST.replace("AMD", amd.trim()));
        world.oras(&with(&["manifest", "push", &tagged("list"), "list.json"], &flags));
        assert_eq!(
            digest(&run(&["update", &tagged("list"), "--add", "art"])),
            golden::LIST_UPDATED
        );

        let resolve = |tag| world.oras(&with(&["resolve", &tagged(tag)], &flags));
        assert_eq!(resolve("v2").trim(), golden::REMOVED, "the tag moves");
        assert_eq!(resolve("v3").trim(), golden::UPDATED, "the other stays");
        let by_digest = run(&["update", &format!("{place}@{}", golden::CREATED), "--add", "amd"]);
        assert!(
            by_digest.starts_with(&format!("Pushed [{label}] {place}\n")),
            "{by_digest}"
        );
        assert_eq!(
            resolve("v1").trim(),
            golden::CREATED,
            "a digest has no tag to move"
        );
    }
}

#[test]
fn an_index_may_go_to_a_file_or_stdout_instead() {
    let world = World::new();
    for (place, _, flags) in places(&world) {
        let tagged = format!("{place}:v1");
        let create = |output: &[&str]| {
            let create = ["manifest", "index", "create", &tagged, "amd", "arm", "art", "old"];
            world.oras(&with(&with(&create, output), &flags))
        };
        let written = create(&["-o", "out/index.json"]);
        assert_eq!(written, format!("Digest: {}\n", golden::CREATED));
        assert_eq!(create(&["-o", "-"]), world.read("out/index.json"));
        let shown: Value = serde_json::from_str(&create(&["-o", "-", "--pretty"])).unwrap();
        assert_eq!(shown["manifests"][1]["platform"]["os.features"][0], "x");
        world.fails_with(Some(3), &with(&["resolve", &tagged], &flags));
        let described: Value = serde_json::from_str(&create(&["--format", "json"])).unwrap();
        assert_eq!(described["reference"], format!("{place}@{}", golden::CREATED));
        assert_eq!(described["referenceAsTags"][0], tagged);
    }
}

#[test]
fn an_index_may_be_a_referrer() {
    let world = World::new();
    for (place, _, flags) in places(&world) {
        let create = [
            "manifest",
            "index",
            "create",
            &place,
            "amd",
            "--artifact-type",
            "i/x",
        ];
        let made = digest(&world.oras(&with(&create, &with(&["--subject", "art"], &flags))));
        let discover = ["discover", &format!("{place}:art"), "--format", "json"];
        let found: Value = serde_json::from_str(&world.oras(&with(&discover, &flags))).unwrap();
        assert_eq!(found["referrers"][0]["digest"], made.as_str());
        assert_eq!(found["referrers"][0]["artifactType"], "i/x");
    }
}

#[test]
fn a_wrong_index_leaves_everything_as_it_was() {
    let world = World::new();
    for (place, _, flags) in places(&world) {
        let tagged = |tag: &str| format!("{place}:{tag}");
        let v1 = tagged("v1");
        let flags = &flags;
        world.oras(&with(&["manifest", "index", "create", &v1, "amd"], flags));
        let absent = format!("sha256:{}", "a".repeat(64));
        let by_digest = format!("{place}@{absent}");
        let other = world.at("other:v1");
        for (code, words, said) in [
            (3, vec!["create", &v1, "amd", "nope"], "nope not found"),
            (3, vec!["create", &v1, &absent], "not found"),
            (2, vec!["create", &v1, &other], "neither a tag nor a digest"),
            (2, vec!["create", &v1, "amd", "-a", "x"], "--annotation key=value"),
            (
                2,
                vec!["create", &v1, "amd", "-a", "x=1", "-a", "x=2"],
                "given twice",
            ),
            (2, vec!["create", &by_digest, "amd"], "cannot be pushed to"),
            (2, vec!["update", &place, "--add", "amd"], "needs a tag or digest"),
            (
                2,
                vec!["update", &tagged("amd"), "--add", "arm"],
                "is not an index",
            ),
            (2, vec!["update", &v1, "--merge", "amd"], "is not an index"),
            (2, vec!["update", &v1, "--remove", &absent], "is not in the index"),
            (
                2,
                vec!["update", &v1, "--add", "arm", "--tag", "a/b"],
                "invalid reference",
            ),
            (
                3,
                vec!["update", &tagged("nope"), "--add", "arm"],
                "nope not found",
            ),
        ] {
            let error = world.fails_with(Some(code), &with(&with(&["manifest", "index"], &words), flags));
            assert!(error.contains(said), "{words:?}: {error}");
        }
        let same = world.oras(&with(&["manifest", "fetch", &v1], flags));
        assert_eq!(same.matches("digest").count(), 1, "{same}");
        let unchanged: Ran = world.run(&with(&["manifest", "index", "update", &v1], flags));
        assert_eq!((unchanged.code, unchanged.stdout.as_str()), (0, ""));
        assert!(
            unchanged.stderr.contains("no change is asked for"),
            "{}",
            unchanged.stderr
        );
    }
}

#[test]
fn a_configuration_is_fetched() {
    let world = World::new();
    for (place, _, flags) in places(&world) {
        let tagged = |tag: &str| format!("{place}:{tag}");
        world.oras(&with(
            &["manifest", "index", "create", &tagged("v1"), "amd", "arm"],
            &flags,
        ));
        let fetch = |tag: &str, words: &[&str]| {
            let name = tagged(tag);
            world.oras(&with(&with(&["manifest", "fetch-config", &name], words), &flags))
        };
        let amd = world.read("amd.json");
        assert_eq!(fetch("amd", &[]), amd);
        assert_eq!(fetch("amd", &["-o", "-"]), amd);
        assert_eq!(
            fetch("v1", &["--platform", "linux/arm64"]),
            world.read("arm.json")
        );
        assert_eq!(fetch("amd", &["-o", "out/config.json"]), "");
        assert_eq!(world.read("out/config.json"), amd);
        let pretty = "{\n  \"architecture\": \"amd64\",\n  \"os\": \"linux\",\n  \"config\": {}\n}\n";
        assert_eq!(fetch("amd", &["--pretty"]), pretty);
        let described = r#"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:399620dad28b94721c595ad9bffc05696493dd85988b8463803e823f80cd5359","size":49}"#;
        assert_eq!(fetch("amd", &["--descriptor"]), format!("{described}\n"));
        let shown: Value = serde_json::from_str(&fetch("amd", &["--format", "json"])).unwrap();
        assert_eq!(shown["content"]["os"], "linux");

        let name = tagged("v1");
        let error = world.fails_with(Some(2), &with(&["manifest", "fetch-config", &name], &flags));
        assert!(error.contains("--platform"), "{error}");
        let both = ["manifest", "fetch-config", &name, "-o", "-", "--descriptor"];
        world.fails_with(Some(2), &with(&both, &flags));
        let absent = tagged("nope");
        world.fails_with(Some(3), &with(&["manifest", "fetch-config", &absent], &flags));
    }
}
