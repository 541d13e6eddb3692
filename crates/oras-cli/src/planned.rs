//! The output for the plan of a copy.

use oras::copy::{Action, Plan, Step};
use serde_json::{Value, json};

use crate::args::Format;
use crate::format;
use crate::progress::{bytes, named};
use crate::store::{Kind, Target};

/// Prints a plan.
pub(crate) fn show(plan: &Plan<'_>, destination: &Target, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return format::json(&as_json(plan, destination));
    }
    for step in plan.steps() {
        format::line(format!("{:<6} {}", verb(step), named(&step.node)))?;
    }
    let requests = match destination.kind {
        Kind::Registry if plan.requests() == 1 => ", 1 request".to_owned(),
        Kind::Registry => format!(", {} requests", plan.requests()),
        Kind::Layout => String::new(),
    };
    let moved = bytes(plan.bytes());
    format::line(format!(
        "Nothing was written; a copy moves at most {moved}{requests}"
    ))
}

fn as_json(plan: &Plan<'_>, destination: &Target) -> Value {
    let steps = plan.steps().iter().map(|step| {
        let mut shown = format::described(&destination.name, &step.node);
        shown.insert("action".to_owned(), verb(step).to_lowercase().into());
        Value::Object(shown)
    });
    json!({
        "reference": format!("{}@{}", destination.name, plan.root().digest),
        "bytes": plan.bytes(),
        "requests": plan.requests(),
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn verb(step: &Step) -> &'static str {
    match step.action {
        Action::Push => "Push",
        Action::Mount => "Mount",
        Action::Skip => "Skip",
        Action::Miss => "Absent",
        _ => "Keep",
    }
}
