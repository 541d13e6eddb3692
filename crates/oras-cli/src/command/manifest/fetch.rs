//! `oras manifest fetch`: prints or saves a manifest unchanged.

use std::path::{Path, PathBuf};

use clap::Args;
use oras::copy::{FetchOptions, fetch_bytes};
use oras::{Descriptor, MediaType, Platform};
use serde_json::Value;

use crate::args::{Format, Output};
use crate::hint::of_platform;
use crate::place::{Place, PlaceArgs};
use crate::store::Target;
use crate::usage::ensure_usage;
use crate::{format, output};

#[derive(Args, Clone)]
pub(crate) struct Fetch {
    /// What to fetch: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// Show the descriptor, not the manifest
    #[arg(long)]
    descriptor: bool,

    /// Write the manifest to this file; - writes to stdout
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    file: Option<PathBuf>,

    /// Indent the JSON
    #[arg(long)]
    pretty: bool,

    /// Accept only manifests of this media type; several, repeated or separated by commas
    #[arg(long = "media-type", value_name = "TYPE", value_delimiter = ',')]
    media_types: Vec<MediaType>,

    /// Fetch the manifest for this platform from an index: os[/arch][/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", value_parser = crate::args::platform)]
    platform: Option<Platform>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl Fetch {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let is_stdout = self.file.as_deref() == Some(Path::new("-"));
        let is_described = self.descriptor || self.output.format == Format::Json;
        ensure_usage!(
            !(is_stdout && is_described),
            "stdout takes the manifest or its description, not both"
        );
        let place: Place = self.place.into();
        let target = Target::open(&place, &self.name).await?;
        let mut options = FetchOptions::default();
        options.platform = self.platform;
        let fetched = fetch_bytes(&target.store, target.name()?, &options).await;
        let fetched = fetched.map_err(of_platform)?;
        check_type(&self.media_types, &target, fetched.descriptor())?;
        let file = self.file.filter(|file| file.as_os_str() != "-");
        if let Some(file) = &file {
            output::write(file, fetched.bytes().to_vec()).await?;
        }
        if self.descriptor {
            return format::descriptor(
                &target.name,
                fetched.descriptor(),
                self.output.format,
                self.pretty,
            );
        }
        if self.output.format == Format::Json {
            let mut result = format::described(&target.name, fetched.descriptor());
            let mut content: Value = serde_json::from_slice(fetched.bytes())?;
            // Sorted by name, as in oras.
            content.sort_all_objects();
            result.insert("content".to_owned(), content);
            return format::json(&result);
        }
        match (file, self.pretty) {
            (Some(_), _) => Ok(()),
            (None, true) => format::pretty(fetched.bytes()),
            (None, false) => format::content(fetched.bytes()),
        }
    }
}

/// Refuses a manifest whose type was not asked for.
fn check_type(wanted: &[MediaType], target: &Target, found: &Descriptor) -> anyhow::Result<()> {
    let is_wanted = wanted.is_empty() || wanted.contains(&found.media_type);
    ensure_usage!(
        is_wanted,
        "{} is a manifest of type {}: give that as --media-type, or leave it out",
        target.full_reference(),
        found.media_type
    );
    Ok(())
}
