//! Cases: a fault, and the expected outcome of a copy.

use std::time::Duration;

use oras_content::ErrorKind;
use oras_copy::{Operation, Side};
use oras_server_faults::Fault;

use crate::bill::{self, Bill};
use crate::graph::Graph;
use crate::run::{Run, Way, World};
use crate::whole::{Seen, look};

/// A transient failure.
pub(crate) const GONE: ErrorKind = ErrorKind::Unavailable { transient: true };

/// A permanent failure.
pub(crate) const BROKEN: ErrorKind = ErrorKind::Unavailable { transient: false };

/// The outcome of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    /// Success, with this many more requests to the source and the destination than without the fault.
    Through { source: u64, destination: u64 },
    /// This error.
    To(Operation, Side, ErrorKind),
}

/// Success, with this many more requests to the source and the destination than without the fault.
pub(crate) const fn through(source: u64, destination: u64) -> Comes {
    Comes::Through { source, destination }
}

/// An error of the source.
pub(crate) const fn source(operation: Operation, kind: ErrorKind) -> Comes {
    Comes::To(operation, Side::Source, kind)
}

/// An error of the destination.
pub(crate) const fn destination(operation: Operation, kind: ErrorKind) -> Comes {
    Comes::To(operation, Side::Destination, kind)
}

/// A fault at one side.
pub(crate) struct Case {
    pub(crate) side: Side,
    pub(crate) fault: fn(&Graph) -> Fault,
    /// The outcome of a copy that meets the fault once.
    pub(crate) once: Comes,
    /// The outcome of a copy that meets it always.
    pub(crate) always: Comes,
}

impl Case {
    /// Copies with the fault once, and again without it if that failed.
    pub(crate) async fn once(&self, way: Way) {
        let world = World::new().await;
        self.check(&world, way, (self.fault)(&world.graph), self.once)
            .await;
    }

    /// Copies with the fault until the copy fails, then resumes without it.
    pub(crate) async fn always(&self) {
        let world = World::new().await;
        let fault = (self.fault)(&world.graph).always();
        self.check(&world, Way::Plain, fault, self.always).await;
    }

    /// Runs an extended copy with the fault until it fails, then resumes without it.
    pub(crate) async fn always_extended(&self) {
        let world = World::new().await;
        let fault = (self.fault)(&world.graph).always();
        self.check(&world, Way::Extended, fault, self.always).await;
    }

    /// Like [`once`](Self::once), with a short timeout for the registry.
    pub(crate) async fn once_impatiently(&self, way: Way) {
        let world = impatient().await;
        self.check(&world, way, (self.fault)(&world.graph), self.once)
            .await;
    }

    /// Like [`always`](Self::always), with a short timeout for the registry.
    pub(crate) async fn always_impatiently(&self) {
        let world = impatient().await;
        let fault = (self.fault)(&world.graph).always();
        self.check(&world, Way::Plain, fault, self.always).await;
    }

    async fn check(&self, world: &World, way: Way, fault: Fault, comes: Comes) {
        let run = world.run(way, self.side, Some(fault)).await;
        check_run(world, way, &run, comes).await;
        check_resumption(world, way).await;
    }
}

async fn impatient() -> World {
    let mut world = World::new().await;
    world.patience = Duration::from_millis(600);
    world
}

/// Checks that the outcome is the expected one, nothing is claimed that is missing, and no tag precedes its content.
pub(crate) async fn check_run(world: &World, way: Way, run: &Run, comes: Comes) {
    let seen = look(&world.store(), &world.graph).await;
    match (&run.outcome, comes) {
        (Ok(copied), Comes::Through { source, destination }) => {
            assert_eq!(copied.digest, world.graph.index.digest);
            assert_copied(&seen, world, way);
            let bills = bill::expected(&world.graph, way, &world.graph.all());
            let more = |at: usize| run.bills[at].requests().wrapping_sub(bills[at].requests());
            assert_eq!((more(0), more(1)), (source, destination), "{:?}", run.bills);
            if destination == 0 {
                assert_eq!(run.bills[1].bytes(), bills[1].bytes());
            }
        }
        (Err(error), Comes::To(operation, side, kind)) => {
            let is = (error.operation, error.side, *error.source.kind());
            assert_eq!(is, (operation, side, kind), "{error:?}");
        }
        (outcome, _) => panic!("{outcome:?} in place of {comes:?}; {:?}", run.bills),
    }
}

/// Repeats the copy without a fault: it succeeds, requests nothing twice, and only moves what is missing.
pub(crate) async fn check_resumption(world: &World, way: Way) {
    let lacking = look(&world.store(), &world.graph).await.missing;
    let again = world.run(way, Side::Source, None).await;
    assert!(again.outcome.is_ok(), "again: {:?}", again.outcome);
    assert_copied(&look(&world.store(), &world.graph).await, world, way);
    let expected: [Bill; 2] = bill::expected(&world.graph, way, &lacking);
    assert_eq!(again.bills, expected, "without {lacking:?}");
}

/// Checks that everything a copy claims to have copied is stored and tagged.
pub(crate) fn assert_copied(seen: &Seen<'_>, world: &World, way: Way) {
    let root = match way {
        Way::Plain => &world.graph.index,
        Way::Extended => &world.graph.signature,
    };
    assert!(seen.is_tagged, "it was copied, and has no tag");
    assert!(seen.whole(root), "it is claimed, and not there");
}

/// A rate limit with a wait of this many seconds.
pub(crate) const fn limited(seconds: u64) -> ErrorKind {
    ErrorKind::RateLimited {
        retry_after: Some(Duration::from_secs(seconds)),
    }
}
