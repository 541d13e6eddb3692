//! The output of a sync.

use std::error::Error as StdError;

use oras::content::ErrorChain;
use oras::sync::{JobReport, Report, TagAction, TagReport};
use serde_json::{Map, Value};

use crate::format;
use crate::tags::Shown;

/// Prints one line for each changed tag, and one for each job.
pub(super) fn text(report: &Report, dry_run: bool) -> anyhow::Result<()> {
    for job in &report.jobs {
        if job.error.is_some() && job.tags.is_empty() && job.up_to_date == 0 {
            // A job that did nothing is reported only with its error.
            continue;
        }
        let changed = job.tags.iter().filter(|tag| tag.error.is_none());
        for tag in changed {
            let verb = verb(tag.action, dry_run);
            let name = tag.renamed.as_ref().unwrap_or(&tag.tag);
            let with = match tag.referrers {
                0 => String::new(),
                referrers => format!(" with {referrers} referrer(s)"),
            };
            format::line(format!("{verb} {}:{name}{with}", job.to))?;
        }
        format::line(format!("{} => {}: {}", job.from, job.to, counts(job, dry_run)))?;
    }
    match dry_run {
        true => format::line("Dry run: nothing was written"),
        false => Ok(()),
    }
}

fn verb(action: TagAction, dry_run: bool) -> &'static str {
    match (action, dry_run) {
        (TagAction::Update, false) => "Updated",
        (TagAction::Update, true) => "Would update",
        (TagAction::Delete, false) => "Deleted",
        (TagAction::Delete, true) => "Would delete",
        (_, false) => "Copied",
        (_, true) => "Would copy",
    }
}

fn counts(job: &JobReport, dry_run: bool) -> String {
    let failed = job.failures();
    let counts = [
        (
            job.count(TagAction::Copy),
            if dry_run { "to copy" } else { "copied" },
        ),
        (
            job.count(TagAction::Update),
            if dry_run { "to update" } else { "updated" },
        ),
        (
            job.count(TagAction::Delete),
            if dry_run { "to delete" } else { "deleted" },
        ),
        (failed, "failed"),
        (job.undated, "left out without a date"),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    let told = told.map(|(count, what)| format!("{count} {what}"));
    let up_to_date = format!("{} up to date", job.up_to_date);
    told.chain([up_to_date]).collect::<Vec<_>>().join(", ")
}

/// Prints one document for all jobs.
pub(super) fn json(report: &Report, dry_run: bool) -> anyhow::Result<()> {
    let jobs: Value = report.jobs.iter().map(job_json).collect();
    let shown = [("dryRun".to_owned(), dry_run.into()), ("jobs".to_owned(), jobs)];
    format::json(&Map::from_iter(shown))
}

fn job_json(job: &JobReport) -> Value {
    let mut shown = Map::from_iter([
        ("source".to_owned(), Value::from(job.from.to_string())),
        ("destination".to_owned(), job.to.to_string().into()),
        ("upToDate".to_owned(), job.up_to_date.into()),
        ("undated".to_owned(), job.undated.into()),
        ("tags".to_owned(), job.tags.iter().map(named_json).collect()),
    ]);
    if let Some(error) = &job.error {
        shown.insert("error".to_owned(), ErrorChain(error).to_string().into());
    }
    Value::Object(shown)
}

/// Returns a tag as JSON, with its name at the destination if it differs.
fn named_json(tag: &TagReport) -> Value {
    let mut shown = tag_json(tag);
    if let (Some(members), Some(renamed)) = (shown.as_object_mut(), &tag.renamed) {
        members.insert("renamed".to_owned(), renamed.as_str().into());
    }
    shown
}

fn tag_json(tag: &TagReport) -> Value {
    let action = match tag.action {
        TagAction::Update => "update",
        TagAction::Delete => "delete",
        _ => "copy",
    };
    let shown = Shown {
        tag: &tag.tag,
        action: Some(action),
        root: tag.root.as_ref(),
        referrers: tag.referrers,
        previous: tag.before.as_ref(),
        error: tag.error.as_ref().map(|error| error as &(dyn StdError + 'static)),
    };
    shown.to_json()
}
