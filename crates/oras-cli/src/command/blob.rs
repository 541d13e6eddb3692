//! `oras blob`: blobs as they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use futures_util::TryStreamExt;
use oras::content::annotations::TITLE;
use oras::{Descriptor, Digest, Fetcher, FetcherExt, FileStore, PusherExt, Source};

use crate::cli::{Format, Output};
use crate::format;
use crate::place::{Place, PlaceArgs};
use crate::store::Store;

#[derive(Subcommand)]
pub(crate) enum Blob {
    /// Fetch a blob
    #[command(visible_alias = "get")]
    Fetch(Fetch),
}

#[derive(Args)]
pub(crate) struct Fetch {
    /// What to fetch: registry/repository@digest
    #[arg(value_name = "NAME")]
    name: String,

    /// Show the descriptor; the blob is not fetched unless there is --output
    #[arg(long)]
    descriptor: bool,

    /// Write the blob to this file; - is stdout
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Blob {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Fetch(command) => command.run().await,
        }
    }
}

impl Fetch {
    async fn run(self) -> anyhow::Result<()> {
        let shows = self.descriptor || self.output.format == Format::Json;
        let to_stdout = self.file.as_deref() == Some(Path::new("-"));
        ensure!(
            self.file.is_some() || shows,
            "say where the blob goes: --output <file>, or --output - for stdout"
        );
        ensure!(
            !(to_stdout && shows),
            "stdout takes the blob or its descriptor, not both"
        );
        let place: Place = self.place.into();
        let store = Store::open(&place, &self.name).await?;
        let reference = store.reference()?;
        let Ok(digest) = reference.parse::<Digest>() else {
            bail!("a blob has no tag: write {}@<digest>", store.name);
        };
        let blob = store.resolve_blob(&digest).await?;
        match &self.file {
            Some(_) if to_stdout => write_out(&store, &blob).await?,
            Some(file) => save(&store, &blob, file).await?,
            None => {}
        }
        match (self.output.format, self.descriptor) {
            (Format::Json, _) => format::json(&format::described(&store.name, &blob)),
            (Format::Text, true) => format::line(serde_json::to_string(&blob)?),
            (Format::Text, false) => Ok(()),
        }
    }
}

/// Bytes that went out cannot be taken back: whoever reads them looks at the exit code.
async fn write_out(store: &Store, blob: &Descriptor) -> anyhow::Result<()> {
    let mut content = store.target.fetch(blob).await?;
    while let Some(frame) = content.try_next().await? {
        format::bytes(&frame)?;
    }
    Ok(())
}

/// The file appears when it is whole and verified.
async fn save(store: &Store, blob: &Descriptor, file: &Path) -> anyhow::Result<()> {
    let name = file
        .file_name()
        .with_context(|| format!("{} does not name a file", file.display()))?;
    let name = name
        .to_str()
        .with_context(|| format!("the name {} is not UTF-8", file.display()))?;
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => bail!("{} does not name a file", file.display()),
    };
    let source: Arc<dyn Fetcher> = Arc::new(Arc::clone(&store.target));
    let source = Source::fetch(source, blob.clone());
    let titled = blob.clone().with_annotation(TITLE, name);
    FileStore::new(folder).push(&titled, source).await?;
    Ok(())
}
