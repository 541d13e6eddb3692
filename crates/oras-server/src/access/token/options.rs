//! Options of the token endpoint: what token servers differ in.

/// How tokens are given out. By default as the specifications of tokens say, with every optional part.
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

/// Under which name an answer holds the token.
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

/// What becomes of a `POST`, the form of OAuth2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPost {
    /// It is answered.
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
    /// Under which name an answer holds the token; under both by default.
    #[must_use]
    pub fn with_field(mut self, field: TokenField) -> Self {
        self.field = field;
        self
    }

    /// Whether an answer says how long the token is valid; it does by default. Without, a token is valid for one
    /// minute at most, which is what clients have to assume.
    #[must_use]
    pub fn with_expires_in(mut self, expires_in: bool) -> Self {
        self.expires_in = expires_in;
        self
    }

    /// Whether an answer says when the token was made; it does by default.
    #[must_use]
    pub fn with_issued_at(mut self, issued_at: bool) -> Self {
        self.issued_at = issued_at;
        self
    }

    /// What becomes of a `POST`; it is answered by default.
    #[must_use]
    pub fn with_post(mut self, post: TokenPost) -> Self {
        self.post = post;
        self
    }

    /// Whether those who ask for a refresh token get one; they do by default.
    #[must_use]
    pub fn with_refresh_tokens(mut self, refresh_tokens: bool) -> Self {
        self.refresh_tokens = refresh_tokens;
        self
    }

    /// Whether all scopes but the first are left out of the token; none are by default.
    #[must_use]
    pub fn with_first_scope_only(mut self, first_scope_only: bool) -> Self {
        self.first_scope_only = first_scope_only;
        self
    }
}
