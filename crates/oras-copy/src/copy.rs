//! `copy` and `copy_graph`.

use oras_content::{Descriptor, IntoName, Store, Writer};

use crate::engine::{Engine, Job, Root, resolve_root};
use crate::names::Names;
use crate::platform::select_any;
use crate::verifier::{approve, approve_given};
use crate::{CopyError, CopyOptions, Operation};

/// Copies the graph that `source_name` resolves to and names its root at the destination.
///
/// An empty `destination_name` means the same name as at the source. A digest must match the copied root; no tag is set
/// then. Returns the descriptor of the copied root, which is the selected manifest or index if platforms were given.
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. Content already copied stays.
///
/// # Example
///
/// See the [crate's page](crate).
pub async fn copy<S, D>(
    source: &S,
    source_name: impl IntoName,
    destination: &D,
    destination_name: impl IntoName,
    options: &CopyOptions,
) -> Result<Descriptor, CopyError>
where
    S: Store + ?Sized,
    D: Writer + ?Sized,
{
    let names = Names::of(&source, source_name, &destination, destination_name)?;
    let copied = Box::pin(copy_named(&source, &destination, &names, options)).await;
    copied.map_err(|error| error.between(&names.source_text, &names.destination_text))
}

async fn copy_named(
    source: &dyn Store,
    destination: &dyn Writer,
    names: &Names,
    options: &CopyOptions,
) -> Result<Descriptor, CopyError> {
    let root = select_root(source, names, options).await?;
    let descriptor = root.descriptor.clone();
    let job = Job::new(source, destination, options);
    Engine::new(&job).run(vec![root]).await?;
    Ok(descriptor)
}

/// Resolves the root to copy: applies platform selection and the caller's mapping, and has the verifier approve it.
pub(crate) async fn select_root(
    source: &dyn Store,
    names: &Names,
    options: &CopyOptions,
) -> Result<Root, CopyError> {
    let mut root = resolve_root(source, &names.source, options.max_manifest_bytes).await?;
    let resolved = root.descriptor.clone();
    if !options.platforms.is_empty() {
        let selected = select_any(source, root, &options.platforms, options.max_manifest_bytes).await;
        root = selected.map_err(CopyError::source(Operation::SelectPlatform))?;
    }
    let mapped = options.selection.map_root(source, root.descriptor.clone()).await;
    let mapped = mapped.map_err(CopyError::source(Operation::Select))?;
    if mapped != root.descriptor {
        root = mapped.into();
    }
    approve(source, &names.source, &resolved, &mut root, options).await?;
    root.tags = names.tags(&root.descriptor.digest, &options.tags)?;
    Ok(root)
}

/// Copies the graph of `root`. Sets the tags in the options, and no other name.
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. Content already copied stays.
pub async fn copy_graph<S, D>(
    source: &S,
    destination: &D,
    root: &Descriptor,
    options: &CopyOptions,
) -> Result<(), CopyError>
where
    S: Store + ?Sized,
    D: Writer + ?Sized,
{
    let mut root = Root::from(root.clone());
    root.tags.clone_from(&options.tags);
    let copied = Box::pin(copy_given(&source, &destination, root, options)).await;
    copied.map_err(|error| error.between(&source, &destination))
}

async fn copy_given(
    source: &dyn Store,
    destination: &dyn Writer,
    mut root: Root,
    options: &CopyOptions,
) -> Result<(), CopyError> {
    approve_given(source, &mut root, options).await?;
    let job = Job::new(source, destination, options);
    Engine::new(&job).run(vec![root]).await.map(drop)
}
