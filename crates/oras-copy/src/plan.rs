//! Plans: dry runs of a copy.

use oras_content::{Descriptor, IntoName, Store, Writer};

use crate::copy::select_root;
use crate::engine::{Engine, Job, Root};
use crate::extended::discover;
use crate::names::Names;
use crate::{CopyError, CopyOptions, ExtendedCopyOptions, Outcome};

/// What a copy would do with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Transfer its bytes.
    Push,
    /// Ask the registry to mount it from another repository, and transfer its bytes only if that is refused.
    Mount,
    /// Nothing: the destination already has it; for a manifest, including everything it refers to.
    Keep,
    /// Nothing: [`Selection::choose`](crate::Selection::choose) leaves it out.
    Skip,
    /// Nothing: the source does not have it, and it may be absent.
    Miss,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The content.
    pub node: Descriptor,
    /// What the copy would do with it.
    pub action: Action,
}

/// The steps of a copy, with children before their parents. Nothing has been written.
///
/// Both stores may change between the plan and its [run](Self::run), which checks them again.
pub struct Plan<'a> {
    source: &'a dyn Store,
    destination: &'a dyn Writer,
    options: &'a CopyOptions,
    names: Names,
    root: Descriptor,
    /// The root and, for an extended copy, its referrers.
    roots: Vec<Root>,
    steps: Vec<Step>,
}

/// Plans what [`copy`](crate::copy()) would do.
///
/// Reads the manifests of the source and checks what the destination has.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oras_content::WriterExt;
/// use oras_copy::{CopyOptions, plan};
/// # use oras_memory::MemoryStore;
/// # use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
/// # let (here, there) = (MemoryStore::new(), MemoryStore::new());
/// # let packed = pack_manifest(&here, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
/// # here.tag(&packed, "v1").await?;
/// let options = CopyOptions::default();
/// let plan = plan(&here, "v1", &there, "latest", &options).await?;
/// println!("{} bytes in {} requests", plan.bytes(), plan.requests());
/// plan.run().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side.
pub async fn plan<'a>(
    source: &'a dyn Store,
    source_name: impl IntoName,
    destination: &'a dyn Writer,
    destination_name: impl IntoName,
    options: &'a CopyOptions,
) -> Result<Plan<'a>, CopyError> {
    let names = Names::of(source, source_name, &destination, destination_name)?;
    let found = async {
        let root = select_root(source, &names, options).await?;
        Ok((root.descriptor.clone(), vec![root]))
    };
    let found = found.await;
    plan_from(source, destination, options, names, found).await
}

/// Plans what [`extended_copy`](crate::extended_copy()) would do.
///
/// Discovers the referrers now; running the plan does not search again.
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side.
pub async fn plan_extended<'a>(
    source: &'a dyn Store,
    source_name: impl IntoName,
    destination: &'a dyn Writer,
    destination_name: impl IntoName,
    options: &'a ExtendedCopyOptions,
) -> Result<Plan<'a>, CopyError> {
    let names = Names::of(source, source_name, &destination, destination_name)?;
    let found = async {
        let root = select_root(source, &names, &options.copy).await?;
        let descriptor = root.descriptor.clone();
        Ok((descriptor, discover(source, root, options).await?.roots))
    };
    let found = found.await;
    plan_from(source, destination, &options.copy, names, found).await
}

/// Plans a copy of these roots.
async fn plan_from<'a>(
    source: &'a dyn Store,
    destination: &'a dyn Writer,
    options: &'a CopyOptions,
    names: Names,
    found: Result<(Descriptor, Vec<Root>), CopyError>,
) -> Result<Plan<'a>, CopyError> {
    let planned = async {
        let (root, roots) = found?;
        let job = Job::new(source, destination, options).planning();
        let done = Box::pin(Engine::new(&job).run(roots.clone())).await?;
        let step = |(node, outcome): (Descriptor, Outcome)| Step {
            action: action(outcome),
            node,
        };
        Ok((root, roots, done.into_iter().map(step).collect()))
    };
    let (root, roots, steps) = planned
        .await
        .map_err(|error: CopyError| error.between(&names.source_text, &names.destination_text))?;
    Ok(Plan {
        source,
        destination,
        options,
        names,
        root,
        roots,
        steps,
    })
}

fn action(outcome: Outcome) -> Action {
    match outcome {
        Outcome::Copied => Action::Push,
        Outcome::Mounted => Action::Mount,
        Outcome::Present | Outcome::Listed => Action::Keep,
        Outcome::SkippedByCaller => Action::Skip,
        Outcome::Absent => Action::Miss,
    }
}

impl Plan<'_> {
    /// Returns the root of the copy, or the manifest or index selected by platform.
    pub fn root(&self) -> &Descriptor {
        &self.root
    }

    /// Returns the steps, one for each node.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the maximum number of bytes to transfer: those of all nodes to push or mount.
    pub fn bytes(&self) -> u64 {
        let moved = self.steps.iter().filter(|step| step.is_change());
        moved.fold(0, |sum, step| sum.saturating_add(step.node.size))
    }

    /// Returns the number of requests that modify a registry, assuming no failures: one for each manifest, each mount
    /// and each further tag, and two for each blob pushed.
    pub fn requests(&self) -> u64 {
        let changes = self.steps.iter().filter(|step| step.is_change());
        let requests = changes.map(|step| match step.action {
            Action::Push if !step.node.is_manifest() => 2,
            _ => 1,
        });
        requests.sum::<u64>() + self.tags_alone()
    }

    /// Requests for tags alone: a root that is pushed gets its first tag with the push.
    fn tags_alone(&self) -> u64 {
        let tags: u64 = self.roots.iter().map(|root| root.tags.len() as u64).sum();
        let is_root_pushed = self
            .steps
            .iter()
            .any(|step| step.node.digest == self.root.digest && step.is_change());
        match is_root_pushed {
            true => tags.saturating_sub(1),
            false => tags,
        }
    }

    /// Runs the copy, as planned if neither store has changed.
    ///
    /// # Errors
    ///
    /// As for [`copy`](crate::copy()) and [`extended_copy`](crate::extended_copy()).
    pub async fn run(self) -> Result<Descriptor, CopyError> {
        let job = Job::new(self.source, self.destination, self.options);
        let copied = Box::pin(Engine::new(&job).run(self.roots)).await;
        copied
            .map(|_| self.root)
            .map_err(|error| error.between(&self.names.source_text, &self.names.destination_text))
    }
}

impl Step {
    fn is_change(&self) -> bool {
        matches!(self.action, Action::Push | Action::Mount)
    }
}

impl std::fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("root", &self.root.digest)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
