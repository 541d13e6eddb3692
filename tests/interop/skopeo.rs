//! skopeo reads what we write, and we read what skopeo writes.

use oras_tests::{Work, fails, succeeds};

use crate::docker_registry::DockerRegistry;

/// An image of one layer for a platform, as an OCI layout `name:v1` that skopeo can read.
pub(crate) fn image(work: &Work, name: &str, architecture: &str) {
    let build = work.path(&format!("{name}-build"));
    std::fs::create_dir_all(&build).unwrap();
    std::fs::write(build.join("hello"), architecture).unwrap();
    let layer = format!("{name}.tar");
    succeeds(&mut work.command(
        "tar",
        &["-cf", &layer, "-C", &build.display().to_string(), "hello"],
    ));
    let hash = succeeds(&mut work.command("sha256sum", &[&layer]));
    let hash = hash.split(' ').next().unwrap();
    let config = format!(
        r#"{{"architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":["sha256:{hash}"]}},"config":{{}}}}"#
    );
    std::fs::write(work.path(&format!("{name}.json")), config).unwrap();
    succeeds(&mut work.oras(&[
        "push",
        "--oci-layout",
        &format!("{name}:v1"),
        "--config",
        &format!("{name}.json:application/vnd.oci.image.config.v1+json"),
        &format!("{layer}:application/vnd.oci.image.layer.v1.tar"),
    ]));
}

#[test]
#[ignore = "needs skopeo"]
fn skopeo_reads_our_layout() {
    let work = Work::new().unwrap();
    image(&work, "ours", "amd64");
    let inspected = succeeds(&mut work.command("skopeo", &["inspect", "oci:ours:v1"]));
    let digest = succeeds(&mut work.oras(&["resolve", "--oci-layout", "ours:v1"]));
    assert!(inspected.contains(digest.trim()), "{inspected}");
    succeeds(&mut work.command(
        "skopeo",
        &["copy", "--insecure-policy", "oci:ours:v1", "dir:folder"],
    ));
    assert!(work.path("folder/manifest.json").is_file());
}

#[test]
#[ignore = "needs skopeo"]
fn skopeo_and_tar_read_our_archive() {
    let work = Work::new().unwrap();
    image(&work, "ours", "amd64");
    succeeds(&mut work.oras(&[
        "cp",
        "--from-oci-layout",
        "ours:v1",
        "--to-oci-layout",
        "ours.oci.tar:v1",
    ]));
    let digest = succeeds(&mut work.oras(&["resolve", "--oci-layout", "ours.oci.tar:v1"]));
    let inspected = succeeds(&mut work.command("skopeo", &["inspect", "oci-archive:ours.oci.tar:v1"]));
    assert!(inspected.contains(digest.trim()), "{inspected}");
    let copy = [
        "copy",
        "--insecure-policy",
        "oci-archive:ours.oci.tar:v1",
        "dir:folder",
    ];
    succeeds(&mut work.command("skopeo", &copy));
    assert!(work.path("folder/manifest.json").is_file());

    std::fs::create_dir(work.path("unpacked")).unwrap();
    succeeds(&mut work.command("tar", &["-xf", "ours.oci.tar", "-C", "unpacked"]));
    succeeds(&mut work.oras(&["layout", "check", "unpacked"]));
}

#[test]
#[ignore = "needs skopeo"]
fn a_layout_of_skopeo_is_collected_and_skopeo_still_reads_it() {
    let work = Work::new().unwrap();
    for name in ["one", "two"] {
        image(&work, name, name);
        let from = format!("oci:{name}:v1");
        let copy = ["copy", "--insecure-policy", &from, &format!("oci:theirs:{name}")];
        succeeds(&mut work.command("skopeo", &copy));
    }
    // A tag that moves leaves an image without one.
    let copy = ["copy", "--insecure-policy", "oci:one:v1", "oci:theirs:two"];
    succeeds(&mut work.command("skopeo", &copy));
    let index = || -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(work.path("theirs/index.json")).unwrap()).unwrap()
    };
    let mut expected = index();
    let entries = expected["manifests"].as_array_mut().unwrap();
    entries.retain(|entry| !entry["annotations"].is_null());
    assert_eq!(entries.len(), 2);
    let collected = succeeds(&mut work.oras(&["layout", "gc", "theirs", "--untagged", "--grace", "0s"]));
    assert!(collected.contains("3 blobs"), "{collected}");
    assert_eq!(index(), expected);
    succeeds(&mut work.oras(&["layout", "check", "theirs"]));
    for name in ["one", "two"] {
        let from = format!("oci:theirs:{name}");
        let to = format!("dir:{name}-out");
        succeeds(&mut work.command("skopeo", &["copy", "--insecure-policy", &from, &to]));
    }
}

