//! Verifiers: whether what a name resolves to may be copied at all.

use async_trait::async_trait;
use oras_content::{Descriptor, Name, Result, Store, StoreExt, Verified};

use crate::engine::Root;
use crate::{CopyError, CopyOptions, Operation};

/// Decides whether a root may be copied, such as by a policy or by signatures.
///
/// It is asked once for each root that a copy or a plan is given: once for each tag of [`CopyTags`](crate::CopyTags), not
/// for what refers to a root, and not again when a plan is run. The root is known and its manifest verified by then; nothing
/// was read beyond that and, for platforms, the index, and nothing was written.
///
/// ```
/// use async_trait::async_trait;
/// use oras_content::{Error, Result, StoreExt};
/// use oras_copy::{Subject, Verifier};
///
/// /// Copies what something is attached to.
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
    /// Lets `subject` be copied, or refuses it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](oras_content::ErrorKind::Refused) where it must not be copied. Any error ends the copy, or that
    /// of the tag, as a [`CopyError`] of [`Operation::Approve`].
    async fn verify(&self, subject: &Subject<'_>) -> Result<()>;
}

/// What a [`Verifier`] is asked about.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Subject<'a> {
    /// The store that is read. What is attached to the root can be read from it.
    pub source: &'a dyn Store,
    /// What was asked for: a tag, or a digest, which is that of `root` where the caller gave a descriptor.
    pub name: &'a Name,
    /// What the name resolves to.
    pub resolved: &'a Descriptor,
    /// What is copied: `resolved`, unless platforms or a [`Selection`](crate::Selection) put something else in its place.
    pub root: &'a Descriptor,
    /// The content of `root`; `None` where it is no manifest.
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

/// Asks the verifier of `options` about `root`, if there is one. The content that is read for that is kept.
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

/// As [`approve`], for a root that the caller gave by its descriptor.
pub(crate) async fn approve_given(
    source: &dyn Store,
    root: &mut Root,
    options: &CopyOptions,
) -> Result<(), CopyError> {
    let resolved = root.descriptor.clone();
    let name = Name::from(resolved.digest.clone());
    approve(source, &name, &resolved, root, options).await
}
