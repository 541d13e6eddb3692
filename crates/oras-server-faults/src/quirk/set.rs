//! The set of quirks of one registry.

use std::sync::Arc;

use oras_server::{Challenges, Scheme, ServerOptions, TokenField, TokenOptions, TokenPost, TokenRealm};

use super::Quirk;
use super::memory::Memory;

/// The maximum size of a manifest if only pulling has a limit.
const LARGE_MANIFEST: u64 = 64 * 1024 * 1024;
const CHUNK_MIN: u64 = 5 * 1024 * 1024;

/// The quirks of a registry, with their state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks {
    /// One bit each.
    bits: u128,
    pub(super) memory: Arc<Memory>,
}

const _: () = assert!(Quirk::ALL.len() <= 128, "one bit each");

impl Quirks {
    pub(crate) fn new(quirks: impl IntoIterator<Item = Quirk>) -> Self {
        let bits = quirks.into_iter().fold(0, |bits, quirk| bits | bit(quirk));
        Self {
            bits,
            memory: Arc::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bits == 0
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.bits & bit(quirk) != 0
    }

    /// Returns the value for the first of these quirks that the registry has.
    pub(super) fn first<T: Copy>(&self, rows: &[(Quirk, T)]) -> Option<T> {
        let row = rows.iter().find(|(quirk, _)| self.has(*quirk));
        row.map(|(_, value)| *value)
    }

    /// Adds to the options what the quirks need.
    pub(crate) fn apply(&self, mut options: ServerOptions) -> ServerOptions {
        if self.has(Quirk::ChunkMin5Mib) {
            options = options.with_chunk_min_length(CHUNK_MIN);
        }
        if self.has(Quirk::ManifestLimitOnPull) {
            options = options.with_manifest_limit(LARGE_MANIFEST);
        }
        if self.has(Quirk::NoPaging) {
            // The store is asked for one more entry than a page has.
            options = options.with_page_size(usize::MAX - 1);
        }
        if self.has(Quirk::BlobRedirect) || self.has(Quirk::LocationSecondOrigin) {
            options = options.with_second_origin(true);
        }
        let without_referrers = [
            Quirk::ReferrersMissing,
            Quirk::ReferrersInvalid,
            Quirk::ReferrersNotAllowed,
            Quirk::ReferrersNotAcceptable,
            Quirk::ReferrersLoginPage,
            Quirk::ReferrersTagResolves,
        ];
        if without_referrers.into_iter().any(|quirk| self.has(quirk)) {
            options = options.with_referrers_api(false);
        }
        self.apply_to_logins(options)
    }

    fn apply_to_logins(&self, mut options: ServerOptions) -> ServerOptions {
        if self.has(Quirk::BasicAndBearer) {
            options = options.with_challenges(Challenges::Both(Scheme::Basic));
        }
        if self.has(Quirk::BasicAndBearerInOne) {
            options = options.with_challenges(Challenges::Joined(Scheme::Basic));
        }
        if self.has(Quirk::RelativeRealm) {
            options = options.with_token_realm(TokenRealm::Relative);
        }
        let tokens = self.tokens(options.token_options().clone());
        options.with_token_options(tokens)
    }

    fn tokens(&self, mut options: TokenOptions) -> TokenOptions {
        if self.has(Quirk::TokenOnly) {
            options = options.with_field(TokenField::Token);
        }
        if self.has(Quirk::AccessTokenOnly) {
            options = options.with_field(TokenField::AccessToken);
        }
        if self.has(Quirk::NoExpiresIn) {
            options = options.with_expires_in(false).with_issued_at(false);
        }
        if self.has(Quirk::NoTokenPost) {
            options = options.with_post(TokenPost::NotFound);
        }
        if self.has(Quirk::FirstScopeOnly) {
            options = options.with_first_scope_only(true);
        }
        options
    }
}

fn bit(quirk: Quirk) -> u128 {
    1 << quirk as u32
}
