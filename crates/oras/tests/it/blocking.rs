//! The calls that block, from a thread without a runtime and from one that has one.

use oras::blocking::{Blocking, Error};
use oras::{
    Client, ClientOptions, CopyOptions, ExtendedCopyOptions, FetchOptions, ManifestVersion, MediaType,
    MemoryStore, PackOptions, StoreExt,
};

use crate::source::{ARTIFACT, Here, IMAGE, SIGNATURE, push_artifact, push_image};

#[test]
fn every_call_works_without_a_runtime() {
    let others = tokio::runtime::Runtime::new().unwrap();
    let here = others.block_on(Here::open());
    let blocking = Blocking::new().unwrap();
    let client = Client::new(ClientOptions::default()).unwrap();
    let repository = client.repository(&format!("{}/app", here.registry)).unwrap();

    let layer = blocking
        .push_bytes(&repository, MediaType::OCTET_STREAM, "hello")
        .unwrap();
    let options = PackOptions::default().with_layers([layer]);
    let packed = blocking
        .pack_manifest(&repository, ManifestVersion::V1_1, "text/x", options)
        .unwrap();
    blocking.tag(&repository, &packed.digest, "v1").unwrap();
    assert_eq!(blocking.resolve(&repository, "v1").unwrap().digest, packed.digest);

    let memory = MemoryStore::new();
    blocking
        .copy(&repository, "v1", &memory, "v2", &CopyOptions::default())
        .unwrap();
    let read = blocking
        .fetch_bytes(&memory, "v2", &FetchOptions::default())
        .unwrap();
    assert_eq!(read.descriptor().digest, packed.digest);
    assert!(matches!(blocking.resolve(&memory, "v1"), Err(Error::Failed(error)) if error.is_not_found()));
}

#[test]
fn referrers_come_along() {
    let (blocking, from, to) = (Blocking::new().unwrap(), MemoryStore::new(), MemoryStore::new());
    let pushed = blocking.run(async { Ok::<_, oras::Error>(push_artifact(&from).await) });
    pushed.unwrap();
    let options = ExtendedCopyOptions::default();
    let copied = blocking
        .extended_copy(&from, "latest", &to, "", &options)
        .unwrap();
    assert_eq!(copied.digest.as_str(), ARTIFACT);
    blocking.resolve(&to, SIGNATURE).unwrap();
}

#[test]
fn threads_share_a_handle() {
    let blocking = Blocking::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let memory = MemoryStore::new();
                let image = blocking.run(async { Ok::<_, oras::Error>(push_image(&memory).await) });
                assert_eq!(image.unwrap().digest.as_str(), IMAGE);
            });
        }
    });
}

#[tokio::test]
async fn within_a_runtime_a_call_is_an_error_and_a_handle_can_be_dropped() {
    let (blocking, memory) = (Blocking::new().unwrap(), MemoryStore::new());
    let refused = blocking.push_bytes(&memory, MediaType::OCTET_STREAM, "hello");
    assert!(matches!(refused, Err(Error::WithinRuntime)));
    let digest = oras::Descriptor::of(MediaType::OCTET_STREAM, b"hello").digest;
    assert!(memory.resolve(&digest).await.unwrap_err().is_not_found());
    drop(blocking);
}
