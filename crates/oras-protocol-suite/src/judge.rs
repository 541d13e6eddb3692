//! Judgement of a whole run.

use crate::case::Outcome;
use crate::run::Row;

/// The reason why a run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// Cases had unexpected outcomes.
    #[error("{bad} of {all} cases failed")]
    Bad {
        /// Number of these cases.
        bad: usize,
        /// Number of all cases.
        all: usize,
    },
    /// No case passed.
    #[error("no case passed")]
    NoPass,
}

/// Judges a run.
///
/// # Errors
///
/// - [`Unfit::Bad`]: some case had an unexpected outcome.
/// - [`Unfit::NoPass`]: no case passed.
pub fn judge(rows: &[Row]) -> Result<(), Unfit> {
    let bad = rows.iter().filter(|row| row.is_bad()).count();
    if bad > 0 {
        return Err(Unfit::Bad { bad, all: rows.len() });
    }
    match rows.iter().any(|row| row.outcome == Outcome::Pass) {
        true => Ok(()),
        false => Err(Unfit::NoPass),
    }
}
