//! Options for one registry.

use std::fmt;
use std::sync::Arc;

use oras_content::MAX_MANIFEST_BYTES;

use crate::Warning;

/// How referrers are listed and kept.
///
/// Spec: distribution-spec v1.1, "Listing Referrers" and "Referrers Tag Schema".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferrersMode {
    /// The referrers API if the registry has it, else an index under a tag.
    #[default]
    Detect,
    /// Only the referrers API.
    Api,
    /// Only an index under a tag.
    TagSchema,
}

/// Options for one registry.
#[derive(Clone)]
#[non_exhaustive]
pub struct RegistryOptions {
    /// Plain HTTP or TLS. `None`, the default: plain HTTP for this machine (`localhost` and loopback addresses), TLS
    /// for all others. The client never falls back from one to the other.
    pub plain_http: Option<bool>,
    /// Number of entries to request in one page of a listing. `None`, the default: the registry decides.
    pub page_size: Option<usize>,
    /// Maximum number of pages of one listing. Default: 10 000.
    pub max_pages: usize,
    /// Maximum number of bytes in all pages of one listing. Default: 256 MiB.
    pub max_listing_bytes: u64,
    /// Maximum size in bytes of a page of a listing, and of a manifest if the call sets no limit of its own, as
    /// [`ResolveOptions::read`](oras_content::ResolveOptions::read) does. Default: 4 MiB.
    pub max_manifest_bytes: u64,
    /// Number of concurrent range requests for a blob of 64 MiB or more, if that proves faster than one request. All
    /// downloads of a client together hold at most 4 ranges of 8 MiB in memory. The default is 4. With 1, each blob is
    /// read by one request.
    pub parallel_ranges: u8,
    /// How referrers are listed and kept.
    pub referrers: ReferrersMode,
    /// Called once for each warning of the registry. Default: the warning is logged.
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
    /// Chooses plain HTTP or TLS.
    #[must_use]
    pub fn with_plain_http(mut self, plain: bool) -> Self {
        self.plain_http = Some(plain);
        self
    }

    /// Sets the number of entries in a page of a listing.
    #[must_use]
    pub fn with_page_size(mut self, entries: usize) -> Self {
        self.page_size = Some(entries);
        self
    }

    /// Sets the maximum number of pages of one listing.
    #[must_use]
    pub fn with_max_pages(mut self, pages: usize) -> Self {
        self.max_pages = pages;
        self
    }

    /// Sets the maximum number of bytes of one listing.
    #[must_use]
    pub fn with_max_listing_bytes(mut self, bytes: u64) -> Self {
        self.max_listing_bytes = bytes;
        self
    }

    /// Sets the maximum size of a page of a listing, and of a manifest if the call sets no limit of its own.
    #[must_use]
    pub fn with_max_manifest_bytes(mut self, limit: u64) -> Self {
        self.max_manifest_bytes = limit;
        self
    }

    /// Sets the number of concurrent range requests for a large blob.
    #[must_use]
    pub fn with_parallel_ranges(mut self, ranges: u8) -> Self {
        self.parallel_ranges = ranges;
        self
    }

    /// Sets how referrers are listed and kept.
    #[must_use]
    pub fn with_referrers(mut self, mode: ReferrersMode) -> Self {
        self.referrers = mode;
        self
    }

    /// Sets the callback for warnings of the registry, which is called once for each.
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
