//! `oras discover`: what is attached to an artifact.

use std::collections::HashSet;

use clap::{Args, ValueEnum};
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use oras::copy::{ResolveOptions, resolve};
use oras::{Descriptor, Digest, GraphTarget, Platform};
use serde_json::{Value, json};

use crate::format;
use crate::place::{Place, PlaceArgs};
use crate::store::Store;
use crate::tree::{Node, draw};

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// A tree, for people
    #[default]
    Tree,
    /// For programs
    Json,
}

#[derive(Args)]
pub(crate) struct Discover {
    /// What to look at: registry/repository{:tag|@digest}
    #[arg(value_name = "NAME")]
    name: String,

    /// Show only referrers of this type
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,

    /// How many referrers of referrers to follow; all by default
    #[arg(long, value_name = "LEVELS", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,

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
        let place: Place = self.place.into();
        let store = Store::open(&place, &self.name).await?;
        let mut options = ResolveOptions::default();
        options.platform = self.platform;
        let root = resolve(&store.target, store.reference()?, &options).await?;
        let walk = Walk {
            target: &*store.target,
            artifact_type: self.artifact_type.as_deref(),
            depth: self.depth.map_or(usize::MAX, |depth| depth as usize),
        };
        let mut above = HashSet::from([root.digest.clone()]);
        let referrers = walk.referrers(root.clone(), 0, &mut above).await?;
        let tree = Node {
            descriptor: root,
            referrers,
        };
        match self.format {
            Shape::Tree => format::line(draw(&store.name, &tree, !self.no_annotations).trim_end()),
            Shape::Json => format::json(&document(&store.name, &tree)),
        }
    }
}

struct Walk<'a> {
    target: &'a dyn GraphTarget,
    artifact_type: Option<&'a str>,
    depth: usize,
}

impl<'a> Walk<'a> {
    /// The referrers of `node`, each with its own. Those that were seen are not followed again.
    fn referrers<'b>(
        &'b self,
        node: Descriptor,
        level: usize,
        seen: &'b mut HashSet<Digest>,
    ) -> BoxFuture<'b, anyhow::Result<Vec<Node>>> {
        Box::pin(async move {
            if level >= self.depth {
                return Ok(Vec::new());
            }
            let mut nodes = Vec::new();
            for descriptor in self.list(&node).await? {
                if !seen.insert(descriptor.digest.clone()) {
                    continue;
                }
                let referrers = self.referrers(descriptor.clone(), level + 1, seen).await?;
                nodes.push(Node {
                    descriptor,
                    referrers,
                });
            }
            Ok(nodes)
        })
    }

    async fn list(&self, node: &Descriptor) -> anyhow::Result<Vec<Descriptor>> {
        if let Some(lister) = self.target.referrer_lister() {
            return Ok(lister.referrers(node, self.artifact_type).try_collect().await?);
        }
        let mut found = self.target.predecessors(node).await?;
        found.retain(|referrer| {
            let kind = referrer.artifact_type.as_ref().map(oras::MediaType::as_str);
            self.artifact_type.is_none_or(|wanted| kind == Some(wanted))
        });
        Ok(found)
    }
}

fn document(name: &str, node: &Node) -> Value {
    let mut result = format::described(name, &node.descriptor);
    let referrers: Vec<Value> = node
        .referrers
        .iter()
        .map(|referrer| document(name, referrer))
        .collect();
    result.insert("referrers".to_owned(), json!(referrers));
    result.into()
}
