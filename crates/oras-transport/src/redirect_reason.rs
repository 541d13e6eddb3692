//! `RedirectReason`: why a redirect is not followed.

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectReason {
    /// From `https` to `http`.
    Downgrade,
    /// To a private or local address, from a public host.
    PrivateAddress,
    /// A request with side effects, to another origin or by a status that would change its method.
    Method,
    /// The body was given as a stream that can only be read once.
    Body,
    /// The `Location` cannot be used as a URL.
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
