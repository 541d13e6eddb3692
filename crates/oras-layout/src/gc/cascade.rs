//! Deletion together with the content that only the deleted content needed, or that refers to it.

use std::collections::HashSet;

use oras_content::{Descriptor, Digest, Error, Result};

use super::sweep::Collection;
use super::{GcOptions, GcReport, sweep_all};
use crate::LayoutStore;
use crate::layout::Layout;
use crate::nodes::Nodes;
use crate::stop::StopOnDrop;

/// The content that a cascading deletion may remove.
#[derive(Clone, Debug)]
pub(super) struct Doomed {
    root: Digest,
    /// The root, its referrers, and all their successors.
    all: HashSet<Digest>,
}

impl Doomed {
    /// Finds the content that may be removed together with `root`.
    pub(super) fn of(root: &Digest, nodes: &Nodes) -> Self {
        let mut all = HashSet::new();
        let mut todo = vec![root];
        while let Some(next) = todo.pop() {
            if !all.insert(next.clone()) {
                continue;
            }
            todo.extend(nodes.referrers(next).map(|node| &node.descriptor.digest));
            let children = nodes.get(next).into_iter().flat_map(|node| &node.children);
            todo.extend(children.map(|child| &child.digest));
        }
        let root = root.clone();
        Self { root, all }
    }

    pub(super) fn contains(&self, digest: &Digest) -> bool {
        self.all.contains(digest)
    }

    pub(super) fn root(&self) -> &Digest {
        &self.root
    }
}

impl LayoutStore {
    /// Deletes `target` with all its tags, its referrers, their referrers, and all successors of these. Content that
    /// has its own tag, or that anything else leads to, is kept.
    ///
    /// [`GcOptions::remove_untagged`] is always treated as set for the additional content. The grace time does not
    /// apply to `target` itself. The notes on other processes in [`gc`](Self::gc) apply here, too.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the layout does not have `target`.
    /// - The errors of [`gc`](Self::gc): `target` is deleted by then, and the next `gc` collects the rest.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use std::time::Duration;
    ///
    /// use oras_content::{ImageIndex, StoreExt, WriterExt};
    /// use oras_layout::{GcOptions, LayoutStore};
    ///
    /// let dir = tempfile::tempdir().unwrap();
    /// let store = LayoutStore::create(dir.path()).await?;
    /// let image = ImageIndex::new(vec![]).to_content();
    /// store.push(image.descriptor(), image.clone()).await?;
    /// let mut about = ImageIndex::new(vec![]);
    /// about.subject = Some(image.descriptor().clone());
    /// let about = about.to_content();
    /// store.push(about.descriptor(), about.clone()).await?;
    ///
    /// let opts = GcOptions::default().with_grace(Duration::ZERO);
    /// let report = store.delete_cascading(image.descriptor(), opts).await?;
    /// assert_eq!(report.removed.blobs, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete_cascading(&self, target: &Descriptor, opts: GcOptions) -> Result<GcReport> {
        let stop = StopOnDrop::default();
        let mut collection = Collection::new(opts.with_remove_untagged(true), stop.stop());
        let target = target.clone();
        collection = self
            .run(move |layout| {
                collection.survey(layout)?;
                collection.doom(&target.digest);
                delete(&target, &mut collection, layout)?;
                Ok(collection)
            })
            .await?;
        sweep_all(self, collection).await
    }
}

/// Deletes the root, unless this is a dry run, and counts it.
fn delete(root: &Descriptor, collection: &mut Collection, layout: &Layout) -> Result<()> {
    if !collection.is_dry_run() {
        layout.delete(root)?;
    } else if !layout.index()?.lists(&root.digest) && layout.blobs().describe(&root.digest).is_none() {
        return Err(Error::not_found(&root.digest));
    }
    collection.count_root();
    Ok(())
}
