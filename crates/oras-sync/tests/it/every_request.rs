//! A sync that deletes meets a fault at any of its requests: no tag that the source has goes, no tag lacks content,
//! reports are true, and a second run completes.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use oras_content::{Descriptor, Store, StoreExt};
use oras_memory::MemoryStore;
use oras_server::ServerOptions;
use oras_server_faults::Fault;
use oras_sync::{
    BoxError, Job, Place, Places, Referrers, Report, State, SyncOptions, SyncPlan, TagAction, sync,
};

use crate::deleting::releases;
use crate::world::{World, artifact, referrer};

/// How many cases run at once. They mostly wait between attempts.
const AT_ONCE: usize = 32;

/// One in this many cases runs unless the test is thorough.
const STEP: usize = 13;

const SIGNATURE: &str = "application/vnd.test.signature";

/// Faults after which the same request may succeed.
const PASSING: [fn() -> Fault; 7] = [
    || Fault::reset_answer(0),
    || Fault::truncate(3),
    || Fault::close_request(1),
    Fault::lose_answer,
    || Fault::status(500),
    || Fault::status(503).with_header("retry-after", "0"),
    || Fault::rate_limited("0"),
];

const LASTING: [fn() -> Fault; 7] = [
    Fault::unauthorized,
    || Fault::status(401),
    || Fault::status(403),
    || Fault::status(404),
    Fault::html,
    || Fault::flip(2),
    Fault::wrong_digest,
];

/// The mirror lacks `v1` and its signature, has another `v2` and the same `v3`, and has `v0` that the source does not
/// have. `mine` is not of the selection.
async fn filled() -> World {
    let world = World::with(ServerOptions::default().with_delete(true).with_page_size(2)).await;
    let (app, mirror) = (world.store("app"), world.store("mirror"));
    let root = artifact(&app, "v1", &["shared", "one"]).await;
    referrer(&app, &root, SIGNATURE).await;
    artifact(&app, "v2", &["shared", "two"]).await;
    for store in [&app, &mirror] {
        artifact(store, "v3", &["three"]).await;
    }
    for tag in ["v0", "v2", "mine"] {
        artifact(&mirror, tag, &["old", tag]).await;
    }
    world
}

/// Calls the registry by the same name at any address, so that a state remains valid.
struct Named<'a>(&'a World);

#[async_trait]
impl Places for Named<'_> {
    async fn source(&self, place: &Place) -> Result<Arc<dyn Store>, BoxError> {
        let Place::Repository(name) = place else {
            return Err(format!("{place} is no repository").into());
        };
        let name = name.strip_prefix("registry.test/").unwrap();
        self.0.source(&self.0.place(name)).await
    }

    async fn destination(&self, place: &Place, _: bool) -> Result<Arc<dyn Store>, BoxError> {
        self.source(place).await
    }

    async fn repositories(&self, registry: &str) -> Result<Vec<String>, BoxError> {
        Err(format!("{registry} is not listed").into())
    }
}

async fn run(world: &World, options: &SyncOptions) -> Report {
    world.server.journal().clear();
    let place = |name: &str| Place::Repository(format!("registry.test/{name}"));
    let job = Job::new(place("app"), place("mirror")).with_tags(releases());
    let job = job.with_referrers(Referrers::All).with_delete(true);
    sync(&SyncPlan::new([job]), &Named(world), options).await
}

/// Returns options with a state, which is trusted or only kept.
fn options(trusts: bool) -> SyncOptions {
    let options = SyncOptions::default().with_state(Arc::new(State::default()));
    options.with_trust_state(trusts)
}

#[derive(Clone, Copy, Debug)]
struct Case {
    /// The position of the fault in [`PASSING`] and [`LASTING`].
    fault: usize,
    nth: u64,
    is_permanent: bool,
    /// Whether the second run trusts the state of the first.
    trusts: bool,
}

