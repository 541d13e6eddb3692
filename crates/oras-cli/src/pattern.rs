//! Patterns of names: `*` is any text, `?` any character.

use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// A pattern that a whole name fits, or not.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<char>);

impl FromStr for Pattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.chars().collect()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|character| f.write_char(*character))
    }
}

impl Pattern {
    pub(crate) fn fits(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut place) = (0, 0);
        // Where the last star is, and how much of the name it stands for.
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
    use super::Pattern;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        let fits = |pattern: &str, name| pattern.parse::<Pattern>().unwrap().fits(name);
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
