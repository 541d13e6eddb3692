//! Renames: what tags are called at the destination.

use std::fmt;

/// What tags are called at the destination: patterns of whole tags, and what stands for them there. One `*` is any text, and
/// is kept. The first pattern that fits counts; a tag that none fits keeps its name.
///
/// As nothing is lost, it is known of each name what was called so, and what may be removed.
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

/// A text with one `*` at most.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    before: String,
    /// What follows the `*`; `None` where there is none.
    after: Option<String>,
}

/// A rename is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRename {
    from: String,
    to: String,
}

impl Rename {
    /// What fits the first text of a pair is called as the second.
    ///
    /// # Errors
    ///
    /// One of both has a `*` and the other none, or there are two in one.
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

    /// Whether all tags keep their names.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What a tag of the source is called at the destination.
    pub fn name(&self, tag: &str) -> String {
        let mut renamed = self.rules.iter().filter_map(|(from, to)| from.moved(tag, to));
        renamed.next().unwrap_or_else(|| tag.to_owned())
    }

    /// What a source may call the tag that has this name at the destination.
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

    /// The text that stands for one that fits this in `other`.
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

/// As it was written.
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
