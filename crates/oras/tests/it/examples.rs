//! The examples, run against a registry in this process: they do what the page of oras-go shows, digest by digest.

use std::fs;

use crate::programs::*;
use crate::source::{ARTIFACT, Here, IMAGE, LOGIN, SIGNATURE, push_artifact, push_image};
use oras::{
    Credential, CredentialStore, DockerConfig, ErrorKind, LayoutStore, MediaType, MemoryStore, Operation,
    Side, Store, StoreExt,
};

const WRONG: [&str; 2] = ["username", "guess"];

#[tokio::test]
async fn a_blob_is_attached_to_an_artifact() {
    let here = Here::locked().await;
    push_artifact(&here.store("myrepo")).await;
    let attached = attach_blob::run(&here.registry, LOGIN, ARTIFACT).await.unwrap();
    let manifest = here
        .store("myrepo")
        .fetch_manifest(&attached, 4096)
        .await
        .unwrap();
    assert_eq!(manifest.subject().unwrap().digest.as_str(), ARTIFACT);
    let blob = here
        .store("myrepo")
        .fetch_all(&manifest.layers()[0], 4096)
        .await
        .unwrap();
    assert_eq!(blob.bytes(), "example blob");
    assert!(attach_blob::run(&here.registry, WRONG, ARTIFACT).await.is_err());
}

#[tokio::test]
async fn an_artifact_is_copied_by_its_digest() {
    let here = Here::open().await;
    push_artifact(&here.store("source")).await;
    assert!(copy_by_digest::run(&here.registry, SIGNATURE).await.unwrap());
    assert!(copy_by_digest::run(&here.registry, IMAGE).await.is_err());
}

#[tokio::test]
async fn an_artifact_is_copied_with_its_referrers() {
    let here = Here::open().await;
    push_artifact(&here.store("source")).await;
    let memory = MemoryStore::new();
    let copied = copy_with_referrers::run(&here.registry, &memory).await.unwrap();
    assert_eq!(copied.digest.as_str(), ARTIFACT);
    assert!(memory.resolve(SIGNATURE).await.is_ok());
}

#[tokio::test]
async fn an_artifact_is_pushed_with_its_referrers() {
    let here = Here::locked().await;
    let pushed = push_with_referrers::run(&here.registry, LOGIN).await.unwrap();
    let store = here.store("myrepo");
    assert_eq!(store.resolve("v1").await.unwrap().digest, pushed.digest);
    let referrers = store
        .predecessor_finder()
        .unwrap()
        .predecessors(&pushed)
        .await
        .unwrap();
    assert_eq!(
        referrers[0].artifact_type.as_ref().unwrap().as_str(),
        "sbom/example"
    );
}

#[tokio::test]
async fn files_are_pushed_and_pulled() {
    let here = Here::locked().await;
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("myfile");
    fs::write(&file, "some text").unwrap();
    assert!(file.is_absolute());
    let pushed = push_files::run(&here.registry, LOGIN, &file).await.unwrap();
    let pulled = pull_files::run(&here.registry, LOGIN, to.path()).await.unwrap();
    assert_eq!(pushed.digest, pulled.digest);
    assert_eq!(fs::read_to_string(to.path().join("myfile")).unwrap(), "some text");
    assert!(pull_files::run(&here.registry, WRONG, to.path()).await.is_err());
}

#[tokio::test]
async fn an_image_is_pulled_into_a_layout() {
    let here = Here::locked().await;
    push_image(&here.store("myrepo")).await;
    let folder = tempfile::tempdir().unwrap();
    let pulled = pull_image::run(&here.registry, LOGIN, folder.path())
        .await
        .unwrap();
    assert_eq!(pulled.digest.as_str(), IMAGE);
    let layout = LayoutStore::open(folder.path()).await.unwrap();
    assert_eq!(layout.resolve("latest").await.unwrap().digest, pulled.digest);
}

