//! Runs: all cases against one registry.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use crate::case::{Case, Level, Outcome};
use crate::client::Client;
use crate::expected::{Expected, Verdict};
use crate::login::Login;
use crate::trial::Trial;

/// How many cases run at the same time; each has repositories of its own.
const AT_ONCE: usize = 8;

/// A registry to run cases against.
#[derive(Debug)]
pub struct Target {
    name: String,
    client: Arc<Client>,
    reader: Option<Login>,
    /// What the names of all repositories start with.
    prefix: String,
    expected: Expected,
}

impl Target {
    /// The registry that this client asks, by a name for reports.
    pub fn new(name: impl Into<String>, client: Client, expected: Expected) -> Self {
        Self {
            name: name.into(),
            client: Arc::new(client),
            reader: None,
            prefix: "conformance".to_owned(),
            expected,
        }
    }

    /// Somebody who may pull and nothing else; nobody by default, and what needs one is skipped.
    #[must_use]
    pub fn with_reader(mut self, reader: Login) -> Self {
        self.reader = Some(reader);
        self
    }

    /// What the names of all repositories start with; `conformance` by default.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Runs the cases; the rows are in their order.
    pub async fn run(&self, cases: &[&Case]) -> Vec<Row> {
        // Nothing of an earlier run is in the way.
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

/// How one case turned out against one registry.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name of the registry.
    pub target: String,
    /// The id of the case.
    pub id: String,
    /// The section of the specification that has the rule.
    pub section: &'static str,
    /// How much the rule binds, where that is known.
    pub level: Option<Level>,
    /// How it turned out.
    pub outcome: Outcome,
    /// Whether that is as it should be.
    pub verdict: Verdict,
}

impl Row {
    /// What comes before the first slash of the id.
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// Whether it did not turn out as it should.
    pub fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Bad(_))
    }
}
