//! `Verifier`: decides whether a root may be copied.

use async_trait::async_trait;
use oras_content::{Descriptor, Name, Result, Store, StoreExt, Verified};

use crate::engine::Root;
use crate::{CopyError, CopyOptions, Operation};

/// Decides whether a root may be copied, for example by policy or signatures.
///
/// Called once for each root of a copy or plan, and once for each tag of [`CopyTags`](crate::CopyTags). Not called for
/// referrers of a root, nor again when a plan is run. At that point the root is resolved and its manifest verified.
/// Apart from it and, for platforms, the index, nothing has been read, and nothing has been written.
///
/// ```
/// use async_trait::async_trait;
/// use oras_content::{Error, Result, StoreExt};
/// use oras_copy::{Subject, Verifier};
///
/// /// Accepts only roots that have a referrer.
/// struct Signed;
///
/// #[async_trait]
/// impl Verifier for Signed {
///     async fn verify(&self, subject: &Subject<'_>) -> Result<()> {
///         use futures_util::TryStreamExt;
///         let mut referrers = subject.source.list_referrers(subject.root, None).await?;
///         match referrers.try_next().await? {
///             Some(_) => Ok(()),
///             None => Err(Error::refused(subject.root, "nobody signed it")),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait Verifier: Send + Sync {
    /// Accepts or rejects `subject`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): it must not be copied. Any error ends the copy, or
    /// that of the tag, as a [`CopyError`] of [`Operation::Approve`].
    async fn verify(&self, subject: &Subject<'_>) -> Result<()>;
}

/// The root that a [`Verifier`] decides about.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Subject<'a> {
    /// The source store, from which referrers of the root can be read.
    pub source: &'a dyn Store,
    /// The requested tag or digest. If the caller gave a descriptor, the digest of `root`.
    pub name: &'a Name,
    /// The descriptor the name resolves to.
    pub resolved: &'a Descriptor,
    /// The descriptor to copy: `resolved`, unless platforms or a [`Selection`](crate::Selection) replaced it.
    pub root: &'a Descriptor,
    /// The content of `root`, or `None` if it is not a manifest.
    pub content: Option<&'a Verified>,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("source", &self.source.to_string())
            .field("name", &self.name)
            .field("resolved", &self.resolved.digest)
            .field("root", &self.root.digest)
            .finish_non_exhaustive()
    }
}

/// Calls the verifier in `options`, if there is one. Keeps the content read for it.
pub(crate) async fn approve(
    source: &dyn Store,
    name: &Name,
    resolved: &Descriptor,
    root: &mut Root,
    options: &CopyOptions,
) -> Result<(), CopyError> {
    let Some(verifier) = &options.verifier else {
        return Ok(());
    };
    if root.content.is_none() && root.descriptor.is_manifest() {
        let content = source
            .fetch_all(&root.descriptor, options.max_manifest_bytes)
            .await;
        root.content = Some(content.map_err(CopyError::source(Operation::Fetch))?);
    }
    let subject = Subject {
        source,
        name,
        resolved,
        root: &root.descriptor,
        content: root.content.as_ref(),
    };
    let verified = verifier.verify(&subject).await;
    verified.map_err(CopyError::source(Operation::Approve))
}

/// Like [`approve`], for a root given by its descriptor.
pub(crate) async fn approve_given(
    source: &dyn Store,
    root: &mut Root,
    options: &CopyOptions,
) -> Result<(), CopyError> {
    let resolved = root.descriptor.clone();
    let name = Name::from(resolved.digest.clone());
    approve(source, &name, &resolved, root, options).await
}
