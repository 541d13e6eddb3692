//! A layout that is written as a tar archive.

use std::fmt;
use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::try_join;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use oras_content::{
    ContentLister, Descriptor, Digest, Error, Manifest, Name, OpenOptions, Opened, Payload,
    PredecessorFinder, PushOptions, Pushed, ReferrerLister, ResolveOptions, Resolved, Result, Store, Tag,
    TagListOptions, TagLister, Verified, VerifiedContent, Writer,
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, Semaphore};
use tokio::task::{JoinHandle, spawn_blocking};

use super::archive::{Archive, name_of};
use super::tail::{Tail, in_the_way};
use crate::content::in_memory;
use crate::listing::Listing;
use crate::store::{finished, store_name};
use crate::turn::Turn;
use crate::{edit, lock, marker, tags};

/// Maximum size of one write.
const BATCH_BYTES: usize = 512 * 1024;

/// Upper bound on a blob that is read before its turn to be written.
const MAX_READ_AHEAD: u32 = 4 * 1024 * 1024;

/// Upper bound on all bytes that are read ahead.
const READ_AHEAD: usize = 4 * MAX_READ_AHEAD as usize;

/// An OCI image layout that is written as an uncompressed tar archive, readable by [`TarLayout`](crate::TarLayout),
/// skopeo and others. Clones write to the same archive.
///
/// Content is verified and added once, one blob after the other. Blobs of at most 4 MiB are read ahead of their turn,
/// at most 16 MiB of them in memory. [`finish`](Self::finish) adds `index.json` and renames the archive to its final
/// name. Without it, no file is left behind. The same content pushed in the same order results in the same archive,
/// because it contains no times and no owners. Added content can be read, but not removed.
///
/// Spec: image-spec v1.1, `image-layout.md`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_content::Error> {
/// use oras_content::{Descriptor, ImageManifest, MediaType, StoreExt, WriterExt};
/// use oras_layout::{TarLayout, TarLayoutWriter};
///
/// let dir = tempfile::tempdir().unwrap();
/// let path = dir.path().join("layout.tar");
/// let archive = TarLayoutWriter::create(&path).await?;
/// archive.push_bytes(MediaType::OCI_EMPTY, "{}").await?;
/// let manifest = ImageManifest::new(Descriptor::empty_json()).to_content();
/// let pushed = archive.push_bytes(MediaType::OCI_MANIFEST, manifest.bytes().clone()).await?;
/// archive.tag(&pushed, "v1").await?;
/// archive.finish().await?;
///
/// assert_eq!(TarLayout::open(&path).await?.resolve("v1").await?, pushed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TarLayoutWriter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: PathBuf,
    /// Whether the archive may replace an existing file.
    replaces: bool,
    known: Mutex<Archive>,
    /// Held while something is added. A writing job owns the guard, so that no one else writes until a dropped push has
    /// finished.
    tail: Arc<AsyncMutex<State>>,
    /// One permit for each byte that may be read ahead.
    read_ahead: Semaphore,
}

#[derive(Debug)]
enum State {
    New,
    Open(Tail),
    Finished,
}

/// The end of the archive, with the right to append.
type Held = OwnedMutexGuard<State>;

impl TarLayoutWriter {
    /// Prepares to write the archive `path`. Nothing is written before the first push.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::WouldOverwrite`](oras_content::ErrorKind::WouldOverwrite): the path already exists.
    pub async fn create(path: impl Into<PathBuf>) -> Result<Self> {
        let target: PathBuf = path.into();
        let looked = spawn_blocking({
            let target = target.clone();
            move || match std::fs::symlink_metadata(&target) {
                Ok(_) => Err(in_the_way(&target)),
                Err(_) => Ok(()),
            }
        });
        finished(&target, looked.await)?;
        Ok(Self::new(target, false))
    }

    /// Prepares to write the archive `path`, replacing an existing file when it is finished. Until then the existing
    /// file is unchanged. The new archive gets its permission bits.
    pub fn replacing(path: impl Into<PathBuf>) -> Self {
        Self::new(path.into(), true)
    }

    fn new(target: PathBuf, replaces: bool) -> Self {
        Self {
            shared: Arc::new(Shared {
                known: Mutex::new(Archive::new(target.clone())),
                tail: Arc::new(AsyncMutex::new(State::New)),
                read_ahead: Semaphore::new(READ_AHEAD),
                target,
                replaces,
            }),
        }
    }

    /// Returns the path of the archive once it is finished.
    pub fn path(&self) -> &Path {
        &self.shared.target
    }

    /// Adds `index.json` and `oci-layout`, and renames the archive to its final name. Nothing can be added afterwards.
    ///
    /// # Errors
    ///
    /// On error no file is left behind, and the archive cannot be finished any more.
    ///
    /// - [`ErrorKind::WouldOverwrite`](oras_content::ErrorKind::WouldOverwrite): the path exists by now.
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the archive is already finished.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the archive cannot be written.
    pub async fn finish(&self) -> Result<()> {
        self.run(|shared, state| {
            shared.open(state)?;
            match std::mem::replace(state, State::Finished) {
                State::Open(tail) => shared.finish(tail),
                State::New | State::Finished => Err(shared.is_finished()),
            }
        })
        .await
    }

