//! Cases: each tests one rule of the protocol.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::trial::Trial;

/// The level of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// An absolute requirement.
    Must,
    /// A requirement unless there is a good reason against it.
    Should,
    /// Optional.
    May,
}

impl Level {
    /// Returns the word of the specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// A failure: what was sent, expected and received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was sent.
    pub sent: String,
    /// What was expected.
    pub wanted: String,
    /// What was received.
    pub got: String,
}

/// The reason why a case ends early.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    Fail(Problem),
    /// The registry does not offer the tested feature, which is optional.
    Skip(String),
}

/// The result of a step of a case.
pub(crate) type Checked<T = ()> = Result<T, Stop>;

/// Ends a case whose precondition the registry does not offer.
pub(crate) fn skip<T>(reason: impl Into<String>) -> Checked<T> {
    Err(Stop::Skip(reason.into()))
}

/// The outcome of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The registry conforms to the rule.
    Pass,
    /// The registry does not conform.
    Fail(Problem),
    /// Not tested, with the reason: the registry does not offer the feature, which is optional.
    Skipped(String),
}

impl From<Checked> for Outcome {
    fn from(checked: Checked) -> Self {
        match checked {
            Ok(()) => Self::Pass,
            Err(Stop::Fail(problem)) => Self::Fail(problem),
            Err(Stop::Skip(reason)) => Self::Skipped(reason),
        }
    }
}

type Run = Box<dyn for<'a> Fn(&'a Trial) -> BoxFuture<'a, Checked> + Send + Sync>;

/// A rule, and its test.
pub struct Case {
    /// Its area and name: `blob/range/suffix`.
    pub id: String,
    /// The section of the specification with the rule.
    pub section: &'static str,
    /// The level of the rule.
    pub level: Level,
    run: Run,
}

impl Case {
    pub(crate) async fn run(&self, trial: &Trial) -> Outcome {
        (self.run)(trial).await.into()
    }
}

/// A list of cases from one section.
pub(crate) struct Section {
    name: &'static str,
    cases: Vec<Case>,
}

impl Section {
    pub(crate) fn of(name: &'static str) -> Self {
        Self {
            name,
            cases: Vec::new(),
        }
    }

    pub(crate) fn must<F>(self, id: impl Into<String>, run: F) -> Self
    where
        F: for<'a> Fn(&'a Trial) -> BoxFuture<'a, Checked> + Send + Sync + 'static,
    {
        self.with(Level::Must, id.into(), Box::new(run))
    }

    pub(crate) fn should<F>(self, id: impl Into<String>, run: F) -> Self
    where
        F: for<'a> Fn(&'a Trial) -> BoxFuture<'a, Checked> + Send + Sync + 'static,
    {
        self.with(Level::Should, id.into(), Box::new(run))
    }

    pub(crate) fn may<F>(self, id: impl Into<String>, run: F) -> Self
    where
        F: for<'a> Fn(&'a Trial) -> BoxFuture<'a, Checked> + Send + Sync + 'static,
    {
        self.with(Level::May, id.into(), Box::new(run))
    }

    fn with(mut self, level: Level, id: String, run: Run) -> Self {
        self.cases.push(Case {
            id,
            section: self.name,
            level,
            run,
        });
        self
    }

    pub(crate) fn cases(self) -> Vec<Case> {
        self.cases
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
