//! `oras manifest index create`: creates an index of existing manifests.

use clap::Args;
use oras::ImageIndex;

use super::entry;
use super::written::Written;
use crate::annotated::parse_annotations;
use crate::place::{Place, PlaceArgs};
use crate::say;
use crate::store::Target;

#[derive(Args, Clone)]
pub(crate) struct Create {
    /// Destination: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// The manifests, in order: tags or digests in the same repository or layout
    #[arg(value_name = "MANIFEST")]
    manifests: Vec<String>,

    /// Annotate the index: key=value
    #[arg(long = "annotation", short = 'a', value_name = "KEY=VALUE")]
    annotations: Vec<String>,

    /// The artifact type of the index
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,

    /// Make the index a referrer of this manifest: a tag or digest in the same repository or layout
    #[arg(long, value_name = "MANIFEST")]
    subject: Option<String>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.into();
        let mut index = ImageIndex::new(Vec::new());
        index.annotations = parse_annotations(&self.annotations)?;
        index.artifact_type = self.artifact_type.as_deref().map(str::parse).transpose()?;
        let target = Target::change(&place, &self.name).await?;
        let tags = target.tags()?;
        index.manifests = entry::entries(&place, &target, &self.manifests).await?;
        if let Some(subject) = &self.subject {
            let name = entry::name(&place, &target, subject)?;
            let subject = entry::fetch(&target, &name).await?;
            index.subject = Some(subject.descriptor().plain());
        }
        let index = index.to_content();
        say::note(format!("Packed {}", index.descriptor().digest));
        self.written.finish(&target, index, &tags).await
    }
}
