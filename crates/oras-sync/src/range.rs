//! Ranges of versions: `>=1.2 <2`, `^1.4`, `~1.4.2`, `1.2 - 1.8`, `3.x || 5`.

use std::fmt;
use std::str::FromStr;

use crate::Version;
use crate::version::number;

/// A range of versions.
///
/// Alternatives are separated by `||`. Within an alternative, comparisons are separated by commas or spaces, and all of them
/// must hold. A version may be partial: `1.4` and `1.4.x` mean all of 1.4. Prereleases match only alternatives that name
/// one, such as `>=1.0.0-0`.
///
/// ```
/// use oras_sync::{Version, VersionRange};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let range: VersionRange = ">=1.2, <2 || 5.x".parse()?;
/// assert!(range.contains(&"v1.9.3".parse::<Version>()?));
/// assert!(!range.contains(&"v2.0.0".parse()?));
/// assert!(!range.contains(&"1.9.3-rc1".parse()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VersionRange {
    text: String,
    alternatives: Vec<Alternative>,
}

#[derive(Clone, Debug, Default)]
struct Alternative {
    spans: Vec<Span>,
    wants_prereleases: bool,
}

/// The versions from one version on and before another.
#[derive(Clone, Debug, Default)]
struct Span {
    from: Option<Version>,
    before: Option<Version>,
    /// Inverts the span.
    is_not: bool,
}

/// The error of a text that is not a range of versions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a range of versions such as '>=1.2 <2'")]
pub struct InvalidVersionRange(String);

impl VersionRange {
    /// Returns `true` if the range contains the version.
    pub fn contains(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|alternative| {
            let may_be = alternative.wants_prereleases || !version.is_prerelease();
            may_be && alternative.spans.iter().all(|span| span.contains(version))
        })
    }
}

impl Span {
    fn contains(&self, version: &Version) -> bool {
        let is_from = self.from.as_ref().is_none_or(|from| version >= from);
        let is_before = self.before.as_ref().is_none_or(|before| version < before);
        (is_from && is_before) != self.is_not
    }
}

impl FromStr for VersionRange {
    type Err = InvalidVersionRange;

