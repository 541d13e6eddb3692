//! The folder `blobs`: content in files named by digest.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use oras_content::{
    Descriptor, Digest, Error, ErrorKind, MAX_MANIFEST_BYTES, Manifest, MediaType, Result, Verified,
    VerifyError,
};
use oras_fs::{AtomicFile, Durability};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::lock;
use crate::read_only::of_writing;
use crate::relied::Relied;

/// Maximum number of concurrent blocking calls in a folder. More are not faster, and each needs a thread with its own
/// memory.
const CALLS: usize = 8;

/// How long to wait for a partial file that its previous owner may be about to close.
const PART_WAIT: Duration = Duration::from_millis(200);

/// The age from which a blob that a caller relies on gets a new modification time.
const FRESH: Duration = Duration::from_secs(60);

/// Content in a folder. All calls block.
#[derive(Debug)]
pub(crate) struct Blobs {
    dir: PathBuf,
    /// Folders with new names that are not durable yet.
    unsynced: Mutex<BTreeSet<PathBuf>>,
    pub(crate) relied: Relied,
    calls: Semaphore,
}

/// The state of a blob on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Missing,
    /// Not a file of the expected size.
    Damaged,
    Present,
}

impl Blobs {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            unsynced: Mutex::default(),
            relied: Relied::default(),
            calls: Semaphore::new(CALLS),
        }
    }

    /// Waits for a permit for a blocking call. Dropping the result returns it.
    pub(crate) async fn turn(&self) -> SemaphorePermit<'_> {
        self.calls.acquire().await.expect("the semaphore is never closed")
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        self.dir.join(digest.algorithm_name()).join(digest.encoded())
    }

    pub(crate) fn status(&self, target: &Descriptor) -> Result<Status> {
        let path = self.path(&target.digest);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() && found.len() == target.size => Ok(Status::Present),
            Ok(_) => Ok(Status::Damaged),
            Err(error) if is_absent(&error) => Ok(Status::Missing),
            Err(error) => Err(Error::storage(path.display(), error)),
        }
    }

    pub(crate) fn is_missing(&self, digest: &Digest) -> Result<bool> {
        let any = Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), 0);
        Ok(self.status(&any)? == Status::Missing)
    }

    /// A descriptor of the blob `digest`, if it exists, without its media type.
    pub(crate) fn describe(&self, digest: &Digest) -> Option<Descriptor> {
        let found = fs::symlink_metadata(self.path(digest)).ok()?;
        let describe = |size| Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), size);
        found.is_file().then(|| describe(found.len()))
    }

    /// The digests of all files. Anything else in the folder is skipped.
    pub(crate) fn list(&self) -> Result<Vec<Digest>> {
        let mut found = Vec::new();
        for dir in names(&self.dir)? {
            let algorithm = dir.to_string_lossy().into_owned();
            // Temporary files are next to the folders of the algorithms.
            if algorithm.starts_with('.') {
                continue;
            }
            let encoded = names(&self.dir.join(&dir))?;
            let digest = |encoded: OsString| format!("{algorithm}:{}", encoded.to_str()?).parse().ok();
            found.extend(encoded.into_iter().filter_map(digest));
        }
        Ok(found)
    }

    /// Opens the blob of `target`, which must be a file of the expected size.
    pub(crate) fn open(&self, target: &Descriptor) -> Result<File> {
        let path = self.path(&target.digest);
        // A link could point outside the layout, and opening a pipe would block for ever.
        let found = fs::symlink_metadata(&path).map_err(|error| read_error(target, &path, error))?;
        if !found.is_file() {
            return Err(Error::refused(
                path.display().to_string(),
                "a blob must be a regular file, not a link, folder or device",
            ));
        }
        let file = File::open(&path).map_err(|error| read_error(target, &path, error))?;
        if found.len() != target.size {
            let source = VerifyError::Size {
                expected: target.size,
                actual: found.len(),
            };
            return Err(Error::verify(&target.digest, source));
        }
        Ok(file)
    }

    /// Reads and verifies the blob of `target`, unless it has more than `limit` bytes.
    pub(crate) fn read(&self, target: &Descriptor, limit: u64) -> Result<Verified> {
        if target.size > limit {
            return Err(Error::size_exceeds_limit(&target.digest, limit));
        }
        let mut bytes = Vec::new();
        self.open(target)?
            .take(target.size)
            .read_to_end(&mut bytes)
            .map_err(|error| Error::storage(&target.digest, error))?;
        Verified::new(target.clone(), Bytes::from(bytes))
            .map_err(|source| Error::verify(&target.digest, source))
    }

    /// Reads the manifest of `target`.
    pub(crate) fn manifest(&self, target: &Descriptor) -> Result<Manifest> {
        Manifest::parse(self.read(target, MAX_MANIFEST_BYTES)?)
    }

    /// Creates a temporary file for new content.
    pub(crate) fn temp(&self) -> Result<AtomicFile> {
        ensure(&self.dir).map_err(|error| Error::storage(self.dir.display(), error))?;
        AtomicFile::create(&self.dir, 0o644)
            .map_err(|error| Error::storage(self.dir.display(), of_writing(error)))
    }

    /// Creates a partial file for new content, which is kept on drop.
    pub(crate) fn create_part(&self, id: &str) -> Result<AtomicFile> {
        let fail = |error: oras_content::BoxError| Error::storage(self.dir.display(), error);
        ensure(&self.dir).map_err(|error| fail(error.into()))?;
        AtomicFile::create_part(&self.dir, id, 0o644).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::new(ErrorKind::WouldOverwrite, id).with_source(error),
            _ => fail(error.into()),
        })
    }

    /// Opens the file of [`create_part`](Self::create_part), at its end.
    pub(crate) fn open_part(&self, id: &str) -> Result<AtomicFile> {
        let opened = AtomicFile::open_part(&self.dir, id, PART_WAIT);
        opened
            .map_err(|error| Error::storage(self.dir.display(), error))?
            .ok_or_else(|| Error::not_found(id))
    }

    /// Renames verified content to its final name.
    pub(crate) fn commit(&self, mut file: AtomicFile, digest: &Digest, durability: Durability) -> Result<()> {
        let path = self.path(digest);
        let fail = |error: io::Error| Error::storage(path.display(), error);
        let dir = path.parent().expect("a blob is in the folder of its algorithm");
        ensure(dir).map_err(fail)?;
        protect(file.file()).map_err(fail)?;
        file.commit(&path, durability)
            .map_err(|error| Error::storage(path.display(), error))?;
        if durability != Durability::Full {
            lock(&self.unsynced).insert(dir.to_owned());
        }
        self.relied.insert(digest);
        Ok(())
    }

    /// Stores verified content from memory.
    pub(crate) fn keep(&self, content: &Verified, durability: Durability) -> Result<()> {
        let digest = &content.descriptor().digest;
        let mut file = self.temp()?;
        file.write_all(content.bytes())
            .map_err(|error| Error::storage(digest, error))?;
        self.commit(file, digest, durability)
    }

    /// Whether the blob is so young that a new modification time is not worth a lock.
    pub(crate) fn is_fresh(&self, digest: &Digest) -> bool {
        self.is_younger(digest, FRESH)
    }

    /// Whether there is a blob that was not modified for less than `age`.
    pub(crate) fn is_younger(&self, digest: &Digest, age: Duration) -> bool {
        let found = fs::symlink_metadata(self.path(digest));
        found.is_ok_and(|found| !oras_fs::is_older(found.modified().ok(), age))
    }

    /// Checks that the folders belong to this layout: content behind a link may be shared with others.
    pub(crate) fn check_own(&self) -> Result<()> {
        let algorithms = names(&self.dir)?.into_iter().map(|name| self.dir.join(name));
        for dir in std::iter::once(self.dir.clone()).chain(algorithms) {
            if fs::symlink_metadata(&dir).is_ok_and(|found| found.is_symlink()) {
                let reason = "it is a link, and other layouts may share what is behind it";
                return Err(Error::refused(
                    format!("to remove content from {}", dir.display()),
                    reason,
                ));
            }
        }
        Ok(())
    }

    /// Sets a new modification time, if the system permits it. Returns `false` if there is no blob.
    pub(crate) fn touch(&self, digest: &Digest) -> bool {
        let path = self.path(digest);
        if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            return false;
        }
        // On Unix the owner of a file may do this without write permission, which blobs do not have.
        let opened = File::options().read(true).write(cfg!(not(unix))).open(&path);
        let _ = opened.and_then(|file| file.set_modified(SystemTime::now()));
        true
    }

    /// Makes the names of all blobs committed so far durable, so that no index refers to a blob that a crash loses.
    pub(crate) fn sync_names(&self) -> Result<()> {
        let dirs = std::mem::take(&mut *lock(&self.unsynced));
        if dirs.is_empty() {
            return Ok(());
        }
        let synced = dirs
            .iter()
            .chain([&self.dir])
            .try_for_each(|dir| oras_fs::sync_dir(dir));
        synced.map_err(|error| {
            lock(&self.unsynced).extend(dirs);
            Error::storage(self.dir.display(), error)
        })
    }

    /// Hard-links the blob of `target` from another folder. Returns `false` if that fails.
    pub(crate) fn link(&self, from: &Self, target: &Digest) -> bool {
        let path = self.path(target);
        let dir = path.parent().expect("a blob is in the folder of its algorithm");
        let linked = ensure(dir).is_ok() && fs::hard_link(from.path(target), &path).is_ok();
        if linked {
            lock(&self.unsynced).insert(dir.to_owned());
            self.relied.insert(target);
            // The modification time of a file is shared by all its names.
            self.touch(target);
        }
        linked
    }

    /// Removes the blob `digest`. Returns `false` if there is none.
    pub(crate) fn remove(&self, digest: &Digest) -> Result<bool> {
        let path = self.path(digest);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(Error::storage(path.display(), error)),
        }
    }
}

/// Creates a folder if it is missing. Checking first is cheaper than a failed creation, for which all writers of the
/// parent folder would wait for each other.
fn ensure(dir: &Path) -> io::Result<()> {
    match dir.is_dir() {
        true => Ok(()),
        false => fs::create_dir_all(dir),
    }
}

/// Removes write permission, because content never changes. Skipped on systems where that would prevent removal.
fn protect(file: &File) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

fn read_error(target: &Descriptor, path: &Path, error: io::Error) -> Error {
    if is_absent(&error) {
        return Error::not_found(&target.digest);
    }
    Error::storage(path.display(), error)
}

/// The names in a folder. Empty if it is missing or not a folder.
fn names(dir: &Path) -> Result<Vec<OsString>> {
    let fail = |error: io::Error| Error::storage(dir.display(), error);
    let entries = match fs::read_dir(dir) {
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        entries => entries.map_err(fail)?,
    };
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry.map_err(fail)?.file_name());
    entries.map(name).collect()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
