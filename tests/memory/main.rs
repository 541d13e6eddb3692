//! A blob of 1 GiB, of 5 in a thorough run, goes through push, copy and pull in little memory. A process of its own, because it looks at its own
//! high-water mark.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use oras::{
    Client, ClientOptions, CopyOptions, FileStore, ManifestVersion, PackOptions, Reference, RegistryOptions,
    Repository, WriterExt, copy, pack_manifest,
};
use oras_server::{FolderBackend, Server, ServerOptions};
use oras_tests::{is_thorough, peak_memory};

const GIB: u64 = 1 << 30;
const LIMIT: u64 = 64 << 20;

fn write_large(path: &Path, size: u64) {
    let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(path).unwrap());
    let mut state = 1_u64;
    for _ in 0..size / 8 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        file.write_all(&state.to_le_bytes()).unwrap();
    }
    file.flush().unwrap();
}

fn same(one: &Path, other: &Path) -> bool {
    let compared = std::process::Command::new("cmp").arg(one).arg(other).status();
    compared.unwrap().success()
}

fn repository(client: &Client, server: &Server, name: &str) -> Repository {
    let reference = Reference::new(&server.registry(), name).unwrap();
    client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_needs_no_64_mebibytes() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to, first, second] = ["from", "to", "first", "second"].map(|name| folder.path().join(name));
    for made in [&from, &first, &second] {
        std::fs::create_dir(made).unwrap();
    }
    let size = if is_thorough() { 5 * GIB } else { GIB };
    write_large(&from.join("large"), size);
    let serve = |folder: &Path| {
        let backend = Arc::new(FolderBackend::open(folder).unwrap());
        Server::start(ServerOptions::default().with_backend(backend))
    };
    let (one, two) = (serve(&first).await.unwrap(), serve(&second).await.unwrap());
    let client = Client::new(ClientOptions::default()).unwrap();
    let (pushed, copied) = (repository(&client, &one, "app"), repository(&client, &two, "app"));
    let options = CopyOptions::default();

    let files = FileStore::new(&from);
    let layer = files.add("large", None, None).await.unwrap();
    assert_eq!(layer.size, size);
    let pack = PackOptions::default().with_layers([layer]);
    let packed = pack_manifest(&files, ManifestVersion::V1_1, "t/x", pack)
        .await
        .unwrap();
    files.tag(&packed, "v1").await.unwrap();

    copy(&files, "v1", &pushed, "v1", &options).await.unwrap();
    // Another server, so that nothing is mounted.
    copy(&pushed, "v1", &copied, "v1", &options).await.unwrap();
    copy(&copied, "v1", &FileStore::new(&to), "v1", &options)
        .await
        .unwrap();

    // Both servers are in this process, too.
    let peak = peak_memory();
    assert!(peak < LIMIT, "{} MiB", peak >> 20);
    assert!(same(&from.join("large"), &to.join("large")));
}