    async fn hold(&self) -> Held {
        Arc::clone(&self.shared.tail).lock_owned().await
    }

    /// Starts a blocking call with the right to append.
    fn spawn<T: Send + 'static>(
        &self,
        mut held: Held,
        job: impl FnOnce(&Shared, &mut State) -> Result<T> + Send + 'static,
    ) -> JoinHandle<Result<(Held, T)>> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || {
            let done = job(&shared, &mut held)?;
            Ok((held, done))
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Shared, &mut State) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let running = self.spawn(self.hold().await, job);
        let (_, done) = finished(&self.shared.target, running.await)?;
        Ok(done)
    }

    /// Stores content. Existing content is verified again if `force` is set, but not written again.
    async fn take(&self, expected: &Descriptor, payload: Payload, force: bool) -> Result<Pushed> {
        if let Some(content) = in_memory(expected, &payload).await? {
            self.run(move |shared, state| shared.put(state, &content)).await?;
            return Ok(Pushed::Stored);
        }
        if let Some(size) = u32::try_from(expected.size)
            .ok()
            .filter(|size| *size <= MAX_READ_AHEAD)
        {
            return self.take_small(expected, size, payload, force).await;
        }
        let held = self.hold().await;
        // The stored content was verified, so content that is pushed again is read, but not written a second time.
        let is_there = self.known().range(expected).is_ok();
        if is_there && !force {
            return Ok(Pushed::Present);
        }
        let content = payload.open(..).await?.verified(expected)?;
        match is_there {
            true => content.try_for_each(|_| ready(Ok(()))).await?,
            false => self.stream(held, expected, content).await?,
        }
        Ok(Pushed::Stored)
    }

    /// Reads a small blob while others are written, so that blobs from a registry do not wait for one round trip after
    /// the other. Blobs are still written in the order in which they were pushed.
    async fn take_small(
        &self,
        expected: &Descriptor,
        size: u32,
        payload: Payload,
        force: bool,
    ) -> Result<Pushed> {
        let room = self.shared.read_ahead.acquire_many(size).await;
        let _room = room.expect("the semaphore is never closed");
        let (held, content) = try_join(self.hold().map(Ok), payload.read_all(expected)).await?;
        if !force && self.known().range(expected).is_ok() {
            return Ok(Pushed::Present);
        }
        let writing = self.spawn(held, move |shared, state| shared.put(state, &content));
        finished(&self.shared.target, writing.await)?;
        Ok(Pushed::Stored)
    }

    /// Writes content. While one batch is written, the next is collected and hashed.
    async fn stream(&self, held: Held, expected: &Descriptor, mut content: VerifiedContent) -> Result<()> {
        let (digest, size) = (expected.digest.clone(), expected.size);
        let mut writing = self.spawn(held, move |shared, state| {
            shared.open(state)?.start(&digest, size)
        });
        loop {
            let batch = next_batch(&mut content).await?;
            let (held, ()) = finished(&self.shared.target, writing.await)?;
            if batch.is_empty() {
                let digest = expected.digest.clone();
                let ending = self.spawn(held, move |shared, state| shared.end(state, &digest, size));
                return finished(&self.shared.target, ending.await).map(drop);
            }
            writing = self.spawn(held, move |shared, state| shared.open(state)?.append(&batch));
        }
    }

    fn known(&self) -> MutexGuard<'_, Archive> {
        lock(&self.shared.known)
    }
}

/// Collects the next frames. Empty at the end.
async fn next_batch(content: &mut VerifiedContent) -> Result<Vec<Bytes>> {
    let (mut batch, mut len) = (Vec::new(), 0);
    while len < BATCH_BYTES {
        let Some(frame) = content.try_next().await? else {
            break;
        };
        // An empty frame must not end the stream.
        if !frame.is_empty() {
            len += frame.len();
            batch.push(frame);
        }
    }
    Ok(batch)
}

