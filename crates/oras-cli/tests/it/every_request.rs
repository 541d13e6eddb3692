//! Commands that meet a fault at any of their requests: claims are true, errors name the registry that failed, the
//! user's files are unchanged or complete, and a second run succeeds.

mod case;
mod command;
mod fault;
mod sample;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use oras_server::Route;
use oras_server_faults::Fault;

use self::case::Case;
use self::command::{COMMANDS, Command};
use self::fault::{FAULTS, Meets};
use crate::run::World;

/// How many programs run at once. They mostly wait between attempts.
const AT_ONCE: usize = 32;

/// One in this many cases runs unless the test is thorough.
const STEP: usize = 9;

fn is_thorough() -> bool {
    std::env::var_os("ORAS_TESTS").is_some_and(|value| value == "thorough")
}

/// Returns each fault, once and permanently, at each request of a command to each registry.
fn cases(command: &'static Command) -> Vec<Case> {
    let mut cases = Vec::new();
    for (side, requests) in Case::requests(command).into_iter().enumerate() {
        for nth in 1..=requests {
            for fault in &FAULTS {
                cases.push(Case::new(command, side, nth, fault, Meets::Once));
                if is_thorough() || !fault.passes {
                    cases.push(Case::new(command, side, nth, fault, Meets::Always));
                }
            }
        }
    }
    cases
}

#[test]
fn a_command_that_meets_a_fault_at_any_request_tells_the_truth_and_completes_when_it_is_run_again() {
    let mut all = VecDeque::new();
    for command in &COMMANDS {
        all.extend(cases(command));
    }
    if !is_thorough() {
        all = all.into_iter().step_by(STEP).collect();
    }
    let wrong = Mutex::new(Vec::new());
    let all = Mutex::new(all);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = { all.lock().unwrap().pop_front() } {
                    wrong.lock().unwrap().extend(case.objection());
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_is_attached_to_or_discovered_is_read_and_not_only_asked_for() {
    let world = World::new();
    world.push_hello("app:v1");
    let app = world.at("app:v1");
    let attach = ["attach", &app, "--artifact-type", "a/b", "hello.txt"];
    for command in [&attach[..], &["discover", &app]] {
        let wrong = Fault::wrong_digest().on_route(Route::Manifest);
        world.server().inject(wrong);
        let said = world.fails_with(Some(6), command);
        assert!(said.contains(&app), "{said}");
    }
}
