//! Names: patterns that select tags or repositories.

use regex::bytes::{Regex, RegexBuilder};

use crate::Glob;

/// A pattern for names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NamePattern {
    /// A glob for the whole name, with `*` and `?`.
    Glob(Glob),
    /// A regular expression; classes such as `\d` match ASCII only.
    Regex(Regex),
}

impl NamePattern {
    /// Creates a regular expression that must match the whole name.
    ///
    /// # Errors
    ///
    /// The text is not a regular expression.
    pub fn whole(text: &str) -> Result<Self, regex::Error> {
        // The text is first compiled alone, so that an error shows what was written.
        Self::anywhere(text)?;
        Self::anywhere(&format!("^(?:{text})$"))
    }

    /// Creates a regular expression that may match any part of the name.
    ///
    /// # Errors
    ///
    /// The text is not a regular expression.
    pub fn anywhere(text: &str) -> Result<Self, regex::Error> {
        let regex = RegexBuilder::new(text).unicode(false).build()?;
        Ok(Self::Regex(regex))
    }

    fn fits(&self, name: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.fits(name),
            Self::Regex(regex) => regex.is_match(name.as_bytes()),
        }
    }
}

/// Names that match one of the included patterns and none of the excluded ones. By default all names match.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Names {
    /// A name must match one of these; if the list is empty, all names match.
    pub include: Vec<NamePattern>,
    /// A name must match none of these.
    pub exclude: Vec<NamePattern>,
}

impl Names {
    /// Adds patterns to include.
    #[must_use]
    pub fn with_include(mut self, patterns: impl IntoIterator<Item = NamePattern>) -> Self {
        self.include.extend(patterns);
        self
    }

    /// Adds patterns to exclude.
    #[must_use]
    pub fn with_exclude(mut self, patterns: impl IntoIterator<Item = NamePattern>) -> Self {
        self.exclude.extend(patterns);
        self
    }

    /// Returns `true` if the name is selected.
    pub fn fits(&self, name: &str) -> bool {
        let fits = |pattern: &NamePattern| pattern.fits(name);
        let is_included = self.include.is_empty() || self.include.iter().any(fits);
        is_included && !self.exclude.iter().any(fits)
    }
}
