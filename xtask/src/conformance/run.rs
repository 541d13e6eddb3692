//! Runs: all cases against one registry.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::case::{Case, Level, Outcome};
use super::client::Client;
use super::expected::{Expected, Verdict};
use super::login::Login;
use super::trial::Trial;

/// How many cases run at the same time; each has repositories of its own.
const AT_ONCE: usize = 8;

/// A registry to run cases against.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) client: Arc<Client>,
    pub(crate) reader: Option<Login>,
    /// What the names of all repositories start with.
    pub(crate) prefix: String,
    pub(crate) expected: Expected,
}

impl Target {
    pub(crate) fn new(name: impl Into<String>, client: Client, expected: Expected) -> Self {
        Self {
            name: name.into(),
            client: Arc::new(client),
            reader: None,
            prefix: "conformance".to_owned(),
            expected,
        }
    }
}

/// How one case turned out against one registry.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) target: String,
    pub(crate) id: String,
    pub(crate) section: &'static str,
    pub(crate) level: Option<Level>,
    pub(crate) outcome: Outcome,
    pub(crate) verdict: Verdict,
}

impl Row {
    /// What comes before the first slash of the id.
    pub(crate) fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    pub(crate) fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Bad(_))
    }
}

/// Runs the cases; the rows are in their order.
pub(crate) async fn run(target: &Target, cases: &[&Case]) -> Vec<Row> {
    // Nothing of an earlier run is in the way.
    let run = format!("{}/{:08x}", target.prefix, fastrand::u32(..));
    let rows = cases.iter().enumerate().map(|(at, case)| {
        let trial = Trial {
            client: Arc::clone(&target.client),
            repository: format!("{run}/{at:03}"),
            other: format!("{run}/{at:03}-other"),
            reader: target.reader.clone(),
        };
        async move { row(target, case, case.run(&trial).await) }
    });
    stream::iter(rows).buffered(AT_ONCE).collect().await
}

fn row(target: &Target, case: &Case, outcome: Outcome) -> Row {
    Row {
        target: target.name.clone(),
        id: case.id.clone(),
        section: case.section,
        level: Some(case.level),
        verdict: target.expected.weigh(&case.id, &outcome),
        outcome,
    }
}
