//! Globs: name patterns in which `*` matches any text, and `?` any character.

use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// A pattern for whole names: `*` matches any text, `?` any character.
///
/// ```
/// let glob: oras_sync::Glob = "v1.*".parse().unwrap();
/// assert!(glob.fits("v1.2") && !glob.fits("v12"));
/// ```
#[derive(Clone, Debug)]
pub struct Glob(Vec<char>);

impl FromStr for Glob {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.chars().collect()))
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|character| f.write_char(*character))
    }
}

impl Glob {
    /// Returns `true` if the pattern matches the whole of `name`.
    pub fn fits(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut place) = (0, 0);
        // The position of the last star, and the position in the name up to which it has matched.
        let mut star: Option<(usize, usize)> = None;
        while place < name.len() {
            match self.0.get(at) {
                Some('*') => {
                    star = Some((at, place));
                    at += 1;
                }
                Some(expected) if *expected == '?' || *expected == name[place] => {
                    at += 1;
                    place += 1;
                }
                _ => {
                    let Some((star_at, end)) = star else {
                        return false;
                    };
                    star = Some((star_at, end + 1));
                    (at, place) = (star_at + 1, end + 1);
                }
            }
        }
        self.0[at..].iter().all(|left| *left == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        let fits = |pattern: &str, name| pattern.parse::<Glob>().unwrap().fits(name);
        for (pattern, name) in [
            ("*", ""),
            ("*", "v1"),
            ("pr-*", "pr-"),
            ("v?.*", "v1.2"),
            ("*-rc*", "v1-rc-rc2"),
            ("a*b*c", "aXbXbc"),
            ("v1", "v1"),
            ("ü?", "üx"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "v"),
            ("v1", "v10"),
            ("pr-*", "apr-1"),
            ("a*b", "abc"),
            ("?", ""),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
