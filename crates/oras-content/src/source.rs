//! Content to be pushed: where to read it, how long it is, and whether it can be read again.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;

use crate::{Content, Descriptor, Error, FetchOptions, Fetcher, Result, Verified};

/// Something that can be read as often as need be, from any offset.
#[async_trait]
pub trait Reopen: Send + Sync {
    /// Opens the content at `offset` bytes from its start.
    async fn open(&self, offset: u64) -> Result<Content>;
}

/// The body of a push.
///
/// Nothing is opened before the store needs it: a store that has the content already never reads the source. One that
/// [`is_replayable`](Self::is_replayable) survives retries, refused tokens and lost upload sessions; a one-shot
/// stream does not. Cloning shares the underlying source.
#[derive(Clone)]
pub struct Source {
    kind: Kind,
    len: Option<u64>,
    observer: Option<Observer>,
}

type Observer = Arc<dyn Fn(u64) + Send + Sync>;

#[derive(Clone)]
enum Kind {
    Bytes(Bytes),
    Verified(Arc<Verified>),
    Once(Arc<Mutex<Option<Content>>>),
    Reopen(Arc<dyn Reopen>),
}

impl Source {
    /// A stream that can be read once, such as standard input.
    pub fn once(content: Content) -> Self {
        let len = content.len();
        Self {
            kind: Kind::Once(Arc::new(Mutex::new(Some(content)))),
            len,
            observer: None,
        }
    }

    /// Something that can be opened again; `len` is its length in bytes, where that is known.
    pub fn reopen(source: Arc<dyn Reopen>, len: Option<u64>) -> Self {
        Self {
            kind: Kind::Reopen(source),
            len,
            observer: None,
        }
    }

    /// The content of `target` in another store, read when and as often as it is needed.
    pub fn fetch(store: Arc<dyn Fetcher>, target: Descriptor) -> Self {
        let len = Some(target.size);
        Self::reopen(Arc::new(Refetch { store, target }), len)
    }

    /// Calls `observer` with the offset at which the content is opened, and after each frame with the offset reached.
    ///
    /// The source stays what it is: verified bytes that a store takes from [`as_verified`](Self::as_verified) are not
    /// opened, so the observer does not hear of them.
    #[must_use]
    pub fn observed(mut self, observer: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// How many bytes the content has, where that is known.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether the content is known to be empty.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// Whether it can be opened more than once, and from the middle.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.kind, Kind::Once(_))
    }

    /// The content, where it is in memory and was verified: it need not be hashed again.
    pub fn as_verified(&self) -> Option<&Verified> {
        match &self.kind {
            Kind::Verified(verified) => Some(verified),
            _ => None,
        }
    }

    /// Opens the content at `offset` bytes from its start.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Payload`](crate::ErrorKind::Payload), here and from the content: the underlying store or file failed, or a one-shot stream was
    /// opened before, or not at its start.
    pub async fn open(&self, offset: u64) -> Result<Content> {
        let content = self.open_kind(offset).await.map_err(Error::of_payload)?;
        let content = match self.kind {
            Kind::Bytes(_) | Kind::Verified(_) => content,
            Kind::Once(_) | Kind::Reopen(_) => {
                let len = content.len();
                Content::new(content.map_err(Error::of_payload), len)
            }
        };
        Ok(match &self.observer {
            Some(observer) => observed(content, offset, Arc::clone(observer)),
            None => content,
        })
    }

    /// The whole content in memory, verified as that of `expected`. What was verified before is not hashed again. Callers
    /// bound `expected.size`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): it is not the content of `expected`.
    /// - As [`open`](Self::open).
    pub async fn read_all(&self, expected: &Descriptor) -> Result<Verified> {
        match self.as_verified() {
            Some(verified) => verified
                .clone()
                .described_by(expected.clone())
                .map_err(|source| Error::verify(&expected.digest, source)),
            None => self.open(0).await?.read_all(expected).await,
        }
    }

    async fn open_kind(&self, offset: u64) -> Result<Content> {
        match &self.kind {
            Kind::Bytes(bytes) => Ok(tail(bytes, offset)),
            Kind::Verified(verified) => Ok(tail(verified.bytes(), offset)),
            Kind::Reopen(source) => source.open(offset).await,
            Kind::Once(_) if offset > 0 => {
                Err(Error::unsupported("reading a one-shot stream from its middle"))
            }
            Kind::Once(cell) => {
                let content = cell.lock().unwrap_or_else(PoisonError::into_inner).take();
                content.ok_or_else(|| Error::unsupported("reading a one-shot stream a second time"))
            }
        }
    }
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        let len = Some(bytes.len() as u64);
        Self {
            kind: Kind::Bytes(bytes),
            len,
            observer: None,
        }
    }
}

impl From<Verified> for Source {
    fn from(verified: Verified) -> Self {
        let len = Some(verified.bytes().len() as u64);
        Self {
            kind: Kind::Verified(Arc::new(verified)),
            len,
            observer: None,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Bytes(_) => "bytes",
            Kind::Verified(_) => "verified",
            Kind::Once(_) => "once",
            Kind::Reopen(_) => "reopen",
        };
        f.debug_struct("Source")
            .field("kind", &kind)
            .field("len", &self.len)
            .finish()
    }
}

struct Refetch {
    store: Arc<dyn Fetcher>,
    target: Descriptor,
}

#[async_trait]
impl Reopen for Refetch {
    async fn open(&self, offset: u64) -> Result<Content> {
        let opts = match offset {
            0 => FetchOptions::default(),
            _ => FetchOptions::default().with_range(offset..self.target.size),
        };
        self.store.fetch_opts(&self.target, opts).await
    }
}

fn observed(content: Content, offset: u64, observer: Observer) -> Content {
    observer(offset);
    let len = content.len();
    let mut reached = offset;
    let frames = content.inspect_ok(move |frame| {
        reached = reached.saturating_add(frame.len() as u64);
        observer(reached);
    });
    Content::new(frames, len)
}

fn tail(bytes: &Bytes, offset: u64) -> Content {
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(start..).into()
}
