//! `oras blob push`: pushes a file as a blob.

use std::path::{Path, PathBuf};

use clap::Args;
use oras::content::VerifyError;
use oras::file::describe_file;
use oras::{Descriptor, Digest, Error, FromPath, MediaType, Name, Payload, WriterExt};

use crate::args::{Format, Output};
use crate::format;
use crate::hint::{OTHER_FILE, advised};
use crate::place::{Place, PlaceArgs};
use crate::stdin::{self, is_stdin};
use crate::store::Target;
use crate::usage::{Usage, ensure_usage};

#[derive(Args, Clone)]
pub(crate) struct Push {
    /// Destination: registry/repository[@digest], or layout[@digest] with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// The file; - reads stdin, and needs a digest and --size
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The media type in the descriptor shown
    #[arg(
        long,
        value_name = "TYPE",
        default_value = "application/vnd.oci.image.layer.v1.tar"
    )]
    media_type: String,

    /// The size that the blob must have, in bytes
    #[arg(long, value_name = "BYTES")]
    size: Option<u64>,

    /// Show only the descriptor
    #[arg(long)]
    descriptor: bool,

    /// Indent the descriptor
    #[arg(long, requires = "descriptor")]
    pretty: bool,

    /// Accepted for compatibility: no progress is shown
    #[arg(long, hide = true)]
    no_tty: bool,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl Push {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let media_type: MediaType = self.media_type.parse()?;
        let place: Place = self.place.clone().into();
        stdin::check(&place, &self.file)?;
        // Errors in the file are reported before a layout is created.
        let found = match is_stdin(&self.file) {
            true => None,
            false => Some(describe_file(&self.file, media_type.clone()).await?),
        };
        let target = Target::create(&place, &self.name).await?;
        let expected = expected_digest(&target)?;
        let (blob, payload) = match found {
            Some(found) => {
                check(&self.file, &found, expected, self.size)?;
                (found, Payload::from_path(&self.file).await?)
            }
            None => self.stdin_blob(expected, media_type)?,
        };
        target.writer()?.push(&blob, payload).await?;
        target.finish().await?;
        self.report(&target, &blob)
    }

    fn stdin_blob(
        &self,
        digest: Option<&Digest>,
        media_type: MediaType,
    ) -> anyhow::Result<(Descriptor, Payload)> {
        let (Some(digest), Some(size)) = (digest, self.size) else {
            return Err(Usage::error(format!(
                "stdin is read once: write {}@<digest>, and give --size",
                self.name
            )));
        };
        let payload = Payload::from_reader(tokio::io::stdin(), Some(size));
        Ok((Descriptor::new(media_type, digest.clone(), size), payload))
    }

    fn report(&self, target: &Target, blob: &Descriptor) -> anyhow::Result<()> {
        match (self.output.format, self.descriptor) {
            (Format::Text, false) => {
                let (label, name) = (target.kind.label(), &target.name);
                format::line(format!("Pushed [{label}] {name}@{}", blob.digest))?;
                format::line(format!("Digest: {}", blob.digest))
            }
            (format, _) => format::descriptor(&target.name, blob, format, self.pretty),
        }
    }
}

/// Returns the digest that the command line names, if any.
fn expected_digest(target: &Target) -> anyhow::Result<Option<&Digest>> {
    let names = target.names();
    ensure_usage!(
        names.iter().all(|name| matches!(name, Name::Digest(_))),
        "a blob has no tag: write {name}, or {name}@<digest>",
        name = target.name
    );
    Ok(names.first().and_then(Name::digest))
}

/// Refuses a file that does not match the digest or size on the command line.
fn check(file: &Path, found: &Descriptor, digest: Option<&Digest>, size: Option<u64>) -> anyhow::Result<()> {
    let wrong = match (digest, size) {
        (_, Some(expected)) if expected != found.size => VerifyError::Size {
            expected,
            actual: found.size,
        },
        (Some(expected), _) if *expected != found.digest => VerifyError::Digest {
            expected: expected.clone(),
            actual: found.digest.clone(),
        },
        _ => return Ok(()),
    };
    let wrong = Error::verify(file.display(), wrong);
    Err(advised(wrong, OTHER_FILE))
}
