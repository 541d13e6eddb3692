//! What a check found wrong.

use std::error::Error as _;
use std::fmt::{Debug, Display, Write as _};

use oras_content::{Error, Pushed, Result, VerifyError};

/// The outcome of a check.
pub(crate) type Outcome = std::result::Result<(), Failure>;

/// A difference between what was promised and what was found, in words.
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
        Self(format!("unexpected error: {}", chain(&error)))
    }
}

/// Checks that both are equal; `what` names them.
pub(crate) fn same<T: PartialEq<U> + Debug, U: Debug>(what: &str, found: T, expected: U) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(Failure(format!("{what}: found {found:?}, expected {expected:?}")))
}

/// Checks that `result` is an error that `is_right`; `expected` names it.
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
            chain(&error)
        ))),
        Ok(_) => Err(Failure(format!("{what}: found success, expected {expected}"))),
    }
}

/// Checks that `result` says that nothing is there.
pub(crate) fn not_found<T>(what: &str, result: Result<T>) -> Outcome {
    refused(what, result, "Error::NotFound", Error::is_not_found)
}

/// Checks that a push says that the content was there.
pub(crate) fn present(what: &str, result: Result<Pushed>) -> Outcome {
    same(what, result?, Pushed::Present)
}

/// Checks that `result` says that the content is another one, and how.
pub(crate) fn unverified<T>(
    what: &str,
    result: Result<T>,
    how: &str,
    is_right: impl FnOnce(&VerifyError) -> bool,
) -> Outcome {
    let expected = format!("Error::Verify about the {how}");
    refused(what, result, &expected, |error| match error {
        Error::Verify { source, .. } => is_right(source),
        _ => false,
    })
}

fn chain(error: &Error) -> String {
    let mut text = describe(error);
    let mut cause = error.source();
    while let Some(next) = cause {
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}

fn describe(error: &(impl Display + Debug)) -> String {
    let debug = format!("{error:?}");
    let variant = debug.split([' ', '(', '{']).next().unwrap_or_default();
    format!("Error::{variant} ({error})")
}
