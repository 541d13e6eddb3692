//! The copying call and its options.

use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{Descriptor, Location, MediaType, Store, Writer};
use oras_copy::{
    CopyOptions, CopyTags, CopyTagsOptions, ExtendedCopyOptions, Recheck, Selection, copy, copy_graph,
    extended_copy, extended_copy_graph,
};

use super::case::{Call, Instead};
use super::graph::KINDS;
use super::run::Errors;
use super::world::{World, tag};

impl World {
    pub(super) async fn call(
        &self,
        source: &dyn Store,
        destination: &dyn Writer,
        recheck: Recheck,
    ) -> Result<(), Errors> {
        let root = &self.graph.roots[0];
        let options = self.copy_options(recheck);
        let extended = self.extended_options(recheck);
        let digest = root.digest.to_string();
        let copied = match self.case.call {
            Call::Tag => copy(source, "v0", destination, "v0", &options).await.map(drop),
            Call::Digest => copy(source, digest.as_str(), destination, "v0", &options)
                .await
                .map(drop),
            Call::Nameless => copy(source, digest.as_str(), destination, "", &options)
                .await
                .map(drop),
            Call::Graph => copy_graph(source, destination, root, &options).await,
            Call::Extended => extended_copy(source, "v0", destination, "v0", &extended)
                .await
                .map(drop),
            Call::ExtendedGraph => extended_copy_graph(source, destination, root, &extended).await,
            Call::Tags | Call::TagsWithReferrers => {
                return self.copy_tags(source, destination, extended).await;
            }
        };
        copied.map_err(|error| vec![(None, Arc::new(error))])
    }

    async fn copy_tags(
        &self,
        source: &dyn Store,
        destination: &dyn Writer,
        extended: ExtendedCopyOptions,
    ) -> Result<(), Errors> {
        let options = CopyTagsOptions::default()
            .with_extended(extended)
            .with_referrers(self.case.call == Call::TagsWithReferrers);
        let tags = (0..self.graph.roots.len()).map(tag).collect();
        let copied = CopyTags::find(source, tags, &options)
            .await
            .run(destination)
            .await;
        let failed = copied
            .into_iter()
            .filter_map(|one| Some((Some(one.tag), one.error?)));
        let failed: Vec<_> = failed.collect();
        match failed.is_empty() {
            true => Ok(()),
            false => Err(failed),
        }
    }

    pub(super) fn copy_options(&self, recheck: Recheck) -> CopyOptions {
        let platforms = match self.case.instead {
            Instead::Platform => vec!["linux/amd64".parse().unwrap()],
            Instead::Platforms => vec!["linux/arm64".parse().unwrap(), "linux/s390x".parse().unwrap()],
            _ => Vec::new(),
        };
        let chosen = Chosen {
            root: (self.case.instead == Instead::Mapped).then(|| self.graph.roots.last().unwrap().clone()),
            mounts_from: self.case.mounts_from.then(|| self.other.lock().unwrap().clone()),
        };
        CopyOptions::default()
            .with_platforms(platforms)
            .with_selection(Arc::new(chosen))
            .with_concurrency(self.case.concurrency)
            .with_manifest_memory(self.case.manifest_memory)
            .with_recheck(recheck)
            .with_keep_going(self.case.keep_going)
            .with_mount(self.case.mount)
    }

    fn extended_options(&self, recheck: Recheck) -> ExtendedCopyOptions {
        let mut options = ExtendedCopyOptions::default().with_copy(self.copy_options(recheck));
        options.depth = self.case.depth;
        options.artifact_type = self.case.filter.map(|at| MediaType::from_static(KINDS[at]));
        options
    }
}

/// The choices of the caller.
struct Chosen {
    root: Option<Descriptor>,
    mounts_from: Option<String>,
}

#[async_trait]
impl Selection for Chosen {
    async fn map_root(&self, _: &dyn Store, root: Descriptor) -> oras_content::Result<Descriptor> {
        Ok(self.root.clone().unwrap_or(root))
    }

    async fn mount_from(&self, _: &Descriptor) -> oras_content::Result<Vec<Location>> {
        let from = self.mounts_from.iter().map(|registry| Location {
            registry: registry.clone(),
            repository: "other/app".to_owned(),
        });
        Ok(from.collect())
    }
}
