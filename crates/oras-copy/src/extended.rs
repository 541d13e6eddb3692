//! Extended copy: a graph and all its referrers.
//!
//! Spec: distribution-spec v1.1, "Listing Referrers".

use oras_content::{Descriptor, IntoName, Store, Writer};

use crate::copy::select_root;
use crate::discovery::Discovery;
use crate::engine::{Engine, Job, Root};
use crate::names::Names;
use crate::verifier::approve_given;
use crate::{CopyError, ExtendedCopyOptions};

/// Copies the graph that `source_name` resolves to, with all its direct and indirect referrers.
///
/// Referrers of the manifests of an index are copied too. Copying starts while referrers are still being discovered; a
/// [plan](crate::plan_extended) discovers everything first. Names work as in [`copy`](crate::copy()).
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. Content already copied stays.
pub async fn extended_copy<S, D>(
    source: &S,
    source_name: impl IntoName,
    destination: &D,
    destination_name: impl IntoName,
    options: &ExtendedCopyOptions,
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
    options: &ExtendedCopyOptions,
) -> Result<Descriptor, CopyError> {
    let root = select_root(source, names, &options.copy).await?;
    let descriptor = root.descriptor.clone();
    copy_above(source, destination, root, options).await?;
    Ok(descriptor)
}

/// Copies the graph of `node`, with all its direct and indirect referrers. No name is set.
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. Content already copied stays.
pub async fn extended_copy_graph<S, D>(
    source: &S,
    destination: &D,
    node: &Descriptor,
    options: &ExtendedCopyOptions,
) -> Result<(), CopyError>
where
    S: Store + ?Sized,
    D: Writer + ?Sized,
{
    let copied = Box::pin(copy_given(&source, &destination, node.clone().into(), options)).await;
    copied.map_err(|error| error.between(&source, &destination))
}

async fn copy_given(
    source: &dyn Store,
    destination: &dyn Writer,
    mut root: Root,
    options: &ExtendedCopyOptions,
) -> Result<(), CopyError> {
    approve_given(source, &mut root, &options.copy).await?;
    copy_above(source, destination, root, options).await
}

async fn copy_above(
    source: &dyn Store,
    destination: &dyn Writer,
    root: Root,
    options: &ExtendedCopyOptions,
) -> Result<(), CopyError> {
    let job = Job::new(source, destination, &options.copy);
    let discovery = Discovery::new(source, options, root);
    Engine::new(&job).run_discovered(discovery).await
}

/// The roots of an extended copy.
pub(crate) struct Discovered {
    /// The root, its direct and indirect referrers, and the manifests of indexes among them.
    pub(crate) roots: Vec<Root>,
    /// Number of direct and indirect referrers.
    pub(crate) referrers: usize,
}

/// Finds the direct and indirect referrers of `root`.
pub(crate) async fn discover(
    source: &dyn Store,
    root: Root,
    options: &ExtendedCopyOptions,
) -> Result<Discovered, CopyError> {
    let mut discovery = Discovery::new(source, options, root);
    let (mut roots, mut held) = (Vec::new(), 0);
    while let Some(mut root) = discovery.next(held).await? {
        root.keep_within(options.copy.manifest_memory, &mut held);
        roots.push(root);
    }
    Ok(Discovered {
        roots,
        referrers: discovery.referrers,
    })
}