impl Case {
    /// Returns each fault at each request, and those that are not retried also for good.
    fn all(requests: u64) -> Vec<Self> {
        let mut all = Vec::new();
        for nth in 1..=requests {
            for fault in 0..PASSING.len() + LASTING.len() {
                for (is_permanent, trusts) in [(false, false), (false, true), (true, false), (true, true)] {
                    if is_permanent && fault < PASSING.len() {
                        continue;
                    }
                    all.push(Self {
                        fault,
                        nth,
                        is_permanent,
                        trusts,
                    });
                }
            }
        }
        all
    }

    fn fault(self) -> Fault {
        let make = PASSING.iter().chain(&LASTING).nth(self.fault).unwrap();
        let fault = make().nth(self.nth);
        if self.is_permanent { fault.always() } else { fault }
    }

    /// Returns what is wrong, if anything.
    async fn objection(self) -> Option<String> {
        let world = filled().await;
        world.server.inject(self.fault());
        let options = options(self.trusts);
        let report = run(&world, &options).await;
        let first = lost(&world).await.or(untrue(&world, &report).await);
        let again = world.again().await;
        let wrong = match first {
            Some(wrong) => Some(wrong),
            None => incomplete(&again, &run(&again, &options).await).await,
        };
        wrong.map(|wrong| format!("{self:?}: {wrong}: {report:?}"))
    }
}

/// Returns which tag of the mirror went, or lacks content.
async fn lost(world: &World) -> Option<String> {
    let mirror = world.store("mirror");
    for tag in ["v2", "v3", "mine"] {
        if mirror.resolve(tag).await.is_err() {
            return Some(format!("{tag} went"));
        }
    }
    for tag in world.tags("mirror").await.split(',') {
        let root = mirror.resolve(tag).await.unwrap();
        let manifest = mirror.fetch_manifest(&root, 1 << 20).await.unwrap();
        for child in manifest.successors() {
            if !mirror.exists(child).await.unwrap() {
                return Some(format!("{tag} lacks {}", child.digest));
            }
        }
    }
    None
}

/// Returns what the report claims and is not so.
async fn untrue(world: &World, report: &Report) -> Option<String> {
    let (app, mirror) = (world.store("app"), world.store("mirror"));
    let job = &report.jobs[0];
    for tag in job.tags.iter().filter(|tag| tag.error.is_none()) {
        let found = mirror.resolve(&tag.tag).await.ok();
        let expected = match tag.action {
            TagAction::Delete => None,
            _ => app.resolve(&tag.tag).await.ok(),
        };
        if digest(&found) != digest(&expected) {
            return Some(format!("{} is {found:?}", tag.tag));
        }
    }
    let tags = world.tags("mirror").await;
    (report.is_done() && tags != "mine,v1,v2,v3").then(|| format!("the tags are {tags}"))
}

fn digest(found: &Option<Descriptor>) -> Option<String> {
    found.as_ref().map(|found| found.digest.to_string())
}

/// Returns what is missing after a run without a fault.
async fn incomplete(world: &World, report: &Report) -> Option<String> {
    if !report.is_done() {
        return Some(format!("a second run fails: {report:?}"));
    }
    let untrue = untrue(world, report).await;
    let signatures = signatures(&world.store("mirror")).await;
    untrue.or_else(|| (signatures != 1).then(|| format!("{signatures} signatures")))
}

async fn signatures(mirror: &MemoryStore) -> usize {
    let root = mirror.resolve("v1").await.unwrap();
    let finder = mirror.predecessor_finder().unwrap();
    finder.predecessors(&root).await.unwrap().len()
}

#[tokio::test]
async fn a_sync_that_meets_a_fault_at_any_request_loses_nothing_and_completes_when_it_is_run_again() {
    let world = filled().await;
    let report = run(&world, &options(false)).await;
    assert_eq!(incomplete(&world, &report).await, None);
    let cases = Case::all(world.server.journal().requests());
    let is_thorough = std::env::var_os("ORAS_TESTS").is_some_and(|value| value == "thorough");
    let step = if is_thorough { 1 } else { STEP };
    let cases = stream::iter(cases.into_iter().step_by(step));
    let wrong: Vec<String> = cases
        .map(Case::objection)
        .buffer_unordered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
