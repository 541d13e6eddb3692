//! Registries with two quirks: what works with each alone works with both, and no false success is reported.

pub(crate) mod counted;
mod failed;
mod graph;
pub(crate) mod job;
pub(crate) mod network;
pub(crate) mod table;

use std::collections::HashMap;
use std::thread;

use futures_util::{StreamExt, stream};
use oras_server_faults::Quirk;
use tokio::runtime::{Builder, Runtime};

use self::graph::Graph;
use self::job::{Bench, Job, Outcome};
use self::table::{contradiction, jobs, may_pass, of_one};

/// The most requests a job may take, as a multiple of those without a quirk.
const MOST: u64 = 20;

/// The slowest jobs, which only some pairs run unless the test is thorough.
const LONG: [Job; 3] = [Job::CopyOut, Job::CopyIn, Job::Mount];

/// One in this many pairs also runs the slow jobs.
const SOME: usize = 15;

/// The quirks of a registry, and the jobs to run against it.
type Case = (Vec<Quirk>, Vec<Job>);

#[test]
fn every_job_at_a_registry_with_a_quirk_does_what_it_claims() {
    let singles = Quirk::ALL.iter().map(|quirk| (vec![*quirk], Job::ALL.to_vec()));
    let (sockets, in_memory) = singles.partition(needs_sockets);
    assert_sound(in_memory, true);
    assert_sound(sockets, false);
}

#[test]
fn what_works_with_each_of_two_quirks_works_with_both_or_fails_with_the_truth() {
    let in_memory = pairs().into_iter().filter(|case| !needs_sockets(case));
    assert_sound(in_memory.collect(), true);
}

#[test]
fn a_quirk_and_another_origin_work_together_or_fail_with_the_truth() {
    let sockets = pairs().into_iter().filter(needs_sockets);
    assert_sound(sockets.collect(), false);
}

/// Returns all pairs of quirks, each with the jobs that both affect.
fn pairs() -> Vec<Case> {
    let is_thorough = std::env::var_os("ORAS_TESTS").is_some_and(|value| value == "thorough");
    let mut pairs = Vec::new();
    for (at, one) in Quirk::ALL.iter().enumerate() {
        for (distance, other) in Quirk::ALL[at + 1..].iter().enumerate() {
            let has_long = (at + distance).is_multiple_of(SOME);
            let meets = |job: &Job| jobs(*one).contains(job) && jobs(*other).contains(job);
            let is_short = |job: &Job| has_long || !LONG.contains(job);
            let is_wanted = |job: &Job| is_thorough || (is_short(job) && meets(job));
            let wanted: Vec<Job> = Job::ALL.into_iter().filter(is_wanted).collect();
            if !wanted.is_empty() {
                pairs.push((vec![*one, *other], wanted));
            }
        }
    }
    pairs
}

fn needs_sockets((quirks, _): &Case) -> bool {
    quirks.iter().any(|quirk| network::needs_sockets(*quirk))
}

/// Runs all cases on all processors, with a paused clock for those without sockets.
#[track_caller]
fn assert_sound(cases: Vec<Case>, is_paused: bool) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let found = thread::scope(|scope| {
        let run = |nth| {
            let share = cases.iter().skip(nth).step_by(threads);
            scope.spawn(move || runtime(is_paused).block_on(objections_to_all(share, is_paused)))
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        let found = running.into_iter().flat_map(|one| one.join().unwrap());
        found.collect::<Vec<_>>()
    });
    assert!(
        found.is_empty(),
        "{} objections:\n{}",
        found.len(),
        found.join("\n")
    );
}

fn runtime(is_paused: bool) -> Runtime {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_all().start_paused(is_paused).build().unwrap()
}

async fn objections_to_all(cases: impl Iterator<Item = &Case>, is_paused: bool) -> Vec<String> {
    let graph = Graph::new().await;
    let budget = Budget::new(&graph).await;
    // With a running clock, most of the time is spent waiting.
    let at_once = if is_paused { 1 } else { 32 };
    let found = stream::iter(cases).map(|(quirks, jobs)| objections(&graph, &budget, quirks, jobs));
    found.buffer_unordered(at_once).concat().await
}

/// Returns the objections to the jobs at a registry with these quirks.
async fn objections(graph: &Graph, budget: &Budget, quirks: &[Quirk], jobs: &[Job]) -> Vec<String> {
    let mut objections = Vec::new();
    for (job, outcome, asked) in Bench::new(graph, quirks).await.run(jobs).await {
        let reason = quirks.iter().find_map(|quirk| of_one(*quirk, job));
        let reason = reason.or_else(|| contradiction(quirks, job));
        let objection = match (outcome, reason) {
            _ if asked > budget.0[&job] * MOST => format!("{asked} requests"),
            (Outcome::Wrong(text), _) => text,
            (Outcome::Told(kind, _), None) if may_pass(quirks, kind) => continue,
            (Outcome::Told(kind, text), None) => format!("{kind:?}: {text}"),
            (Outcome::Done, Some(reason)) if quirks.len() == 1 => format!("works although {reason}"),
            _ => continue,
        };
        objections.push(format!("{quirks:?} {job:?}: {objection}"));
    }
    objections
}

/// The requests of each job without a quirk.
struct Budget(HashMap<Job, u64>);

impl Budget {
    async fn new(graph: &Graph) -> Self {
        let run = Bench::new(graph, &[]).await.run(&Job::ALL).await;
        let jobs = run.into_iter().map(|(job, outcome, asked)| {
            assert!(matches!(outcome, Outcome::Done), "{job:?}: {outcome:?}");
            (job, asked)
        });
        Self(jobs.collect())
    }
}
