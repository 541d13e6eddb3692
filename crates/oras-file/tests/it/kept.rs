//! What is left of a large file whose source broke off.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use oras_conformance::Interrupted;
use oras_content::{
    Descriptor, Error, ErrorKind, MediaType, OpenOptions, Opened, Payload, Pushed, Reopen, Result, StoreExt,
    WriterExt, annotations,
};
use oras_file::FileStore;

use crate::names;

pub(crate) const MIB: usize = 1024 * 1024;

/// A large file, and what was pulled of it before its source broke off.
pub(crate) fn large(title: &str) -> (Descriptor, Bytes, Interrupted) {
    let bytes: Bytes = (0..8 * MIB).map(|at| (at ^ (at / 1021)) as u8).collect();
    let file = Descriptor::of(MediaType::OCTET_STREAM, &bytes).with_annotation(annotations::TITLE, title);
    let source = Interrupted::new(bytes.clone());
    (file, bytes, source)
}

async fn broken(dir: &Path, file: &Descriptor, source: &Interrupted) -> String {
    let pushed = FileStore::new(dir).push(file, source.broken(6 * MIB)).await;
    assert!(pushed.is_err());
    let names = names(dir);
    assert_eq!(names.len(), 1, "{names:?}");
    names.into_iter().next().unwrap()
}

async fn ends(dir: &Path, file: &Descriptor, bytes: &Bytes, source: &Interrupted) {
    let store = FileStore::new(dir);
    assert_eq!(store.push(file, source.whole()).await.unwrap(), Pushed::Stored);
    assert!(store.fetch_all(file, u64::MAX).await.unwrap().bytes() == bytes);
    assert!(fs::read(dir.join("large.bin")).unwrap() == *bytes);
    assert_eq!(names(dir), ["large.bin"]);
}

#[tokio::test]
async fn the_next_pull_goes_on_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes, source) = large("large.bin");
    let left = broken(dir.path(), &file, &source).await;
    assert_eq!(left, format!(".oras-part-sha256{}", file.digest.encoded()));
    ends(dir.path(), &file, &bytes, &source).await;
    assert_eq!(source.asked(), [0, 6 * MIB as u64]);
}

#[tokio::test]
async fn what_changed_meanwhile_is_read_anew() {
    for longer in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (file, bytes, source) = large("large.bin");
        let left = dir.path().join(broken(dir.path(), &file, &source).await);
        let mut there = fs::read(&left).unwrap();
        match longer {
            true => there.resize(9 * MIB, 0),
            false => there[77] ^= 1,
        }
        fs::write(&left, there).unwrap();
        ends(dir.path(), &file, &bytes, &source).await;
    }
}

/// Whoever could write to it before it had its name could do so afterwards.
#[cfg(unix)]
#[tokio::test]
async fn what_others_may_write_to_is_not_gone_on_with() {
    use std::os::unix::fs::PermissionsExt;

    let (file, bytes, source) = large("large.bin");
    for is_link in [false, true] {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let left = dir.path().join(broken(dir.path(), &file, &source).await);
        let other = elsewhere.path().join("other");
        match is_link {
            true => fs::hard_link(&left, &other).unwrap(),
            false => fs::set_permissions(&left, fs::Permissions::from_mode(0o666)).unwrap(),
        }
        ends(dir.path(), &file, &bytes, &source).await;
        let mode = fs::metadata(dir.path().join("large.bin"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o022, 0);
        if is_link {
            assert_eq!(fs::metadata(&other).unwrap().len(), 6 * MIB as u64);
        }
    }
    assert_eq!(source.asked(), [0; 4]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_of_its_name_is_not_followed() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, bytes, source) = large("large.bin");
    let target = elsewhere.path().join("target");
    fs::write(&target, "kept").unwrap();
    let name = format!(".oras-part-sha256{}", file.digest.encoded());
    std::os::unix::fs::symlink(&target, dir.path().join(&name)).unwrap();
    let store = FileStore::new(dir.path());
    assert_eq!(store.push(&file, source.whole()).await.unwrap(), Pushed::Stored);
    assert!(fs::read(dir.path().join("large.bin")).unwrap() == bytes);
    assert_eq!(fs::read_to_string(&target).unwrap(), "kept");
}

#[tokio::test]
async fn nothing_is_left_where_the_source_does_not_give_it() {
    for kind in [ErrorKind::NotFound, ErrorKind::Denied] {
        let dir = tempfile::tempdir().unwrap();
        let (file, _, _) = large("large.bin");
        let refused = Payload::reopen(Arc::new(Refused(kind)), Some(file.size));
        assert!(FileStore::new(dir.path()).push(&file, refused).await.is_err());
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }
}

#[tokio::test]
async fn it_goes_when_the_file_came_another_way() {
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes, source) = large("large.bin");
    broken(dir.path(), &file, &source).await;
    fs::write(dir.path().join("large.bin"), &bytes).unwrap();
    let store = FileStore::new(dir.path());
    assert_eq!(store.push(&file, source.whole()).await.unwrap(), Pushed::Present);
    assert_eq!(names(dir.path()), ["large.bin"]);
}

#[tokio::test]
async fn it_goes_when_the_content_is_there_under_another_title() {
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes, source) = large("large.bin");
    broken(dir.path(), &file, &source).await;
    let store = FileStore::new(dir.path());
    let other = file
        .clone()
        .with_annotation(annotations::TITLE, "below/other.bin");
    store.push(&other, source.whole()).await.unwrap();
    store.push(&file, source.whole()).await.unwrap();
    assert!(fs::read(dir.path().join("large.bin")).unwrap() == bytes);
    assert_eq!(names(dir.path()), ["below", "large.bin"]);
}

/// Content that is refused.
struct Refused(ErrorKind);

#[async_trait]
impl Reopen for Refused {
    async fn open(&self, _: OpenOptions) -> Result<Opened> {
        Err(Error::new(self.0, "the content"))
    }
}
