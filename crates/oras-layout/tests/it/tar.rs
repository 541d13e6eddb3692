//! Layouts in tar archives.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_content::{
    ContentLister, Descriptor, ErrorKind, MediaType, PredecessorFinder, Store, StoreExt, TagListOptions,
    TagLister, WriterExt,
};
use oras_layout::{LayoutStore, TarLayout};

use crate::{files, push, push_manifest};

/// Returns one entry of an archive.
fn entry(kind: u8, name: &str, data: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    sealed(header, data)
}

/// Returns a header with its checksum, and the data padded to whole blocks.
fn sealed(mut header: [u8; 512], data: &[u8]) -> Vec<u8> {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut entry = header.to_vec();
    entry.extend_from_slice(data);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

fn pax(records: &str) -> Vec<u8> {
    entry(b'x', "pax", records.as_bytes())
}

/// Archives a folder, with names as written by `tar -C dir .`.
fn archive(dir: &Path) -> Vec<u8> {
    let mut bytes = entry(b'5', "./", b"");
    for name in files(dir) {
        bytes.extend(entry(
            b'0',
            &format!("./{name}"),
            &fs::read(dir.join(&name)).unwrap(),
        ));
    }
    bytes.extend([0; 1024]);
    bytes
}

async fn opened(bytes: &[u8]) -> oras_content::Result<TarLayout> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    TarLayout::open(file.path()).await
}

#[tokio::test]
async fn everything_in_an_archive_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let layout = dir.path().join("layout");
    let store = LayoutStore::create(&layout).await.unwrap();
    let subject = push_manifest(&store, "subject", None).await;
    let referrer = push_manifest(&store, "referrer", Some(&subject)).await;
    let long = push(&store, MediaType::OCTET_STREAM, &vec![7; 600_000]).await;
    store.tag(&subject, "v1").await.unwrap();
    let path = dir.path().join("layout.tar");
    fs::write(&path, archive(&layout)).unwrap();

    let tar = TarLayout::open(&path).await.unwrap();
    assert_eq!(tar.path(), path);
    assert_eq!(tar.roots(), store.roots().await.unwrap());
    assert_eq!(tar.resolve("v1").await.unwrap(), subject);
    assert_eq!(tar.resolve(referrer.digest.as_str()).await.unwrap(), referrer);
    assert_eq!(tar.resolve(long.digest.as_str()).await.unwrap().size, 600_000);
    let tags: Vec<_> = tar.tags(TagListOptions::default()).try_collect().await.unwrap();
    assert_eq!(tags, ["v1"]);
    assert_eq!(
        tar.predecessors(&subject).await.unwrap(),
        store.predecessors(&subject).await.unwrap()
    );
    let lister = tar.referrer_lister().unwrap();
    let found: Vec<Descriptor> = lister.referrers(&subject, None).try_collect().await.unwrap();
    assert_eq!(found[0].digest, referrer.digest);
    let named = tar.fetch_named("v1", 4096).await.unwrap();
    assert_eq!(named.descriptor().digest, subject.digest);
    let contents: Vec<Descriptor> = tar.contents().try_collect().await.unwrap();
    assert!(contents.iter().any(|content| content.digest == long.digest));

    assert!(tar.exists(&long).await.unwrap());
    assert!(
        tar.fetch_all(&long, long.size)
            .await
            .unwrap()
            .bytes()
            .iter()
            .all(|byte| *byte == 7)
    );
    let opened = tar.fetch_range(&long, 10..300_010).await.unwrap();
    let part: Vec<Bytes> = opened.content.try_collect().await.unwrap();
    assert_eq!(part.concat().len(), 300_000);
}

#[tokio::test]
async fn what_is_missing_is_not_found() {
    let dir = tempfile::tempdir().unwrap();
    LayoutStore::create(dir.path()).await.unwrap();
    let tar = opened(&archive(dir.path())).await.unwrap();
    let missing = Descriptor::of(MediaType::OCTET_STREAM, b"missing");
    assert!(!tar.exists(&missing).await.unwrap());
    assert!(tar.fetch_all(&missing, 7).await.unwrap_err().is_not_found());
    assert!(tar.resolve("v1").await.unwrap_err().is_not_found());
    assert!(
        tar.resolve(missing.digest.as_str())
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(matches!(tar.resolve("").await, Err(error) if matches!(error.kind(), ErrorKind::MissingName)));
    assert!(
        TarLayout::open(dir.path().join("missing"))
            .await
            .unwrap_err()
            .is_not_found()
    );
    let error = opened(&entry(b'0', "other", b"")).await.unwrap_err();
    assert!(
        error.is_not_found() && error.to_string().contains("oci-layout"),
        "{error}"
    );
}

/// Returns the two files that every layout has.
fn minimal() -> Vec<u8> {
    let mut bytes = entry(b'0', "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
    bytes.extend(entry(
        b'0',
        "index.json",
        br#"{"schemaVersion":2,"manifests":[]}"#,
    ));
    bytes
}

#[tokio::test]
async fn long_names_and_sizes_are_read() {
    let hello = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
    let name = format!("blobs/{}", hello.digest.as_str().replace(':', "/"));
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let len = (1..)
            .find(|len| len.to_string().len() + rest.len() == *len)
            .unwrap();
        format!("{len}{rest}")
    };
    let mut large = [0; 512];
    large[..4].copy_from_slice(b"name");
    large[124] = 0x80;
    large[135] = 5;
    let named = [
        [
            entry(b'L', "././@LongLink", format!("{name}\0").as_bytes()),
            sealed(large, b"hello"),
        ]
        .concat(),
        [pax(&record("path", &name)), entry(b'0', "short", b"hello")].concat(),
        [pax(&(record("size", "5") + &record("path", &name))), {
            let mut header = [0; 512];
            header[..5].copy_from_slice(b"short");
            sealed(header, b"hello")
        }]
        .concat(),
    ];
    for entries in named {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), [entries, minimal()].concat()).unwrap();
        let tar = TarLayout::open(file.path()).await.unwrap();
        assert_eq!(tar.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
    }
}

#[tokio::test]
async fn damaged_archives_are_refused() {
    let whole = minimal();
    let mut flipped = whole.clone();
    flipped[3] ^= 1;
    let mut binary = whole.clone();
    binary[148] = 0x80;
    let cases = [
        vec![],
        b"text".to_vec(),
        whole[..1100].to_vec(),
        whole[..540].to_vec(),
        flipped,
        binary,
        [pax("9 size=6\n"), entry(b'0', "a", b"hello"), whole.clone()].concat(),
        [pax("9 size=x\n"), entry(b'0', "a", b"hello"), whole.clone()].concat(),
        [pax("99 size=5\n"), entry(b'0', "a", b"hello"), whole.clone()].concat(),
        [pax("0 size=5\n"), entry(b'0', "a", b"hello"), whole.clone()].concat(),
        [
            pax("29 size=18446744073709551615\n"),
            entry(b'0', "a", b""),
            whole,
        ]
        .concat(),
    ];
    for (number, bytes) in cases.iter().enumerate() {
        let error = opened(bytes).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Storage), "{number}: {error:?}");
    }
}

#[tokio::test]
async fn compressed_archives_are_unsupported() {
    for magic in [&[0x1f, 0x8b, 8, 0][..], &[0x28, 0xb5, 0x2f, 0xfd, 0]] {
        let error = opened(magic).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported), "{error:?}");
    }
}
