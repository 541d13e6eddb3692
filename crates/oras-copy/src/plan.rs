//! Plans: what a copy would do, before it does it.

use oras_content::{Descriptor, IntoName, Store, Writer};

use crate::copy::select_root;
use crate::engine::{Engine, Job, Root};
use crate::names::Names;
use crate::{CopyError, CopyOptions, Outcome};

/// What a copy would do with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Move its bytes.
    Push,
    /// Ask the registry to mount it from another repository, and move its bytes only if it refuses.
    Mount,
    /// Nothing: the destination has it. For a manifest that covers all it refers to.
    Keep,
    /// Nothing: [`Selection::choose`](crate::Selection::choose) leaves it out.
    Skip,
    /// Nothing: the source does not have it, and it may be absent.
    Miss,
}

/// A node of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The content.
    pub node: Descriptor,
    /// What the copy would do with it.
    pub action: Action,
}

/// What a copy would do: the steps in an order that keeps children before their parents. Nothing was written.
///
/// Between the plan and its [run](Self::run) both stores may change; the run asks again.
pub struct Plan<'a> {
    source: &'a dyn Store,
    destination: &'a dyn Writer,
    options: &'a CopyOptions,
    names: Names,
    root: Root,
    steps: Vec<Step>,
}

/// Plans a copy, as [`copy`](crate::copy()) would do it.
///
/// The manifests of the source are read, and the destination is asked what it has.
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
    let planned = async {
        let root = select_root(source, &names, options).await?;
        let job = Job::new(source, destination, options).planning();
        let done = Box::pin(Engine::new(&job).run(vec![root.clone()])).await?;
        let step = |(node, outcome): (Descriptor, Outcome)| Step {
            action: action(outcome),
            node,
        };
        Ok((root, done.into_iter().map(step).collect()))
    };
    let (root, steps) = planned
        .await
        .map_err(|error: CopyError| error.between(&names.source_text, &names.destination_text))?;
    Ok(Plan {
        source,
        destination,
        options,
        names,
        root,
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
    /// What is copied: the root, or the manifest chosen by platform.
    pub fn root(&self) -> &Descriptor {
        &self.root.descriptor
    }

    /// The nodes, each once, and what would be done with them.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many bytes would be moved at most: those of all nodes that are pushed or mounted.
    pub fn bytes(&self) -> u64 {
        let moved = self.steps.iter().filter(|step| step.is_change());
        moved.fold(0, |sum, step| sum.saturating_add(step.node.size))
    }

    /// How many requests would change a registry at the destination, if all goes well: one for each manifest, each mount
    /// and each further tag, two for each blob that is pushed.
    pub fn requests(&self) -> u64 {
        let changes = self.steps.iter().filter(|step| step.is_change());
        let requests = changes.map(|step| match step.action {
            Action::Push if !step.node.is_manifest() => 2,
            _ => 1,
        });
        requests.sum::<u64>() + self.tags_alone()
    }

    /// The root is pushed under its first tag, unless it is there.
    fn tags_alone(&self) -> u64 {
        let tags = self.root.tags.len() as u64;
        let is_root_pushed = self
            .steps
            .iter()
            .any(|step| step.node.digest == self.root.descriptor.digest && step.is_change());
        match is_root_pushed {
            true => tags.saturating_sub(1),
            false => tags,
        }
    }

    /// Copies, as planned if nothing changed meanwhile.
    ///
    /// # Errors
    ///
    /// As [`copy`](crate::copy()).
    pub async fn run(self) -> Result<Descriptor, CopyError> {
        let descriptor = self.root.descriptor.clone();
        let job = Job::new(self.source, self.destination, self.options);
        let copied = Box::pin(Engine::new(&job).run(vec![self.root])).await;
        copied
            .map(|_| descriptor)
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
            .field("root", &self.root.descriptor.digest)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
