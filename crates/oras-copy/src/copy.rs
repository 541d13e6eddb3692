//! Copying what a reference resolves to, or a graph.

use std::sync::Arc;

use oras_content::{Descriptor, Digest, Error, Fetcher, ReadOnlyTarget, Storage, Target};

use crate::engine::{Engine, Job, Root, resolve_root};
use crate::platform::select;
use crate::{CopyError, CopyOptions, Operation};

/// Copies what `source_reference` resolves to, with all that it refers to, and names it at the destination.
///
/// An empty `destination_reference` means the same name as at the source. A digest there is compared with what is
/// copied, and no name is given. The descriptor of what was copied is returned: the root, or the manifest chosen by
/// platform.
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. What was copied until then stays.
///
/// # Example
///
/// See the [crate's page](crate).
pub async fn copy<S, D>(
    source: &S,
    source_reference: &str,
    destination: &D,
    destination_reference: &str,
    options: &CopyOptions,
) -> Result<Descriptor, CopyError>
where
    S: ReadOnlyTarget + Clone + 'static,
    D: Target,
{
    let mut root = resolve_root(source, source_reference, options.max_manifest_bytes).await?;
    if let Some(platform) = &options.platform {
        let selected = Box::pin(select(source, root, platform, options.max_manifest_bytes)).await;
        root = selected.map_err(CopyError::source(Operation::SelectPlatform))?;
    }
    root.tag = name(&root, source_reference, destination_reference)?;
    let descriptor = root.descriptor.clone();
    let source: Arc<dyn Fetcher> = Arc::new(source.clone());
    let job = Job::new(source, destination, Some(destination), options);
    Box::pin(Engine::new(&job).run(vec![root])).await?;
    Ok(descriptor)
}

/// Copies `root` with all that it refers to. No name is given.
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. What was copied until then stays.
pub async fn copy_graph<S, D>(
    source: &S,
    destination: &D,
    root: &Descriptor,
    options: &CopyOptions,
) -> Result<(), CopyError>
where
    S: Fetcher + Clone + 'static,
    D: Storage,
{
    let source: Arc<dyn Fetcher> = Arc::new(source.clone());
    let job = Job::new(source, destination, None, options);
    Box::pin(Engine::new(&job).run(vec![root.clone().into()])).await
}

/// The name that a root gets at the destination, if any.
pub(crate) fn name(root: &Root, source: &str, destination: &str) -> Result<Option<String>, CopyError> {
    let reference = if destination.is_empty() {
        source
    } else {
        destination
    };
    let Ok(digest) = reference.parse::<Digest>() else {
        return Ok(Some(reference.to_owned()));
    };
    if digest == root.descriptor.digest || destination.is_empty() {
        return Ok(None);
    }
    let what = format!("copying {} as {digest}", root.descriptor.digest);
    let reason = "a digest names only its own content; give a tag".to_owned();
    Err(CopyError::destination(Operation::Tag)(Error::refused(
        what, reason,
    )))
}
