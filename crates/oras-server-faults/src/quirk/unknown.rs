//! The error of unknown names of quirks and profiles.

/// The error of a name that is neither a quirk nor a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {name:?}")]
pub struct UnknownQuirk {
    what: &'static str,
    name: String,
}

impl UnknownQuirk {
    /// Returns the element of `all` with this name.
    pub(super) fn find<T: Copy>(
        all: &[T],
        name_of: fn(T) -> &'static str,
        what: &'static str,
        name: &str,
    ) -> Result<T, Self> {
        let found = all.iter().find(|one| name_of(**one) == name);
        found.copied().ok_or_else(|| Self {
            what,
            name: name.to_owned(),
        })
    }
}
