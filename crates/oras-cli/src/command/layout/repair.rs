//! `oras layout repair`: fetches missing and damaged content from another store.

use std::path::PathBuf;

use clap::Args;
use oras::content::ErrorChain;
use oras::layout::{RepairOptions, RepairReport, Unrepaired};
use serde_json::{Value, json};

use crate::args::{Format, Output};
use crate::format;
use crate::hint::about;
use crate::place::{FromArgs, Place};
use crate::progress::named;
use crate::store::Target;

#[derive(Args, Clone)]
pub(crate) struct Repair {
    /// The folder of the layout
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// Source: registry/repository, or folder with --from-oci-layout
    #[arg(long, value_name = "NAME")]
    from: String,

    #[command(flatten)]
    place: FromArgs,

    #[command(flatten)]
    output: Output,
}

impl Repair {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.clone().into();
        let layout = super::open(&self.path).await?;
        let from = Target::open(&place, &self.from)
            .await
            .map_err(|error| about(&place, error))?;
        let report = layout.repair(&*from.store, RepairOptions::default()).await?;
        match self.output.format {
            Format::Json => format::json(&self.as_json(&report))?,
            Format::Text => show(&report)?,
        }
        match report.failed.into_iter().next() {
            None => Ok(()),
            Some(Unrepaired { content, error, .. }) => {
                let what = format!("cannot repair {}", content.digest);
                Err(about(&place, anyhow::Error::from(error).context(what)))
            }
        }
    }

    fn as_json(&self, report: &RepairReport) -> Value {
        let failed = report.failed.iter().map(|failed| {
            let error = ErrorChain(&failed.error).to_string();
            json!({ "digest": failed.content.digest.as_str(), "error": error })
        });
        json!({
            "path": self.path.display().to_string(),
            "repaired": report.repaired,
            "failed": failed.collect::<Vec<_>>(),
        })
    }
}

fn show(report: &RepairReport) -> anyhow::Result<()> {
    for content in &report.repaired {
        format::line(format!("Repaired {}", named(content)))?;
    }
    for failed in &report.failed {
        format::line(format!("Not repaired {}", named(&failed.content)))?;
    }
    let (repaired, failed) = (report.repaired.len() as u64, report.failed.len() as u64);
    format::line(format!("{} repaired, {} not", super::blobs(repaired), failed))
}
