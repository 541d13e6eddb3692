//! Names: which tags or repositories are meant, by patterns.

use regex::bytes::{Regex, RegexBuilder};

use crate::Glob;

/// A pattern of names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NamePattern {
    /// The whole name, with `*` and `?`.
    Glob(Glob),
    /// A regular expression; classes such as `\d` are those of ASCII.
    Regex(Regex),
}

impl NamePattern {
    /// A regular expression that the whole name fits.
    ///
    /// # Errors
    ///
    /// The text is no regular expression.
    pub fn whole(text: &str) -> Result<Self, regex::Error> {
        // The text alone first, so that an error shows what was written.
        Self::anywhere(text)?;
        Self::anywhere(&format!("^(?:{text})$"))
    }

    /// A regular expression that a part of the name fits.
    ///
    /// # Errors
    ///
    /// The text is no regular expression.
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

/// Names that fit one of some patterns, and none of some others. By default all names do.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Names {
    /// One of these has to fit; all names do where there is none.
    pub include: Vec<NamePattern>,
    /// None of these may fit.
    pub exclude: Vec<NamePattern>,
}

impl Names {
    /// Takes the names that fit one of these, too.
    #[must_use]
    pub fn with_include(mut self, patterns: impl IntoIterator<Item = NamePattern>) -> Self {
        self.include.extend(patterns);
        self
    }

    /// Leaves out the names that fit one of these.
    #[must_use]
    pub fn with_exclude(mut self, patterns: impl IntoIterator<Item = NamePattern>) -> Self {
        self.exclude.extend(patterns);
        self
    }

    /// Whether a name is meant.
    pub fn fits(&self, name: &str) -> bool {
        let fits = |pattern: &NamePattern| pattern.fits(name);
        let is_included = self.include.is_empty() || self.include.iter().any(fits);
        is_included && !self.exclude.iter().any(fits)
    }
}
