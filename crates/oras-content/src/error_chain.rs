//! `ErrorChain`: an error and its causes on one line.

use std::error::Error;
use std::fmt;

/// Displays an error and all its causes, outermost first, separated by colons.
///
/// Needed because errors of this library display only their own part and leave the rest to their sources.
///
/// ```
/// use oras_content::{Error, ErrorChain};
///
/// let error = Error::refused("to write a.txt", "the disk is read-only");
/// assert_eq!(ErrorChain(&error).to_string(), "refused to write a.txt: the disk is read-only");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(next) = cause {
            write!(f, ": {next}")?;
            cause = next.source();
        }
        Ok(())
    }
}
