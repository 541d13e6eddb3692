//! Limits on sizes, numbers and times.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::LONGEST;
use crate::ServerOptions;

impl ServerOptions {
    /// Sets the maximum size of a manifest in bytes; 4 MiB by default.
    #[must_use]
    pub fn with_manifest_limit(mut self, limit: u64) -> Self {
        self.manifest_limit = limit;
        self
    }

    /// Sets the maximum size of a blob in bytes; unlimited by default.
    #[must_use]
    pub fn with_blob_limit(mut self, limit: u64) -> Self {
        self.blob_limit = limit;
        self
    }

    /// Sets the maximum number of entries in a page of a listing, which is also the default if the client asks for no
    /// number; 1000 by default, and at least 1.
    #[must_use]
    pub fn with_page_size(mut self, page_size: usize) -> Self {
        // The store is asked for one more entry than a page has.
        self.page_size = page_size.clamp(1, usize::MAX - 1);
        self
    }

    /// Sets the maximum number of open uploads; 1000 by default. A further one is answered with status 429.
    #[must_use]
    pub fn with_upload_limit(mut self, limit: usize) -> Self {
        self.upload_limit = limit;
        self
    }

    /// Sets how long an inactive upload stays open; one hour by default.
    ///
    /// Over a [`FolderBackend`](crate::FolderBackend), uploads stay open when the server ends. The next server on the same
    /// folder hashes the existing bytes again. The lifetime then starts with the last byte. An upload older than a week is
    /// never resumed.
    #[must_use]
    pub fn with_upload_lifetime(mut self, lifetime: Duration) -> Self {
        self.upload_lifetime = lifetime;
        self
    }

    /// Sets the maximum number of open connections; 1024 by default, and at least 1. Further connections wait to be
    /// accepted.
    #[must_use]
    pub fn with_connection_limit(mut self, limit: usize) -> Self {
        self.connection_limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets how long a client may be silent, within a head, within a body or between requests, and how long it may leave a
    /// response unread; one minute by default.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience.min(LONGEST);
        self
    }

    /// Sets the minimum rate at which a client must send a request body, in bytes per second; 1024 by default, and 0 turns
    /// it off.
    ///
    /// The rate is averaged over windows as long as [`with_patience`](Self::with_patience) allows a client to be silent.
    /// Only time spent waiting for the client counts. The rest of a body may be shorter than a window's bytes if it arrives
    /// within one window. A slower body is answered with status 408.
    #[must_use]
    pub fn with_least_rate(mut self, bytes_per_second: u64) -> Self {
        self.least_rate = bytes_per_second;
        self
    }

    /// Sets how long [`Server::shutdown`](crate::Server::shutdown) waits for current requests; 10 seconds by default.
    #[must_use]
    pub fn with_shutdown_patience(mut self, patience: Duration) -> Self {
        self.shutdown_patience = patience;
        self
    }
}
