//! `oras cp`: copies an artifact.

mod all_tags;

use std::borrow::Borrow;
use std::sync::Arc;

use clap::Args;
use oras::copy::{Events, ExtendedCopyOptions, Recheck, Side, plan, plan_extended};
use oras::{CopyError, CopyOptions, Descriptor, Name, Platform, StoreExt, Writer, copy, extended_copy};

use self::all_tags::Which;
use crate::args::{Format, Output, Transfer};
use crate::hint::{about, advised};
use crate::place::{FromArgs, Place, ToArgs};
use crate::progress::{COPY, Progress};
use crate::store::{Kind, Target};
use crate::usage::ensure_usage;
use crate::verification::verify;
use crate::watch::Watch;
use crate::{format, planned, say};

#[derive(Args, Clone)]
pub(crate) struct Cp {
    /// What to copy: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --from-oci-layout
    #[arg(value_name = "FROM")]
    source: String,

    /// Destination: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --to-oci-layout
    #[arg(value_name = "TO")]
    destination: String,

    #[command(flatten)]
    which: Which,

    /// Also copy what is attached to it
    #[arg(long, short = 'r')]
    recursive: bool,

    /// Copy only this platform of an index: os/arch[/variant][:os-version]; several, separated by commas or repeated, become
    /// an index of these
    #[arg(long = "platform", value_name = "PLATFORM", value_delimiter = ',')]
    platforms: Vec<Platform>,

    /// Read and hash what the destination already has, replace what is damaged or missing, and read back what was written
    #[arg(long)]
    verify: bool,

    /// Push everything, even content that the destination already has
    #[arg(long)]
    force: bool,

    /// Show what would be copied, and write nothing
    #[arg(long)]
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
        let mut source = Target::open(&from, &self.source)
            .await
            .map_err(|error| about(&from, error))?;
        if !self.which.all_tags {
            source.name()?;
        }
        // An impossible destination is reported before any request, and no layout is created if the source does not exist.
        let mut destination = self.imagined(&to).await?;
        if !self.which.all_tags && !self.dry_run {
            source.resolve_once().await.map_err(|error| about(&from, error))?;
            if destination.kind == Kind::Layout {
                destination = self.created(&to).await?;
            }
        }
        let progress = Progress::new(COPY, &self.transfer);
        let watch = Arc::new(Watch::new(progress, self.recheck() == Recheck::Verify));
        let copy = Copy {
            args: &self,
            from: &from,
            to: &to,
            source: &source,
            destination: &destination,
            watch: &watch,
        };
        if self.which.all_tags {
            return copy.run_all_tags().await;
        }
        if self.dry_run {
            return copy.plan().await;
        }
        let copied = copy.run().await?;
        copy.finish().await?;
        if self.verify {
            copy.read_back(&copied).await?;
        }
        // Ends drawing before the result is printed.
        drop(watch);
        self.show(&source, &destination, &copied)
    }

    async fn imagined(&self, to: &Place) -> anyhow::Result<Target> {
        let imagined = Target::imagine(to, &self.destination).await;
        imagined.map_err(|error| about(to, error))
    }

    async fn created(&self, to: &Place) -> anyhow::Result<Target> {
        let created = Target::create(to, &self.destination).await;
        created.map_err(|error| about(to, error))
    }

    fn show(&self, source: &Target, destination: &Target, copied: &Descriptor) -> anyhow::Result<()> {
        if self.output.format == Format::Json {
            return format::json(&format::described(&destination.name, copied));
        }
        format::line(format!(
            "Copied {} => {}",
            source.display(),
            destination.display()
        ))?;
        format::line(format!("Digest: {}", copied.digest))
    }

    /// Returns how existing content at the destination is treated: verified, replaced, or trusted.
    fn recheck(&self) -> Recheck {
        match (self.verify, self.force) {
            (_, true) => Recheck::Force,
            (true, false) => Recheck::Verify,
            (false, false) => Recheck::Trust,
        }
    }

    fn options(&self, source: &Target, watch: &Arc<Watch>) -> anyhow::Result<CopyOptions> {
        let options = CopyOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_recheck(self.recheck())
            .with_platforms(self.platforms.iter().cloned())
            .with_events(Arc::clone(watch) as Arc<dyn Events>);
        source.with_policy(options)
    }
}

