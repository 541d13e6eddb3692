//! The protocol: which parts of it are spoken.

use crate::ServerOptions;

impl ServerOptions {
    /// Whether tags, manifests and blobs can be deleted; they can by default. What cannot is answered with status 405.
    #[must_use]
    pub fn with_delete(self, delete: bool) -> Self {
        self.with_tag_delete(delete)
            .with_manifest_delete(delete)
            .with_blob_delete(delete)
    }

    /// Whether tags can be deleted; they can by default.
    #[must_use]
    pub fn with_tag_delete(mut self, delete: bool) -> Self {
        self.tag_delete = delete;
        self
    }

    /// Whether manifests can be deleted, by digest and with all their tags; they can by default.
    #[must_use]
    pub fn with_manifest_delete(mut self, delete: bool) -> Self {
        self.manifest_delete = delete;
        self
    }

    /// Whether blobs can be deleted; they can by default.
    #[must_use]
    pub fn with_blob_delete(mut self, delete: bool) -> Self {
        self.blob_delete = delete;
        self
    }

    /// Whether referrers can be listed; they can by default. Without, the registry behaves as those that are older
    /// than distribution-spec v1.1.
    #[must_use]
    pub fn with_referrers_api(mut self, referrers_api: bool) -> Self {
        self.referrers_api = referrers_api;
        self
    }

    /// Whether manifests are taken although content that they refer to is missing. By default images are not, and
    /// indexes are.
    #[must_use]
    pub fn with_sparse(mut self, sparse: bool) -> Self {
        self.sparse_images = sparse;
        self.sparse_indexes = sparse;
        self
    }

    /// How many bytes each chunk of an upload has at least, but the last one; any number by default, which is 0.
    ///
    /// Clients are told by `OCI-Chunk-Min-Length` when an upload is opened. What follows a shorter chunk is refused with
    /// status 400 and the code `BLOB_UPLOAD_INVALID`: the specification names none. The upload stays open, to be
    /// closed without more bytes, or cancelled.
    ///
    /// Spec: distribution-spec v1.1, "Pushing a blob in chunks".
    #[must_use]
    pub fn with_chunk_min_length(mut self, length: u64) -> Self {
        self.chunk_min_length = length;
        self
    }

    /// Whether this is a mirror of other registries: `ns=HOST` in a request that reads `NAME` then means the repository
    /// `HOST/NAME` of the [backend](Self::with_backend), where the colon before a port is an underscore. By default the
    /// parameter is ignored, as registries may that are no mirrors.
    ///
    /// What is of another registry can be written by its whole name only, and access is that to the whole name.
    ///
    /// Spec: distribution-spec v1.1, "Registry Proxying".
    #[must_use]
    pub fn with_namespaces(mut self, namespaces: bool) -> Self {
        self.namespaces = namespaces;
        self
    }

    /// Whether HTTP/2 is spoken beside HTTP/1.1; it is by default.
    #[must_use]
    pub fn with_http2(mut self, http2: bool) -> Self {
        self.http2 = http2;
        self
    }
}
