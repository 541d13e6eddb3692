//! Resolving and reading single manifests and blobs.

use oras_content::{
    Descriptor, Error, FetcherExt, MAX_MANIFEST_BYTES, Platform, ReadOnlyTarget, Result, Verified,
};

use crate::CopyError;
use crate::engine::resolve_root;
use crate::platform::select;

/// How to resolve.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ResolveOptions {
    /// The manifest of an index for this platform; the index itself where `None`, which is the default.
    pub platform: Option<Platform>,
}

impl ResolveOptions {
    /// Resolves to the manifest for this platform.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }
}

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

/// What `reference` resolves to, and for which platform.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): nothing has this name, or nothing is for the platform.
/// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): a platform was asked for, and the root is neither an index nor an image.
pub async fn resolve<T>(target: &T, reference: &str, options: &ResolveOptions) -> Result<Descriptor>
where
    T: ReadOnlyTarget,
{
    let Some(platform) = &options.platform else {
        return target.resolve(reference).await;
    };
    let root = resolve_root(target, reference, MAX_MANIFEST_BYTES)
        .await
        .map_err(cause)?;
    Ok(select(target, root, platform, MAX_MANIFEST_BYTES)
        .await?
        .descriptor)
}

/// Resolves `reference` and reads its manifest.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): nothing has this name, or nothing is for the platform.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): it is larger than [`FetchBytesOptions::limit`].
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): the content is not what its name says.
pub async fn fetch_bytes<T>(target: &T, reference: &str, options: &FetchBytesOptions) -> Result<Verified>
where
    T: ReadOnlyTarget,
{
    let mut root = resolve_root(target, reference, options.limit)
        .await
        .map_err(cause)?;
    if let Some(platform) = &options.platform {
        root = select(target, root, platform, options.limit).await?;
    }
    match root.content {
        Some(content) => Ok(content),
        None => target.fetch_all(&root.descriptor, options.limit).await,
    }
}

/// With one store there are no sides to tell apart.
fn cause(error: CopyError) -> Error {
    error.source
}