/// A copy between two places.
struct Copy<'a> {
    args: &'a Cp,
    from: &'a Place,
    to: &'a Place,
    source: &'a Target,
    destination: &'a Target,
    watch: &'a Arc<Watch>,
}

impl Copy<'_> {
    /// Returns the name to copy. Without a destination name, the source is copied by digest, so that the copy gets no tag.
    async fn name(&self) -> anyhow::Result<Name> {
        let name = self.source.name()?;
        match self.destination.names().first() {
            Some(_) => Ok(name.clone()),
            None => Ok(self.root().await?.digest.into()),
        }
    }

    /// Returns the descriptor that the source name resolves to.
    async fn root(&self) -> anyhow::Result<Descriptor> {
        let root = self.source.store.resolve(self.source.name()?).await;
        root.map_err(|error| about(self.from, error))
    }

    /// Returns the first name at the destination, and options with the other names.
    fn names(&self) -> anyhow::Result<(Option<Name>, CopyOptions)> {
        let names = self.destination.names();
        let more = names.iter().skip(1).filter_map(Name::tag).cloned();
        let options = self.args.options(self.source, self.watch)?;
        Ok((names.first().cloned(), options.with_tags(more)))
    }

    async fn plan(&self) -> anyhow::Result<()> {
        let (name, (new_name, options)) = (self.name().await?, self.names()?);
        let (source, writer) = (&self.source.store, self.writer()?);
        let options = ExtendedCopyOptions::default().with_copy(options);
        let plan = match self.args.recursive {
            true => plan_extended(source, name, &writer, new_name, &options).await,
            false => plan(source, name, &writer, new_name, &options.copy).await,
        };
        let plan = plan.map_err(|error| self.blamed(error))?;
        planned::show(&plan, self.destination, self.args.output.format)
    }

    async fn run(&self) -> anyhow::Result<Descriptor> {
        let (name, (new_name, options)) = (self.name().await?, self.names()?);
        let (source, writer) = (&self.source.store, self.writer()?);
        if !self.args.recursive {
            let copied = copy(source, name, writer, new_name, &options).await;
            return copied.map_err(|error| self.blamed(error));
        }
        let options = ExtendedCopyOptions::default().with_copy(options);
        let copied = extended_copy(source, name, writer, new_name, &options).await;
        let copied = copied.map_err(|error| self.blamed(error))?;
        let platforms = &self.args.platforms;
        let are_several = platforms.iter().any(|other| *other != platforms[0]);
        if are_several && self.root().await?.digest != copied.digest {
            say::note(
                "Warning: what is attached to the index itself is not copied: an index of fewer platforms is another one",
            );
        }
        Ok(copied)
    }

    async fn finish(&self) -> anyhow::Result<()> {
        let finished = self.destination.finish().await;
        finished.map_err(|error| about(self.to, error))
    }

    fn writer(&self) -> anyhow::Result<&dyn Writer> {
        self.destination.writer().map_err(|error| about(self.to, error))
    }

    /// Adds to the error the side that it concerns.
    fn blamed(&self, error: impl Borrow<CopyError> + Into<anyhow::Error>) -> anyhow::Error {
        match error.borrow().side {
            Side::Source => about(self.from, error),
            Side::Destination => about(self.to, error),
        }
    }

    /// Reads and hashes the content at the destination, except what was read before.
    async fn read_back(&self, copied: &Descriptor) -> anyhow::Result<()> {
        let (name, known) = (Name::from(&copied.digest), self.watch.sound());
        let (transfer, referrers) = (&self.args.transfer, self.args.recursive);
        let verified = verify(&*self.destination.store, &name, transfer, referrers, known).await;
        let Err((report, error)) = verified else {
            return Ok(());
        };
        for fault in &report.faults {
            say::line(format!("Fault: {fault}"));
        }
        match report.tells(&error) {
            true => Err(advised(
                report.failure(&self.destination.full_reference()),
                "the destination does not keep what is written to it: copy again, or tell its owner",
            )),
            false => Err(about(self.to, error)),
        }
    }
}
