//! Cases: one rule of the protocol each, and how it turned out.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::trial::Trial;

/// How much a rule binds a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It has to.
    Must,
    /// It has to, unless it knows why not.
    Should,
    /// It may.
    May,
}

impl Level {
    /// The word of the specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// What went wrong: what was sent, what was wanted, what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was sent.
    pub sent: String,
    /// What was wanted.
    pub wanted: String,
    /// What came.
    pub got: String,
}

/// Why a case ended before its end.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    Fail(Problem),
    /// The registry does not offer what the case is about, and need not.
    Skip(String),
}

/// How a case goes on: to its end, which is a pass, or not.
pub(crate) type Checked<T = ()> = Result<T, Stop>;

/// Ends a case whose precondition the registry says no to.
pub(crate) fn skip<T>(reason: impl Into<String>) -> Checked<T> {
    Err(Stop::Skip(reason.into()))
}

/// How a case turned out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the rule says.
    Pass,
    /// Otherwise.
    Fail(Problem),
    /// Not found out, and why: the registry does not offer what the case is about, and need not.
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

/// One rule, and how it is tried.
pub struct Case {
    /// Its area and its name: `blob/range/suffix`.
    pub id: String,
    /// The section of the specification that has the rule.
    pub section: &'static str,
    /// How much the rule binds.
    pub level: Level,
    run: Run,
}

impl Case {
    pub(crate) async fn run(&self, trial: &Trial) -> Outcome {
        (self.run)(trial).await.into()
    }
}

/// A list of cases that all come from one section.
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
