//! Files as bodies and as ranges.

use std::fs;

use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_content::{Content, Descriptor, ErrorKind, MediaType, Payload};
use oras_file::{FromPath, describe_file, open_range};

async fn read(content: Content) -> Vec<u8> {
    content.try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

#[tokio::test]
async fn a_file_is_a_body_that_can_be_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let bytes: Vec<u8> = (0..600_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    fs::write(&path, &bytes).unwrap();
    let source = Payload::from_path(&path).await.unwrap();
    assert!(source.is_replayable());
    assert_eq!(source.len(), Some(600_000));
    for offset in [0, 1, 262_144, 599_999, 600_000, 700_000] {
        let content = source.open(offset..).await.unwrap();
        let rest = &bytes[(offset as usize).min(bytes.len())..];
        assert_eq!(content.len(), Some(rest.len() as u64));
        assert!(read(content).await == rest, "from {offset}");
    }
    fs::write(&path, "short").unwrap();
    let error = source.open(..).await.unwrap_err();
    assert!(*error.inner().unwrap().kind() == ErrorKind::Verify, "{error:?}");
}

#[tokio::test]
async fn frames_are_large() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, vec![0; 1_000_000]).unwrap();
    let content = Payload::from_path(&path).await.unwrap().open(..).await.unwrap();
    let frames: Vec<Bytes> = content.try_collect().await.unwrap();
    assert!(frames.len() <= 1_000_000 / 65_536 + 1, "{}", frames.len());
}

#[tokio::test]
async fn ranges_end_where_the_file_does() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "0123456789").unwrap();
    for (range, expected) in [
        (0..3, "012"),
        (8..20, "89"),
        (10..11, ""),
        (20..30, ""),
        (0..u64::MAX, "0123456789"),
    ] {
        let content = open_range(&path, range).await.unwrap();
        assert_eq!(read(content).await, expected.as_bytes());
    }
}

#[tokio::test]
async fn a_file_is_described_by_its_content() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    for text in ["", "hello"] {
        fs::write(&path, text).unwrap();
        let found = describe_file(&path, MediaType::OCTET_STREAM).await.unwrap();
        assert_eq!(found, Descriptor::of(MediaType::OCTET_STREAM, text.as_bytes()));
    }
    let error = describe_file(dir.path(), MediaType::OCTET_STREAM)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported), "{error:?}");
    assert!(
        Payload::from_path(dir.path().join("missing"))
            .await
            .unwrap_err()
            .is_not_found()
    );
}
