//! `Recheck`: what a copy makes of content that the destination says it has.

/// What a copy makes of content that the destination says it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recheck {
    /// Believe it: a manifest that is there spares all that it refers to. A layout looks whether the direct children
    /// of a manifest are there with their sizes; a registry is taken at its word.
    #[default]
    Trust,
    /// Read and hash what the destination has, down to every blob, and replace what is damaged or missing.
    Verify,
    /// Push everything again, without asking or mounting.
    Force,
}
