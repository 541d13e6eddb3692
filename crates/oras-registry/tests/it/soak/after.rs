//! Operations on the root at a registry after the copy, under their own faults: tagging, untagging or deleting it.

use std::collections::HashSet;

use oras_content::{Descriptor, Digest, Error, ErrorChain, Store, StoreExt, Tag, WriterExt};
use oras_copy::untag;
use oras_registry::Repository;

use super::world::{World, tag};
use crate::pairs::network;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Tag,
    Untag,
    Delete,
}

impl After {
    pub(super) const ALL: [Self; 3] = [Self::Tag, Self::Untag, Self::Delete];

    async fn run(self, repository: &Repository, root: &Descriptor) -> Result<(), Error> {
        match self {
            Self::Tag => repository.tag(root, new()).await,
            Self::Untag => untag(repository, &tag(0), None)
                .await
                .map(drop)
                .map_err(Error::from),
            Self::Delete => repository.as_deleter()?.delete(root).await,
        }
    }
}

impl World {
    /// Returns the objections to the operation.
    pub(super) async fn of_after(&self, after: After) -> Vec<String> {
        let Some(root) = &self.root else {
            return Vec::new();
        };
        let before = self.present().await;
        let troubles = &self.case.after_troubles;
        let registry = self.registry(1, troubles).await;
        let client = network::client_with([&registry, &registry], super::run::patient());
        let repository = registry.repository(&client, "to/app");
        let done = after.run(&repository, root).await;
        if self.is_told {
            super::run::tell(&registry.journal());
        }
        let mut found = self.of_rest(after, root, &before).await;
        match &done {
            Ok(()) => found.extend(self.of_claim(after, root).await),
            Err(error) if troubles.is_empty() && self.case.quirks[1].is_empty() => {
                found.push(format!("it fails: {}", ErrorChain(error)));
            }
            Err(_) => {}
        }
        found
            .iter()
            .map(|text| format!("{after:?}: {text}, after {done:?}"))
            .collect()
    }

    /// Returns the content that was lost although it should have stayed.
    async fn of_rest(&self, after: After, root: &Descriptor, before: &HashSet<Digest>) -> Vec<String> {
        let there = self.present().await;
        let goes = |digest: &Digest| after == After::Delete && *digest == root.digest;
        let lost = before
            .iter()
            .filter(|digest| !there.contains(digest) && !goes(digest));
        lost.map(|digest| format!("{digest} is gone")).collect()
    }

    /// Returns what is false about a reported success.
    async fn of_claim(&self, after: After, root: &Descriptor) -> Option<String> {
        let store = self.plain_destination().await;
        match after {
            After::Tag => {
                let tagged = store.resolve(new()).await;
                let is_so = tagged.is_ok_and(|tagged| tagged.digest == root.digest);
                (!is_so).then(|| "claimed, and there is no such tag".to_owned())
            }
            After::Untag => {
                let is_there = store.resolve(tag(0)).await.is_ok();
                is_there.then(|| "claimed, and the tag is there".to_owned())
            }
            After::Delete => {
                let is_there = store.exists(root).await.unwrap();
                is_there.then(|| "claimed, and it is there".to_owned())
            }
        }
    }
}

fn new() -> Tag {
    "new".parse().unwrap()
}
