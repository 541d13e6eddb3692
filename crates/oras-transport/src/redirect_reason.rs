//! `RedirectReason`: why a redirect is refused.

/// Why a redirect is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectReason {
    /// From `https` to `http`.
    Downgrade,
    /// To a private or local address, from a public host.
    PrivateAddress,
    /// A method other than `GET` or `HEAD`, to another origin or with a status that would change the method.
    Method,
    /// A request body that can be sent only once.
    Body,
    /// A `Location` that is not a usable URL.
    Location,
}

impl std::fmt::Display for RedirectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Downgrade => "it leaves TLS",
            Self::PrivateAddress => "the target is a private address",
            Self::Method => "only reads are redirected like this",
            Self::Body => "the body cannot be sent twice",
            Self::Location => "the location is not a usable URL",
        })
    }
}
