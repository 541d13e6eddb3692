//! Protocol options: which parts are supported.

use crate::ServerOptions;

impl ServerOptions {
    /// Sets whether tags, manifests and blobs can be deleted; they can by default. A refused deletion is answered with
    /// status 405.
    #[must_use]
    pub fn with_delete(self, delete: bool) -> Self {
        self.with_tag_delete(delete)
            .with_manifest_delete(delete)
            .with_blob_delete(delete)
    }

    /// Sets whether tags can be deleted; they can by default.
    #[must_use]
    pub fn with_tag_delete(mut self, delete: bool) -> Self {
        self.tag_delete = delete;
        self
    }

    /// Sets whether manifests can be deleted, by digest and with all their tags; they can by default.
    #[must_use]
    pub fn with_manifest_delete(mut self, delete: bool) -> Self {
        self.manifest_delete = delete;
        self
    }

    /// Sets whether blobs can be deleted; they can by default.
    #[must_use]
    pub fn with_blob_delete(mut self, delete: bool) -> Self {
        self.blob_delete = delete;
        self
    }

    /// Sets whether referrers can be listed; they can by default. Without it, the registry behaves like those older than
    /// distribution-spec v1.1.
    #[must_use]
    pub fn with_referrers_api(mut self, referrers_api: bool) -> Self {
        self.referrers_api = referrers_api;
        self
    }

    /// Sets whether manifests with missing children are accepted. By default this is refused for images and accepted for
    /// indexes.
    #[must_use]
    pub fn with_sparse(mut self, sparse: bool) -> Self {
        self.sparse_images = sparse;
        self.sparse_indexes = sparse;
        self
    }

    /// Sets the minimum length in bytes of each chunk of an upload but the last; 0 by default, which means no minimum.
    ///
    /// Clients learn it from `OCI-Chunk-Min-Length` when an upload is opened. After a shorter one, any more bytes are
    /// refused with status 400 and the code `BLOB_UPLOAD_INVALID`, because the specification names none. The upload stays open, and
    /// can be closed without more bytes or cancelled.
    ///
    /// Spec: distribution-spec v1.1, "Pushing a blob in chunks".
    #[must_use]
    pub fn with_chunk_min_length(mut self, length: u64) -> Self {
        self.chunk_min_length = length;
        self
    }

    /// Sets whether this is a mirror of other registries: `ns=HOST` in a read request for `NAME` then means the repository
    /// `HOST/NAME` of the [backend](Self::with_backend), with an underscore instead of the colon before a port. By default
    /// the parameter is ignored, as the specification permits.
    ///
    /// Content of another registry can be written only by its full name, and permissions are those of the full name.
    ///
    /// Spec: distribution-spec v1.1, "Registry Proxying".
    #[must_use]
    pub fn with_namespaces(mut self, namespaces: bool) -> Self {
        self.namespaces = namespaces;
        self
    }

    /// Sets whether HTTP/2 is served beside HTTP/1.1; it is by default.
    #[must_use]
    pub fn with_http2(mut self, http2: bool) -> Self {
        self.http2 = http2;
        self
    }
}
