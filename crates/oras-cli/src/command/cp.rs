//! `oras cp`: an artifact, from one place to another.

use clap::Args;
use oras::copy::{ExtendedCopyOptions, Recheck, ResolveOptions, Side, resolve, tag_n};
use oras::{CopyError, CopyOptions, Descriptor, Error, Platform, copy, extended_copy};

use crate::args::{Format, Output, Transfer};
use crate::failure::ensure_usage;
use crate::format;
use crate::hint::about;
use crate::place::{FromArgs, Place, ToArgs};
use crate::progress::{COPY, Progress, everything};
use crate::store::Store;

#[derive(Args, Clone)]
pub(crate) struct Cp {
    /// What to copy: registry/repository{:tag|@digest}, or folder{:tag|@digest} with --from-oci-layout
    #[arg(value_name = "FROM")]
    source: String,

    /// Where to: registry/repository[:tag[,tag]…], or folder[:tag[,tag]…] with --to-oci-layout
    #[arg(value_name = "TO")]
    destination: String,

    /// Copy what is attached to it, too
    #[arg(long, short = 'r')]
    recursive: bool,

    /// Copy only the manifest of an index for this platform: os/arch[/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", conflicts_with = "recursive")]
    platform: Option<Platform>,

    /// Read and hash what the destination has, and replace what is damaged or missing
    #[arg(long, conflicts_with = "force")]
    verify: bool,

    /// Push everything again, whatever the destination has
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    from: FromArgs,

    #[command(flatten)]
    to: ToArgs,
}

impl Cp {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let options = self.options();
        let (from, to): (Place, Place) = (self.from.into(), self.to.into());
        ensure_usage!(
            !(from.password_stdin && to.password_stdin),
            "stdin has one password: give the other with --from-password or --to-password, or log in first"
        );
        let source = Store::open(&from, &self.source)
            .await
            .map_err(|error| about(&from, error))?;
        let reference = source.reference()?;
        let destination = Store::create(&to, &self.destination)
            .await
            .map_err(|error| about(&to, error))?;
        let names = destination.references();
        let copied_by = match names.is_empty() {
            true => digest(&source, reference)
                .await
                .map_err(|error| about(&from, error))?,
            false => reference.to_owned(),
        };
        let name = names.first().copied().unwrap_or_default();
        let copied = transfer(&source, &copied_by, &destination, name, options, self.recursive)
            .await
            .map_err(|error| match error.side {
                Side::Source => about(&from, error),
                Side::Destination => about(&to, error),
            })?;
        if let [_, more @ ..] = &names[..]
            && !more.is_empty()
        {
            let tagged = tag_n(&destination.target, copied.digest.as_str(), more).await;
            tagged.map_err(|error| about(&to, error))?;
        }
        if self.output.format == Format::Json {
            return format::json(&format::described(&destination.name, &copied));
        }
        format::line(format!(
            "Copied {} => {}",
            source.display(),
            destination.display()
        ))?;
        format::line(format!("Digest: {}", copied.digest))
    }

    fn options(&self) -> CopyOptions {
        let recheck = match (self.verify, self.force) {
            (true, _) => Recheck::Verify,
            (false, true) => Recheck::Force,
            (false, false) => Recheck::Trust,
        };
        let mut options = CopyOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_recheck(recheck)
            .with_hooks(Progress::new(COPY, self.transfer.no_tty, everything()));
        options.platform.clone_from(&self.platform);
        options
    }
}

/// A copy that is not given a name keeps none: it is copied by its digest.
async fn digest(source: &Store, reference: &str) -> Result<String, Error> {
    let found = resolve(&source.target, reference, &ResolveOptions::default()).await?;
    Ok(found.digest.to_string())
}

async fn transfer(
    source: &Store,
    reference: &str,
    destination: &Store,
    name: &str,
    options: CopyOptions,
    recursive: bool,
) -> Result<Descriptor, CopyError> {
    match recursive {
        true => {
            let options = ExtendedCopyOptions::default().with_copy(options);
            extended_copy(&source.target, reference, &destination.target, name, &options).await
        }
        false => copy(&source.target, reference, &destination.target, name, &options).await,
    }
}
