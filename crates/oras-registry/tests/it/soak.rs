//! Random copies of random graphs between random stores, under random faults. Whatever a copy meets, what it claims
//! is true, and a second run completes it.
//!
//! A failure names its seed. `ORAS_SEED=17 cargo test -p oras-registry --test it soak:: -- --nocapture` runs that
//! seed alone, and prints what is copied and the requests to the registries. With `ORAS_SEEDS=1000` it runs that many
//! seeds from there.

mod after;
mod before;
mod blame;
mod call;
mod case;
mod check;
mod fault;
mod graph;
mod left;
mod run;
mod second;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use fastrand::Rng;
use tokio::runtime::Builder;

use self::world::World;

/// The number of seeds, by default and in a thorough run.
const SOME: u64 = 150;
const MANY: u64 = 20_000;

/// One seed in this many uses sockets and a running clock.
const AT_SOCKETS: u64 = 50;

#[test]
fn whatever_a_copy_meets_it_tells_the_truth_and_a_second_run_completes_it() {
    let seeds = seeds();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let wrong: usize = thread::scope(|scope| {
        let run = |nth| {
            let share = seeds.clone().skip(nth).step_by(threads);
            scope.spawn(move || share.map(objections).sum::<usize>())
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        running.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(wrong, 0, "objections: see above");
}

/// Returns all seeds, or those named in the environment.
fn seeds() -> Range<u64> {
    let is_thorough = std::env::var_os("ORAS_TESTS").is_some_and(|value| value == "thorough");
    match (number("ORAS_SEED"), number("ORAS_SEEDS")) {
        (Some(seed), None) => seed..seed + 1,
        (from, Some(count)) => from.unwrap_or(0)..from.unwrap_or(0) + count,
        (None, None) => 0..if is_thorough { MANY } else { SOME },
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Prints the objections to a seed's case as soon as they are known, and returns their number.
fn objections(seed: u64) -> usize {
    let found = catch_unwind(AssertUnwindSafe(|| run(seed)));
    let found = found.unwrap_or_else(|_| vec![format!("seed {seed}: it panics")]);
    found.iter().for_each(|text| println!("{text}"));
    found.len()
}

fn run(seed: u64) -> Vec<String> {
    // Delays between attempts are random too.
    fastrand::seed(seed);
    let has_sockets = seed.is_multiple_of(AT_SOCKETS);
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(!has_sockets).build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(&mut Rng::with_seed(seed), has_sockets).await;
        world.is_told = seeds().count() == 1;
        if world.is_told {
            world.show();
        }
        let found = world.objections().await;
        let case = &world.case;
        let tell = |text| format!("seed {seed}: {text}\n    {case:?}");
        found.into_iter().map(tell).collect()
    })
}
