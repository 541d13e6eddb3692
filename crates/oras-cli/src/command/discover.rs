//! `oras discover`: shows the referrers of an artifact.

use std::collections::HashSet;

use clap::Args;
use futures_util::TryStreamExt;
use oras::{Digest, MediaType, Platform, Store, StoreExt};

use crate::formats::{Formats, GO_TEMPLATE};
use crate::place::{Place, PlaceArgs};
use crate::referrers::resolve_subject;
use crate::store::Target;
use crate::tree::Tree;
use crate::{format, say, table};

/// Default limit of levels. In JSON each level is two levels of nesting, and many readers accept at most 128.
const LEVELS: usize = 60;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Tree,
    Json,
    Table,
}

const SHAPES: Formats<Shape> = Formats(&[
    ("tree", "A tree, for people", Shape::Tree),
    ("json", "For programs", Shape::Json),
    (GO_TEMPLATE, "A Go template, applied to the JSON", Shape::Json),
    (
        "table",
        "A table of the first level, deprecated by oras",
        Shape::Table,
    ),
]);

#[derive(Args, Clone)]
pub(crate) struct Discover {
    /// The artifact: registry/repository{:tag|@digest}
    #[arg(value_name = "NAME")]
    name: String,

    /// Show only referrers of this artifact type
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,

    /// How many levels of referrers to follow; 60 by default
    #[arg(long, value_name = "LEVELS", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,

    /// The maximum number of referrers to show
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    max_referrers: usize,

    /// Use the manifest for this platform in an index: os[/arch][/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", value_parser = crate::args::platform)]
    platform: Option<Platform>,

    /// Leave annotations out of the tree
    #[arg(long)]
    no_annotations: bool,

    /// How to write the result to stdout
    #[arg(long, value_name = "FORMAT", default_value = "tree", value_parser = SHAPES, help_heading = "Output")]
    format: Shape,

    /// The Go template for --format go-template
    #[arg(
        long,
        value_name = "TEMPLATE",
        hide_short_help = true,
        help_heading = "Output"
    )]
    template: Option<String>,

    /// The earlier name of --format
    #[arg(long, short = 'o', value_name = "FORMAT", value_parser = SHAPES, conflicts_with = "format", hide = true)]
    output: Option<Shape>,

    /// Accepted for compatibility: no progress is shown
    #[arg(long, hide = true)]
    no_tty: bool,

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
            tree: Tree::new(root.plain()),
        };
        if self.output.is_some() {
            say::note("Warning: --output is deprecated here: use --format");
        }
        let shape = self.output.unwrap_or(self.format);
        let cut = self.follow(&mut walk, shape).await?;
        if let Some(cut) = &cut {
            say::note(cut);
        }
        match shape {
            Shape::Tree => format::lines(walk.tree.draw(&target.name, !self.no_annotations).trim_end()),
            Shape::Json => {
                let cut = cut.map(|cut| ("truncated", cut));
                format::json_text(&walk.tree.json(&target.name, cut.as_slice())?)
            }
            Shape::Table => {
                let (root, referrers) = (walk.tree.descriptor(0), walk.tree.first_level());
                format::lines(table::draw(&target.full_reference(), root, &referrers)?.trim_end())
            }
        }
    }

    /// Follows all referrers, level by level; returns a description of what was left out.
    async fn follow(&self, walk: &mut Walk<'_>, shape: Shape) -> anyhow::Result<Option<String>> {
        if shape == Shape::Table {
            // A table has only one level, and says so.
            let is_whole = walk.list(0, self.max_referrers).await?;
            return Ok((!is_whole).then(|| self.too_many()));
        }
        let levels = self.depth.map_or(LEVELS, |levels| levels as usize);
        let mut next = 0;
        while next <= walk.tree.len() {
            if walk.tree.level(next) >= levels {
                let is_asked_for = self.depth.is_some();
                return Ok((!is_asked_for)
                    .then(|| format!("Only {levels} levels of referrers are shown: give --depth for more")));
            }
            if !walk.list(next, self.max_referrers).await? {
                return Ok(Some(self.too_many()));
            }
            next += 1;
        }
        Ok(None)
    }
}

impl Discover {
    fn too_many(&self) -> String {
        let most = self.max_referrers;
        format!("Only {most} referrers are shown: give --max-referrers for more")
    }
}

struct Walk<'a> {
    store: &'a dyn Store,
    artifact_type: Option<MediaType>,
    seen: HashSet<Digest>,
    tree: Tree,
}

impl Walk<'_> {
    /// Adds the new referrers of a node; returns `false` if that exceeds `most` in total.
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
