//! The accepted forms of `index.json`.

use std::error::Error as _;
use std::fs;

use oras_content::{ErrorKind, StoreExt, Untagger, WriterExt};
use oras_layout::LayoutStore;
use serde_json::json;

use crate::{index, push_manifest, tags};

#[tokio::test]
async fn a_damaged_index_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "x", None).await;
    let path = dir.path().join("index.json");
    for damage in ["{\"manifests\":[", "[]", "{\"schemaVersion\":2} trailing"] {
        fs::write(&path, damage).unwrap();
        let errors = [
            LayoutStore::open(dir.path()).await.unwrap_err(),
            LayoutStore::create(dir.path()).await.unwrap_err(),
            store.tag(&target, "v1").await.unwrap_err(),
            store.resolve("v1").await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error.kind(), ErrorKind::InvalidManifest), "{error:?}");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            assert!(error.source().is_some());
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), damage);
    }
}

#[tokio::test]
async fn null_manifests_are_none() {
    let dir = tempfile::tempdir().unwrap();
    LayoutStore::create(dir.path()).await.unwrap();
    fs::write(
        dir.path().join("index.json"),
        r#"{"schemaVersion":2,"manifests":null}"#,
    )
    .unwrap();
    let store = LayoutStore::open(dir.path()).await.unwrap();
    assert!(store.roots().await.unwrap().is_empty());
    let target = push_manifest(&store, "first", None).await;
    store.tag(&target, "v1").await.unwrap();
    assert_eq!(tags(&store).await, ["v1"]);
}

#[tokio::test]
async fn members_that_nobody_here_knows_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    LayoutStore::create(dir.path()).await.unwrap();
    let strange = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "annotations": {"team": "blue"},
        "future": {"a": [1, 2.5, null]},
        "manifests": [
            {"mediaType": "text/plain", "digest": "not a digest", "size": 1, "note": "keep"},
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": format!("sha256:{}", "0".repeat(64)),
                "size": 7,
                "platform": {"os": "linux", "architecture": "amd64", "os.version": "1", "new": true},
                "annotations": {"org.opencontainers.image.ref.name": "old", "who": "me"},
                "new": "member"
            }
        ]
    });
    fs::write(
        dir.path().join("index.json"),
        serde_json::to_vec_pretty(&strange).unwrap(),
    )
    .unwrap();

    let store = LayoutStore::open(dir.path()).await.unwrap();
    let target = push_manifest(&store, "added", None).await;
    store.tag(&target, "v1").await.unwrap();
    let mut found = index(dir.path());
    let added = found["manifests"].as_array_mut().unwrap().pop().unwrap();
    assert_eq!(added["digest"], target.digest.as_str());
    assert_eq!(found, strange);

    assert_eq!(store.resolve("old").await.unwrap().size, 7);
    store.untag(&"old".parse().unwrap()).await.unwrap();
    let kept = &index(dir.path())["manifests"];
    assert!(
        kept.as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["new"] == "member"),
        "{kept}"
    );
}

#[tokio::test]
async fn a_change_without_the_lock_is_merged() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "x", None).await;
    store.tag(&target, "ours").await.unwrap();
    let mut other = index(dir.path());
    let mut entry = other["manifests"][0].clone();
    entry["annotations"]["org.opencontainers.image.ref.name"] = "theirs".into();
    other["manifests"].as_array_mut().unwrap().push(entry);
    fs::write(dir.path().join("index.json"), other.to_string()).unwrap();

    store.tag(&target, "ours too").await.unwrap_err();
    store.tag(&target, "ours-too").await.unwrap();
    assert_eq!(tags(&store).await, ["ours", "ours-too", "theirs"]);
}

