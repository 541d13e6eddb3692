//! Access: who may do what, and how they are known.

use std::time::Duration;

use super::LONGEST;
use crate::{Challenges, ServerOptions, TokenOptions, TokenRealm, Users};

impl ServerOptions {
    /// Speaks TLS, at the second origin too, and nothing else; plain HTTP by default.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: crate::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Who may do what; everybody everything by default.
    #[must_use]
    pub fn with_users(mut self, users: Users) -> Self {
        self.users = Some(users);
        self
    }

    /// Whether users exchange their password for a token at `/token` first, as most public registries ask for;
    /// without, they send it with every request, which is the default. Without [users](Self::with_users) it has no
    /// effect.
    #[must_use]
    pub fn with_tokens(mut self, tokens: bool) -> Self {
        self.tokens = tokens;
        self
    }

    /// How long a token is valid; 5 minutes by default.
    #[must_use]
    pub fn with_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime.min(LONGEST);
        self
    }

    /// How tokens are given out; by default as the specifications say.
    #[must_use]
    pub fn with_token_options(mut self, options: TokenOptions) -> Self {
        self.token_options = options;
        self
    }

    /// Which address challenges say tokens are given out at; the registry's own in full by default.
    /// [`TokenRealm::SecondOrigin`] makes that origin, too.
    ///
    /// # Panics
    ///
    /// The realm is a text with quotes, or with characters that a header does not carry.
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

    /// Which challenges come with status 401, and so by which schemes a client may log in; one by default.
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
