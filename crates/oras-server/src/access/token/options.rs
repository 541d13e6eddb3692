//! Options of the token endpoint, for the differences between token servers.

/// Options for issuing tokens. The default follows the token specifications, with every optional part.
///
/// ```
/// use oras_server::{ServerOptions, TokenField, TokenOptions};
///
/// // As registries that know neither OAuth2 nor a lifetime.
/// let tokens = TokenOptions::default()
///     .with_field(TokenField::Token)
///     .with_expires_in(false)
///     .with_post(TokenPost::NotFound);
/// let options = ServerOptions::default().with_token_options(tokens);
/// # use oras_server::TokenPost;
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenOptions {
    pub(super) field: TokenField,
    pub(super) expires_in: bool,
    pub(super) issued_at: bool,
    pub(super) post: TokenPost,
    pub(super) refresh_tokens: bool,
    pub(super) first_scope_only: bool,
}

/// The member with the token in a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenField {
    /// `token` and `access_token`.
    #[default]
    Both,
    /// `token` alone.
    Token,
    /// `access_token` alone.
    AccessToken,
}

/// The handling of `POST`, the OAuth2 request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPost {
    /// Requests are answered.
    #[default]
    Supported,
    /// Status 404.
    NotFound,
    /// Status 405.
    NotAllowed,
}

impl Default for TokenOptions {
    fn default() -> Self {
        Self {
            field: TokenField::default(),
            expires_in: true,
            issued_at: true,
            post: TokenPost::default(),
            refresh_tokens: true,
            first_scope_only: false,
        }
    }
}

impl TokenOptions {
    /// Sets the members that hold the token; both by default.
    #[must_use]
    pub fn with_field(mut self, field: TokenField) -> Self {
        self.field = field;
        self
    }

    /// Sets whether the response states the token's lifetime; it does by default. Without it, a token is valid for at most
    /// one minute, which is what clients must assume.
    #[must_use]
    pub fn with_expires_in(mut self, expires_in: bool) -> Self {
        self.expires_in = expires_in;
        self
    }

    /// Sets whether the response states when the token was issued; it does by default.
    #[must_use]
    pub fn with_issued_at(mut self, issued_at: bool) -> Self {
        self.issued_at = issued_at;
        self
    }

    /// Sets the handling of `POST`; requests are answered by default.
    #[must_use]
    pub fn with_post(mut self, post: TokenPost) -> Self {
        self.post = post;
        self
    }

    /// Sets whether requests for a refresh token get one; they do by default.
    #[must_use]
    pub fn with_refresh_tokens(mut self, refresh_tokens: bool) -> Self {
        self.refresh_tokens = refresh_tokens;
        self
    }

    /// Sets whether only the first scope is granted; by default all are.
    #[must_use]
    pub fn with_first_scope_only(mut self, first_scope_only: bool) -> Self {
        self.first_scope_only = first_scope_only;
        self
    }
}
