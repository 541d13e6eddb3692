//! Removing a tag without its manifest.

use oras_content::{
    Descriptor, Digest, Error, ErrorKind, MAX_MANIFEST_BYTES, Store, StoreExt, Tag, Verified, WriterExt,
};

/// Removes a tag, which must exist, keeps the manifest it points to, and returns that manifest's digest. If `expected`
/// is given, a tag that points to another digest is kept.
///
/// Some registries delete the manifest along with its tag, so it is read first and put back if needed.
///
/// Spec: distribution-spec v1.1, "Deleting tags".
///
/// # Errors
///
/// - [`UntagError::Unsupported`]: the store cannot remove a tag alone. Nothing was changed.
/// - [`UntagError::Moved`]: the tag points to something else.
/// - [`UntagError::PutBack`]: the store deleted the manifest as well.
/// - [`UntagError::Store`]: a store operation failed.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oras_content::{Store, StoreExt, WriterExt};
/// use oras_copy::untag;
/// # use oras_memory::MemoryStore;
/// # use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
/// # let store = MemoryStore::new();
/// # let packed = pack_manifest(&store, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
/// store.tag(&packed, "v1").await?;
/// untag(&store, &"v1".parse()?, Some(&packed.digest)).await?;
/// assert!(store.resolve("v1").await.is_err());
/// assert!(store.exists(&packed).await?);
/// # Ok(())
/// # }
/// ```
pub async fn untag<S>(store: &S, tag: &Tag, expected: Option<&Digest>) -> Result<Digest, UntagError>
where
    S: Store + ?Sized,
{
    let untagger = store.as_untagger().map_err(UntagError::Unsupported)?;
    let manifest = store.fetch_named(tag, MAX_MANIFEST_BYTES).await?;
    let digest = manifest.descriptor().digest.clone();
    if let Some(expected) = expected.filter(|expected| **expected != digest) {
        return Err(UntagError::Moved {
            name: format!("{store}:{tag}"),
            expected: expected.clone(),
            actual: digest,
        });
    }
    match untagger.untag(tag).await {
        Err(error) if *error.kind() == ErrorKind::Unsupported => return Err(UntagError::Unsupported(error)),
        // Some registries respond "not found" to requests for deletions they do not support.
        Err(error) if error.is_not_found() && store.resolve(tag).await.is_ok() => {
            let error = Error::unsupported(format!("removing the tag {store}:{tag}"));
            return Err(UntagError::Unsupported(error));
        }
        untagged => untagged?,
    }
    match put_back(store, manifest).await? {
        true => Err(UntagError::PutBack {
            name: format!("{store}:{tag}"),
            digest,
        }),
        false => Ok(digest),
    }
}

/// Pushes a manifest if it no longer exists. Returns whether it did.
async fn put_back<S>(store: &S, manifest: Verified) -> Result<bool, Error>
where
    S: Store + ?Sized,
{
    let descriptor = manifest.descriptor().clone();
    if is_there(store, &descriptor).await? {
        return Ok(false);
    }
    store.as_writer()?.push(&descriptor, manifest).await?;
    Ok(true)
}

/// Whether a manifest exists. Some registries deny it in response to `HEAD` but serve it in response to `GET`.
async fn is_there<S>(store: &S, manifest: &Descriptor) -> Result<bool, Error>
where
    S: Store + ?Sized,
{
    if store.exists(manifest).await? {
        return Ok(true);
    }
    match store.fetch_manifest(manifest, MAX_MANIFEST_BYTES).await {
        Err(error) if error.is_not_found() => Ok(false),
        read => read.map(|_| true),
    }
}

/// Why a tag could not be removed alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UntagError {
    /// The store cannot remove a tag alone. Nothing was changed.
    #[error(transparent)]
    Unsupported(Error),
    /// The tag points to something else than expected.
    #[error("{name} moved from {expected} to {actual} meanwhile")]
    Moved {
        /// The tag, with its store.
        name: String,
        /// The expected digest.
        expected: Digest,
        /// The digest the tag points to.
        actual: Digest,
    },
    /// The store deleted the manifest with its tag. It was put back, without its other tags.
    #[error("the manifest {digest} was deleted with its tag {name}, and was put back")]
    PutBack {
        /// The tag, with its store.
        name: String,
        /// The manifest.
        digest: Digest,
    },
    /// A store operation failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// For callers that need not tell the reasons apart.
impl From<UntagError> for Error {
    fn from(error: UntagError) -> Self {
        match error {
            UntagError::Unsupported(error) | UntagError::Store(error) => error,
            UntagError::Moved {
                name,
                expected,
                actual,
            } => {
                let reason = format!("it moved from {expected} to {actual} meanwhile");
                Self::refused(format!("removing the tag {name}"), reason)
            }
            UntagError::PutBack { name, .. } => Self::unsupported(format!("removing only the tag {name}")),
        }
    }
}
