//! The failures of a sync: each tag is reported once, and the exit code is that of the first failure.

use std::sync::Arc;

use oras::auth::{Error as AuthError, RealmReason};
use oras::sync::{JobReport, Report, SyncError};
use oras::transport::{ConnectReason, Error as TransportError};

use crate::causes::{expects_tls, find, transport};
use crate::failure::Failure;
use crate::hint::advised;
use crate::{say, tags};

/// Fails if a registry expects TLS instead of plain HTTP: the command is then run again, without repeating output.
pub(super) fn ensure_scheme(report: &Report) -> anyhow::Result<()> {
    let mut errors = report.jobs.iter().flat_map(JobReport::errors).map(cli_error);
    match errors.find(|error| expects_tls(error).is_some()) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Fails if anything failed.
pub(super) fn ensure_done(report: &Report) -> anyhow::Result<()> {
    let failed: Vec<&JobReport> = report
        .jobs
        .iter()
        .filter(|job| job.errors().next().is_some())
        .collect();
    let Some(first) = failed.iter().find_map(|job| job.errors().next()) else {
        return Ok(());
    };
    failed.iter().for_each(|job| tell(job));
    let (count, all) = (failed.len(), report.jobs.len());
    Err(cli_error(first).context(format!("{count} of {all} job(s) failed, in whole or in part")))
}

/// Reports the failures of a job; tags that failed for the same reason are reported together.
fn tell(job: &JobReport) {
    if let Some(error) = &job.error {
        let reason = Failure::Error(cli_error(error));
        say::line(format!("Failed {} => {}: {reason}", job.from, job.to));
    }
    let failed = job
        .tags
        .iter()
        .filter_map(|tag| Some((&tag.tag, cli_error(tag.error.as_ref()?))));
    tags::tell_failures(failed, Some(&job.from.to_string()));
}

/// Converts an error to one of this program, with hints that fit a plan and not a command line.
fn cli_error(error: &SyncError) -> anyhow::Error {
    let error: anyhow::Error = match error {
        SyncError::Copy(copy) => Arc::clone(copy).into(),
        other => other.clone().into(),
    };
    match advice(&error) {
        Some(advice) => advised(error, advice),
        None => error,
    }
}

fn advice(error: &anyhow::Error) -> Option<&'static str> {
    match transport(error) {
        Some(TransportError::Connect {
            reason: ConnectReason::Certificate,
            ..
        }) => return Some("name its certificate as caFile under registries in the plan, or check its name"),
        Some(TransportError::AnsweredInPlainHttp { .. }) => {
            return Some("say plainHttp: true for it under registries in the plan");
        }
        Some(TransportError::ExpectsTls { .. }) => return Some("remove plainHttp from the plan"),
        _ => {}
    }
    match (find::<AuthError>(error), find::<SyncError>(error)) {
        (
            Some(AuthError::RealmRefused {
                reason: RealmReason::Untrusted,
                ..
            }),
            _,
        ) => Some("name it in ORAS_TRUST_TOKEN_SERVERS if it may see the credential"),
        (Some(AuthError::PlainHttp { .. }), _) => {
            Some("say plainHttp: true for the registry in the plan if the credential may be sent without TLS")
        }
        (_, Some(SyncError::NothingChosen { .. })) => {
            Some("nothing was removed: check which tags the plan chooses")
        }
        (_, Some(SyncError::SameName { .. } | SyncError::AlsoGiven { .. })) => {
            Some("exclude one of the tags in the plan, or rename it otherwise")
        }
        (_, Some(SyncError::ChangingSource { .. })) => {
            Some("write them into two plans, and run one after the other")
        }
        (_, Some(SyncError::GivenUp { .. })) => Some("run it again later: what was copied stays"),
        _ => None,
    }
}
