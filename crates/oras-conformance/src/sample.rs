//! Sample content, and payloads with unusual behaviour.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use futures_util::{Stream, StreamExt, stream};
use oras_content::{
    Content, Descriptor, Error, ImageIndex, ImageManifest, MediaType, OpenOptions, Opened, Payload, Reopen,
    Result, Store, StoreExt, Tag, Verified, WriterExt,
};

use crate::failure::Failure;

pub(crate) const TYPE: MediaType = MediaType::from_static("application/vnd.oras.conformance");

/// A blob with this text.
pub(crate) fn blob(text: &str) -> Verified {
    Verified::of(TYPE, text.to_owned())
}

/// A blob of `len` varying bytes.
pub(crate) fn long_blob(len: usize) -> Verified {
    let mut state = 0x9e37_79b9_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(len)
    .collect();
    Verified::of(TYPE, bytes)
}

/// An image manifest with an empty configuration.
pub(crate) fn manifest(layers: &[&Descriptor], subject: Option<&Descriptor>) -> Verified {
    let mut manifest = ImageManifest::new(Descriptor::empty_json().plain());
    manifest.layers = layers.iter().copied().cloned().collect();
    manifest.subject = subject.cloned();
    manifest.artifact_type = Some(TYPE);
    manifest.to_content()
}

/// An index of these manifests.
pub(crate) fn index(manifests: &[&Descriptor]) -> Verified {
    ImageIndex::new(manifests.iter().copied().cloned().collect()).to_content()
}

/// Pushes content from plain bytes, so that the store must verify it.
pub(crate) async fn put(store: &dyn Store, content: &Verified) -> Result<Descriptor, Failure> {
    let descriptor = content.descriptor().clone();
    store
        .as_writer()?
        .push(&descriptor, content.bytes().clone())
        .await?;
    Ok(descriptor)
}

/// Pushes a manifest with one layer, `text`, which makes it unique, and its configuration.
pub(crate) async fn put_manifest(
    store: &dyn Store,
    text: &str,
    subject: Option<&Descriptor>,
) -> Result<Descriptor, Failure> {
    put(store, &Verified::of(MediaType::OCI_EMPTY, "{}")).await?;
    let layer = put(store, &blob(text)).await?;
    put(store, &manifest(&[&layer], subject)).await
}

/// Parses a tag.
pub(crate) fn tag(text: &str) -> Result<Tag, Failure> {
    text.parse()
        .map_err(|error| Failure::new(format!("the tag of the check: {error}")))
}

/// A one-shot payload of these frames.
pub(crate) fn frames(frames: Vec<Bytes>, len: Option<u64>) -> Payload {
    Payload::once(Content::new(stream::iter(frames.into_iter().map(Ok)), len))
}

/// Splits `bytes` into frames of odd sizes, some of them empty.
pub(crate) fn odd_frames(bytes: &Bytes) -> Payload {
    let sizes = [1, 0, 4095, 65_537, 3, 131_071, 17];
    let mut rest = bytes.clone();
    let mut cut = Vec::new();
    for size in sizes.into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        cut.push(rest.split_to(size.min(rest.len())));
    }
    frames(cut, Some(bytes.len() as u64))
}

/// A payload that fails after `start`.
pub(crate) fn failing(start: Bytes, len: u64) -> Payload {
    let error = Error::unavailable("the source", true, "it broke off");
    Payload::once(Content::new(stream::iter([Ok(start), Err(error)]), Some(len)))
}

/// A payload that must not be opened, and that records whether it was.
#[derive(Clone, Default)]
pub(crate) struct Untouched {
    opened: Arc<AtomicBool>,
}

impl Untouched {
    pub(crate) fn payload(&self, len: u64) -> Payload {
        Payload::reopen(Arc::new(self.clone()), Some(len))
    }

    pub(crate) fn was_opened(&self) -> bool {
        self.opened.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Reopen for Untouched {
    async fn open(&self, _: OpenOptions) -> Result<Opened> {
        self.opened.store(true, Ordering::SeqCst);
        Err(Error::unsupported("opening this body"))
    }
}

/// A payload that never ends, and a signal for when it is waited on.
#[derive(Clone, Default)]
pub(crate) struct Endless {
    shared: Arc<(AtomicBool, AtomicWaker)>,
}

impl Endless {
    /// A payload that yields `start` and then stays pending.
    pub(crate) fn payload(&self, start: Bytes, len: u64) -> Payload {
        let frames = stream::iter([Ok(start)]).chain(self.clone());
        Payload::once(Content::new(frames, Some(len)))
    }

    /// Waits until the payload was polled past its start.
    pub(crate) async fn reached(&self) {
        std::future::poll_fn(|cx| {
            self.shared.1.register(cx.waker());
            match self.shared.0.load(Ordering::SeqCst) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

impl Stream for Endless {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.shared.0.store(true, Ordering::SeqCst);
        self.shared.1.wake();
        Poll::Pending
    }
}
