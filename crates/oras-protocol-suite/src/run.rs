//! Runs: all cases against one registry.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use crate::case::{Case, Level, Outcome};
use crate::client::Client;
use crate::expected::{Expected, Verdict};
use crate::login::Login;
use crate::trial::Trial;

/// Number of cases that run at the same time; each has its own repositories.
const AT_ONCE: usize = 8;

/// A registry to run cases against.
#[derive(Debug)]
pub struct Target {
    name: String,
    client: Arc<Client>,
    reader: Option<Login>,
    /// The prefix of all repository names.
    prefix: String,
    expected: Expected,
}

impl Target {
    /// Creates a target for this client, with a name for reports.
    pub fn new(name: impl Into<String>, client: Client, expected: Expected) -> Self {
        Self {
            name: name.into(),
            client: Arc::new(client),
            reader: None,
            prefix: "conformance".to_owned(),
            expected,
        }
    }

    /// Sets a user who may only pull; none by default. Cases that need one are then skipped.
    #[must_use]
    pub fn with_reader(mut self, reader: Login) -> Self {
        self.reader = Some(reader);
        self
    }

    /// Sets the prefix of all repository names; `conformance` by default.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Runs the cases, and returns the rows in their order.
    pub async fn run(&self, cases: &[&Case]) -> Vec<Row> {
        // A random name avoids conflicts with earlier runs.
        let run = format!("{}/{:08x}", self.prefix, fastrand::u32(..));
        let rows = cases.iter().enumerate().map(|(at, case)| {
            let trial = Trial {
                client: Arc::clone(&self.client),
                repository: format!("{run}/{at:03}"),
                other: format!("{run}/{at:03}-other"),
                reader: self.reader.clone(),
            };
            async move { self.row(case, case.run(&trial).await) }
        });
        stream::iter(rows).buffered(AT_ONCE).collect().await
    }

    fn row(&self, case: &Case, outcome: Outcome) -> Row {
        Row {
            target: self.name.clone(),
            id: case.id.clone(),
            section: case.section,
            level: Some(case.level),
            verdict: self.expected.weigh(&case.id, &outcome),
            outcome,
        }
    }
}

/// The outcome of one case against one registry.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name of the registry.
    pub target: String,
    /// The id of the case.
    pub id: String,
    /// The section of the specification with the rule.
    pub section: &'static str,
    /// The level of the rule, if known.
    pub level: Option<Level>,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether the outcome is as expected.
    pub verdict: Verdict,
}

impl Row {
    /// Returns the part of the id before the first slash.
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// Returns `true` if the outcome is unexpected.
    pub fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Bad(_))
    }
}