#[tokio::test]
async fn the_login_of_docker_is_used() {
    let here = Here::locked().await;
    push_image(&here.store("user/my-repo")).await;
    let folder = tempfile::tempdir().unwrap();
    let logins = DockerConfig::at(folder.path().join("config.json")).with_plain_text(true);
    let (name, layout) = (
        format!("{}/user/my-repo", here.registry),
        folder.path().join("layout"),
    );
    assert!(
        pull_with_docker_login::run(&name, logins.clone(), &layout)
            .await
            .is_err()
    );

    let login = Credential::basic(LOGIN[0], LOGIN[1]).unwrap();
    logins.put(&here.registry.as_str().into(), &login).await.unwrap();
    let pulled = pull_with_docker_login::run(&name, logins, &layout).await.unwrap();
    assert_eq!(pulled.digest.as_str(), IMAGE);
    assert_eq!(pulled.media_type, MediaType::OCI_MANIFEST);
}

#[tokio::test]
async fn an_image_is_copied_between_all_stores() {
    let (here, memory, folder) = (
        Here::open().await,
        MemoryStore::new(),
        tempfile::tempdir().unwrap(),
    );
    push_image(&memory).await;
    push_image(&here.store("source")).await;
    for copied in [
        copy_in_memory::run(&memory).await.unwrap(),
        copy_to_layout::run(&memory, folder.path()).await.unwrap(),
        copy_to_repository::run(&memory, &here.registry).await.unwrap(),
        copy_to_memory::run(&here.registry).await.unwrap(),
    ] {
        assert_eq!(copied.digest.as_str(), IMAGE);
    }
    let copied = here.store("destination").resolve("latest").await.unwrap();
    assert_eq!(copied.digest.as_str(), IMAGE);
}

#[tokio::test]
async fn between_repositories_no_bytes_of_blobs_move() {
    let here = Here::open().await;
    let image = push_image(&here.store("source")).await;
    let copied = copy_between_repositories::run(&here.registry).await.unwrap();
    assert_eq!(copied.digest.as_str(), IMAGE);
    assert_eq!(here.server.journal().bytes_received(), image.size);
}

#[tokio::test]
async fn blobs_are_mounted_from_where_they_are_known_to_be() {
    let here = Here::open().await;
    let memory = MemoryStore::new();
    let image = push_image(&memory).await;
    push_image(&here.store("source")).await;
    let copied = mount_blobs::run(&memory, here.registry.clone()).await.unwrap();
    assert_eq!(copied.digest.as_str(), IMAGE);
    assert_eq!(here.server.journal().bytes_received(), image.size);
}

#[tokio::test]
async fn a_failed_copy_tells_the_step_the_side_and_the_cause() {
    let error = handle_copy_error::run().await.unwrap();
    assert_eq!((error.side, error.operation), (Side::Source, Operation::Resolve));
    assert_eq!(error.source.kind(), &ErrorKind::NotFound);
    assert!(error.to_string().contains("no-such-tag"), "{error}");
}

#[tokio::test]
async fn manifests_are_packed_byte_for_byte() {
    let (packed, manifest) = pack_1_0::run().await.unwrap();
    let digest = "sha256:da221a11559704e4971c3dcf6564303707a333c8de8cb5475fc48b0072b36c19";
    assert_eq!((packed.digest.as_str(), packed.size), (digest, 308));
    assert_eq!(
        packed.artifact_type.unwrap().as_str(),
        "application/vnd.example+type"
    );
    assert_eq!(manifest.bytes(), include_str!("packed-1.0.json").trim_end());

    let (packed, manifest) = pack_1_1::run().await.unwrap();
    let digest = "sha256:c259a195a48d8029d75449579c81269ca6225cd5b57d36073a7de6458afdfdbd";
    assert_eq!((packed.digest.as_str(), packed.size), (digest, 528));
    assert_eq!(
        packed.artifact_type.unwrap().as_str(),
        "application/vnd.example+type"
    );
    assert_eq!(manifest.bytes(), include_str!("packed-1.1.json").trim_end());
}
