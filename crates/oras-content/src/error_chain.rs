//! `ErrorChain`: an error and its causes in one line.

use std::error::Error;
use std::fmt;

/// Shows an error and all its causes, from the outermost in, with colons between them.
///
/// An error of this library has its own part in its text, and the rest in its sources.
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
