//! Expected differences: cases that are known not to pass, each with its reason.

use crate::case::Outcome;

/// The expected outcome of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The cases fail.
    Fails,
    /// The cases are skipped.
    Skips,
    /// The outcome depends on timing, and proves nothing.
    Varies,
}

/// Cases that are known not to pass, with the reason.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The outcome instead.
    pub how: How,
    /// The reason.
    pub reason: &'static str,
    /// Ids of cases; one that ends in `/*` includes all below it.
    pub ids: &'static [&'static str],
}

impl Difference {
    /// Declares cases that fail.
    pub const fn fails(reason: &'static str, ids: &'static [&'static str]) -> Self {
        Self {
            how: How::Fails,
            reason,
            ids,
        }
    }

    /// Declares cases that are skipped.
    pub const fn skips(reason: &'static str, ids: &'static [&'static str]) -> Self {
        Self {
            how: How::Skips,
            reason,
            ids,
        }
    }

    /// Declares cases whose outcome depends on timing.
    pub const fn varies(reason: &'static str, ids: &'static [&'static str]) -> Self {
        Self {
            how: How::Varies,
            reason,
            ids,
        }
    }

    fn covers(&self, id: &str) -> bool {
        self.ids.iter().any(|pattern| fits(pattern, id))
    }
}

fn fits(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => pattern == id,
    }
}

/// The knowledge about a registry.
#[derive(Clone, Debug)]
pub enum Expected {
    /// None: a case may be skipped, and must not fail.
    Unknown,
    /// Complete: a case passes unless a difference is listed, and then it must not pass.
    Exactly(Vec<Difference>),
}

/// Whether an outcome is as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A pass, or a permitted skip.
    Good,
    /// A failure or skip that is listed, with the reason.
    Expected(&'static str),
    /// Unexpected, with an explanation.
    Bad(String),
}

impl Expected {
    /// Compares the outcome of a case with the expectation.
    pub fn weigh(&self, id: &str, outcome: &Outcome) -> Verdict {
        let Self::Exactly(differences) = self else {
            return match outcome {
                Outcome::Fail(_) => Verdict::Bad("it fails".to_owned()),
                Outcome::Pass | Outcome::Skipped(_) => Verdict::Good,
            };
        };
        let known = differences.iter().find(|difference| difference.covers(id));
        match (outcome, known) {
            (Outcome::Pass, Some(known)) if known.how == How::Varies => Verdict::Good,
            (_, Some(known)) if known.how == How::Varies => Verdict::Expected(known.reason),
            (Outcome::Pass, None) => Verdict::Good,
            (Outcome::Fail(_), Some(known)) if known.how == How::Fails => Verdict::Expected(known.reason),
            (Outcome::Skipped(_), Some(known)) if known.how == How::Skips => Verdict::Expected(known.reason),
            (Outcome::Pass, Some(known)) => Verdict::Bad(format!(
                "it passes, which the list of differences denies: {}",
                known.reason
            )),
            (Outcome::Fail(_), _) => Verdict::Bad("it fails".to_owned()),
            (Outcome::Skipped(reason), _) => Verdict::Bad(format!("it is skipped: {reason}")),
        }
    }

    /// Returns the ids in differences that match none of these case ids, so that a test can detect obsolete entries.
    pub fn unmatched(&self, ids: &[&str]) -> Vec<&'static str> {
        let Self::Exactly(differences) = self else {
            return Vec::new();
        };
        let patterns = differences.iter().flat_map(|difference| difference.ids);
        let unmatched = patterns.filter(|pattern| !ids.iter().any(|id| fits(pattern, id)));
        unmatched.copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Problem;

    fn failed() -> Outcome {
        Outcome::Fail(Problem {
            sent: "GET /".into(),
            wanted: "200".into(),
            got: "500".into(),
        })
    }

    fn skipped() -> Outcome {
        Outcome::Skipped("off".into())
    }

    fn list() -> Expected {
        Expected::Exactly(vec![
            Difference::fails("known", &["a/one"]),
            Difference::skips("switched off", &["b/*"]),
        ])
    }

    #[test]
    fn what_is_not_listed_has_to_pass() {
        assert_eq!(list().weigh("c/x", &Outcome::Pass), Verdict::Good);
        assert!(matches!(list().weigh("c/x", &failed()), Verdict::Bad(_)));
        assert!(matches!(list().weigh("c/x", &skipped()), Verdict::Bad(_)));
    }

    #[test]
    fn what_is_listed_has_to_turn_out_as_it_says() {
        assert_eq!(list().weigh("a/one", &failed()), Verdict::Expected("known"));
        assert_eq!(
            list().weigh("b/x/y", &skipped()),
            Verdict::Expected("switched off")
        );
        for (id, outcome) in [
            ("a/one", Outcome::Pass),
            ("a/one", skipped()),
            ("b/x", Outcome::Pass),
            ("b/x", failed()),
        ] {
            assert!(
                matches!(list().weigh(id, &outcome), Verdict::Bad(_)),
                "{id} {outcome:?}"
            );
        }
    }

    #[test]
    fn what_depends_on_timing_is_never_wrong() {
        let list = Expected::Exactly(vec![Difference::varies("a race", &["a/one"])]);
        for outcome in [Outcome::Pass, failed(), skipped()] {
            assert!(!matches!(list.weigh("a/one", &outcome), Verdict::Bad(_)));
        }
    }

    #[test]
    fn of_an_unknown_registry_only_failures_count() {
        assert_eq!(Expected::Unknown.weigh("a/one", &skipped()), Verdict::Good);
        assert!(matches!(
            Expected::Unknown.weigh("a/one", &failed()),
            Verdict::Bad(_)
        ));
    }

    #[test]
    fn a_difference_about_nothing_is_found() {
        assert_eq!(list().unmatched(&["a/one", "c/x"]), ["b/*"]);
        assert!(list().unmatched(&["a/one", "b/x"]).is_empty());
    }
}
