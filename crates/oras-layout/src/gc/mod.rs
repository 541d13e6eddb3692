//! Garbage collection of unreachable content.

mod cascade;
mod mark;
mod options;
mod report;
mod sweep;

use std::time::Duration;

use oras_content::Result;

pub use options::GcOptions;
pub use report::{GcReport, Tally};

use crate::LayoutStore;
use crate::stop::StopOnDrop;
use sweep::Collection;

/// How long a collection releases the lock between two batches.
const PAUSE: Duration = Duration::from_millis(5);

impl LayoutStore {
    /// Removes blobs that are not reachable from `index.json`, and temporary files that killed processes left behind.
    ///
    /// Kept are the entries of `index.json`, all that they lead to, and the referrers of kept content. Manifests
    /// without a name are kept, too, because `index.json` lists them, unless [`GcOptions::remove_untagged`] is set.
    /// Content whose media type is not that of a manifest has no successors. Files that are not blobs are kept.
    ///
    /// Other readers and writers may be active, in this process and in others. Content that they push, or that a push
    /// finds present, has a recent modification time, so the grace time protects it. Entries of `index.json` are
    /// removed before blobs, and manifests before their successors. If the grace time is shorter than a push takes, the
    /// collection may still interfere with it: the push then fails with
    /// [`ErrorKind::MissingContent`](oras_content::ErrorKind::MissingContent) or
    /// [`NotFound`](oras_content::ErrorKind::NotFound). Partial files of resumable uploads are subject to
    /// [`LayoutOptions::part_grace`](crate::LayoutOptions::part_grace). Programs that do not take the lock are
    /// protected by the grace time alone.
    ///
    /// If the future is dropped, the collection stops between two files and leaves a consistent layout. Run it again to
    /// finish.
    ///
    /// Spec: image-spec v1.1, `image-layout.md`, "index.json file".
    ///
    /// # Errors
    ///
    /// Anything removed before the error was not reachable.
    ///
    /// - [`ErrorKind::MissingContent`](oras_content::ErrorKind::MissingContent): a manifest that an index or
    ///   `index.json` refers to is missing, and [`GcOptions::allow_missing`] is not set.
    /// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify),
    ///   [`InvalidManifest`](oras_content::ErrorKind::InvalidManifest),
    ///   [`SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): a manifest cannot be read, so that its
    ///   successors are unknown.
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): a folder of blobs is a link, so its content may be
    ///   shared.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): a file cannot be read or removed, or another process
    ///   keeps the lock.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use std::time::Duration;
    ///
    /// use oras_content::{MediaType, WriterExt};
    /// use oras_layout::{GcOptions, LayoutStore};
    ///
    /// let dir = tempfile::tempdir().unwrap();
    /// let store = LayoutStore::create(dir.path()).await?;
    /// store.push_bytes(MediaType::OCTET_STREAM, "stray").await?;
    /// assert_eq!(store.gc(GcOptions::default()).await?.fresh.blobs, 1);
    ///
    /// // No other process writes here.
    /// let report = store.gc(GcOptions::default().with_grace(Duration::ZERO)).await?;
    /// assert_eq!((report.removed.blobs, report.removed.bytes), (1, 5));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn gc(&self, opts: GcOptions) -> Result<GcReport> {
        let stop = StopOnDrop::default();
        let mut collection = Collection::new(opts, stop.stop());
        collection = self
            .run(move |layout| {
                collection.survey(layout)?;
                Ok(collection)
            })
            .await?;
        sweep_all(self, collection).await
    }
}

/// Sweeps batch after batch, until nothing is left to remove.
async fn sweep_all(store: &LayoutStore, mut collection: Collection) -> Result<GcReport> {
    let mut goes_on = true;
    while goes_on {
        (collection, goes_on) = store
            .run(move |layout| {
                let goes_on = collection.sweep(layout)?;
                if goes_on {
                    std::thread::sleep(PAUSE);
                }
                Ok((collection, goes_on))
            })
            .await?;
    }
    store.run(move |layout| Ok(collection.finish(layout))).await
}
