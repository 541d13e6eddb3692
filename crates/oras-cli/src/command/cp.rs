//! `oras cp`: an artifact, from one place to another.

use clap::Args;
use oras::copy::{ExtendedCopyOptions, Recheck, Side, plan};
use oras::{CopyError, CopyOptions, Name, Platform, StoreExt, copy, extended_copy};

use crate::args::{Format, Output, Transfer};
use crate::hint::about;
use crate::place::{FromArgs, Place, ToArgs};
use crate::progress::{COPY, Progress};
use crate::store::Target;
use crate::usage::ensure_usage;
use crate::{format, planned};

#[derive(Args, Clone)]
pub(crate) struct Cp {
    /// What to copy: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --from-oci-layout
    #[arg(value_name = "FROM")]
    source: String,

    /// Where to: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --to-oci-layout
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

    /// Show what would be copied, and write nothing
    #[arg(long, conflicts_with = "recursive")]
    dry_run: bool,

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
        let (from, to): (Place, Place) = (self.from.clone().into(), self.to.clone().into());
        ensure_usage!(
            !(from.password_stdin && to.password_stdin),
            "stdin has one password: give the other with --from-password or --to-password, or log in first"
        );
        let source = Target::open(&from, &self.source)
            .await
            .map_err(|error| about(&from, error))?;
        let name = source.name()?;
        let destination = match self.dry_run {
            true => Target::imagine(&to, &self.destination).await,
            false => Target::create(&to, &self.destination).await,
        };
        let destination = destination.map_err(|error| about(&to, error))?;
        let new_name = destination.names().first().cloned();
        // A copy that is not given a name keeps none: it is copied by its digest.
        let name = match &new_name {
            Some(_) => name.clone(),
            None => source
                .store
                .resolve(name)
                .await
                .map_err(|error| about(&from, error))?
                .digest
                .into(),
        };
        let more = destination.names().iter().skip(1).filter_map(Name::tag).cloned();
        let options = self.options().with_tags(more);
        let writer = destination.writer().map_err(|error| about(&to, error))?;
        let blamed = |error: CopyError| match error.side {
            Side::Source => about(&from, error),
            Side::Destination => about(&to, error),
        };
        if self.dry_run {
            let plan = plan(&source.store, name, &writer, new_name, &options).await;
            return planned::show(&plan.map_err(blamed)?, &destination, self.output.format);
        }
        let copied = match self.recursive {
            true => {
                let options = ExtendedCopyOptions::default().with_copy(options);
                extended_copy(&source.store, name, writer, new_name, &options).await
            }
            false => copy(&source.store, name, writer, new_name, &options).await,
        };
        let copied = copied.map_err(blamed)?;
        destination.finish().await.map_err(|error| about(&to, error))?;
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
            .with_events(Progress::new(COPY, self.transfer.no_tty));
        options.platforms = self.platform.clone().into_iter().collect();
        options
    }
}
