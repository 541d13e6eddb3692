//! `oras push`: pushes files as an artifact.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use oras::{
    CopyOptions, Descriptor, FileStore, ManifestVersion, MediaType, PackOptions, Platform, Recheck, StoreExt,
    WriterExt, copy_graph, pack_manifest,
};
use serde_json::json;

use crate::args::{Format, Output, Transfer, platform};
use crate::config_file::add_config;
use crate::files::{FileArgs, pushed};
use crate::place::{Place, PlaceArgs};
use crate::progress::{Progress, UPLOAD};
use crate::store::Target;
use crate::usage::ensure_usage;
use crate::{format, output};

/// The artifact type if none is given.
const UNKNOWN_ARTIFACT: &str = "application/vnd.unknown.artifact.v1";

/// The configuration type that has a platform.
const IMAGE_CONFIG: MediaType = MediaType::from_static("application/vnd.oci.image.config.v1+json");

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ImageSpec {
    #[value(name = "v1.0")]
    V1_0,
    #[value(name = "v1.1")]
    V1_1,
}

#[derive(Args, Clone)]
pub(crate) struct Push {
    /// Destination: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    files: FileArgs,

    /// The artifact type
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,

    /// The file to use as configuration, as path[:media-type]
    #[arg(long, value_name = "FILE")]
    config: Option<String>,

    /// The platform that the artifact is for, written to a generated configuration: os[/arch][/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", conflicts_with = "config", value_parser = platform)]
    artifact_platform: Option<Platform>,

    /// The version of the image specification to follow
    #[arg(long, value_enum, value_name = "VERSION")]
    image_spec: Option<ImageSpec>,

    /// Push everything, even content that the destination already has
    #[arg(long)]
    force: bool,

    /// Also write the manifest to this file
    #[arg(long, value_name = "FILE")]
    export_manifest: Option<PathBuf>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    output: Output,
}

impl Push {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        ensure_usage!(
            !self.files.are_empty() || self.artifact_type.is_some() || self.config.is_some(),
            "nothing to push to {}: name files, or give --artifact-type for an artifact without files",
            self.name
        );
        let place: Place = self.place.clone().into();
        self.files.check_stdin(&place)?;
        if let Some(path) = &self.export_manifest {
            self.files.check_output(path, self.config.as_deref())?;
        }
        let files = self.files.store()?;
        // An invalid name is reported before files are read; a layout is created only after they are.
        if !place.oci_layout {
            Target::create(&place, &self.name).await?.tags()?;
        }
        let progress = Progress::new(UPLOAD, &self.transfer);
        let packed = self.pack(&files, &progress).await?;
        if let Some(path) = &self.export_manifest {
            export(&files, &packed, path).await?;
        }
        let target = Target::create(&place, &self.name).await?;
        let options = CopyOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_events(progress);
        let recheck = match self.force {
            true => Recheck::Force,
            false => Recheck::Trust,
        };
        let options = options.with_tags(target.tags()?).with_recheck(recheck);
        let copied = copy_graph(&files, target.writer()?, &packed, &options).await;
        copied.map_err(pushed)?;
        target.finish().await?;
        drop(options);
        report(&target, &packed, self.output.format)
    }

    async fn pack(&self, files: &FileStore, progress: &Progress) -> anyhow::Result<Descriptor> {
        let annotated = self.files.annotations().await?;
        let mut options = PackOptions::default();
        if let Some(config) = &self.config {
            options = options.with_config(add_config(files, config, &annotated).await?);
        }
        if let Some(platform) = &self.artifact_platform {
            let config = serde_json::to_vec(platform)?;
            let config = files.push_bytes(IMAGE_CONFIG, config).await?;
            options = options.with_config(config.with_annotations(annotated.config.clone()));
        }
        let layers = self.files.add_to(files, &annotated, progress).await?;
        let options = options
            .with_layers(layers)
            .with_annotations(annotated.manifest)
            .with_config_annotations(annotated.config);
        let artifact_type = self.artifact_type.as_deref();
        let is_configured = self.config.is_some();
        let (version, artifact_type) = match (self.image_spec, artifact_type, is_configured) {
            (Some(ImageSpec::V1_0), kind, _) => (ManifestVersion::V1_0, kind.unwrap_or_default()),
            (None, None, true) => (ManifestVersion::V1_0, ""),
            (_, None, true) => (ManifestVersion::V1_1, ""),
            (_, kind, _) => (ManifestVersion::V1_1, kind.unwrap_or(UNKNOWN_ARTIFACT)),
        };
        Ok(pack_manifest(files, version, artifact_type, options).await?)
    }
}

/// Writes the bytes of a packed manifest to a file.
pub(crate) async fn export(files: &FileStore, packed: &Descriptor, path: &Path) -> anyhow::Result<()> {
    let content = files.fetch_all(packed, packed.size).await?;
    output::write(path, content.bytes().to_vec()).await
}

fn report(target: &Target, packed: &Descriptor, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        let mut result = format::described(&target.name, packed);
        let tags = target.names().iter().filter_map(oras::Name::tag);
        let mut tags: Vec<String> = tags.map(|tag| format!("{}:{tag}", target.name)).collect();
        tags.sort();
        result.insert("referenceAsTags".to_owned(), json!(tags));
        return format::json(&result);
    }
    format::line(format!("Pushed {}", target.display()))?;
    if let Some(kind) = &packed.artifact_type {
        format::line(format!("ArtifactType: {kind}"))?;
    }
    format::line(format!("Digest: {}", packed.digest))
}
