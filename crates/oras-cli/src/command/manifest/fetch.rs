//! `oras manifest fetch`: a manifest as it is.

use std::path::PathBuf;

use clap::Args;
use oras::Platform;
use oras::copy::{FetchBytesOptions, fetch_bytes};
use serde_json::Value;

use crate::args::{Format, Output};
use crate::place::{Place, PlaceArgs};
use crate::store::Target;
use crate::{format, output};

#[derive(Args, Clone)]
pub(crate) struct Fetch {
    /// What to fetch: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// Show the descriptor, not the manifest
    #[arg(long, conflicts_with = "pretty")]
    descriptor: bool,

    /// Write the manifest to this file; - is stdout
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    file: Option<PathBuf>,

    /// Indent it
    #[arg(long)]
    pretty: bool,

    /// Fetch the manifest of an index for this platform: os/arch[/variant][:os-version]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Fetch {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.into();
        let target = Target::open(&place, &self.name).await?;
        let mut options = FetchBytesOptions::default();
        options.platform = self.platform;
        let fetched = fetch_bytes(&target.store, target.name()?, &options).await?;
        let file = self.file.filter(|file| file.as_os_str() != "-");
        if let Some(file) = &file {
            output::write(file, fetched.bytes().to_vec()).await?;
        }
        if self.output.format == Format::Json {
            let mut result = format::described(&target.name, fetched.descriptor());
            let mut content: Value = serde_json::from_slice(fetched.bytes())?;
            // By name, as oras has them.
            content.sort_all_objects();
            result.insert("content".to_owned(), content);
            return format::json(&result);
        }
        if self.descriptor {
            return format::json_line(fetched.descriptor());
        }
        match (file, self.pretty) {
            (Some(_), _) => Ok(()),
            (None, true) => format::pretty(fetched.bytes()),
            (None, false) => format::content(fetched.bytes()),
        }
    }
}
