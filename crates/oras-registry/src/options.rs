//! How one registry is talked to.

use std::fmt;
use std::sync::Arc;

use oras_content::MAX_MANIFEST_BYTES;

use crate::Warning;

/// How referrers are found and kept.
///
/// Spec: distribution-spec v1.1, "Listing Referrers" and "Referrers Tag Schema".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferrersMode {
    /// By the referrers API where the registry has it, else by an index under a tag.
    #[default]
    Detect,
    /// By the referrers API only.
    Api,
    /// By an index under a tag only.
    TagSchema,
}

/// How one registry is talked to.
#[derive(Clone)]
#[non_exhaustive]
pub struct RegistryOptions {
    /// Plain HTTP or TLS. Where `None`, which is the default: plain HTTP for this machine itself (`localhost` and
    /// loopback addresses), TLS for all others. There never is a fallback from one to the other.
    pub plain_http: Option<bool>,
    /// How many entries to ask for in one page of a listing; the registry decides where `None`, the default.
    pub page_size: Option<usize>,
    /// The most pages of one listing. Default: 10 000.
    pub max_pages: usize,
    /// The most bytes of all pages of one listing. Default: 256 MiB.
    pub max_listing_bytes: u64,
    /// The size in bytes beyond which a page of a listing is refused, and a manifest where the call does not say a limit
    /// itself, as [`ResolveOptions::read`](oras_content::ResolveOptions::read) does. Default: 4 MiB.
    pub max_manifest_bytes: u64,
    /// How many ranges of a blob of 64 MiB or more are asked for at a time, where that turns out to be faster than one
    /// request: up to 4 of 8 MiB are held in memory for all downloads of a client. Default: 4; 1 is one request a blob.
    pub parallel_ranges: u8,
    /// How referrers are found and kept.
    pub referrers: ReferrersMode,
    /// Called once for each warning of the registry. Default: it is logged.
    pub on_warning: Arc<dyn Fn(&Warning) + Send + Sync>,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            plain_http: None,
            page_size: None,
            max_pages: 10_000,
            max_listing_bytes: 256 * 1024 * 1024,
            max_manifest_bytes: MAX_MANIFEST_BYTES,
            parallel_ranges: 4,
            referrers: ReferrersMode::default(),
            on_warning: Arc::new(Warning::log),
        }
    }
}

impl RegistryOptions {
    /// Speaks plain HTTP, or TLS.
    #[must_use]
    pub fn with_plain_http(mut self, plain: bool) -> Self {
        self.plain_http = Some(plain);
        self
    }

    /// Asks for pages of this many entries.
    #[must_use]
    pub fn with_page_size(mut self, entries: usize) -> Self {
        self.page_size = Some(entries);
        self
    }

    /// Reads at most this many pages of one listing.
    #[must_use]
    pub fn with_max_pages(mut self, pages: usize) -> Self {
        self.max_pages = pages;
        self
    }

    /// Reads at most this many bytes of one listing.
    #[must_use]
    pub fn with_max_listing_bytes(mut self, bytes: u64) -> Self {
        self.max_listing_bytes = bytes;
        self
    }

    /// Refuses pages of listings of more bytes, and manifests where the call does not say a limit itself.
    #[must_use]
    pub fn with_max_manifest_bytes(mut self, limit: u64) -> Self {
        self.max_manifest_bytes = limit;
        self
    }

    /// Asks for at most this many ranges of a large blob at a time.
    #[must_use]
    pub fn with_parallel_ranges(mut self, ranges: u8) -> Self {
        self.parallel_ranges = ranges;
        self
    }

    /// Finds and keeps referrers like this.
    #[must_use]
    pub fn with_referrers(mut self, mode: ReferrersMode) -> Self {
        self.referrers = mode;
        self
    }

    /// Calls `on_warning` once for each warning of the registry.
    #[must_use]
    pub fn with_on_warning(mut self, on_warning: impl Fn(&Warning) + Send + Sync + 'static) -> Self {
        self.on_warning = Arc::new(on_warning);
        self
    }
}

impl fmt::Debug for RegistryOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryOptions")
            .field("plain_http", &self.plain_http)
            .field("page_size", &self.page_size)
            .field("max_pages", &self.max_pages)
            .field("max_listing_bytes", &self.max_listing_bytes)
            .field("max_manifest_bytes", &self.max_manifest_bytes)
            .field("parallel_ranges", &self.parallel_ranges)
            .field("referrers", &self.referrers)
            .finish_non_exhaustive()
    }
}
