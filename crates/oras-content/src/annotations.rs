//! Annotation keys with a defined meaning.

use std::collections::BTreeMap;

/// Annotations, sorted by key, which is the order they are written in.
pub type Annotations = BTreeMap<String, String>;

/// The creation time of the content, in RFC 3339.
pub const CREATED: &str = "org.opencontainers.image.created";
/// The file name of a layer.
pub const TITLE: &str = "org.opencontainers.image.title";
/// The tag of an entry in an image layout's `index.json`.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// `"true"` on a layer that is a packed folder.
pub const UNPACK: &str = "io.deis.oras.content.unpack";
/// The digest of a packed folder's tar stream before compression.
pub const CONTENT_DIGEST: &str = "io.deis.oras.content.digest";
