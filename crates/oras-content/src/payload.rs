//! Payloads: the content of a push.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use tokio::io::AsyncRead;

use crate::{ByteRange, Content, Descriptor, Error, OpenOptions, Opened, Result, Store, Verified};

/// A source that can be opened any number of times, at any offset.
#[async_trait]
pub trait Reopen: Send + Sync {
    /// Opens the content, or a range of it, as [`Store::open`] does.
    ///
    /// # Errors
    ///
    /// Fails if the content cannot be read.
    async fn open(&self, opts: OpenOptions) -> Result<Opened>;
}

/// The content of a push: its source, its length if known, and whether it can be read again.
///
/// Opened only when needed: a store that already has the content never reads the payload. A
/// [replayable](Self::is_replayable) payload survives retries, rejected tokens and lost upload sessions; a one-shot
/// stream does not. Clones share the source.
///
/// ```
/// use oras_content::Payload;
///
/// let payload = Payload::from_bytes("hello");
/// assert_eq!(payload.len(), Some(5));
/// assert!(payload.is_replayable());
/// ```
#[derive(Clone)]
pub struct Payload {
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

impl Payload {
    /// Creates a payload from bytes in memory.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        bytes.into().into()
    }

    /// Creates a one-shot payload from a reader, such as standard input; `len` is its length in bytes, if known.
    pub fn from_reader(reader: impl AsyncRead + Send + 'static, len: Option<u64>) -> Self {
        Self::once(Content::from_reader(reader, len))
    }

    /// Creates a one-shot payload.
    pub fn once(content: Content) -> Self {
        let len = content.len();
        Self {
            kind: Kind::Once(Arc::new(Mutex::new(Some(content)))),
            len,
            observer: None,
        }
    }

    /// Creates a replayable payload; `len` is its length in bytes, if known.
    pub fn reopen(source: Arc<dyn Reopen>, len: Option<u64>) -> Self {
        Self {
            kind: Kind::Reopen(source),
            len,
            observer: None,
        }
    }

    /// Creates a payload that reads `target` from another store, whenever it is opened.
    pub fn from_store(store: Arc<dyn Store>, target: Descriptor) -> Self {
        let len = Some(target.size);
        Self::reopen(Arc::new(Refetch { store, target }), len)
    }

    /// Also calls `observer` with the offset at which the content is opened, and with the offset reached after each
    /// frame.
    ///
    /// Verified bytes stay available from [`as_verified`](Self::as_verified); a store that takes them there does not
    /// open the payload, so the observer is not called.
    #[must_use]
    pub fn observed(mut self, observer: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.observer = Some(match self.observer.take() {
            None => Arc::new(observer),
            Some(earlier) => Arc::new(move |reached| {
                earlier(reached);
                observer(reached);
            }),
        });
        self
    }

    /// Returns the length in bytes, if known.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Returns `true` if the content is known to be empty.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// Returns `true` if the payload can be opened more than once and at any offset.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.kind, Kind::Once(_))
    }

    /// Returns the content if it is in memory and already verified, so that it need not be hashed again.
    pub fn as_verified(&self) -> Option<&Verified> {
        match &self.kind {
            Kind::Verified(verified) => Some(verified),
            _ => None,
        }
    }

    /// Opens the content, or a range of it: `..`, `4096..` or `0..4096`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Payload`](crate::ErrorKind::Payload), here and from the content: the source failed, or a one-shot
    /// stream was opened a second time or not at its start.
    pub async fn open(&self, range: impl Into<ByteRange>) -> Result<Content> {
        let opts = OpenOptions::default().with_range(range);
        Ok(self.open_opts(opts).await?.content)
    }

    /// Opens the content as [`open`](Self::open) does, and returns the range served and the local file behind it.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub async fn open_opts(&self, opts: OpenOptions) -> Result<Opened> {
        let mut opened = self.open_kind(opts).await.map_err(Error::of_payload)?;
        if let Err(reason) = opts.range.compare(&opened.range, self.len) {
            return Err(Error::protocol("the content to push", reason).of_payload());
        }
        if matches!(self.kind, Kind::Once(_) | Kind::Reopen(_)) {
            opened.content = opened.content.map_errors(Error::of_payload);
        }
        if let Some(observer) = &self.observer {
            opened.content = observed(opened.content, opts.range.start(), Arc::clone(observer));
        }
        Ok(opened)
    }

    /// Reads the whole content into memory and verifies it against `expected`. Verified content is not hashed again.
    /// Callers bound `expected.size`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the content is not that of `expected`.
    /// - As for [`open`](Self::open).
    pub async fn read_all(&self, expected: &Descriptor) -> Result<Verified> {
        match self.as_verified() {
            Some(verified) => verified
                .clone()
                .described_by(expected.clone())
                .map_err(|source| Error::verify(&expected.digest, source)),
            None => self.open(..).await?.read_all(expected).await,
        }
    }

    async fn open_kind(&self, opts: OpenOptions) -> Result<Opened> {
        match &self.kind {
            Kind::Bytes(bytes) => Ok(Opened::of_bytes(bytes, opts)),
            Kind::Verified(verified) => Ok(Opened::of_bytes(verified.bytes(), opts)),
            Kind::Reopen(source) => source.open(opts).await,
            Kind::Once(_) if opts.range.start() > 0 => {
                Err(Error::unsupported("reading a one-shot stream from its middle"))
            }
            Kind::Once(cell) => {
                let content = cell.lock().unwrap_or_else(PoisonError::into_inner).take();
                let content =
                    content.ok_or_else(|| Error::unsupported("reading a one-shot stream a second time"))?;
                let end = opts.range.end().or(content.len()).unwrap_or(u64::MAX);
                Ok(Opened::new(content.limited(opts.range.end()), 0..end))
            }
        }
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        let len = Some(bytes.len() as u64);
        Self {
            kind: Kind::Bytes(bytes),
            len,
            observer: None,
        }
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<String> for Payload {
    fn from(text: String) -> Self {
        Self::from_bytes(text)
    }
}

/// Creates a one-shot payload.
impl From<Content> for Payload {
    fn from(content: Content) -> Self {
        Self::once(content)
    }
}

impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Self {
        Self::from_bytes(text)
    }
}

impl From<Verified> for Payload {
    fn from(verified: Verified) -> Self {
        let len = Some(verified.bytes().len() as u64);
        Self {
            kind: Kind::Verified(Arc::new(verified)),
            len,
            observer: None,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Bytes(_) => "bytes",
            Kind::Verified(_) => "verified",
            Kind::Once(_) => "once",
            Kind::Reopen(_) => "reopen",
        };
        f.debug_struct("Payload")
            .field("kind", &kind)
            .field("len", &self.len)
            .finish()
    }
}

struct Refetch {
    store: Arc<dyn Store>,
    target: Descriptor,
}

#[async_trait]
impl Reopen for Refetch {
    async fn open(&self, opts: OpenOptions) -> Result<Opened> {
        self.store
            .open(&self.target, opts)
            .await?
            .check(&self.target, opts.range)
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