    fn from_str(text: &str) -> Result<Self, InvalidVersionRange> {
        let alternatives = text.split("||").map(alternative).collect::<Option<_>>();
        match alternatives {
            Some(alternatives) => Ok(Self {
                text: text.to_owned(),
                alternatives,
            }),
            None => Err(InvalidVersionRange(text.to_owned())),
        }
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn alternative(text: &str) -> Option<Alternative> {
    let mut read = Alternative::default();
    if let Some((first, last)) = text.split_once(" - ") {
        let (first, last) = (Partial::read(first.trim())?, Partial::read(last.trim())?);
        read.wants_prereleases = first.has_prerelease() || last.has_prerelease();
        read.spans = vec![first.span(">=")?, last.span("<=")?];
        return Some(read);
    }
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let operator_ends = rest.find(|c: char| !"=!<>~^".contains(c))?;
        let (operator, after) = rest.split_at(operator_ends);
        let after = after.trim_start();
        let version_ends = after.find(|c: char| c == ',' || c.is_whitespace());
        let (version, more) = after.split_at(version_ends.unwrap_or(after.len()));
        let version = Partial::read(version)?;
        read.wants_prereleases |= version.has_prerelease();
        read.spans.push(version.span(operator)?);
        rest = more.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
    }
    Some(read)
}

/// A version that may have only its first numbers.
struct Partial {
    numbers: Vec<u64>,
    prerelease: Option<Version>,
}

impl Partial {
    fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (core, prerelease) = match text.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (text, None),
        };
        let mut numbers = Vec::new();
        let mut parts = core.split('.').peekable();
        while let Some(part) = parts.next_if(|part| !matches!(*part, "x" | "X" | "*")) {
            numbers.push(number(part)?);
        }
        let has_no_more = parts.all(|part| matches!(part, "x" | "X" | "*"));
        if !has_no_more || numbers.len() > 3 || (prerelease.is_some() && numbers.len() < 3) {
            return None;
        }
        let mut read = Self {
            numbers,
            prerelease: None,
        };
        if prerelease.is_some() {
            read.prerelease = Some(Version::with_prerelease(read.filled(), prerelease)?);
        }
        Some(read)
    }

    fn has_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }

    fn filled(&self) -> [u64; 3] {
        std::array::from_fn(|place| self.numbers.get(place).copied().unwrap_or(0))
    }

    /// The first version that matches.
    fn first(&self) -> Version {
        let release = || Version::release(self.filled());
        self.prerelease.clone().unwrap_or_else(release)
    }

    /// The first version after all those with the same numbers up to `place`; `None` if there is none.
    fn next(&self, place: usize) -> Option<Version> {
        let mut numbers = [0; 3];
        numbers[..=place].copy_from_slice(self.numbers.get(..=place)?);
        numbers[place] = numbers[place].checked_add(1)?;
        Some(Version::first_of(numbers))
    }

    /// The first version after all that match.
    fn after(&self) -> Option<Version> {
        self.next(self.numbers.len().checked_sub(1)?)
    }

    fn is_exact(&self) -> bool {
        self.numbers.len() == 3
    }

    fn span(&self, operator: &str) -> Option<Span> {
        let from = |before| Span {
            from: Some(self.first()),
            before,
            ..Span::default()
        };
        let before = |before| Span {
            before,
            ..Span::default()
        };
        Some(match operator {
            "" | "=" | "==" => self.same(),
            "!=" => Span {
                is_not: true,
                ..self.same()
            },
            ">=" => from(None),
            ">" if self.is_exact() => Span {
                from: Some(self.first().successor()),
                ..Span::default()
            },
            // Without any numbers, all versions match, and none is greater.
            ">" => Span {
                from: self.after(),
                is_not: self.numbers.is_empty(),
                ..Span::default()
            },
            "<" => before(Some(self.first())),
            "<=" if self.is_exact() => before(Some(self.first().successor())),
            "<=" => before(self.after()),
            "~" | "~>" => from(self.next(self.numbers.len().clamp(1, 2) - 1)),
            "^" => from(self.next(self.first_that_counts())),
            _ => return None,
        })
    }

    /// The index of the first number that is not 0, or of the last number: `^` keeps the numbers up to it.
    fn first_that_counts(&self) -> usize {
        let counts = self.numbers.iter().position(|number| *number != 0);
        counts.unwrap_or_else(|| self.numbers.len().saturating_sub(1))
    }

    /// The span of all versions that match.
    fn same(&self) -> Span {
        Span {
            from: Some(self.first()),
            before: match self.is_exact() {
                true => Some(self.first().successor()),
                false => self.after(),
            },
            ..Span::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::VersionRange;

    fn fitting(range: &str, of: &[&str]) -> Vec<String> {
        let range: VersionRange = range.parse().unwrap();
        let fits = |text: &&&str| range.contains(&text.parse().unwrap());
        of.iter().filter(fits).map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn ranges_take_what_they_say() {
        let of = [
            "0.0.3",
            "0.2.1",
            "0.3.0",
            "1.0.0",
            "1.2.0",
            "1.2.9",
            "1.3.0-rc1",
            "1.3.0",
            "2.0.0-rc1",
            "2.0.0",
            "v3.1",
        ];
        for (range, expected) in [
            ("*", "0.0.3 0.2.1 0.3.0 1.0.0 1.2.0 1.2.9 1.3.0 2.0.0 v3.1"),
            ("1.2", "1.2.0 1.2.9"),
            ("1.2.x", "1.2.0 1.2.9"),
            ("=1.2.0", "1.2.0"),
            ("1.3.0-rc1", "1.3.0-rc1"),
            (">=1.2 <2", "1.2.0 1.2.9 1.3.0"),
            (">= 1.2, < 2", "1.2.0 1.2.9 1.3.0"),
            (">1.2", "1.3.0 2.0.0 v3.1"),
            (">1.2.0", "1.2.9 1.3.0 2.0.0 v3.1"),
            ("<=1.2", "0.0.3 0.2.1 0.3.0 1.0.0 1.2.0 1.2.9"),
            ("<=1.2.0", "0.0.3 0.2.1 0.3.0 1.0.0 1.2.0"),
            ("^1.2", "1.2.0 1.2.9 1.3.0"),
            ("^0.2", "0.2.1"),
            ("^0.0.3", "0.0.3"),
            ("^0", "0.0.3 0.2.1 0.3.0"),
            ("~1.2.3", "1.2.9"),
            ("~1", "1.0.0 1.2.0 1.2.9 1.3.0"),
            ("1.2.0 - 1.3", "1.2.0 1.2.9 1.3.0"),
            ("0.x || 3.x", "0.0.3 0.2.1 0.3.0 v3.1"),
            (">=1.2 !=1.3.0 <2", "1.2.0 1.2.9"),
            (">=1.3.0-0 <2", "1.3.0-rc1 1.3.0 2.0.0-rc1"),
            ("^1.3.0-rc1", "1.3.0-rc1 1.3.0"),
            (">*", ""),
        ] {
            assert_eq!(fitting(range, &of).join(" "), expected, "{range}");
        }
    }

    #[test]
    fn other_texts_are_no_ranges() {
        for text in [
            "", "latest", ">", "1.2.3.4", "=>1", "1 ||", "x.1", "1.2-rc1", "<>1", "1.2 - ",
        ] {
            assert!(text.parse::<VersionRange>().is_err(), "{text}");
        }
    }
}
