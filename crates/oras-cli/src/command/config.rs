//! `oras config`: shows the settings in the files of podman, skopeo and docker, and the file of each setting.

use clap::{Args, Subcommand};
use oras_config::{Environment, Error, Explained, Roots};
use serde_json::{Map, Value, json};

use crate::args::{Format, Output};
use crate::format;
use crate::hint::advised;
use crate::names::check_reference;
use crate::place::Place;

#[derive(Subcommand, Clone)]
pub(crate) enum Config {
    /// Show what registries.conf, certs.d and policy.json say about a reference, and in which file
    ///
    /// These are the files of podman, skopeo and docker. The other commands follow them unless --system-config=false or
    /// ORAS_SYSTEM_CONFIG=0 is given: registries.conf and certs.d for every registry, and policy.json when content is pulled,
    /// copied or backed up from one.
    Explain(Explain),
}

#[derive(Args, Clone)]
pub(crate) struct Explain {
    /// The reference, or a short name: [host[:port]/]repository[:tag][@digest]
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    output: Output,
}

impl Config {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Explain(command) => command.run(),
        }
    }
}

impl Explain {
    fn run(self) -> anyhow::Result<()> {
        check_reference(&Place::default(), &self.name)?;
        let environment = Environment::detect(&Roots::from_environment());
        let environment =
            environment.map_err(|error| advised(error, "correct the file; other programs read it, too"))?;
        let explanation = match environment.explain_name(&self.name) {
            // An invalid reference is wrong usage, whichever component reports it.
            Err(Error::Reference(invalid)) => return Err(invalid.into()),
            Err(error) if has_no_suggestion(&error) => {
                return Err(advised(
                    error,
                    "write the registry before it, as in docker.io/library/alpine",
                ));
            }
            explanation => explanation?,
        };
        let decisions = explanation.decisions.iter();
        match self.output.format {
            Format::Json => format::json(&json!({
                "reference": explanation.reference.to_string(),
                "decisions": decisions.map(as_json).collect::<Vec<_>>(),
            })),
            Format::Text => decisions.map(Explained::to_string).try_for_each(format::line),
        }
    }
}

/// Whether a short name is refused, with no search registry from which to suggest a full name.
fn has_no_suggestion(error: &Error) -> bool {
    matches!(error, Error::ShortName { candidates, .. } if candidates.is_empty())
}

fn as_json(decision: &Explained) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("topic".to_owned(), decision.topic.as_str().into());
    shown.insert("text".to_owned(), decision.text.as_str().into());
    if let Some(origin) = &decision.decided_by {
        shown.insert("file".to_owned(), origin.file.to_string_lossy().into());
        shown.insert("line".to_owned(), origin.line.into());
    }
    shown
}
