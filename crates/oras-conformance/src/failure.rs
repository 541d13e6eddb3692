//! What a check found wrong.

use std::fmt::Debug;

use oras_content::{Error, ErrorChain, ErrorKind, Pushed, Result, VerifyError};

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
        Self(format!("unexpected error: {}", told(&error)))
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
            told(&error)
        ))),
        Ok(_) => Err(Failure(format!("{what}: found success, expected {expected}"))),
    }
}

/// Checks that `result` says that nothing is there.
pub(crate) fn not_found<T>(what: &str, result: Result<T>) -> Outcome {
    refused(what, result, "ErrorKind::NotFound", Error::is_not_found)
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
    let expected = format!("ErrorKind::Verify about the {how}");
    refused(what, result, &expected, |error| {
        *error.kind() == ErrorKind::Verify && error.cause().is_some_and(is_right)
    })
}

fn told(error: &Error) -> String {
    format!("ErrorKind::{:?} ({})", error.kind(), ErrorChain(error))
}
