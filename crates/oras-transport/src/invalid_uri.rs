//! `InvalidUri`: why a URL is invalid.

/// Why a URL is invalid.
///
/// Spec: RFC 9110, section 4.2, "HTTP-Related URI Schemes".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUri {
    /// The scheme is neither `http` nor `https`.
    #[error("the scheme is not http or https")]
    Scheme,
    /// The host is missing or malformed, or the port is malformed.
    #[error("the host or port is missing or malformed")]
    Host,
    /// There is a user or password before the host.
    #[error("user information in a URL is not accepted")]
    UserInfo,
    /// There is a control character.
    #[error("the URL holds a control character")]
    Control,
    /// The URL is malformed in another way.
    #[error("the URL is malformed")]
    Syntax,
}
