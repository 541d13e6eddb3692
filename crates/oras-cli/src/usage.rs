//! Usage: errors in the command line.

use std::error::Error as StdError;
use std::fmt;

/// The command line is invalid.
#[derive(Debug)]
pub(crate) struct Usage(String);

impl Usage {
    pub(crate) fn error(text: impl Into<String>) -> anyhow::Error {
        Self(text.into()).into()
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Usage {}

/// Fails with a [`Usage`] error unless a condition holds.
macro_rules! ensure_usage {
    ($holds:expr, $($text:tt)*) => {
        if !$holds {
            return Err($crate::usage::Usage::error(format!($($text)*)));
        }
    };
}
pub(crate) use ensure_usage;
