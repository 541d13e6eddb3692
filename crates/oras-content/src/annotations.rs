//! Annotation keys with a meaning of their own.

use std::collections::BTreeMap;

/// Annotations in the order in which they are written: by key.
pub type Annotations = BTreeMap<String, String>;

/// When the content was made, in RFC 3339.
pub const CREATED: &str = "org.opencontainers.image.created";
/// The name of the file that a layer holds.
pub const TITLE: &str = "org.opencontainers.image.title";
/// The tag of an entry in the `index.json` of an image layout.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// `"true"` on a layer that is a folder, packed.
pub const UNPACK: &str = "io.deis.oras.content.unpack";
/// The digest of a packed folder before compression.
pub const CONTENT_DIGEST: &str = "io.deis.oras.content.digest";
