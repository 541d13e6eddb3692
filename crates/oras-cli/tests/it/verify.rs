//! Verification: missing or damaged content is reported by its digest and name, and nothing is written.

use http::Method;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::run::{World, digest, files};

/// An artifact `app:v1` with one SBOM, in the registry and in the layout `lay`. Returns the digests of both
/// manifests.
fn artifact(world: &World) -> [String; 2] {
    let root = world.push_hello("app:v1");
    world.write("sbom.json", "an sbom");
    let attach = [
        "attach",
        &world.at("app:v1"),
        "--artifact-type",
        "sbom/x",
        "sbom.json",
    ];
    let sbom = digest(&world.oras(&attach));
    world.oras(&["backup", &world.at("app"), "-o", "lay", "--include-referrers"]);
    world.oras(&["backup", &world.at("app"), "-o", "lay.tar", "--include-referrers"]);
    [root, sbom]
}

const HELLO: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn blob(world: &World, digest: &str) -> std::path::PathBuf {
    world
        .path("lay/blobs/sha256")
        .join(digest.strip_prefix("sha256:").unwrap())
}

/// Returns the digest of the layer of a manifest in the layout.
fn layer(world: &World, manifest: &str) -> String {
    let manifest = std::fs::read(blob(world, manifest)).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    manifest["layers"][0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_whole_is_verified_and_its_referrers_are_listed() {
    let world = World::new();
    let [root, sbom] = artifact(&world);
    let before = files(&world.path("lay"));
    for (name, flags) in [
        (world.at("app:v1"), vec![]),
        ("lay:v1".to_owned(), vec!["--oci-layout"]),
        ("lay.tar:v1".to_owned(), vec!["--oci-layout"]),
        ("v1".to_owned(), vec!["--oci-layout-path", "lay"]),
    ] {
        world.journal().clear();
        let said = world.oras(&[vec!["verify", name.as_str()], flags].concat());
        assert!(
            said.starts_with(&format!(
                "Referrer {sbom} (sbom/x) of {root}\n2 manifest(s) and 3 blob(s) ("
            )),
            "{said}"
        );
        assert!(said.ends_with(&format!("Digest: {root}\n")), "{said}");
        let written = world
            .journal()
            .count(|entry| ![Method::GET, Method::HEAD].contains(&entry.method));
        assert_eq!(written, 0);
    }
    let blobs = world.journal();
    blobs.clear();
    world.oras(&["verify", &world.at("app:v1")]);
    assert_eq!(
        blobs.count(|entry| entry.route == Route::Blob),
        3,
        "each is read once"
    );
    assert_eq!(files(&world.path("lay")), before);
}

#[test]
fn what_is_missing_or_damaged_is_told_by_what_names_it() {
    let world = World::new();
    let [root, sbom] = artifact(&world);
    let of_sbom = layer(&world, &sbom);
    std::fs::remove_file(blob(&world, &of_sbom)).unwrap();
    std::fs::write(blob(&world, HELLO), "jello").unwrap();
    let ran = world.run(&["verify", "--oci-layout", "lay:v1"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    let missing =
        format!("Fault: missing {of_sbom} (application/vnd.oci.image.layer.v1.tar), named by {sbom}\n");
    assert!(ran.stdout.contains(&missing), "{}", ran.stdout);
    let damaged = format!("Fault: damaged {HELLO} (text/plain), named by {root}: ");
    assert!(ran.stdout.contains(&damaged), "{}", ran.stdout);
    assert!(!ran.stdout.contains("Verified"), "{}", ran.stdout);
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.starts_with("Error: lay:v1 "), "{last}");
    assert!(
        last.ends_with("2 faults were found; repair it with 'oras layout repair lay --from <name>'"),
        "{last}"
    );

    let ran = world.run(&["verify", "--oci-layout", "lay:v1", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &document["sound"]), (6, &false.into()));
    let mut kinds: Vec<[&str; 3]> = document["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            [&fault["kind"], &fault["digest"], &fault["namedBy"][0]].map(|text| text.as_str().unwrap())
        })
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [["damaged", HELLO, &root], ["missing", &of_sbom, &sbom]]);
    assert_eq!(document["referrers"][0]["digest"], sbom.as_str());
}

#[test]
fn a_registry_that_serves_wrong_bytes_is_found_out() {
    let world = World::new();
    let [root, sbom] = artifact(&world);
    world.server().inject(Fault::flip(1).on_digest(HELLO).always());
    world.server().inject(
        Fault::status(404)
            .on_digest(&sbom)
            .on_route(Route::Manifest)
            .always(),
    );
    let ran = world.run(&["verify", &world.at("app:v1")]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(
        ran.stdout
            .contains(&format!("Fault: damaged {HELLO} (text/plain), named by {root}: ")),
        "{}",
        ran.stdout
    );
    let missing =
        format!("Fault: missing {sbom} (application/vnd.oci.image.manifest.v1+json), named by {root}\n");
    assert!(
        ran.stdout.contains(&missing),
        "a referrer is named by its subject: {}",
        ran.stdout
    );
    let last = ran.stderr.lines().last().unwrap();
    assert!(
        last.contains("copy it there again with 'oras cp --verify'"),
        "{last}"
    );
}

#[test]
fn a_reference_that_is_missing_is_not_found_and_one_that_cannot_be_read_is_no_fault() {
    let world = World::new();
    let [root, _] = artifact(&world);
    let error = world.fails_with(Some(3), &["verify", &world.at("app:none")]);
    assert!(error.contains("none not found"), "{error}");
    world.fails_with(Some(3), &["verify", "--oci-layout", "lay:none"]);
    world.fails_with(Some(2), &["verify", &world.at("app")]);
    std::fs::remove_file(blob(&world, &root)).unwrap();
    world.fails_with(Some(3), &["verify", "--oci-layout", "lay:v1"]);
    world
        .server()
        .inject(Fault::status(403).on_route(Route::Blob).always());
    let ran = world.run(&["verify", &world.at("app:v1")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
}

#[test]
fn a_manifest_of_an_index_is_told_with_the_index() {
    let world = World::new();
    for tag in ["a", "b"] {
        world.write("file.txt", tag);
        world.oras(&[
            "push",
            "--oci-layout",
            &format!("lay:{tag}"),
            "file.txt",
            "--artifact-type",
            "a/b",
        ]);
    }
    let entry = |tag: &str| {
        let described = world.oras(&["resolve", "--oci-layout", &format!("lay:{tag}")]);
        let digest = described.trim().to_owned();
        let size = std::fs::metadata(blob(&world, &digest)).unwrap().len();
        let kind = "application/vnd.oci.image.manifest.v1+json";
        (
            digest.clone(),
            serde_json::json!({ "mediaType": kind, "digest": digest, "size": size }),
        )
    };
    let ((a, of_a), (_, of_b)) = (entry("a"), entry("b"));
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": kind, "manifests": [of_a, of_b] });
    world.write("index.json", index.to_string());
    let pushed = world.oras(&["manifest", "push", "--oci-layout", "lay:index", "index.json"]);
    std::fs::remove_file(blob(&world, &a)).unwrap();
    let ran = world.run(&["verify", "--oci-layout", "lay:index"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    let named = format!(
        "Fault: missing {a} (application/vnd.oci.image.manifest.v1+json), named by {}\n",
        digest(&pushed)
    );
    assert!(ran.stdout.contains(&named), "{}", ran.stdout);
}
