//! `oras manifest push`: pushes a file as a manifest.

use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::TryStreamExt;
use oras::content::{MAX_MANIFEST_BYTES, PushOptions, Verified, VerifyError};
use oras::{Descriptor, Error, FromPath, Manifest, MediaType, Name, Payload, Tag};
use serde_json::Value;

use crate::args::{Format, Output};
use crate::format;
use crate::hint::{OTHER_FILE, advised};
use crate::pipe::{self, is_pipe};
use crate::place::{Place, PlaceArgs};
use crate::stdin::{self, is_stdin};
use crate::store::Target;
use crate::usage::{Usage, ensure_usage};

#[derive(Args, Clone)]
pub(crate) struct Push {
    /// Destination: registry/repository[:tag[,tag]…|@digest], or layout[…] with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// The file; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The media type; by default the one in the manifest
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,

    /// Show only the descriptor
    #[arg(long)]
    descriptor: bool,

    /// Indent the descriptor
    #[arg(long, requires = "descriptor")]
    pretty: bool,

    /// Accepted for compatibility: all tags are set at once
    #[arg(long, value_name = "COUNT", hide = true)]
    concurrency: Option<u16>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl Push {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.clone().into();
        stdin::check(&place, &self.file)?;
        // Errors in the manifest are reported before a layout is created.
        let bytes = self.read().await?;
        let content = Verified::of(self.media_type(&bytes)?, bytes);
        let manifest = Manifest::parse(content.clone()).map_err(|error| error.about(self.file.display()))?;
        let target = Target::create(&place, &self.name).await?;
        let pushed = manifest.descriptor();
        check(&self.file, pushed, &target)?;
        let tags: Vec<Tag> = target.names().iter().filter_map(Name::tag).cloned().collect();
        let options = PushOptions::default().with_tags(tags.iter().cloned());
        target
            .writer()?
            .push_opts(pushed, content.into(), options)
            .await?;
        target.finish().await?;
        self.report(&target, pushed)
    }

    async fn read(&self) -> anyhow::Result<Vec<u8>> {
        let bytes = match is_stdin(&self.file) {
            true => stdin::read(MAX_MANIFEST_BYTES).await?,
            false if is_pipe(&self.file) => pipe::read(&self.file).await?,
            false => read_file(&self.file).await?,
        };
        match bytes.len() as u64 > MAX_MANIFEST_BYTES {
            true => Err(advised(
                Error::size_exceeds_limit(self.file.display(), MAX_MANIFEST_BYTES),
                "registries take no larger manifest: split it into several, and list these in an index",
            )),
            false => Ok(bytes),
        }
    }

    /// Returns the media type from the command line or the manifest.
    fn media_type(&self, bytes: &[u8]) -> anyhow::Result<MediaType> {
        let said = match &self.media_type {
            Some(said) => Some(said.clone()),
            None => serde_json::from_slice::<Value>(bytes)
                .ok()
                .and_then(|found| found.get("mediaType")?.as_str().map(str::to_owned)),
        };
        let Some(said) = said else {
            return Err(Usage::error(format!(
                "{} does not say its media type: give --media-type",
                self.file.display()
            )));
        };
        let media_type: MediaType = said.parse()?;
        ensure_usage!(
            media_type.manifest_kind().is_some(),
            "{media_type} is not the media type of a manifest: push it with 'oras blob push', or give --media-type"
        );
        Ok(media_type)
    }

    fn report(&self, target: &Target, pushed: &Descriptor) -> anyhow::Result<()> {
        match (self.output.format, self.descriptor) {
            (Format::Text, false) => {
                format::line(format!("Pushed {}", target.display()))?;
                format::line(format!("Digest: {}", pushed.digest))
            }
            (format, _) => format::descriptor(&target.name, pushed, format, self.pretty),
        }
    }
}

/// Reads a file, up to one byte more than a manifest may have.
async fn read_file(file: &Path) -> anyhow::Result<Vec<u8>> {
    let payload = Payload::from_path(file).await?;
    let frames = payload.open(0..MAX_MANIFEST_BYTES + 1).await?;
    let read = frames.try_fold(Vec::new(), |mut read, frame| async move {
        read.extend_from_slice(&frame);
        Ok(read)
    });
    Ok(read.await?)
}

/// Refuses a manifest that does not match the digest on the command line.
fn check(file: &Path, pushed: &Descriptor, target: &Target) -> anyhow::Result<()> {
    match target.names().iter().find_map(Name::digest) {
        Some(expected) if *expected != pushed.digest => {
            let source = VerifyError::Digest {
                expected: expected.clone(),
                actual: pushed.digest.clone(),
            };
            Err(advised(Error::verify(file.display(), source), OTHER_FILE))
        }
        _ => Ok(()),
    }
}
