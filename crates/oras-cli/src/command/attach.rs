//! `oras attach`: files become a referrer of an artifact.

use std::path::PathBuf;

use clap::Args;
use oras::{CopyOptions, ManifestVersion, PackOptions, Platform, copy_graph, pack_manifest};

use crate::args::{Format, Output, Transfer};
use crate::chosen::Chosen;
use crate::command::push::export;
use crate::config_file::add_config;
use crate::files::{FileArgs, pushed};
use crate::format;
use crate::place::{Place, PlaceArgs};
use crate::progress::{Progress, UPLOAD};
use crate::referrers::resolve_subject;
use crate::store::Target;
use crate::usage::ensure_usage;

#[derive(Args, Clone)]
pub(crate) struct Attach {
    /// What to attach to: registry/repository{:tag|@digest}
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    files: FileArgs,

    /// The artifact type of the attachment
    #[arg(long, value_name = "TYPE")]
    artifact_type: String,

    /// The file to use as configuration, as path[:media-type]
    #[arg(long, value_name = "FILE")]
    config: Option<String>,

    /// Attach to the manifest for this platform in an index: os[/arch][/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", value_parser = crate::args::platform)]
    platform: Option<Platform>,

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

impl Attach {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let annotated = self.files.annotations().await?;
        ensure_usage!(
            !self.files.are_empty() || !annotated.manifest.is_empty(),
            "nothing to attach to {}: name files, or give annotations",
            self.name
        );
        let place: Place = self.place.into();
        self.files.check_stdin(&place)?;
        let target = Target::change(&place, &self.name).await?;
        let subject = resolve_subject(&target, self.platform).await?;

        if let Some(path) = &self.export_manifest {
            self.files.check_output(path, self.config.as_deref())?;
        }
        let files = self.files.store()?;
        let progress = Progress::new(UPLOAD, &self.transfer);
        let layers = self.files.add_to(&files, &annotated, &progress).await?;
        let mut options = PackOptions::default()
            .with_subject(subject.plain())
            .with_layers(layers)
            .with_annotations(annotated.manifest.clone())
            .with_config_annotations(annotated.config.clone());
        if let Some(config) = &self.config {
            options = options.with_config(add_config(&files, config, &annotated).await?);
        }
        let packed = pack_manifest(&files, ManifestVersion::V1_1, &self.artifact_type, options).await?;
        if let Some(path) = &self.export_manifest {
            export(&files, &packed, path).await?;
        }
        let attached_to = subject.digest.clone();
        // The file store does not have the subject, which need not exist at all.
        let without_subject = move |manifest: &oras::Manifest| {
            let others = manifest.successors().filter(|node| node.digest != subject.digest);
            others.cloned().collect()
        };
        let options = CopyOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_selection(Chosen::by(without_subject))
            .with_events(progress);
        let copied = copy_graph(&files, target.writer()?, &packed, &options).await;
        copied.map_err(pushed)?;
        drop(options);

        if self.output.format == Format::Json {
            return format::json(&format::described(&target.name, &packed));
        }
        format::line(format!(
            "Attached to [{}] {}@{attached_to}",
            target.kind.label(),
            target.name
        ))?;
        format::line(format!("Digest: {}", packed.digest))
    }
}
