//! Judgement: whether a run went as it should.

use crate::case::Outcome;
use crate::run::Row;

/// Why a run did not go as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// Cases did not turn out as they should.
    #[error("{bad} of {all} cases failed")]
    Bad {
        /// How many.
        bad: usize,
        /// How many there are.
        all: usize,
    },
    /// Nothing was found out.
    #[error("no case passed")]
    NoPass,
}

/// Judges a run.
///
/// # Errors
///
/// - [`Unfit::Bad`]: anything did not turn out as it should.
/// - [`Unfit::NoPass`]: nothing was found out.
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
