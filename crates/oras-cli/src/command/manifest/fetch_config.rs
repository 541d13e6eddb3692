//! `oras manifest fetch-config`: prints or saves the configuration of a manifest.

use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::TryStreamExt;
use oras::content::MAX_MANIFEST_BYTES;
use oras::copy::{FetchOptions, fetch_bytes};
use oras::{Descriptor, Manifest, Platform, StoreExt};
use serde::de::IgnoredAny;

use crate::args::{Format, Output};
use crate::hint::of_platform;
use crate::place::{Place, PlaceArgs};
use crate::store::Target;
use crate::usage::{Usage, ensure_usage};
use crate::{format, output};

#[derive(Args, Clone)]
pub(crate) struct FetchConfig {
    /// The artifact: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// Show the descriptor, not the configuration
    #[arg(long)]
    descriptor: bool,

    /// Write the configuration to this file; - writes to stdout
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    file: Option<PathBuf>,

    /// Indent the JSON
    #[arg(long)]
    pretty: bool,

    /// Use the manifest for this platform in an index: os[/arch][/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", value_parser = crate::args::platform)]
    platform: Option<Platform>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl FetchConfig {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let is_stdout = self.file.as_deref() == Some(Path::new("-"));
        let is_described = self.descriptor || self.output.format == Format::Json;
        ensure_usage!(
            !(is_stdout && is_described),
            "stdout takes the configuration or its description, not both"
        );
        let place: Place = self.place.clone().into();
        let target = Target::open(&place, &self.name).await?;
        let config = self.config(&target).await?;
        let file = self.file.as_ref().filter(|_| !is_stdout);
        if let Some(file) = file {
            output::write_content(file, target.store.fetch(&config).await?).await?;
        }
        if self.descriptor {
            return format::descriptor(&target.name, &config, self.output.format, self.pretty);
        }
        match self.output.format {
            Format::Json => {
                let mut result = format::described(&target.name, &config);
                let content = read(&target, &config).await?;
                result.insert("content".to_owned(), serde_json::from_slice(&content)?);
                format::json(&result)
            }
            Format::Text if file.is_some() => Ok(()),
            Format::Text if self.pretty => format::pretty(&read(&target, &config).await?),
            Format::Text => write_out(&target, &config).await,
        }
    }

    async fn config(&self, target: &Target) -> anyhow::Result<Descriptor> {
        let mut options = FetchOptions::default();
        options.platform.clone_from(&self.platform);
        let fetched = fetch_bytes(&target.store, target.name()?, &options).await;
        let fetched = fetched.map_err(of_platform)?;
        let manifest = Manifest::parse(fetched)?;
        let config = manifest.config().cloned();
        config.ok_or_else(|| {
            Usage::error(format!(
                "{} of {} is no image manifest, and has no configuration: choose a manifest of an index with --platform",
                manifest.descriptor().digest,
                target.name
            ))
        })
    }
}

/// Reads the configuration, which must be a JSON document.
async fn read(target: &Target, config: &Descriptor) -> anyhow::Result<Vec<u8>> {
    let content = target.store.fetch_all(config, MAX_MANIFEST_BYTES).await?;
    let (digest, kind) = (&config.digest, &config.media_type);
    ensure_usage!(
        serde_json::from_slice::<IgnoredAny>(content.bytes()).is_ok(),
        "the configuration {digest} of type {kind} is not JSON: remove --pretty and --format"
    );
    Ok(content.bytes().to_vec())
}

/// Writes the configuration to stdout. Written bytes cannot be taken back, so the reader must check the exit code.
async fn write_out(target: &Target, config: &Descriptor) -> anyhow::Result<()> {
    let mut content = target.store.fetch(config).await?;
    while let Some(frame) = content.try_next().await? {
        format::content(&frame)?;
    }
    Ok(())
}
