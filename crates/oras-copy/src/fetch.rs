//! Resolving and reading single manifests and blobs.

use oras_content::{
    Content, Descriptor, Error, IntoName, MAX_MANIFEST_BYTES, Platform, Result, Store, StoreExt, Verified,
    VerifiedContent,
};

use crate::CopyError;
use crate::engine::{Root, resolve_root};
use crate::platform::select;

/// Options for [`resolve`], [`fetch`] and [`fetch_bytes`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchOptions {
    /// The platform to select from an index. Default: `None`, the index itself.
    pub platform: Option<Platform>,
    /// Upper bound on the size in bytes of each manifest that is read, and of the content that [`fetch_bytes`] returns.
    /// Default: 4 MiB.
    pub limit: u64,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            platform: None,
            limit: MAX_MANIFEST_BYTES,
        }
    }
}

impl FetchOptions {
    /// Selects the manifest for this platform.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }

    /// Sets the upper bound on the size in bytes of manifests, and of the content that [`fetch_bytes`] returns.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

/// Resolves a tag or digest. If a platform is given, the result is the manifest for it: the entry of an index, or an image
/// that is itself for it. Without a platform nothing is read, as with [`StoreExt::resolve`].
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the name does not exist, or nothing is for the
///   platform.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): a manifest that has to be read for the
///   platform exceeds [`FetchOptions::limit`].
/// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): a platform is given, and the root is neither an
///   index nor an image.
pub async fn resolve<S>(store: &S, name: impl IntoName, options: &FetchOptions) -> Result<Descriptor>
where
    S: Store + ?Sized,
{
    match options.platform {
        Some(_) => Ok(select_root(&store, name, options).await?.descriptor),
        None => store.resolve(name).await,
    }
}

/// Resolves a tag or digest and opens its content, selecting the manifest for a platform from an index if one is given.
/// A manifest returned with its name is not requested again. The content knows its descriptor, and ends with an error
/// on a mismatch.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the name does not exist, or nothing is for the
///   platform.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): a manifest exceeds
///   [`FetchOptions::limit`].
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): a manifest does not match its digest.
pub async fn fetch<S>(store: &S, name: impl IntoName, options: &FetchOptions) -> Result<VerifiedContent>
where
    S: Store + ?Sized,
{
    let root = select_root(&store, name, options).await?;
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
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): the content, or a manifest that has to be
///   read for the platform, exceeds [`FetchOptions::limit`].
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): the content does not match its digest.
pub async fn fetch_bytes<S>(store: &S, name: impl IntoName, options: &FetchOptions) -> Result<Verified>
where
    S: Store + ?Sized,
{
    let root = select_root(&store, name, options).await?;
    match root.content {
        Some(content) => Ok(content),
        None => store.fetch_all(&root.descriptor, options.limit).await,
    }
}

/// Resolves a name, and selects the manifest for the platform if one is given.
async fn select_root<S>(store: &S, name: impl IntoName, options: &FetchOptions) -> Result<Root>
where
    S: Store + ?Sized,
{
    let name = store.named(name)?;
    let root = resolve_root(&store, &name, options.limit).await.map_err(cause)?;
    match &options.platform {
        Some(platform) => select(&store, root, platform, options.limit).await,
        None => Ok(root),
    }
}

/// With a single store, the side is irrelevant.
fn cause(error: CopyError) -> Error {
    error.source
}
