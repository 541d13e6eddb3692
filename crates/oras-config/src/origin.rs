//! `Origin`: the file and line behind a decision.

use std::fmt;
use std::path::{Path, PathBuf};

/// A position in a configuration file.
///
/// Displayed as `file:line`, or as the file alone if no single line decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file, or a folder of `certs.d`.
    pub file: PathBuf,
    /// The line number, from 1.
    pub line: Option<usize>,
}

impl Origin {
    pub(crate) fn file(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
        }
    }

    pub(crate) fn line(file: &Path, line: usize) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(line),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// A member that no manual page documents, and that is therefore ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The position of the member.
    pub at: Origin,
    /// The name of the member, after the names of its tables.
    pub member: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: unknown member {:?} is ignored", self.at, self.member)
    }
}