impl Shared {
    /// The end of the archive, which is started if necessary.
    fn open<'a>(&self, state: &'a mut State) -> Result<&'a mut Tail> {
        if let State::New = state {
            let tail = Tail::begin(&self.target)?;
            tail.path().clone_into(&mut lock(&self.known).path);
            *state = State::Open(tail);
        }
        match state {
            State::Open(tail) => Ok(tail),
            State::New | State::Finished => Err(self.is_finished()),
        }
    }

    fn is_finished(&self) -> Error {
        let subject = format!("to add to {}", self.target.display());
        Error::refused(subject, "the archive is finished; write another one")
    }

    /// Adds verified content unless it exists. A manifest is also listed.
    fn put(&self, state: &mut State, content: &Verified) -> Result<()> {
        let target = content.descriptor();
        let manifest = match target.is_manifest() {
            true => Some(Manifest::parse(content.clone())?),
            false => None,
        };
        let tail = self.open(state)?;
        if lock(&self.known).range(target).is_err() {
            tail.start(&target.digest, target.size)?;
            tail.append(&[content.bytes().clone()])?;
            self.end(state, &target.digest, target.size)?;
        }
        if let Some(manifest) = manifest {
            list(&mut lock(&self.known), &manifest);
        }
        Ok(())
    }

    /// Finishes a blob that is complete and verified, and makes it visible.
    fn end(&self, state: &mut State, digest: &Digest, size: u64) -> Result<()> {
        let range = self.open(state)?.end(size)?;
        lock(&self.known).files.insert(name_of(digest), range);
        Ok(())
    }

    fn tag(&self, state: &mut State, target: &Descriptor, tags: &[Tag]) -> Result<()> {
        self.open(state)?;
        let mut known = lock(&self.known);
        if known.range(target).is_err() {
            return Err(Error::not_found(&target.digest));
        }
        // It may have been pushed with a media type that is not a manifest's.
        if target.is_manifest()
            && !known.walk.contains(&target.digest)
            && let Ok(manifest) = known.manifest(target)
        {
            list(&mut known, &manifest);
        }
        for tag in tags {
            known.index.tag(target, tag.as_str());
        }
        Ok(())
    }

    /// Completes the archive, and reads it under its final name from now on.
    fn finish(&self, mut tail: Tail) -> Result<()> {
        let mut known = lock(&self.known);
        let mut index = Vec::new();
        let written = known.index.write(&mut index);
        written.map_err(|error| Error::storage(self.target.display(), error))?;
        tail.put("index.json", &index)?;
        tail.put(marker::NAME, marker::text().as_bytes())?;
        tail.commit(&self.target, self.replaces)?;
        known.path.clone_from(&self.target);
        Ok(())
    }
}

/// Lists a manifest unless an index lists it, and records its successors.
fn list(known: &mut Archive, manifest: &Manifest) {
    let listing = Arc::new(Listing::new(manifest));
    edit::list(&listing, &mut known.index, &mut Turn::new(&known.walk));
    let mut walk = std::mem::take(&mut known.walk);
    walk.insert(&listing);
    walk.extend(listing.leads_to(), |target| known.manifest(target).ok());
    known.walk = walk;
}

impl fmt::Display for TarLayoutWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().display().fmt(f)
    }
}

#[async_trait]
impl Store for TarLayoutWriter {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        let (shared, target) = (Arc::clone(&self.shared), target.clone());
        // The lock keeps the archive from being renamed while it is opened.
        let job = spawn_blocking(move || lock(&shared.known).open_blob(&target, opts));
        finished(&self.shared.target, job.await)
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        let found = self.known().resolve(name);
        let missing = || Error::not_found(name).in_store(&store_name(&self.shared.target));
        Ok(found.ok_or_else(missing)?.into())
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.known().has(target))
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        Some(self)
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        Some(self)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        Some(self)
    }
}

#[async_trait]
impl Writer for TarLayoutWriter {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        for tag in &opts.tags {
            tags::check(tag)?;
        }
        let pushed = match !opts.force && self.known().holds(expected) {
            true => Pushed::Present,
            false => self.take(expected, payload, opts.force).await?,
        };
        if !opts.tags.is_empty() {
            let target = expected.clone();
            self.run(move |shared, state| shared.tag(state, &target, &opts.tags))
                .await?;
        }
        Ok(pushed)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        tags::check(tag)?;
        let (target, tag) = (target.clone(), tag.clone());
        self.run(move |shared, state| shared.tag(state, &target, &[tag]))
            .await
    }
}

impl ContentLister for TarLayoutWriter {
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>> {
        let found = self.known().contents();
        stream::iter(found.into_iter().map(Ok)).boxed()
    }
}

impl TagLister for TarLayoutWriter {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        let tags = self.known().index.tags_after(opts.last.as_deref());
        stream::iter(tags.into_iter().map(Ok)).boxed()
    }
}

#[async_trait]
impl PredecessorFinder for TarLayoutWriter {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        let (shared, node) = (Arc::clone(&self.shared), node.digest.clone());
        let job = spawn_blocking(move || Ok(lock(&shared.known).predecessors(&node)));
        finished(&self.shared.target, job.await)
    }
}

impl ReferrerLister for TarLayoutWriter {
    fn referrers(
        &self,
        subject: &Descriptor,
        artifact_type: Option<&str>,
    ) -> BoxStream<'_, Result<Descriptor>> {
        let found = self.known().walk.referrers(&subject.digest, artifact_type);
        stream::iter(found.into_iter().map(Ok)).boxed()
    }
}
