//! Resolving and reading single manifests and blobs.

use oras_content::{
    Content, Descriptor, Error, IntoName, MAX_MANIFEST_BYTES, Platform, Result, Store, StoreExt, Verified,
    VerifiedContent,
};

use crate::CopyError;
use crate::engine::resolve_root;
use crate::platform::select;

/// Options for [`fetch_bytes`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchBytesOptions {
    /// The platform to select from an index. Default: `None`, the index itself.
    pub platform: Option<Platform>,
    /// Upper bound on the content's size in bytes. Default: 4 MiB.
    pub limit: u64,
}

impl Default for FetchBytesOptions {
    fn default() -> Self {
        Self {
            platform: None,
            limit: MAX_MANIFEST_BYTES,
        }
    }
}

impl FetchBytesOptions {
    /// Selects the manifest for this platform.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }

    /// Sets the upper bound on the content's size in bytes.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

/// Resolves a tag or digest to the manifest for this platform: the entry of an index, or an image that is itself for
/// it.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the name does not exist, or nothing is for the
///   platform.
/// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the root is neither an index nor an image.
pub async fn resolve_platform<S>(store: &S, name: impl IntoName, platform: &Platform) -> Result<Descriptor>
where
    S: Store + ?Sized,
{
    let name = store.named(name)?;
    let root = resolve_root(&store, &name, MAX_MANIFEST_BYTES).await;
    let selected = select(&store, root.map_err(cause)?, platform, MAX_MANIFEST_BYTES).await?;
    Ok(selected.descriptor)
}

/// Resolves a tag or digest and opens its content, selecting the manifest for `platform` from an index if one is given.
/// A manifest returned with its name is not requested again. The content knows its descriptor, and ends with an error
/// on a mismatch.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the name does not exist, or nothing is for the
///   platform.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): a manifest exceeds 4 MiB.
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): a manifest does not match its digest.
pub async fn fetch<S>(store: &S, name: impl IntoName, platform: Option<&Platform>) -> Result<VerifiedContent>
where
    S: Store + ?Sized,
{
    let name = store.named(name)?;
    let root = resolve_root(&store, &name, MAX_MANIFEST_BYTES)
        .await
        .map_err(cause)?;
    let root = match platform {
        Some(platform) => select(&store, root, platform, MAX_MANIFEST_BYTES).await?,
        None => root,
    };
    match root.content {
        Some(content) => Content::from(content.bytes().clone()).verified(&root.descriptor),
        None => store.fetch(&root.descriptor).await,
    }
}

/// Resolves a tag or digest and reads the manifest.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the name does not exist, or nothing is for the
///   platform.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): the content exceeds
///   [`FetchBytesOptions::limit`].
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): the content does not match its digest.
pub async fn fetch_bytes<S>(store: &S, name: impl IntoName, options: &FetchBytesOptions) -> Result<Verified>
where
    S: Store + ?Sized,
{
    let name = store.named(name)?;
    let mut root = resolve_root(&store, &name, options.limit).await.map_err(cause)?;
    if let Some(platform) = &options.platform {
        root = select(&store, root, platform, options.limit).await?;
    }
    match root.content {
        Some(content) => Ok(content),
        None => store.fetch_all(&root.descriptor, options.limit).await,
    }
}

/// With a single store, the side is irrelevant.
fn cause(error: CopyError) -> Error {
    error.source
}
