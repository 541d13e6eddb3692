//! The output of a new index: it is pushed, or written to a file.

use std::path::{Path, PathBuf};

use clap::Args;
use oras::content::PushOptions;
use oras::{Descriptor, Tag, Verified};
use serde_json::json;

use crate::args::{Format, Output};
use crate::store::Target;
use crate::{format, output};

#[derive(Args, Clone)]
pub(super) struct Written {
    /// Write the index to this file instead of pushing it; - writes to stdout
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    /// Indent the index written to stdout
    #[arg(long)]
    pretty: bool,

    #[command(flatten)]
    output: Output,
}

impl Written {
    /// Pushes `index` with `tags`, or writes it to the output of the command line.
    pub(super) async fn finish(&self, target: &Target, index: Verified, tags: &[Tag]) -> anyhow::Result<()> {
        let descriptor = index.descriptor().clone();
        match &self.file {
            Some(file) if file == Path::new("-") => return self.show(&index),
            Some(file) => output::write(file, index.bytes().to_vec()).await?,
            None => {
                let options = PushOptions::default().with_tags(tags.iter().cloned());
                let writer = target.writer()?;
                writer.push_opts(&descriptor, index.into(), options).await?;
            }
        }
        self.report(target, &descriptor, tags)
    }

    fn show(&self, index: &Verified) -> anyhow::Result<()> {
        match self.pretty {
            true => format::pretty(index.bytes()),
            false => format::content(index.bytes()),
        }
    }

    fn report(&self, target: &Target, index: &Descriptor, tags: &[Tag]) -> anyhow::Result<()> {
        let name = &target.name;
        if self.output.format == Format::Json {
            let mut result = format::described(name, index);
            let tags: Vec<String> = tags.iter().map(|tag| format!("{name}:{tag}")).collect();
            result.insert("referenceAsTags".to_owned(), json!(tags));
            return format::json(&result);
        }
        if self.file.is_none() {
            let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
            let tags = match tags[..] {
                [] => String::new(),
                _ => format!(":{}", tags.join(",")),
            };
            format::line(format!("Pushed [{}] {name}{tags}", target.kind.label()))?;
        }
        format::line(format!("Digest: {}", index.digest))
    }
}
