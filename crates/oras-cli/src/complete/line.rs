//! Command lines as Bash passes them: Bash splits words at more than spaces.

use std::ffi::OsString;

/// The line up to the cursor.
pub(super) struct Line {
    /// The words; the last one is being typed, and may be empty.
    pub(super) words: Vec<OsString>,
    /// Length of the part of the last word that Bash counts as earlier words.
    kept: usize,
}

impl Line {
    pub(super) fn from_environment() -> Option<Self> {
        let line = std::env::var("ORAS_COMPLETE_LINE").ok()?;
        let breaks = std::env::var("ORAS_COMPLETE_BREAKS").unwrap_or_default();
        Some(Self::new(&line, &breaks))
    }

    fn new(line: &str, breaks: &str) -> Self {
        let words = split(line);
        let last = words.last().map_or("", String::as_str);
        let is_break = |character| matches!(character, ':' | '=' | '@') && breaks.contains(character);
        Self {
            kept: last.rfind(is_break).map_or(0, |at| at + 1),
            words: words.into_iter().map(OsString::from).collect(),
        }
    }

    /// Returns the answer for Bash, one line per candidate, without the part that Bash counts as earlier words. A single
    /// candidate is followed by a space, unless more text must follow.
    pub(super) fn answer<'a>(&self, candidates: impl Iterator<Item = impl AsRef<str> + 'a>) -> String {
        let told: Vec<String> = candidates
            .filter_map(|candidate| Some(candidate.as_ref().get(self.kept..)?.to_owned()))
            .collect();
        match &told[..] {
            [only] if !only.ends_with(['/', ':', '=', '@']) => format!("{only} \n"),
            _ => told.iter().map(|candidate| format!("{candidate}\n")).collect(),
        }
    }
}

/// Splits a line into words, without quotes and backslashes.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut is_escaped) = (None, false);
    for character in line.chars() {
        let last = words.last_mut().expect("there is always a word");
        match (character, quote) {
            _ if std::mem::take(&mut is_escaped) => last.push(character),
            ('\\', None | Some('"')) => is_escaped = true,
            (mark, Some(open)) if mark == open => quote = None,
            (mark @ ('"' | '\''), None) => quote = Some(mark),
            (' ' | '\t', None) if last.is_empty() => {}
            (' ' | '\t', None) => words.push(String::new()),
            _ => last.push(character),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Line, split};

    #[test]
    fn words_are_split_as_a_shell_does() {
        assert_eq!(split("oras  pull a:b"), ["oras", "pull", "a:b"]);
        assert_eq!(split("oras pull "), ["oras", "pull", ""]);
        assert_eq!(split(r#"oras 'a b' "c\"d" e\ f"#), ["oras", "a b", "c\"d", "e f"]);
    }

    #[test]
    fn bash_is_told_what_follows_the_last_break() {
        let answer = |line, breaks| {
            let candidates = ["localhost:5000/app:v1", "localhost:5000/app:v2"];
            Line::new(line, breaks).answer(candidates.into_iter())
        };
        assert_eq!(answer("oras pull localhost:5000/app:v", " :="), "v1\nv2\n");
        assert_eq!(
            answer("oras pull localhost:5000/app:v", " "),
            "localhost:5000/app:v1\nlocalhost:5000/app:v2\n"
        );
        assert_eq!(Line::new("oras pu", ":").answer(["push"].into_iter()), "push \n");
        assert_eq!(Line::new("oras pull a", ":").answer(["ab/"].into_iter()), "ab/\n");
    }
}
