//! Which titles become files, and where.

use std::{fmt, fs};

use async_trait::async_trait;
use oras_content::{
    Descriptor, ErrorChain, ErrorKind, Name, OpenOptions, Opened, Payload, PushOptions, Pushed,
    ResolveOptions, Resolved, Result, StageOptions, Staged, Stager, Store, Tag, Writer, annotations,
};
use oras_file::{FileOptions, FileStore};

use crate::{names, push, titled};

/// A store in which every content has its digest as its title.
pub(crate) struct Titled(pub(crate) FileStore);

fn with_title(target: &Descriptor) -> Descriptor {
    target
        .clone()
        .with_annotation(annotations::TITLE, target.digest.encoded())
}

impl fmt::Display for Titled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl Store for Titled {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(&with_title(target), opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.0.exists(&with_title(target)).await
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn stager(&self) -> Option<&dyn Stager> {
        Some(self)
    }
}

struct TitledStaged(Box<dyn Staged>);

#[async_trait]
impl Stager for Titled {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        Ok(Box::new(TitledStaged(self.0.stage(opts).await?)))
    }
}

#[async_trait]
impl Staged for TitledStaged {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn holes(&self) -> Vec<std::ops::Range<u64>> {
        self.0.holes()
    }

    async fn append(&mut self, bytes: bytes::Bytes) -> Result<()> {
        self.0.append(bytes).await
    }

    async fn write_at(&mut self, offset: u64, bytes: bytes::Bytes) -> Result<()> {
        self.0.write_at(offset, bytes).await
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        self.0.commit(&with_title(expected)).await
    }
}

#[async_trait]
impl Writer for Titled {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        self.0.push_opts(&with_title(expected), payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.0.set_tag(target, tag).await
    }
}

#[tokio::test]
async fn a_title_that_leaves_the_folder_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path().join("out"));
    for title in [
        "../x",
        "/tmp/x",
        "a/../../x",
        "..",
        ".",
        "a\\..\\x",
        "x\0y",
        ".oras-tmp-x",
        ".oras-part-x",
    ] {
        let error = push(&store, title, "evil").await.unwrap_err();
        let kind = match title.starts_with('/') || title.starts_with("..") || title == "a/../../x" {
            true => ErrorKind::PathTraversal,
            false => ErrorKind::Refused,
        };
        assert_eq!(error.kind(), &kind, "{title:?}: {error:?}");
        assert!(!store.exists(&titled(title, "evil")).await.unwrap());
        assert!(store.add(title, None, None).await.is_err(), "{title:?}");
    }
    assert!(names(root.path()).is_empty());
}

#[tokio::test]
async fn folders_on_the_way_are_created() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path().join("new/out"));
    push(&store, "a/b/c.txt", "deep").await.unwrap();
    assert_eq!(
        fs::read_to_string(root.path().join("new/out/a/b/c.txt")).unwrap(),
        "deep"
    );
}

#[tokio::test]
async fn traversal_can_be_allowed() {
    let root = tempfile::tempdir().unwrap();
    let opts = FileOptions::default().with_path_traversal(true);
    let store = FileStore::with_options(root.path().join("out"), opts);
    let absolute = root.path().join("absolute");
    push(&store, absolute.to_str().unwrap(), "a").await.unwrap();
    assert_eq!(fs::read_to_string(absolute).unwrap(), "a");
    push(&store, "in/side", "b").await.unwrap();
    push(&store, "../beside", "c").await.unwrap();
    assert_eq!(fs::read_to_string(root.path().join("beside")).unwrap(), "c");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_folder_is_not_followed() {
    use std::os::unix::fs::symlink;

    let root = tempfile::tempdir().unwrap();
    let (out, outside) = (root.path().join("out"), root.path().join("outside"));
    fs::create_dir_all(out.join("real")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "kept").unwrap();
    symlink(&outside, out.join("link")).unwrap();
    symlink("real", out.join("inner")).unwrap();
    symlink(outside.join("kept"), out.join("file")).unwrap();
    symlink(root.path().join("nowhere"), out.join("dangling")).unwrap();
    let store = FileStore::new(&out);

    for title in ["link/x", "link/a/x", "inner/../link/x"] {
        let error = push(&store, title, "evil").await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::PathTraversal),
            "{title}: {error:?}"
        );
    }
    push(&store, "dangling/x", "evil").await.unwrap_err();
    push(&store, "inner/x", "fine").await.unwrap();
    assert_eq!(fs::read_to_string(out.join("real/x")).unwrap(), "fine");
    for link in ["file", "dangling"] {
        let error = push(&store, link, "new").await.unwrap_err();
        let text = ErrorChain(&error).to_string();
        assert!(text.contains("symbolic link"), "{text}");
        assert!(fs::symlink_metadata(out.join(link)).unwrap().is_symlink());
    }
    assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "kept");
    assert_eq!(names(&outside), ["kept"]);
}

#[tokio::test]
async fn a_folder_is_not_replaced_by_a_file() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("x")).unwrap();
    let store = FileStore::new(root.path());
    let error = push(&store, "x", "file").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refused), "{error:?}");
    push(&store, "y", "file").await.unwrap();
    let error = push(&store, "y/z", "below a file").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refused), "{error:?}");
}
