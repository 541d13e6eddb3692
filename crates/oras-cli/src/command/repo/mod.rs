//! `oras repo`: repositories and tags of a registry.

mod delete;
mod prune;

use std::future::ready;

use clap::{Args, Subcommand};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use oras::content::{Result as StoreResult, TagListOptions};
use oras::copy::METADATA_CONCURRENCY;
use oras::registry::CatalogOptions;
use oras::{Digest, StoreExt};
use serde_json::json;

use crate::args::{Format, Output};
use crate::format;
use crate::names::check_reference;
use crate::place::{Place, PlaceArgs};
use crate::store::{Target, client, options};
use crate::system::{Access, Server};
use crate::usage::Usage;

#[derive(Subcommand, Clone)]
pub(crate) enum Repo {
    /// List the repositories of a registry
    #[command(visible_alias = "list")]
    Ls(Ls),
    /// List the tags of a repository
    ///
    /// With a tag or digest, lists only the tags of the same manifest, at the cost of one more request per tag.
    #[command(visible_alias = "show-tags")]
    Tags(Tags),
    /// Remove tags, and keep their manifests
    ///
    /// No manifest is deleted. If the registry cannot remove a tag alone, the command says so and the tag stays.
    #[command(visible_alias = "untag")]
    Delete(delete::Delete),
    /// Remove old tags
    ///
    /// Tags are ordered by the date of their manifest: the annotation org.opencontainers.image.created, or the date in the
    /// configuration; for an index without one, the newest date of its manifests. Of the tags that match the pattern, those
    /// are removed that are neither among the newest to keep nor too young. Tags without a date stay, as do tags such as
    /// sha256-…, which belong to other artifacts. No manifest is deleted.
    Prune(prune::Prune),
}

#[derive(Args, Clone)]
pub(crate) struct Ls {
    /// The registry, optionally with a namespace: registry[/namespace]
    #[arg(value_name = "REGISTRY")]
    registry: String,

    /// List only the repositories after this one
    #[arg(long, value_name = "NAME")]
    last: Option<String>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Args, Clone)]
pub(crate) struct Tags {
    /// The repository: registry/repository[:tag|@digest], or layout[:tag|@digest] with --oci-layout; with --oci-layout-path
    /// nothing, or a tag or digest
    #[arg(
        value_name = "NAME",
        default_value = "",
        hide_default_value = true,
        required_unless_present = "oci-layout-path"
    )]
    name: String,

    /// List only the tags after this one
    #[arg(long, value_name = "TAG")]
    last: Option<String>,

    /// Leave out tags such as sha256-…, which belong to other artifacts
    #[arg(long)]
    exclude_digest_tags: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Repo {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Ls(command) => command.run().await,
            Self::Tags(command) => command.run().await,
            Self::Delete(command) => command.run().await,
            Self::Prune(command) => command.run().await,
        }
    }
}

impl Ls {
    async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.into();
        if place.oci_layout {
            return Err(Usage::error(format!(
                "an OCI image layout has no repositories: list its tags with 'oras repo tags --oci-layout {}'",
                self.registry
            )));
        }
        check_reference(&place, &self.registry)?;
        let (name, namespace) = self.registry.split_once('/').unwrap_or((&self.registry, ""));
        let prefix = match namespace.trim_matches('/') {
            "" => String::new(),
            namespace => format!("{namespace}/"),
        };
        let server = Server::whole(name, Access::Pull)?;
        let registry = client(&place, &server)?.registry_with(name, options(&place, &server))?;
        let mut catalog = CatalogOptions::default();
        catalog.last = self.last;
        let mut found = registry.repositories(catalog);
        let mut repositories = Vec::new();
        while let Some(repository) = found.try_next().await? {
            if let Some(rest) = repository.strip_prefix(&prefix) {
                match self.output.format {
                    Format::Text => format::line(rest)?,
                    Format::Json => repositories.push(repository),
                }
            }
        }
        match self.output.format {
            Format::Text => Ok(()),
            Format::Json => format::json(&json!({ "registry": name, "repositories": repositories })),
        }
    }
}

impl Tags {
    async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.clone().into();
        let target = Target::open(&place, &self.name).await?;
        let mut found = match target.names() {
            [] => self.listed(&target)?,
            _ => tags_of_same_digest(&target, self.listed(&target)?).await?,
        };
        let mut tags = Vec::new();
        while let Some(tag) = found.try_next().await? {
            match self.output.format {
                Format::Text => format::line(&tag)?,
                Format::Json => tags.push(tag),
            }
        }
        match self.output.format {
            Format::Text => Ok(()),
            Format::Json => format::json(&json!({ "tags": tags })),
        }
    }

    fn listed<'a>(&'a self, target: &'a Target) -> anyhow::Result<Listed<'a>> {
        let mut options = TagListOptions::default();
        options.last = self.last.clone();
        let wanted = |tag: &String| !self.exclude_digest_tags || !is_digest_tag(tag);
        let tags = target.store.as_tag_lister()?.tags(options);
        Ok(tags.try_filter(move |tag| ready(wanted(tag))).boxed())
    }
}

/// Tags in the order of the registry, as they arrive.
type Listed<'a> = BoxStream<'a, StoreResult<String>>;

/// Returns the tags that resolve to the same digest as the name of `target`.
async fn tags_of_same_digest<'a>(target: &'a Target, tags: Listed<'a>) -> anyhow::Result<Listed<'a>> {
    let wanted = target.store.resolve(target.name()?).await?.digest;
    let resolved = tags
        .map_ok(|tag| resolved(target, tag))
        .try_buffered(METADATA_CONCURRENCY);
    let tags_of_same_digest = resolved
        .try_filter_map(move |(tag, digest)| ready(Ok((digest == Some(wanted.clone())).then_some(tag))));
    Ok(tags_of_same_digest.boxed())
}

/// Resolves a tag; returns `None` if it was deleted meanwhile.
async fn resolved(target: &Target, tag: String) -> StoreResult<(String, Option<Digest>)> {
    match target.store.resolve(&*tag).await {
        Ok(found) => Ok((tag, Some(found.digest))),
        Err(error) if error.is_not_found() => Ok((tag, None)),
        Err(error) => Err(error),
    }
}

/// Whether a tag is `<algorithm>-<encoded>`, possibly with a suffix that some tools add.
fn is_digest_tag(tag: &str) -> bool {
    let name = tag.split('.').next().unwrap_or(tag);
    name.replacen('-', ":", 1)
        .parse::<Digest>()
        .is_ok_and(|digest| digest.algorithm().is_some())
}

#[cfg(test)]
mod tests {
    use super::is_digest_tag;

    #[test]
    fn tags_that_spell_a_digest_are_told_from_others() {
        let hex = "a".repeat(64);
        assert!(is_digest_tag(&format!("sha256-{hex}")) && is_digest_tag(&format!("sha256-{hex}.sig")));
        assert!(!is_digest_tag("v1-rc") && !is_digest_tag("sha256-abc"));
    }
}
