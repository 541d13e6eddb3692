//! A served folder whose server is killed at work.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use oras::content::{Descriptor, Digest, ImageManifest, MediaType, Verified};
use oras::layout::{LayoutOptions, LayoutStore};

use crate::http::{ask, head, try_ask};
use crate::run::{World, files};
use crate::serve::Served;

fn serve(world: &World) -> Served {
    Served::new(world, &["--layout", "store"])
}

/// Returns the only file of an upload to `app`.
fn part(world: &World) -> PathBuf {
    let files = fs::read_dir(world.path("store/app/blobs")).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    files
        .find(|path| path.to_str().unwrap().contains(".oras-part-"))
        .unwrap()
}

#[test]
fn an_upload_goes_on_from_what_is_on_the_disk() {
    let world = World::new();
    let content: Vec<u8> = (0..8_000_000_u32).map(|at| (at % 251) as u8).collect();
    let digest = Digest::sha256(&content);
    let served = serve(&world);
    let opened = ask(&served.address, "POST", "/v2/app/blobs/uploads/", "", b"").expect(202);
    let session = opened.header("location").unwrap().to_owned();
    ask(&served.address, "PATCH", &session, "", &content[..1_000_000]).expect(202);
    let mut stream = TcpStream::connect(&served.address).unwrap();
    let rest = &content[1_000_000..];
    stream
        .write_all(head("PATCH", &session, "", rest.len()).as_bytes())
        .unwrap();
    stream.write_all(&rest[..5_000_000]).unwrap();
    // Part of it is on disk, part in memory, part on its way.
    while fs::metadata(part(&world)).unwrap().len() < 2_000_000 {
        std::thread::yield_now();
    }
    drop(served);

    let len = fs::metadata(part(&world)).unwrap().len();
    assert!((2_000_000..=6_000_000).contains(&len), "{len}");
    let served = serve(&world);
    let status = ask(&served.address, "GET", &session, "", b"").expect(204);
    let last = format!("0-{}", len - 1);
    assert_eq!(status.header("range"), Some(last.as_str()));
    let left = &content[usize::try_from(len).unwrap()..];
    let range = format!("content-range: {len}-{}\r\n", content.len() - 1);
    ask(&served.address, "PATCH", &session, &range, left).expect(202);
    drop(served);

    // Acknowledged content survives everything that follows.
    let served = serve(&world);
    ask(
        &served.address,
        "PUT",
        &format!("{session}?digest={digest}"),
        "",
        b"",
    )
    .expect(201);
    let blob = ask(
        &served.address,
        "GET",
        &format!("/v2/app/blobs/{digest}"),
        "",
        b"",
    )
    .expect(200);
    assert!(blob.body == content);
}

/// The acknowledged pushes: the path and its content.
type Acknowledged = Mutex<BTreeMap<String, Vec<u8>>>;

const CLIENTS: usize = 16;
/// How many manifest pushes are acknowledged before the server is killed.
const KILLED_AFTER: usize = 60;

/// Creates an image with a layer of its own and one shared with others.
fn image(own: &[u8], shared: &[u8]) -> Verified {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers = [own, shared]
        .map(|layer| Descriptor::of(MediaType::OCI_LAYER, layer))
        .into();
    manifest.to_content()
}

/// Pushes images until the server is gone.
fn push_on(address: &str, client: usize, run: usize, acknowledged: &Acknowledged) {
    for number in 0.. {
        let own = format!("{run} {client} {number} ").repeat(1000 * (1 + number % 40));
        let shared = format!("shared {}", number % 5).repeat(100);
        let repository = ["app", "app/nested"][number % 2];
        let manifest = image(own.as_bytes(), shared.as_bytes());
        let tag = format!("v{run}-{client}-{number}");
        let blobs = [b"{}", own.as_bytes(), shared.as_bytes()];
        let is_pushed = blobs
            .iter()
            .all(|blob| push_blob(address, repository, blob, acknowledged).is_some())
            && push_manifest(address, repository, &tag, &manifest, acknowledged).is_some();
        if !is_pushed {
            return;
        }
    }
}

fn push_blob(address: &str, repository: &str, blob: &[u8], acknowledged: &Acknowledged) -> Option<()> {
    let digest = Digest::sha256(blob);
    let opened = try_ask(
        address,
        "POST",
        &format!("/v2/{repository}/blobs/uploads/"),
        "",
        b"",
    )?
    .expect(202);
    let session = opened.header("location").unwrap();
    let (first, rest) = blob.split_at(blob.len() / 2);
    try_ask(address, "PATCH", session, "", first)?.expect(202);
    try_ask(address, "PUT", &format!("{session}?digest={digest}"), "", rest)?.expect(201);
    let path = format!("/v2/{repository}/blobs/{digest}");
    acknowledged.lock().unwrap().insert(path, blob.to_vec());
    Some(())
}

fn push_manifest(
    address: &str,
    repository: &str,
    tag: &str,
    manifest: &Verified,
    acknowledged: &Acknowledged,
) -> Option<()> {
    let path = format!("/v2/{repository}/manifests/{tag}");
    let kind = format!("content-type: {}\r\n", manifest.descriptor().media_type);
    try_ask(address, "PUT", &path, &kind, manifest.bytes())?.expect(201);
    acknowledged
        .lock()
        .unwrap()
        .insert(path, manifest.bytes().to_vec());
    Some(())
}

fn manifests(acknowledged: &Acknowledged) -> usize {
    let acknowledged = acknowledged.lock().unwrap();
    acknowledged
        .keys()
        .filter(|path| path.contains("/manifests/"))
        .count()
}

#[test]
fn what_was_acknowledged_survives_a_kill_under_load() {
    let world = World::new();
    let acknowledged = Acknowledged::default();
    for run in 0..3 {
        let served = serve(&world);
        let (address, before) = (served.address.clone(), manifests(&acknowledged));
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (address, acknowledged, is_over) = (&address, &acknowledged, &is_over);
                scope.spawn(move || {
                    push_on(address, client, run, acknowledged);
                    is_over.store(true, Relaxed);
                });
            }
            while manifests(&acknowledged) < before + KILLED_AFTER && !is_over.load(Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert!(!is_over.load(Relaxed), "the server went before it was killed");
            drop(served);
        });

        let served = serve(&world);
        for (path, content) in &*acknowledged.lock().unwrap() {
            let found = ask(&served.address, "GET", path, "", b"").expect(200);
            assert!(found.body == *content, "{path}");
        }
    }
    for repository in ["store/app", "store/app/nested"] {
        check_layout(&world.path(repository));
    }
}

/// Checks that blobs match their digests, that the index lists existing content, and that partial files are removed
/// once they are old.
fn check_layout(dir: &Path) {
    let sha256 = dir.join("blobs/sha256");
    for blob in files(&sha256) {
        let digest = Digest::sha256(&fs::read(&blob).unwrap());
        assert!(blob.ends_with(digest.encoded()), "{blob}");
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = LayoutOptions::default()
        .with_sweep_grace(Duration::ZERO)
        .with_part_grace(Duration::ZERO);
    let store = runtime.block_on(LayoutStore::create_with(dir, options)).unwrap();
    for listed in runtime.block_on(store.roots()).unwrap() {
        let blob = sha256.join(listed.digest.encoded());
        assert_eq!(fs::metadata(blob).unwrap().len(), listed.size);
    }
    let left = fs::read_dir(dir.join("blobs")).unwrap().count();
    assert_eq!(left, 1, "only the folder of sha256 is left");
}
