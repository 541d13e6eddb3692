//! `oras auth`: which credential would be used, and where it comes from.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use oras::auth::{CredentialProvider, CredentialQuery, DockerConfig, EnvironmentCredentials, SourceAnswer};
use oras::content::ErrorChain;
use serde_json::{Map, Value, json};

use crate::args::{Format, Output};
use crate::format;
use crate::names::check_reference;
use crate::place::Place;

#[derive(Subcommand, Clone)]
pub(crate) enum Auth {
    /// Show where credentials for a registry or repository are looked up, and which one is used
    Status(Status),
}

#[derive(Args, Clone)]
pub(crate) struct Status {
    /// The registry or repository: host[:port][/repository]
    #[arg(value_name = "NAME")]
    name: String,

    /// File with credentials, instead of those of docker and podman; repeatable, the first match is used
    #[arg(
        long = "registry-config",
        value_name = "FILE",
        env = "ORAS_REGISTRY_CONFIG",
        help_heading = "Where"
    )]
    registry_configs: Vec<PathBuf>,

    #[command(flatten)]
    output: Output,
}

impl Auth {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Status(command) => command.run().await,
        }
    }
}

impl Status {
    async fn run(self) -> anyhow::Result<()> {
        let (registry, repository) = match self.name.trim_end_matches('/').split_once('/') {
            Some((registry, repository)) => (registry, Some(repository)),
            None => (self.name.trim_end_matches('/'), None),
        };
        check_reference(&Place::default(), registry)?;
        let reference = match repository {
            Some(repository) => oras::Reference::new(registry, repository),
            None => oras::Reference::of_registry(registry),
        };
        let host = reference?.host().to_owned();
        let mut query = CredentialQuery::new(&host);
        query.repository = repository;
        let answers = self.answers(&query).await?;
        match self.output.format {
            Format::Json => format::json(&json!({
                "name": self.name,
                "sources": answers.iter().map(as_json).collect::<Vec<_>>(),
            })),
            Format::Text => show(&answers),
        }
    }

    async fn answers(&self, query: &CredentialQuery<'_>) -> anyhow::Result<Vec<SourceAnswer>> {
        if self.registry_configs.is_empty() {
            return Ok(EnvironmentCredentials::detect()?.explain(query).await);
        }
        let mut answers = Vec::new();
        for file in &self.registry_configs {
            let found = DockerConfig::at(file).credential(query).await;
            answers.push(SourceAnswer::new(file.display().to_string(), found));
        }
        Ok(answers)
    }
}

/// Prints one source per line, and marks the one that is used.
fn show(answers: &[SourceAnswer]) -> anyhow::Result<()> {
    let serving = answers
        .iter()
        .position(|answer| !matches!(answer.found, Ok(None)));
    for (at, answer) in answers.iter().enumerate() {
        let mark = if serving == Some(at) { '*' } else { ' ' };
        let told = match &answer.found {
            Ok(Some(key)) => format!("credential for {key}"),
            Ok(None) => "none".to_owned(),
            Err(error) => ErrorChain(error).to_string(),
        };
        format::line(format!("{mark} {}: {told}", answer.source))?;
    }
    match serving {
        Some(_) => Ok(()),
        None => format::line("No credential is found: requests are anonymous"),
    }
}

fn as_json(answer: &SourceAnswer) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("source".to_owned(), answer.source.as_str().into());
    match &answer.found {
        Ok(key) => shown.insert("key".to_owned(), key.as_ref().map(ToString::to_string).into()),
        Err(error) => shown.insert("error".to_owned(), ErrorChain(error).to_string().into()),
    };
    shown
}
