//! `oras manifest index update`: changes the manifests of an index.

use clap::Args;
use oras::content::ManifestKind;
use oras::{Digest, ImageIndex, Manifest, Name, Tag};

use super::entry;
use super::written::Written;
use crate::place::{Place, PlaceArgs};
use crate::say;
use crate::store::Target;
use crate::usage::{Usage, ensure_usage};

#[derive(Args, Clone)]
pub(crate) struct Update {
    /// The index: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// Add this manifest: a tag or digest in the same repository or layout; repeatable
    #[arg(long, value_name = "MANIFEST")]
    add: Vec<String>,

    /// Add the manifests of this index; repeatable
    #[arg(long, value_name = "INDEX")]
    merge: Vec<String>,

    /// Remove this manifest before others are added; repeatable
    #[arg(long, value_name = "DIGEST")]
    remove: Vec<Digest>,

    /// The new artifact type of the index; empty for none
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,

    /// Make the index a referrer of this manifest: a tag or digest in the same repository or layout
    #[arg(long, value_name = "MANIFEST")]
    subject: Option<String>,

    /// Also tag the result with this; repeatable
    #[arg(long = "tag", value_name = "TAG", conflicts_with = "file")]
    tags: Vec<String>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    written: Written,
}

impl Update {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.clone().into();
        let target = Target::change(&place, &self.name).await?;
        let tags = self.tags(&place, &target)?;
        if !self.changes() {
            say::note("Nothing to update: no change is asked for");
            return Ok(());
        }
        let base = fetch_index(&target, target.name()?).await?;
        let mut index = unchanged(&base);
        self.remove(&target, &mut index)?;
        self.add(&place, &target, &mut index).await?;
        if let Some(kind) = &self.artifact_type {
            index.artifact_type = match kind.as_str() {
                "" => None,
                kind => Some(kind.parse()?),
            };
        }
        let index = index.to_content();
        say::note(format!("Updated {}", index.descriptor().digest));
        self.written.finish(&target, index, &tags).await
    }

    fn changes(&self) -> bool {
        let manifests = [&self.add, &self.merge, &self.tags];
        manifests.iter().any(|given| !given.is_empty())
            || !self.remove.is_empty()
            || self.artifact_type.is_some()
            || self.subject.is_some()
    }

    /// Returns the tags of the result: that of the index, and those on the command line.
    fn tags(&self, place: &Place, target: &Target) -> anyhow::Result<Vec<Tag>> {
        let mut tags: Vec<Tag> = target.name()?.tag().cloned().into_iter().collect();
        for text in &self.tags {
            let tag: Tag = text.parse()?;
            if place.oci_layout_path.is_none() {
                tag.check()?;
            }
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Ok(tags)
    }

    fn remove(&self, target: &Target, index: &mut ImageIndex) -> anyhow::Result<()> {
        for digest in &self.remove {
            let before = index.manifests.len();
            index.manifests.retain(|manifest| manifest.digest != *digest);
            ensure_usage!(
                index.manifests.len() < before,
                "{digest} is not in the index {}: 'oras manifest fetch' shows what is",
                target.full_reference()
            );
            say::note(format!("Removed {digest}"));
        }
        Ok(())
    }

    async fn add(&self, place: &Place, target: &Target, index: &mut ImageIndex) -> anyhow::Result<()> {
        let added = entry::entries(place, target, &self.add).await?;
        index.manifests.extend(added);
        for text in &self.add {
            say::note(format!("Added {text}"));
        }
        for text in &self.merge {
            let merged = fetch_index(target, &entry::name(place, target, text)?).await?;
            index.manifests.extend(merged.manifests().iter().cloned());
            say::note(format!("Merged {text}"));
        }
        if let Some(text) = &self.subject {
            let subject = entry::fetch(target, &entry::name(place, target, text)?).await?;
            index.subject = Some(subject.descriptor().plain());
        }
        Ok(())
    }
}

async fn fetch_index(target: &Target, name: &Name) -> anyhow::Result<Manifest> {
    let manifest = entry::fetch(target, name).await?;
    match manifest.kind() {
        ManifestKind::OciIndex | ManifestKind::DockerManifestList => Ok(manifest),
        _ => Err(Usage::error(format!(
            "{name} of {} is not an index, but of type {}: make one with 'oras manifest index create'",
            target.name,
            manifest.descriptor().media_type
        ))),
    }
}

/// Returns a writable copy of the index.
fn unchanged(base: &Manifest) -> ImageIndex {
    let mut index = ImageIndex::new(base.manifests().to_vec());
    index.media_type = base.descriptor().media_type.clone();
    index.artifact_type = base.artifact_type().cloned();
    index.subject = base.subject().cloned();
    index.annotations = base.annotations().clone();
    index
}
