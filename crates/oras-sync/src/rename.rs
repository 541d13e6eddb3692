//! Renames: the names of tags at the destination.

use std::fmt;

/// The names of tags at the destination: patterns for whole tags, with their replacements. One `*` matches any text, and
/// keeps it. The first matching pattern counts; a tag that matches none keeps its name.
///
/// Because no text is lost, each new name can be traced back to the tags that would get it. Deletion relies on this.
///
/// ```
/// use oras_sync::Rename;
///
/// # fn main() -> Result<(), oras_sync::InvalidRename> {
/// let rename = Rename::new([("latest", "stable"), ("v*", "app-*")])?;
/// assert_eq!(rename.name("v1.2"), "app-1.2");
/// assert_eq!(rename.name("latest"), "stable");
/// assert_eq!(rename.name("edge"), "edge");
/// assert!(Rename::new([("v*", "app")]).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rename {
    rules: Vec<(Pattern, Pattern)>,
}

/// A text with at most one `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    before: String,
    /// The text after the `*`; `None` if there is none.
    after: Option<String>,
}

/// The error of an invalid rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRename {
    from: String,
    to: String,
}

impl Rename {
    /// Creates a rename from pairs of a pattern and its replacement.
    ///
    /// # Errors
    ///
    /// Only one of the two has a `*`, or one has several.
    pub fn new<F, T>(rules: impl IntoIterator<Item = (F, T)>) -> Result<Self, InvalidRename>
    where
        F: AsRef<str>,
        T: AsRef<str>,
    {
        let mut rename = Self::default();
        for (from, to) in rules {
            rename.add(from.as_ref(), to.as_ref())?;
        }
        Ok(rename)
    }

    pub(crate) fn add(&mut self, from: &str, to: &str) -> Result<(), InvalidRename> {
        match (Pattern::read(from), Pattern::read(to)) {
            (Some(one), Some(other)) if one.after.is_some() == other.after.is_some() => {
                self.rules.push((one, other));
                Ok(())
            }
            _ => Err(InvalidRename {
                from: from.to_owned(),
                to: to.to_owned(),
            }),
        }
    }

    /// Returns `true` if all tags keep their names.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the name of a source tag at the destination.
    pub fn name(&self, tag: &str) -> String {
        let mut renamed = self.rules.iter().filter_map(|(from, to)| from.moved(tag, to));
        renamed.next().unwrap_or_else(|| tag.to_owned())
    }

    /// Returns the source tags that would get this name at the destination.
    pub(crate) fn originals<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let renamed = self.rules.iter().filter_map(|(from, to)| to.moved(name, from));
        let all = renamed.chain([name.to_owned()]);
        all.filter(move |original| self.name(original) == name)
    }
}

impl Pattern {
    fn read(text: &str) -> Option<Self> {
        let (before, after) = match text.split_once('*') {
            Some((before, after)) => (before, Some(after.to_owned())),
            None => (text, None),
        };
        let is_one = after.as_ref().is_none_or(|after| !after.contains('*'));
        is_one.then(|| Self {
            before: before.to_owned(),
            after,
        })
    }

    /// If `text` matches this pattern, returns the replacement by `other`.
    fn moved(&self, text: &str, other: &Self) -> Option<String> {
        let rest = text.strip_prefix(&self.before)?;
        match (&self.after, &other.after) {
            (Some(after), Some(ends)) => {
                let kept = rest.strip_suffix(after.as_str())?;
                Some(format!("{}{kept}{ends}", other.before))
            }
            _ => rest.is_empty().then(|| other.before.clone()),
        }
    }
}

/// Writes the rules as they were given.
impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.rules.iter().map(|(from, to)| format!("{from}={to}"));
        f.write_str(&texts.collect::<Vec<_>>().join(","))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            Some(after) => write!(f, "{}*{after}", self.before),
            None => f.write_str(&self.before),
        }
    }
}

impl fmt::Display for InvalidRename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cannot become {}: both have one *, which is the text that is kept, or none has",
            self.from, self.to
        )
    }
}

impl std::error::Error for InvalidRename {}

#[cfg(test)]
mod tests {
    use super::Rename;

    fn originals(rename: &Rename, name: &str) -> Vec<String> {
        rename.originals(name).collect()
    }

    #[test]
    fn the_first_pattern_that_fits_names_a_tag() {
        let rename = Rename::new([("v1*", "one-*"), ("v*", "*"), ("*-rc", "rc-*"), ("a", "b")]).unwrap();
        for (tag, expected) in [
            ("v1.0", "one-.0"),
            ("v2.0", "2.0"),
            ("v", ""),
            ("3-rc", "rc-3"),
            ("v3-rc", "3-rc"),
            ("a", "b"),
            ("ab", "ab"),
            ("-rc", "rc-"),
            ("rc", "rc"),
        ] {
            assert_eq!(rename.name(tag), expected, "{tag}");
        }
    }

    #[test]
    fn names_lead_back_to_all_that_would_be_called_so() {
        let rename = Rename::new([("v*", "*"), ("*.0", "*")]).unwrap();
        assert_eq!(originals(&rename, "1"), ["v1", "1.0", "1"]);
        // The first pattern names v1.0, and v1 itself.
        assert_eq!(originals(&rename, "v1"), ["vv1"]);
        let rename = Rename::new([("v*", "app-*"), ("latest", "stable")]).unwrap();
        assert_eq!(originals(&rename, "app-1"), ["v1", "app-1"]);
        assert_eq!(originals(&rename, "stable"), ["latest", "stable"]);
        assert_eq!(originals(&rename, "latest"), Vec::<String>::new());
        assert_eq!(originals(&rename, "v1"), Vec::<String>::new());
        assert_eq!(originals(&rename, "other"), ["other"]);
    }

    #[test]
    fn affixes_do_not_overlap() {
        let rename = Rename::new([("ab*ba", "x*")]).unwrap();
        assert_eq!(
            (rename.name("aba"), rename.name("abba")),
            ("aba".into(), "x".into())
        );
    }

    #[test]
    fn what_would_lose_a_part_of_the_name_is_refused() {
        for (from, to) in [("v*", "x"), ("v", "*"), ("*.*", "*.*"), ("*", "**")] {
            assert!(Rename::new([(from, to)]).is_err(), "{from} {to}");
        }
    }
}