#[test]
#[ignore = "needs skopeo"]
fn we_read_the_layout_of_skopeo() {
    let work = Work::new().unwrap();
    image(&work, "ours", "amd64");
    // Without this, skopeo compresses the layer and forgets its title.
    let copy = [
        "copy",
        "--insecure-policy",
        "--preserve-digests",
        "oci:ours:v1",
        "oci:theirs:v2",
    ];
    succeeds(&mut work.command("skopeo", &copy));
    assert_eq!(
        succeeds(&mut work.oras(&["repo", "tags", "--oci-layout", "theirs"])),
        "v2\n"
    );
    succeeds(&mut work.oras(&["pull", "--oci-layout", "theirs:v2", "-o", "out"]));
    let (pushed, pulled) = (work.path("ours.tar"), work.path("out/ours.tar"));
    assert_eq!(std::fs::read(pushed).unwrap(), std::fs::read(pulled).unwrap());

    let copy = ["copy", "--insecure-policy", "oci:ours:v1", "oci:compressed:v3"];
    succeeds(&mut work.command("skopeo", &copy));
    let manifest = succeeds(&mut work.oras(&["manifest", "fetch", "--oci-layout", "compressed:v3"]));
    assert!(manifest.contains("tar+gzip"), "{manifest}");
    let nothing = work
        .oras(&["pull", "--oci-layout", "compressed:v3", "-o", "none"])
        .output()
        .unwrap();
    assert!(nothing.status.success());
    assert!(
        String::from_utf8_lossy(&nothing.stderr).contains("oras cp"),
        "it tells how to have them all"
    );
}

#[test]
#[ignore = "needs skopeo and docker-registry"]
fn an_index_of_two_platforms_is_copied_whole_and_by_one() {
    let work = Work::new().unwrap();
    let registry = DockerRegistry::start(&work);
    for architecture in ["amd64", "arm64"] {
        image(&work, architecture, architecture);
        let to = format!("docker://{}", registry.at(&format!("multi:{architecture}")));
        let from = format!("oci:{architecture}:v1");
        succeeds(&mut work.command(
            "skopeo",
            &["copy", "--insecure-policy", "--dest-tls-verify=false", &from, &to],
        ));
    }
    push_index(&work, &registry);
    let multi = registry.at("multi:all");
    // skopeo writes the whole index into a layout of its own.
    let from = format!("docker://{multi}");
    succeeds(&mut work.command(
        "skopeo",
        &[
            "copy",
            "--all",
            "--insecure-policy",
            "--src-tls-verify=false",
            &from,
            "oci:skopeo:all",
        ],
    ));
    let whole =
        succeeds(&mut work.oras(&["cp", "--from-oci-layout", "skopeo:all", &registry.at("copy:all")]));
    let one = succeeds(&mut work.oras(&[
        "cp",
        "--platform",
        "linux/arm64",
        &multi,
        "--to-oci-layout",
        "one:arm",
    ]));
    assert_ne!(whole.lines().last(), one.lines().last());
    let config = succeeds(&mut work.command("skopeo", &["inspect", "--config", "oci:one:arm"]));
    assert!(config.contains("arm64"), "{config}");
    let platforms = succeeds(&mut work.command(
        "skopeo",
        &[
            "inspect",
            "--raw",
            "--tls-verify=false",
            &format!("docker://{}", registry.at("copy:all")),
        ],
    ));
    assert!(
        platforms.contains("amd64") && platforms.contains("arm64"),
        "{platforms}"
    );
    let missing = fails(&mut work.oras(&[
        "cp",
        "--platform",
        "linux/riscv64",
        &multi,
        "--to-oci-layout",
        "none:v1",
    ]));
    assert!(missing.contains("linux/riscv64"), "{missing}");
}

/// Pushes an index of the two images, which skopeo 1.9 cannot make itself.
fn push_index(work: &Work, registry: &DockerRegistry) {
    let entries = ["amd64", "arm64"].map(|architecture| {
        let name = registry.at(&format!("multi:{architecture}"));
        let descriptor = succeeds(&mut work.oras(&["manifest", "fetch", "--descriptor", &name]));
        let mut descriptor: serde_json::Value = serde_json::from_str(&descriptor).unwrap();
        descriptor["platform"] = serde_json::json!({ "os": "linux", "architecture": architecture });
        descriptor
    });
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": kind, "manifests": entries });
    std::fs::write(work.path("index.json"), index.to_string()).unwrap();
    let url = format!("http://{}/v2/multi/manifests/all", registry.address);
    succeeds(&mut work.command(
        "curl",
        &[
            "-fsS",
            "-X",
            "PUT",
            "-H",
            &format!("Content-Type: {kind}"),
            "--data-binary",
            "@index.json",
            &url,
        ],
    ));
}