#[cfg(unix)]
#[tokio::test]
async fn an_index_that_is_no_file_does_not_block() {
    let dir = tempfile::tempdir().unwrap();
    LayoutStore::create(dir.path()).await.unwrap();
    fs::remove_file(dir.path().join("index.json")).unwrap();
    fs::create_dir(dir.path().join("index.json")).unwrap();
    let error = LayoutStore::open(dir.path()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Storage), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_being_written_in_place_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "x", None).await;
    store.tag(&target, "v1").await.unwrap();
    let path = dir.path().join("index.json");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, "").unwrap();
    let writer = std::thread::spawn({
        let path = path.clone();
        move || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            fs::write(&path, &whole[..20]).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(100));
            fs::write(&path, &whole).unwrap();
        }
    });
    assert_eq!(store.resolve("v1").await.unwrap().digest, target.digest);
    writer.join().unwrap();

    fs::write(&path, "").unwrap();
    let error = LayoutStore::open(dir.path()).await.unwrap_err();
    let said = error.source().unwrap().to_string();
    assert!(said.contains("another program may be writing it"), "{said}");
}

#[tokio::test]
async fn what_nobody_changes_is_written_as_it_was_read() {
    let dir = tempfile::tempdir().unwrap();
    LayoutStore::create(dir.path()).await.unwrap();
    let digest = "0".repeat(64);
    let entry = format!(
        r#"{{ "size": 7, "digest":"sha256:{digest}", "mediaType":"a/b", "n": 123456789012345678901234567890, "f":1.10 }}"#
    );
    let strange = r#"{"x" : [ 1E5 , "\u0041" ]}"#;
    let text = format!(
        r#"{{"schemaVersion":2,"manifests":[{entry},{strange}],"big":123456789012345678901234567890,"exact":1.10}}"#
    );
    fs::write(dir.path().join("index.json"), text).unwrap();
    let store = LayoutStore::open(dir.path()).await.unwrap();
    let target = push_manifest(&store, "added", None).await;
    store.tag(&target, "v1").await.unwrap();
    let written = fs::read_to_string(dir.path().join("index.json")).unwrap();
    for kept in [
        &*entry,
        strange,
        r#""big":123456789012345678901234567890"#,
        r#""exact":1.10"#,
    ] {
        assert!(written.contains(kept), "{kept} in {written}");
    }
}

#[tokio::test]
async fn an_entry_that_is_named_by_a_digest_is_no_tag() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "x", None).await;
    store.tag(&target, "v1").await.unwrap();
    let mut other = index(dir.path());
    let mut entry = other["manifests"][0].clone();
    entry["annotations"]["org.opencontainers.image.ref.name"] = target.digest.as_str().into();
    other["manifests"].as_array_mut().unwrap().push(entry.clone());
    fs::write(dir.path().join("index.json"), other.to_string()).unwrap();
    assert_eq!(tags(&store).await, ["v1"]);
    store.tag(&target, "with/slash:and-colon").await.unwrap();
    assert_eq!(tags(&store).await, ["v1", "with/slash:and-colon"]);
    assert_eq!(
        store.resolve("with/slash:and-colon").await.unwrap().digest,
        target.digest
    );
    assert!(
        index(dir.path())["manifests"]
            .as_array()
            .unwrap()
            .contains(&entry)
    );
}

#[tokio::test]
async fn a_manifest_has_no_title_in_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "x", None).await;
    let titled = target
        .with_annotation("org.opencontainers.image.title", "README.md")
        .with_annotation("who", "me");
    store.tag(&titled, "v1").await.unwrap();
    let tagged = store.resolve("v1").await.unwrap();
    assert_eq!((tagged.title(), tagged.annotation("who")), (None, Some("me")));
}

#[tokio::test]
async fn a_tag_leaves_what_other_tools_say_of_the_same_content() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let image = push_manifest(&store, "image", None).await;
    let mut document = index(dir.path());
    document["manifests"][0]["annotations"] = json!({ "io.containerd.image.name": "reg.example/app:v1" });
    fs::write(dir.path().join("index.json"), document.to_string()).unwrap();

    let store = LayoutStore::open(dir.path()).await.unwrap();
    store.tag(&image, "v2").await.unwrap();
    for name in ["reg.example/app:v1", "v2"] {
        assert_eq!(store.resolve(name).await.unwrap().digest, image.digest, "{name}");
    }
    assert_eq!(store.roots().await.unwrap().len(), 2);
}
