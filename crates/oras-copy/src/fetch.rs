//! Resolving and reading single manifests and blobs.

use oras_content::{
    Content, Descriptor, Error, IntoName, MAX_MANIFEST_BYTES, Platform, Result, Store, StoreExt, Verified,
    VerifiedContent,
};

use crate::CopyError;
use crate::engine::resolve_root;
use crate::platform::select;

/// How to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchBytesOptions {
    /// The manifest of an index for this platform; the index itself where `None`, which is the default.
    pub platform: Option<Platform>,
    /// The size in bytes beyond which content is refused. Default: 4 MiB.
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
    /// Reads the manifest for this platform.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }

    /// Refuses more bytes.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

/// Resolves a tag or digest to the manifest of an index for this platform, or to the image itself, where it is for it.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): nothing has this name, or nothing is for the platform.
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

/// Resolves a tag or digest and opens what it stands for; a manifest that comes with its name is not asked for again. Of an index it is
/// what is for `platform`, where one is given. The content tells its descriptor, and ends with an error unless it is that content.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): nothing has this name, or nothing is for the platform.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): a manifest has more than 4 MiB.
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): a manifest is not what its name says.
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

/// Resolves a tag or digest and reads its manifest.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): nothing has this name, or nothing is for the platform.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): it is larger than [`FetchBytesOptions::limit`].
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): the content is not what its name says.
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

/// With one store there are no sides to tell apart.
fn cause(error: CopyError) -> Error {
    error.source
}
