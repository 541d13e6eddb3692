//! `InvalidUri`: why text cannot be used as a URL.

/// Why text cannot be used as a URL.
///
/// Spec: RFC 9110, section 4.2, "HTTP-Related URI Schemes".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUri {
    /// Neither `http` nor `https`.
    #[error("the scheme is not http or https")]
    Scheme,
    /// The host is missing or malformed, or the port is.
    #[error("the host or port is missing or malformed")]
    Host,
    /// A user or password before the host.
    #[error("user information in a URL is not accepted")]
    UserInfo,
    /// A control character.
    #[error("the URL holds a control character")]
    Control,
    /// Not a URL otherwise.
    #[error("the URL is malformed")]
    Syntax,
}
