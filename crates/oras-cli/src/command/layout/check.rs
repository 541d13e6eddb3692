//! `oras layout check`: checks a layout for missing and damaged content.

use std::path::PathBuf;

use clap::Args;
use oras::content::ErrorChain;
use oras::layout::{CheckOptions, CheckReport, NamedBy, Problem};
use oras::{Error, ErrorKind};
use serde_json::{Map, Value, json};

use crate::args::{Format, Output};
use crate::format;
use crate::hint::advised;
use crate::progress::bytes;

#[derive(Args, Clone)]
pub(crate) struct Check {
    /// The folder of the layout
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// Read only manifests, and compare only the size of other content
    #[arg(long)]
    quick: bool,

    #[command(flatten)]
    output: Output,
}

impl Check {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let layout = super::open(&self.path).await?;
        let options = CheckOptions::default().with_hashing(!self.quick);
        let report = layout.check(options).await?;
        match self.output.format {
            Format::Json => format::json(&self.as_json(&report))?,
            Format::Text => show(&report)?,
        }
        self.ensure_sound(&report)
    }

    fn ensure_sound(&self, report: &CheckReport) -> anyhow::Result<()> {
        let faults = report
            .problems
            .iter()
            .filter(|problem| problem.is_fault())
            .count();
        if faults == 0 {
            return Ok(());
        }
        let path = self.path.display();
        let found = match faults {
            1 => "1 fault was found".to_owned(),
            faults => format!("{faults} faults were found"),
        };
        let error = Error::new(ErrorKind::Verify, format!("the layout {path}")).with_source(found);
        Err(advised(
            error,
            format!("repair it with 'oras layout repair {path} --from <name>'"),
        ))
    }

    fn as_json(&self, report: &CheckReport) -> Value {
        json!({
            "path": self.path.display().to_string(),
            "sound": report.is_sound(),
            "checked": { "blobs": report.checked.blobs, "bytes": report.checked.bytes },
            "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        })
    }
}

fn show(report: &CheckReport) -> anyhow::Result<()> {
    for problem in &report.problems {
        let kind = match problem.is_fault() {
            true => "Fault",
            false => "Note",
        };
        format::line(format!("{kind}: {problem}"))?;
    }
    let (checked, size) = (super::blobs(report.checked.blobs), bytes(report.checked.bytes));
    format::line(format!("{checked} ({size}) checked"))
}

fn problem(problem: &Problem) -> Value {
    let mut shown = Map::new();
    let mut put = |key: &str, value: Value| shown.insert(key.to_owned(), value);
    put("kind", kind(problem).into());
    put("fault", problem.is_fault().into());
    match problem {
        Problem::Marker { error } => put("error", ErrorChain(error).to_string().into()),
        Problem::Damaged { content, error, .. } => {
            put("digest", content.digest.as_str().into());
            put("error", ErrorChain(error).to_string().into())
        }
        Problem::Missing { content, named_by } => {
            put("digest", content.digest.as_str().into());
            put("namedBy", named_by.iter().map(NamedBy::to_string).collect())
        }
        Problem::DanglingReferrer { referrer, subject } => {
            put("digest", referrer.digest.as_str().into());
            put("subject", subject.digest.as_str().into())
        }
        Problem::Unreferenced { content } => put("digest", content.digest.as_str().into()),
        Problem::Unverifiable { digest } => put("digest", digest.as_str().into()),
        Problem::Foreign { path } => put("path", path.display().to_string().into()),
        _ => put("error", problem.to_string().into()),
    };
    Value::Object(shown)
}

fn kind(problem: &Problem) -> &'static str {
    match problem {
        Problem::Marker { .. } => "marker",
        Problem::Damaged { .. } => "damaged",
        Problem::Missing { .. } => "missing",
        Problem::DanglingReferrer { .. } => "dangling-referrer",
        Problem::Unreferenced { .. } => "unreferenced",
        Problem::Unverifiable { .. } => "unverifiable",
        Problem::Foreign { .. } => "foreign",
        _ => "other",
    }
}
