//! `oras verify`: checks that an artifact is complete and undamaged.

use std::collections::HashSet;

use clap::Args;
use oras::Descriptor;
use serde_json::{Value, json};

use crate::args::{Format, Output, Transfer};
use crate::format;
use crate::hint::advised;
use crate::place::{Place, PlaceArgs};
use crate::progress::bytes;
use crate::store::{Kind, Target};
use crate::verification::{Fault, Referrer, Report, verify};

#[derive(Args, Clone)]
pub(crate) struct Verify {
    /// What to verify: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Verify {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.into();
        let target = Target::open(&place, &self.name).await?;
        let verified = verify(
            &*target.store,
            target.name()?,
            &self.transfer,
            true,
            HashSet::new(),
        )
        .await;
        let (root, report, error) = match verified {
            Ok((root, report)) => (Some(root), report, None),
            Err((report, error)) => (None, report, Some(error)),
        };
        match self.output.format {
            // Nothing was found, because not even the root could be read.
            _ if root.is_none() && report.faults.is_empty() => {}
            Format::Json => format::json(&as_json(&target, root.as_ref(), &report))?,
            Format::Text => show(&target, root.as_ref(), &report)?,
        }
        match error {
            None => Ok(()),
            Some(error) if report.tells(&error) => {
                Err(advised(report.failure(&target.full_reference()), advice(&target)))
            }
            Some(error) => Err(error.into()),
        }
    }
}

/// Returns the advice for missing or damaged content.
fn advice(target: &Target) -> String {
    match target.kind {
        Kind::Layout => format!(
            "repair it with 'oras layout repair {} --from <name>'",
            target.name
        ),
        Kind::Registry => {
            "copy it there again with 'oras cp --verify' from a place that has all of it".to_owned()
        }
    }
}

fn show(target: &Target, root: Option<&Descriptor>, report: &Report) -> anyhow::Result<()> {
    for fault in &report.faults {
        format::line(format!("Fault: {fault}"))?;
    }
    for Referrer { manifest, subject } in &report.referrers {
        let kind = manifest.artifact_type.as_ref().unwrap_or(&manifest.media_type);
        format::line(format!("Referrer {} ({kind}) of {subject}", manifest.digest))?;
    }
    let (manifests, blobs) = (report.manifests, report.blobs);
    let size = bytes(report.bytes);
    format::line(format!(
        "{manifests} manifest(s) and {blobs} blob(s) ({size}) checked"
    ))?;
    let Some(root) = root else { return Ok(()) };
    format::line(format!("Verified {}", target.display()))?;
    format::line(format!("Digest: {}", root.digest))
}

fn as_json(target: &Target, root: Option<&Descriptor>, report: &Report) -> Value {
    let referrer = |referrer: &Referrer| {
        let mut shown = format::described(&target.name, &referrer.manifest);
        shown.insert("subject".to_owned(), referrer.subject.as_str().into());
        Value::Object(shown)
    };
    let fault = |fault: &Fault| {
        json!({
            "kind": fault.kind,
            "digest": fault.content.digest.as_str(),
            "mediaType": fault.content.media_type.as_str(),
            "namedBy": fault.named_by.iter().map(oras::Digest::as_str).collect::<Vec<_>>(),
            "error": fault.error,
        })
    };
    json!({
        "reference": root.map_or_else(|| target.full_reference(), |root| format!("{}@{}", target.name, root.digest)),
        "sound": report.faults.is_empty(),
        "checked": { "manifests": report.manifests, "blobs": report.blobs, "bytes": report.bytes },
        "referrers": report.referrers.iter().map(referrer).collect::<Vec<_>>(),
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}
