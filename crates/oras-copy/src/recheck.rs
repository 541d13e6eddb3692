//! `Recheck`: whether a copy trusts the destination's report that it has content.

/// Whether a copy trusts the destination's report that it has content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recheck {
    /// Trust it: a manifest that is present implies everything it refers to. A layout checks that the direct children
    /// of a manifest exist with the right sizes; a registry is not checked.
    #[default]
    Trust,
    /// Read and hash what the destination has, down to every blob, and replace damaged or missing content.
    Verify,
    /// Push everything again, without checking or mounting.
    Force,
}
