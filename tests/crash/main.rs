//! Processes that are killed while they write: nothing partial has a final name, and what was there before stays.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use oras::{
    Descriptor, Digest, LayoutStore, ManifestVersion, MediaType, PackOptions, StoreExt, TagLister, WriterExt,
    pack_manifest,
};
use oras_tests::{Work, files, succeeds};

const BLOB: usize = 8 << 20;

/// A registry with one artifact, whose layer never comes to its end.
fn stalling() -> String {
    let layer = Descriptor::of(MediaType::OCTET_STREAM, &vec![7; BLOB])
        .with_annotation("org.opencontainers.image.title", "large");
    let mut manifest = oras::content::ImageManifest::new(Descriptor::empty_json());
    manifest.layers = vec![layer];
    let manifest = manifest.to_content();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (mut socket, manifest) = (socket.unwrap(), manifest.bytes().clone());
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                while let Ok(count @ 1..) = socket.read(&mut head) {
                    let head = String::from_utf8_lossy(&head[..count]).into_owned();
                    let is_manifest = head.contains("/manifests/");
                    let length = if is_manifest { manifest.len() } else { BLOB };
                    let kind = "application/vnd.oci.image.manifest.v1+json";
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
                    );
                    let body: &[u8] = if is_manifest {
                        &manifest
                    } else {
                        &vec![7; BLOB / 2]
                    };
                    if socket
                        .write_all(answer.as_bytes())
                        .and_then(|()| socket.write_all(body))
                        .is_err()
                    {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Waits until `done`; for so long only that a failing test ends.
fn until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_killed_pull_leaves_no_file_under_its_name() {
    let work = Work::new().unwrap();
    let address = stalling();
    let out = work.path("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("large"), "the old one").unwrap();
    for signal in ["KILL", "INT", "TERM"] {
        let mut pull = work.oras(&["pull", &format!("{address}/app:v1"), "-o", "out"]);
        let mut child = pull.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let is_writing = || {
            let sizes = files(&out)
                .into_iter()
                .map(|file| std::fs::metadata(out.join(file)).map_or(0, |file| file.len()));
            sizes.sum::<u64>() > (BLOB / 4) as u64
        };
        until("half of the download", is_writing);
        succeeds(&mut work.command("kill", &["-s", signal, &child.id().to_string()]));
        child.wait().unwrap();
        assert_eq!(std::fs::read_to_string(out.join("large")).unwrap(), "the old one");
        let left: Vec<String> = files(&out).into_iter().filter(|file| file != "large").collect();
        // What came of it is kept for the next pull, and nothing else.
        assert_eq!(left.len(), 1, "after SIG{signal}: {left:?}");
        assert!(left[0].starts_with(".oras-part-"), "{left:?}");
        std::fs::remove_file(out.join(&left[0])).unwrap();
    }
}

/// Every tag resolves, and every manifest and blob that one leads to is whole.
async fn check(layout: &LayoutStore) -> Vec<String> {
    let tags: Vec<String> = futures_util::TryStreamExt::try_collect(layout.tags(Default::default()))
        .await
        .unwrap();
    for tag in &tags {
        let root = layout.resolve(tag).await.unwrap();
        let manifest = layout.fetch_manifest(&root, 4 << 20).await.unwrap();
        for child in manifest.successors() {
            layout.fetch_all(child, 1 << 20).await.unwrap();
        }
    }
    tags
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_copy_leaves_a_layout_that_opens_with_its_tags() {
    let work = Work::new().unwrap();
    let source = LayoutStore::create(work.path("source")).await.unwrap();
    let mut names = Vec::new();
    for index in 0..60 {
        let layer = source
            .push_bytes(MediaType::OCTET_STREAM, format!("layer {index}"))
            .await
            .unwrap();
        let pack = PackOptions::default().with_layers([layer]);
        let packed = pack_manifest(&source, ManifestVersion::V1_1, "t/x", pack)
            .await
            .unwrap();
        names.push(format!("v{index}"));
        source.tag(&packed, &names[index]).await.unwrap();
    }
    for (round, delay) in [1_u64, 3, 9, 20, 40, 70, 110].into_iter().enumerate() {
        let layout = work.path("layout");
        let before = match layout.exists() {
            true => check(&LayoutStore::open(&layout).await.unwrap()).await,
            false => Vec::new(),
        };
        // One process after another, as fast as they go, until it is killed.
        let script = names.iter().map(|name| {
            format!("\"$0\" cp --from-oci-layout source:{name} --to-oci-layout layout:{name}-{round} 2>/dev/null >&2;")
        });
        let script: String = script.collect();
        let program = work.oras(&[]).get_program().to_owned();
        let mut shell = work.command("setsid", &["sh", "-c", &script]);
        let mut child = shell.arg(program).spawn().unwrap();
        until("the first tag", || {
            std::fs::read_to_string(layout.join("index.json"))
                .is_ok_and(|index| index.contains(&format!("-{round}\"")))
        });
        std::thread::sleep(Duration::from_millis(delay));
        // The group, so that the writer dies and not only its shell.
        work.command("kill", &["-9", "--", &format!("-{}", child.id())])
            .status()
            .unwrap();
        child.wait().unwrap();

        let after = check(&LayoutStore::open(&layout).await.unwrap()).await;
        assert!(
            before.iter().all(|tag| after.contains(tag)),
            "{before:?} {after:?}"
        );
        assert!(after.len() > before.len());
        for file in files(&layout.join("blobs").join("sha256")) {
            if file.starts_with(".oras-tmp-") {
                continue;
            }
            let content = std::fs::read(layout.join("blobs").join("sha256").join(&file)).unwrap();
            assert_eq!(Digest::sha256(&content).encoded(), file);
        }
    }
}

/// A layout with artifacts of which every fifth is tagged; each has a manifest that refers to it.
async fn half_tagged(layout: &LayoutStore, round: usize) {
    for index in 0..40 {
        let layer = layout
            .push_bytes(MediaType::OCTET_STREAM, format!("layer {round} {index}"))
            .await
            .unwrap();
        let pack = PackOptions::default().with_layers([layer]);
        let image = pack_manifest(layout, ManifestVersion::V1_1, "t/x", pack)
            .await
            .unwrap();
        let pack = PackOptions::default().with_subject(image.clone());
        pack_manifest(layout, ManifestVersion::V1_1, "t/signature", pack)
            .await
            .unwrap();
        if index % 5 == 0 {
            layout.tag(&image, format!("v{round}-{index}")).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_collection_leaves_every_listed_graph_whole() {
    let work = Work::new().unwrap();
    let collect = ["layout", "gc", "layout", "--untagged", "--grace", "0s"];
    let blobs = work.path("layout/blobs/sha256");
    for (round, removed) in [1, 2, 5, 20, 40, 70].into_iter().enumerate() {
        let layout = LayoutStore::create(work.path("layout")).await.unwrap();
        half_tagged(&layout, round).await;
        let before = check(&layout).await;
        let count = files(&blobs).len();
        let mut command = work.oras(&collect);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("a removal", || files(&blobs).len() + removed <= count);
        work.command("kill", &["-9", &child.id().to_string()])
            .status()
            .unwrap();
        child.wait().unwrap();

        let again = LayoutStore::open(work.path("layout")).await.unwrap();
        assert_eq!(check(&again).await, before);
        for root in again.roots().await.unwrap() {
            let manifest = again.fetch_manifest(&root, 4 << 20).await.unwrap();
            for child in manifest.successors() {
                again.fetch_all(child, 1 << 20).await.unwrap();
            }
        }
        // What was begun is completed by the next run.
        succeeds(&mut work.oras(&collect));
        let found = succeeds(&mut work.oras(&["layout", "check", "layout"]));
        assert_eq!(found.lines().count(), 1, "nothing is left: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tag_that_a_process_acknowledged_is_lost_to_collections_by_another() {
    let work = Work::new().unwrap();
    LayoutStore::create(work.path("layout")).await.unwrap();
    std::fs::write(work.path("file"), "shared by all").unwrap();
    // A push that a collection got in the way of fails, and is not acknowledged.
    let pushes = |writer: usize| -> String {
        let push = |index: usize| {
            let name = format!("w{writer}-{index}");
            format!("\"$0\" push --oci-layout layout:{name} file -a n={name} >/dev/null 2>&1 && echo {name};")
        };
        (0..25).map(push).collect()
    };
    let program = work.oras(&[]).get_program().to_owned();
    let writers = (0..3).map(|writer| {
        let mut shell = work.command("sh", &["-c", &pushes(writer)]);
        shell.arg(&program).stdout(Stdio::piped()).spawn().unwrap()
    });
    let mut writers: Vec<_> = writers.collect();
    let mut collections = 0;
    while writers
        .iter_mut()
        .any(|writer| writer.try_wait().unwrap().is_none())
    {
        succeeds(&mut work.oras(&["layout", "gc", "layout", "--untagged", "--grace", "0s"]));
        collections += 1;
    }
    let mut acknowledged = Vec::new();
    for writer in writers {
        let said = String::from_utf8(writer.wait_with_output().unwrap().stdout).unwrap();
        acknowledged.extend(said.lines().map(str::to_owned));
    }
    assert!(
        collections > 3 && acknowledged.len() > 5,
        "{collections} {acknowledged:?}"
    );
    succeeds(&mut work.oras(&["layout", "check", "layout"]));
    let tags = check(&LayoutStore::open(work.path("layout")).await.unwrap()).await;
    let lost: Vec<_> = acknowledged.iter().filter(|tag| !tags.contains(tag)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}
