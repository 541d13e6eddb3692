//! `oras pull`: writes the files of an artifact into a folder.

mod one;
mod wanted;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::Args;
use oras::content::annotations;
use oras::copy::plan;
use oras::file::FileOptions;
use oras::{
    CopyError, CopyOptions, Descriptor, ErrorKind, FileStore, Manifest, MemoryStore, Platform, StoreExt, copy,
};
use serde_json::{Value, json};

use crate::args::{Format, Output, Transfer};
use crate::chosen::Chosen;
use crate::files::split_file;
use crate::hint::advised;
use crate::place::{Place, PlaceArgs};
use crate::progress::{DOWNLOAD, Progress};
use crate::store::Target;
use crate::usage::ensure_usage;
use crate::{format, output, say};
use wanted::{Found, Wanted};

#[derive(Args, Clone)]
pub(crate) struct Pull {
    /// What to pull: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// The folder to write to; - writes a single file to stdout
    #[arg(long = "output", short = 'o', value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Pull only the file with this name; repeatable
    #[arg(long = "file", value_name = "NAME")]
    files: Vec<String>,

    /// Write the configuration to this file, as path[:media-type]
    #[arg(long, value_name = "FILE")]
    config: Option<String>,

    /// Also pull the files of the subject
    #[arg(long)]
    include_subject: bool,

    /// Fail if a file exists, instead of replacing it
    #[arg(long, short = 'k')]
    keep_old_files: bool,

    /// Allow file names that lead out of the folder: only for content that you trust
    #[arg(long, short = 'T')]
    allow_path_traversal: bool,

    /// Keep folders as archives instead of unpacking them
    #[arg(long)]
    keep_packed: bool,

    /// Give unpacked files the permissions with which they were pushed, regardless of the umask
    #[arg(long)]
    preserve_permissions: bool,

    /// Pull the manifest for this platform from an index: os[/arch][/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", value_parser = crate::args::platform)]
    platform: Option<Platform>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    output: Output,
}

impl Pull {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = self.config.as_deref().map(split_file).transpose()?;
        let is_stdout = self.folder == Path::new("-");
        ensure_usage!(
            !is_stdout || (config.is_none() && self.output.format == Format::Text),
            "stdout takes one file, and nothing else: remove --config and --format, or name a folder"
        );
        let place: Place = self.place.clone().into();
        let target = Target::open(&place, &self.name).await?;
        if is_stdout {
            let found = self.look(&target).await?;
            return one::write_out(&target, found, &self.files).await;
        }
        if !self.files.is_empty() {
            one::check(&target, &self.look(&target).await?, &self.files)?;
        }
        let wanted = Arc::new(Wanted {
            config: config.as_ref().map(|(_, media_type)| media_type.clone()),
            titles: self.files.clone(),
            subject: self.include_subject,
            lists_files: self.output.format == Format::Json,
            found: Mutex::default(),
        });
        let pulled = self.copy(&target, &wanted).await?;
        let mut found = std::mem::take(&mut *wanted.found());
        if let (Some((path, _)), [config, ..]) = (&config, &found.configs[..]) {
            self.write_config(&target, config, path).await?;
            let titled = config.clone().with_annotation(annotations::TITLE, *path);
            found.count += 1;
            found.files.push(titled);
        }
        self.report(&target, &pulled, &found)
    }

    /// Determines everything that there is to pull, without writing anything.
    async fn look(&self, target: &Target) -> anyhow::Result<Found> {
        let wanted = Arc::new(Wanted {
            config: None,
            titles: Vec::new(),
            subject: self.include_subject,
            lists_files: true,
            found: Mutex::default(),
        });
        let options = self.options(target, &wanted)?;
        let nowhere = MemoryStore::new();
        plan(&target.store, target.name()?, &nowhere, None, &options).await?;
        let found = std::mem::take(&mut *wanted.found());
        Ok(found)
    }

    fn options(&self, target: &Target, wanted: &Arc<Wanted>) -> anyhow::Result<CopyOptions> {
        let wanted = Arc::clone(wanted);
        let mut options = CopyOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_selection(Chosen::by(move |manifest: &Manifest| wanted.of(manifest)));
        options.platforms = self.platform.clone().into_iter().collect();
        target.with_policy(options)
    }

    async fn copy(&self, target: &Target, wanted: &Arc<Wanted>) -> anyhow::Result<Descriptor> {
        let progress = Progress::new(DOWNLOAD, &self.transfer);
        let options = self.options(target, wanted)?;
        let options = options.with_keep_going(true).with_events(progress);
        let folder = FileOptions::default()
            .with_overwrite_disabled(self.keep_old_files)
            .with_path_traversal(self.allow_path_traversal)
            .with_folders_packed(self.keep_packed)
            .with_permissions_preserved(self.preserve_permissions);
        let folder = FileStore::with_options(&self.folder, folder);
        let copied = copy(&target.store, target.name()?, &folder, "", &options).await;
        copied.map_err(|error| self.explained(error))
    }

    /// Adds to the error the flag that avoids it, if there is one.
    fn explained(&self, error: CopyError) -> anyhow::Error {
        match error.source.kind() {
            ErrorKind::PathTraversal => {
                advised(error, "add --allow-path-traversal if you trust the publisher")
            }
            ErrorKind::WouldOverwrite => advised(error, "remove --keep-old-files to replace it"),
            _ => error.into(),
        }
    }

    /// Writes the configuration to the path on the command line, from the folder.
    async fn write_config(&self, target: &Target, config: &Descriptor, path: &str) -> anyhow::Result<()> {
        let path = self.folder.join(path);
        ensure_usage!(
            !self.keep_old_files || !path.exists(),
            "{} exists: remove --keep-old-files to replace it, or name another file",
            path.display()
        );
        output::write_content(&path, target.store.fetch(config).await?).await
    }

    fn report(&self, target: &Target, pulled: &Descriptor, found: &Found) -> anyhow::Result<()> {
        for layer in &found.skipped {
            say::note(format!(
                "Skipped {} {}: it has no title",
                layer.digest, layer.media_type
            ));
        }
        if self.output.format == Format::Json {
            let files: Vec<Value> = found
                .files
                .iter()
                .map(|file| self::file(&target.name, &self.folder, file))
                .collect();
            let mut result =
                json!({ "reference": format!("{}@{}", target.name, pulled.digest), "files": files });
            if !found.skipped.is_empty() {
                result["skipped"] = json!(found.skipped);
            }
            return format::json(&result);
        }
        if found.count == 0 {
            say::note(format!(
                "No files: no layer has a title. To have them all, run 'oras cp {} --to-oci-layout <folder>'",
                self.name
            ));
        }
        format::line(format!("Pulled {}", target.display()))?;
        format::line(format!("Digest: {}", pulled.digest))
    }
}

fn file(name: &str, folder: &Path, file: &Descriptor) -> Value {
    let path = folder.join(file.title().unwrap_or_default());
    let path = std::path::absolute(&path).unwrap_or(path);
    let mut result = serde_json::Map::from_iter([("path".to_owned(), json!(path))]);
    result.extend(format::described(name, file));
    result.into()
}
