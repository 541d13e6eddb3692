//! Limits: how much, and how long.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::LONGEST;
use crate::ServerOptions;

impl ServerOptions {
    /// The largest manifest that is taken, in bytes; 4 MiB by default.
    #[must_use]
    pub fn with_manifest_limit(mut self, limit: u64) -> Self {
        self.manifest_limit = limit;
        self
    }

    /// The largest blob that is taken, in bytes; any by default.
    #[must_use]
    pub fn with_blob_limit(mut self, limit: u64) -> Self {
        self.blob_limit = limit;
        self
    }

    /// How many entries a page of a listing has at most, and where the client asks for no number; 1000 by default.
    /// It is at least 1.
    #[must_use]
    pub fn with_page_size(mut self, page_size: usize) -> Self {
        // One more than a page has is asked of the store.
        self.page_size = page_size.clamp(1, usize::MAX - 1);
        self
    }

    /// How many uploads may be open at once; 1000 by default. One more is answered with status 429.
    #[must_use]
    pub fn with_upload_limit(mut self, limit: usize) -> Self {
        self.upload_limit = limit;
        self
    }

    /// How long an upload that nothing happens to stays open; one hour by default.
    ///
    /// Over a [`FolderBackend`](crate::FolderBackend) it stays open when the server ends, for the next one on the same
    /// folder, which hashes again what is there. Its time then starts with the last byte. Nothing that is older than a
    /// week is ever found again.
    #[must_use]
    pub fn with_upload_lifetime(mut self, lifetime: Duration) -> Self {
        self.upload_lifetime = lifetime;
        self
    }

    /// How many connections may be open at once; 1024 by default. More wait to be accepted. It is at least 1.
    #[must_use]
    pub fn with_connection_limit(mut self, limit: usize) -> Self {
        self.connection_limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// How long a client may be silent, within a head, within a body or between requests, and how long it may leave
    /// an answer unread; one minute by default.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience.min(LONGEST);
        self
    }

    /// The least rate at which a client has to send a request body, in bytes per second; 1024 by default, and 0
    /// switches it off.
    ///
    /// It is averaged over each window as long as [`with_patience`](Self::with_patience) allows a client to be silent.
    /// Only the time in which the server waits for the client counts, and the rest of a body may be less than a
    /// window's bytes if it arrives within one. A body that is slower is answered with status 408.
    #[must_use]
    pub fn with_least_rate(mut self, bytes_per_second: u64) -> Self {
        self.least_rate = bytes_per_second;
        self
    }

    /// How long [`Server::shutdown`](crate::Server::shutdown) waits for requests in flight; 10 seconds by default.
    #[must_use]
    pub fn with_shutdown_patience(mut self, patience: Duration) -> Self {
        self.shutdown_patience = patience;
        self
    }
}
