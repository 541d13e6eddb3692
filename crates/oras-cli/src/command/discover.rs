//! `oras discover`: what is attached to an artifact.

use std::collections::HashSet;

use clap::{Args, ValueEnum};
use futures_util::TryStreamExt;
use oras::{Digest, MediaType, Platform, Store, StoreExt};

use crate::place::{Place, PlaceArgs};
use crate::referrers::resolve_subject;
use crate::store::Target;
use crate::tree::Tree;
use crate::{format, say};

/// How many levels are followed unless the user says otherwise. As JSON each is two levels of nesting, and many readers
/// accept 128 of them at most.
const LEVELS: usize = 60;

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// A tree, for people
    #[default]
    Tree,
    /// For programs
    Json,
}

#[derive(Args, Clone)]
pub(crate) struct Discover {
    /// What to look at: registry/repository{:tag|@digest}
    #[arg(value_name = "NAME")]
    name: String,

    /// Show only referrers of this type
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,

    /// How many levels of referrers of referrers to follow; 60 by default
    #[arg(long, value_name = "LEVELS", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,

    /// How many referrers to show at most
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    max_referrers: usize,

    /// Look at the manifest of an index for this platform: os/arch[/variant][:os-version]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    /// Leave annotations out of the tree
    #[arg(long)]
    no_annotations: bool,

    /// How to write the result to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Shape,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Discover {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.clone().into();
        let target = Target::open(&place, &self.name).await?;
        let root = resolve_subject(&target, self.platform.clone()).await?;
        let mut walk = Walk {
            store: &*target.store,
            artifact_type: self.artifact_type.as_deref().map(str::parse).transpose()?,
            seen: HashSet::from([root.digest.clone()]),
            tree: Tree::new(root),
        };
        let cut = self.follow(&mut walk).await?;
        if let Some(cut) = &cut {
            say::line(cut);
        }
        match self.format {
            Shape::Tree => format::lines(walk.tree.draw(&target.name, !self.no_annotations).trim_end()),
            Shape::Json => {
                let cut = cut.map(|cut| ("truncated", cut));
                format::lines(walk.tree.json(&target.name, cut.as_slice())?)
            }
        }
    }

    /// Follows all referrers, level by level; what was left out, in words.
    async fn follow(&self, walk: &mut Walk<'_>) -> anyhow::Result<Option<String>> {
        let levels = self.depth.map_or(LEVELS, |levels| levels as usize);
        let mut next = 0;
        while next <= walk.tree.len() {
            if walk.tree.level(next) >= levels {
                let is_asked_for = self.depth.is_some();
                return Ok((!is_asked_for)
                    .then(|| format!("Only {levels} levels of referrers are shown: give --depth for more")));
            }
            if !walk.list(next, self.max_referrers).await? {
                let most = self.max_referrers;
                return Ok(Some(format!(
                    "Only {most} referrers are shown: give --max-referrers for more"
                )));
            }
            next += 1;
        }
        Ok(None)
    }
}

struct Walk<'a> {
    store: &'a dyn Store,
    artifact_type: Option<MediaType>,
    seen: HashSet<Digest>,
    tree: Tree,
}

impl Walk<'_> {
    /// Adds the referrers of a node that were not seen before; `false` where there are more than `most` in all.
    async fn list(&mut self, node: usize, most: usize) -> anyhow::Result<bool> {
        let subject = self.tree.descriptor(node).clone();
        let mut listed = self
            .store
            .list_referrers(&subject, self.artifact_type.as_ref())
            .await?;
        while let Some(referrer) = listed.try_next().await? {
            if !self.seen.insert(referrer.digest.clone()) {
                continue;
            }
            if self.tree.len() >= most {
                return Ok(false);
            }
            self.tree.add(node, referrer);
        }
        Ok(true)
    }
}
