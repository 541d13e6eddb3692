//! Collection: removing what nothing leads to.

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

/// How long a collection lets others have the lock, between two batches.
const PAUSE: Duration = Duration::from_millis(5);

impl LayoutStore {
    /// Removes blobs that nothing in `index.json` leads to, and temporary files that killed processes left behind.
    ///
    /// Kept are the entries of `index.json`, all that they lead to, and the referrers of what is kept. Unless
    /// [`GcOptions::remove_untagged`] is set, manifests without a name are kept as well: they are what `index.json` lists.
    /// Content of a media type that is not one of a manifest leads to nothing. Files that are no blobs stay.
    ///
    /// It may run while others read and write, in this process and in others: what they push, or find there while they
    /// push, is as young as the grace time needs it to be, and entries of `index.json` go before blobs, manifests before
    /// what they lead to. A push that a collection got in the way of all the same, as its grace time is shorter than the
    /// push takes, fails with [`ErrorKind::MissingContent`](oras_content::ErrorKind::MissingContent) or
    /// [`NotFound`](oras_content::ErrorKind::NotFound). Parts of uploads that can be resumed are subject to
    /// [`LayoutOptions::part_grace`](crate::LayoutOptions::part_grace). Programs that know no lock are protected by the
    /// grace time alone.
    ///
    /// A future that is dropped stops between two files and leaves a layout that is whole; run it again.
    ///
    /// Spec: image-spec v1.1, `image-layout.md`, "index.json file".
    ///
    /// # Errors
    ///
    /// Whatever was removed by then was not reachable.
    ///
    /// - [`ErrorKind::MissingContent`](oras_content::ErrorKind::MissingContent): a manifest is missing that an index or
    ///   `index.json` names, and [`GcOptions::allow_missing`] is not set.
    /// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify),
    ///   [`InvalidManifest`](oras_content::ErrorKind::InvalidManifest),
    ///   [`SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): a manifest cannot be read, so that nobody knows
    ///   what it leads to.
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): a folder of blobs is a link, and others may share it.
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
    /// // Nobody else writes here.
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

/// Takes one batch after another, until nothing is left that goes.
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
