//! Failures of checks.

use std::fmt::Debug;

use oras_content::{Error, ErrorChain, ErrorKind, Pushed, Result, VerifyError};

/// The result of a check.
pub(crate) type Outcome = std::result::Result<(), Failure>;

/// A description of a difference between expected and actual behaviour.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(format!("unexpected error: {}", told(&error)))
    }
}

/// Checks that both are equal; `what` describes them.
pub(crate) fn same<T: PartialEq<U> + Debug, U: Debug>(what: &str, found: T, expected: U) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(Failure(format!("{what}: found {found:?}, expected {expected:?}")))
}

/// Checks that `result` is an error for which `is_right` returns `true`; `expected` describes that error.
pub(crate) fn refused<T>(
    what: &str,
    result: Result<T>,
    expected: &str,
    is_right: impl FnOnce(&Error) -> bool,
) -> Outcome {
    match result {
        Err(error) if is_right(&error) => Ok(()),
        Err(error) => Err(Failure(format!(
            "{what}: found {}, expected {expected}",
            told(&error)
        ))),
        Ok(_) => Err(Failure(format!("{what}: found success, expected {expected}"))),
    }
}

/// Checks that `result` is a "not found" error.
pub(crate) fn not_found<T>(what: &str, result: Result<T>) -> Outcome {
    refused(what, result, "ErrorKind::NotFound", Error::is_not_found)
}

/// Checks that a push reports that the content was present.
pub(crate) fn present(what: &str, result: Result<Pushed>) -> Outcome {
    same(what, result?, Pushed::Present)
}

/// Checks that `result` is a verification error of the expected kind; `how` describes it.
pub(crate) fn unverified<T>(
    what: &str,
    result: Result<T>,
    how: &str,
    is_right: impl FnOnce(&VerifyError) -> bool,
) -> Outcome {
    let expected = format!("ErrorKind::Verify about the {how}");
    refused(what, result, &expected, |error| {
        *error.kind() == ErrorKind::Verify && error.cause().is_some_and(is_right)
    })
}

fn told(error: &Error) -> String {
    format!("ErrorKind::{:?} ({})", error.kind(), ErrorChain(error))
}
