//! `oras sync`: keeps many repositories in sync.

mod failures;
mod kept;
mod shown;
mod stores;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use oras::sync::{FileOptions, Report, State, SyncFile, SyncOptions, sync};

use self::kept::KeptState;
use self::stores::Stores;
use crate::args::{Output, Transfer};
use crate::failure::Failure;
use crate::progress::{COPY, Progress};
use crate::say;
use crate::usage::Usage;

#[derive(Args, Clone)]
pub(crate) struct Sync {
    /// The plan, in YAML: jobs as described in docs/sync.md, or a file for regsync or skopeo sync
    #[arg(long, short = 'f', value_name = "FILE")]
    file: PathBuf,

    /// Destination for a skopeo sync file, which does not name one: registry[/path]
    #[arg(long, value_name = "REGISTRY")]
    to: Option<String>,

    /// For a skopeo sync file: keep the whole name of each repository, not only its last part
    #[arg(long, requires = "to")]
    scoped: bool,

    /// Show what would be copied and removed, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Record in this file what both places had
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Do not ask the destination about tags that are unchanged at the source since the state was recorded
    #[arg(long, requires = "state")]
    trust_state: bool,

    /// File with credentials, instead of those of docker and podman; repeatable, the first match is used
    #[arg(
        long = "registry-config",
        value_name = "FILE",
        env = "ORAS_REGISTRY_CONFIG",
        help_heading = "Where"
    )]
    registry_configs: Vec<PathBuf>,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    output: Output,
}

impl Sync {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let file = self.read()?;
        let stores = Stores::new(file.connections, self.registry_configs.clone());
        let kept = self
            .state
            .as_deref()
            .map(|path| KeptState::load(path, self.dry_run));
        let kept = kept.transpose()?;
        let options = self.options(kept.as_ref().map(KeptState::state));
        let report = Box::pin(sync(&file.plan, &stores, &options)).await;
        failures::ensure_scheme(&report)?;
        let finished = stores.finish(&report).await;
        let saved = kept.map_or(Ok(()), KeptState::save);
        self.show(&report)?;
        // The program ends with the first of these failures.
        let ends = [failures::ensure_done(&report), finished, saved];
        let mut errors = ends.into_iter().filter_map(Result::err);
        let Some(first) = errors.next() else {
            return Ok(());
        };
        errors.for_each(|error| say::line(format!("Failed: {}", Failure::Error(error))));
        Err(first)
    }

    fn options(&self, state: Option<Arc<State>>) -> SyncOptions {
        let options = SyncOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_dry_run(self.dry_run)
            .with_trust_state(self.trust_state)
            .with_events(Progress::new(COPY, &self.transfer));
        match state {
            Some(state) => options.with_state(state),
            None => options,
        }
    }

    fn read(&self) -> anyhow::Result<SyncFile> {
        let shown = self.file.display();
        let text = read(&self.file)?;
        let mut options = FileOptions::default().with_scoped(self.scoped);
        if let Some(to) = &self.to {
            options = options.with_to(to);
        }
        let file = SyncFile::read(&text, &options);
        let file = file.map_err(|error| Usage::error(format!("{shown}, {error}")))?;
        for warning in &file.warnings {
            say::note(format!("Warning: {shown}, {warning}"));
        }
        Ok(file)
    }

    fn show(&self, report: &Report) -> anyhow::Result<()> {
        match self.output.format {
            crate::args::Format::Json => shown::json(report, self.dry_run),
            crate::args::Format::Text => shown::text(report, self.dry_run),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read the plan in {}", path.display()))
}
