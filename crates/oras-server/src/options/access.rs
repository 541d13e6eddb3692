//! Access options: users, permissions and authentication.

use std::time::Duration;

use super::LONGEST;
use crate::{Challenges, ServerOptions, TokenOptions, TokenRealm, Users};

impl ServerOptions {
    /// Uses only TLS, also at the second origin; plain HTTP by default.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: crate::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets the users and their permissions; by default everybody may do everything.
    #[must_use]
    pub fn with_users(mut self, users: Users) -> Self {
        self.users = Some(users);
        self
    }

    /// Sets whether users first exchange their password for a token at `/token`, as in most public registries. By default
    /// they send the password with every request. It has no effect without [users](Self::with_users).
    #[must_use]
    pub fn with_tokens(mut self, tokens: bool) -> Self {
        self.tokens = tokens;
        self
    }

    /// Sets the lifetime of tokens; 5 minutes by default.
    #[must_use]
    pub fn with_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime.min(LONGEST);
        self
    }

    /// Sets how tokens are issued; by default as the specifications say.
    #[must_use]
    pub fn with_token_options(mut self, options: TokenOptions) -> Self {
        self.token_options = options;
        self
    }

    /// Sets the address of the token endpoint in challenges; the registry's own in full by default.
    /// [`TokenRealm::SecondOrigin`] also creates the second origin.
    ///
    /// # Panics
    ///
    /// The realm is a text with quotes, or with characters that are invalid in a header.
    #[must_use]
    pub fn with_token_realm(mut self, realm: TokenRealm) -> Self {
        if let TokenRealm::Text(text) = &realm {
            let fits = |b: u8| (b.is_ascii_graphic() || b == b' ') && b != b'"' && b != b'\\';
            assert!(text.bytes().all(fits), "a realm has to fit into a header");
        }
        self.second_origin |= realm == TokenRealm::SecondOrigin;
        self.token_realm = realm;
        self
    }

    /// Sets the challenges in a 401 response, and so the schemes by which a client may log in; one by default.
    ///
    /// ```
    /// use oras_server::{Challenges, Scheme, ServerOptions, User, Users};
    ///
    /// let options = ServerOptions::default()
    ///     .with_users(Users::new().with_user(User::new("ann", "secret")))
    ///     .with_tokens(true)
    ///     .with_challenges(Challenges::Both(Scheme::Basic));
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn with_challenges(mut self, challenges: Challenges) -> Self {
        self.challenges = challenges;
        self
    }
}
