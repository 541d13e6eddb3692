//! Files as payloads and ranges of content.

use std::fmt;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{
    Algorithm, Content, Descriptor, Error, Hasher, LocalFile, MediaType, OpenOptions, Opened, Payload,
    Reopen, Result, VerifyError,
};

use crate::reader::{blocking, frames, open};

/// Creates payloads from files.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_content::Error> {
/// use oras_content::Payload;
/// use oras_file::FromPath;
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("hello.txt");
/// std::fs::write(&path, "hello").unwrap();
/// let payload = Payload::from_path(&path).await?;
/// assert_eq!(payload.len(), Some(5));
/// # Ok(())
/// # }
/// ```
pub trait FromPath: Sized {
    /// Creates a payload from the file at `path`, which can be read any number of times and at any offset.
    ///
    /// Records the length of the file now. Reading fails if it has changed by then.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the file does not exist.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): `path` is a folder.
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): `path` is a pipe or a device.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the file cannot be read.
    fn from_path(path: impl Into<PathBuf> + Send) -> impl Future<Output = Result<Self>> + Send;
}

impl FromPath for Payload {
    async fn from_path(path: impl Into<PathBuf> + Send) -> Result<Self> {
        let path = path.into();
        let path = SourcePath::from(path);
        let (path, len) = blocking(move || open(&path).map(|(_, len)| (path, len))).await?;
        Ok(Self::reopen(Arc::new(FileSource { path, len }), Some(len)))
    }
}

/// Opens `range` of the file at `path`, clamped to its length.
///
/// # Errors
///
/// As for [`from_path`](FromPath::from_path).
pub async fn open_range(path: impl Into<PathBuf>, range: Range<u64>) -> Result<Content> {
    let path = SourcePath::from(path.into());
    blocking(move || {
        let (file, len) = open(&path)?;
        let start = range.start.min(len);
        frames(file, &path, start..range.end.clamp(start, len))
    })
    .await
}

/// Describes the file at `path`, reading it to compute its sha256 digest and size.
///
/// # Errors
///
/// As for [`from_path`](FromPath::from_path).
pub async fn describe_file(path: impl Into<PathBuf>, media_type: MediaType) -> Result<Descriptor> {
    let path = SourcePath::from(path.into());
    blocking(move || {
        let (mut file, _) = open(&path)?;
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let mut size = 0;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Descriptor::new(media_type, hasher.finish(), size)),
                Ok(read) => {
                    hasher.update(&buffer[..read]);
                    size += read as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::storage(path.to_string(), error)),
            }
        }
    })
    .await
}

/// The path to open a file by, and the path users know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourcePath {
    path: PathBuf,
    shown: PathBuf,
}

impl SourcePath {
    pub(crate) fn new(path: &Path, shown: &Path) -> Self {
        Self {
            path: path.to_owned(),
            shown: shown.to_owned(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl From<PathBuf> for SourcePath {
    fn from(path: PathBuf) -> Self {
        let shown = path.clone();
        Self { path, shown }
    }
}

/// Displays the path users know.
impl fmt::Display for SourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.display().fmt(f)
    }
}

/// A file of `len` bytes.
pub(crate) struct FileSource {
    pub(crate) path: SourcePath,
    pub(crate) len: u64,
}

#[async_trait]
impl Reopen for FileSource {
    async fn open(&self, opts: OpenOptions) -> Result<Opened> {
        let (path, expected) = (self.path.clone(), self.len);
        blocking(move || {
            let (file, actual) = open(&path)?;
            if actual != expected {
                let what = format!("{path}, which has changed,");
                return Err(Error::verify(what, VerifyError::Size { expected, actual }));
            }
            let range = opts.range.within(expected);
            let local = match opts.file {
                true => Some(LocalFile {
                    file: file
                        .try_clone()
                        .map_err(|error| Error::storage(path.to_string(), error))?,
                    start: range.start,
                }),
                false => None,
            };
            Ok(Opened::new(frames(file, &path, range.clone())?, range).with_file(local))
        })
        .await
    }
}
