//! `oras pull`: an artifact's files, into a folder.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use oras::content::{MediaType, annotations};
use oras::file::FileOptions;
use oras::{CopyOptions, Descriptor, FileStore, Manifest, Platform, copy};
use serde_json::{Value, json};

use crate::cli::{Format, Output, Transfer};
use crate::files::split_file;
use crate::format;
use crate::place::{Place, PlaceArgs};
use crate::progress::{DOWNLOAD, Progress};
use crate::store::Store;

#[derive(Args)]
pub(crate) struct Pull {
    /// What to pull: registry/repository{:tag|@digest}, or folder{:tag|@digest} with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// The folder to write to
    #[arg(long = "output", short = 'o', value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Write the configuration to this file, as path[:media-type]
    #[arg(long, value_name = "FILE")]
    config: Option<String>,

    /// Pull the files of the subject, too
    #[arg(long)]
    include_subject: bool,

    /// Fail where a file is there already, instead of replacing it
    #[arg(long, short = 'k')]
    keep_old_files: bool,

    /// Pull the manifest of an index for this platform: os/arch[/variant][:os-version]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

/// What of a manifest is pulled.
struct Wanted {
    config: Option<(String, Option<MediaType>)>,
    subject: bool,
    /// The files, as they were found.
    files: Mutex<Vec<Descriptor>>,
}

impl Pull {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = match &self.config {
            Some(text) => {
                let (path, media_type) = split_file(text)?;
                Some((path.to_owned(), media_type))
            }
            None => None,
        };
        let place: Place = self.place.into();
        let store = Store::open(&place, &self.name).await?;
        let reference = store.reference()?;
        let wanted = Arc::new(Wanted {
            config,
            subject: self.include_subject,
            files: Mutex::default(),
        });
        let choose = {
            let wanted = Arc::clone(&wanted);
            Box::new(move |manifest: &Manifest| wanted.of(manifest))
        };
        let progress = Progress::new(DOWNLOAD, self.transfer.no_tty, choose);
        let mut options = CopyOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_hooks(progress);
        options.platform = self.platform;
        let folder = FileOptions::default().with_overwrite_disabled(self.keep_old_files);
        let folder = FileStore::with_options(&self.folder, folder);
        let pulled = copy(&store.target, reference, &folder, reference, &options).await?;
        drop(options);

        let files = wanted
            .files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if self.output.format == Format::Json {
            let files: Vec<Value> = files
                .iter()
                .map(|file| self::file(&store.name, &self.folder, file))
                .collect();
            let reference = format!("{}@{}", store.name, pulled.digest);
            return format::json(&json!({ "reference": reference, "files": files }));
        }
        if files.is_empty() {
            eprintln!(
                "No files: no layer has a title. To have them all, run 'oras cp {} --to-oci-layout <folder>'",
                self.name
            );
        }
        format::line(format!("Pulled {}", store.display()))?;
        format::line(format!("Digest: {}", pulled.digest))
    }
}

impl Wanted {
    fn of(&self, manifest: &Manifest) -> Vec<Descriptor> {
        let mut chosen: Vec<Descriptor> = Vec::new();
        if let (Some((path, media_type)), Some(config)) = (&self.config, manifest.config())
            && media_type
                .as_ref()
                .is_none_or(|wanted| *wanted == config.media_type)
        {
            chosen.push(config.clone().with_annotation(annotations::TITLE, path));
        }
        chosen.extend(
            manifest
                .layers()
                .iter()
                .filter(|layer| layer.title().is_some())
                .cloned(),
        );
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(chosen.iter().cloned());
        if self.subject {
            chosen.extend(manifest.subject().cloned());
        }
        chosen.extend(manifest.manifests().iter().cloned());
        chosen
    }
}

fn file(name: &str, folder: &std::path::Path, file: &Descriptor) -> Value {
    let path = folder.join(file.title().unwrap_or_default());
    let path = std::path::absolute(&path).unwrap_or(path);
    let mut result = serde_json::Map::from_iter([("path".to_owned(), json!(path))]);
    result.extend(format::described(name, file));
    result.into()
}
