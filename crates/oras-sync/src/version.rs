//! Versions: the version in tags such as `v1.2.3` and `1.2-rc1`, and their order.

use std::cmp::Ordering;
use std::str::FromStr;

/// A version as written in tags: `v1.2.3`, or shorter, with missing numbers as 0.
///
/// Spec: Semantic Versioning 2.0.0, section 11, "Precedence". Build metadata is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// Empty for a release.
    prerelease: Vec<Identifier>,
}

/// An identifier of a prerelease. Numbers sort before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

/// The error of a text that is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version such as 1.2.3")]
pub struct InvalidVersion(pub(crate) String);

impl Version {
    /// Returns `true` if the version is a prerelease.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    /// Returns the lowest version with these numbers, prereleases included.
    pub(crate) fn first_of(numbers: [u64; 3]) -> Self {
        Self {
            numbers,
            prerelease: vec![Identifier::Number(0)],
        }
    }

    /// Returns the next version: there is none between them.
    pub(crate) fn successor(mut self) -> Self {
        if !self.is_prerelease() {
            self.numbers[2] = self.numbers[2].saturating_add(1);
        }
        self.prerelease.push(Identifier::Number(0));
        self
    }

    pub(crate) fn release(numbers: [u64; 3]) -> Self {
        Self {
            numbers,
            prerelease: Vec::new(),
        }
    }

    pub(crate) fn with_prerelease(numbers: [u64; 3], text: Option<&str>) -> Option<Self> {
        let identifiers = text.into_iter().flat_map(|text| text.split('.'));
        let prerelease = identifiers.map(identifier).collect::<Option<_>>()?;
        Some(Self { numbers, prerelease })
    }
}

fn identifier(text: &str) -> Option<Identifier> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || !text.bytes().all(is_plain) {
        return None;
    }
    Some(match number(text) {
        Some(number) => Identifier::Number(number),
        None => Identifier::Word(text.to_owned()),
    })
}

/// Parses a number that consists of digits only.
pub(crate) fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let read = || {
            let (text_only, _build) = text.split_once('+').unwrap_or((text, ""));
            let text_only = text_only.strip_prefix('v').unwrap_or(text_only);
            let (core, prerelease) = match text_only.split_once('-') {
                Some((core, prerelease)) => (core, Some(prerelease)),
                None => (text_only, None),
            };
            let mut numbers = [0; 3];
            let mut parts = core.split('.');
            for (place, part) in numbers.iter_mut().zip(parts.by_ref()) {
                *place = number(part)?;
            }
            match parts.next() {
                None => Self::with_prerelease(numbers, prerelease),
                Some(_) => None,
            }
        };
        read().ok_or_else(|| InvalidVersion(text.to_owned()))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_release = match (self.is_prerelease(), other.is_prerelease()) {
            (false, false) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => self.prerelease.cmp(&other.prerelease),
        };
        self.numbers.cmp(&other.numbers).then(by_release)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_have_the_order_of_the_specification() {
        let ordered = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1",
            "1.0.1",
            "1.10.0",
        ];
        let read: Vec<Version> = ordered.iter().map(|text| text.parse().unwrap()).collect();
        assert!(read.is_sorted_by(|before, after| before < after), "{read:?}");
        assert_eq!("v1.0+build".parse::<Version>(), "1".parse());
    }

    #[test]
    fn other_texts_are_no_versions() {
        for text in [
            "",
            "v",
            "latest",
            "1.2.3.4",
            "1..2",
            "1.2-",
            "1.2-a..b",
            "vv1",
            "1.x",
            "-1",
            "99999999999999999999",
            "1.+2",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
