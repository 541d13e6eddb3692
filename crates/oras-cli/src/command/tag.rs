//! `oras tag`: adds names to an artifact.

use clap::Args;
use oras::copy::tag_n;

use crate::args::{Format, Output};
use crate::format;
use crate::place::{Place, PlaceArgs};
use crate::store::Target;

#[derive(Args, Clone)]
pub(crate) struct Tag {
    /// What to tag: registry/repository{:tag|@digest}
    #[arg(value_name = "NAME")]
    name: String,

    /// The new tags
    #[arg(value_name = "TAG", required = true)]
    tags: Vec<String>,

    /// Accepted for compatibility: all tags are set at once
    #[arg(long, value_name = "COUNT", hide = true)]
    concurrency: Option<u16>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl Tag {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.into();
        for tag in &self.tags {
            let tag: oras::Tag = tag.parse()?;
            // In a layout that a flag names, any text is a valid tag.
            if place.oci_layout_path.is_none() {
                tag.check()?;
            }
        }
        let target = Target::change(&place, &self.name).await?;
        let tags: Vec<&str> = self.tags.iter().map(String::as_str).collect();
        let tagged = tag_n(target.writer()?, target.name()?, &tags).await?;
        if self.output.format == Format::Json {
            let mut result = format::described(&target.name, &tagged);
            let tags: Vec<String> = tags.iter().map(|tag| format!("{}:{tag}", target.name)).collect();
            result.insert("referenceAsTags".to_owned(), serde_json::json!(tags));
            return format::json(&result);
        }
        format::line(format!(
            "Tagging [{}] {}@{}",
            target.kind.label(),
            target.name,
            tagged.digest
        ))?;
        tags.iter()
            .try_for_each(|tag| format::line(format!("Tagged {tag}")))
    }
}
