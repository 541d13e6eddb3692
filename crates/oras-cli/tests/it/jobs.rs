//! The jobs of `docs/jobs.md`, run with the embedded registry.

use oras_server::{ServerOptions, User, Users};

use crate::page::{Job, fits, jobs, write_helper};
use crate::run::World;

/// Jobs that need `jq` or `openssl` are left to the tests with external programs.
#[test]
fn every_job_works() {
    let jobs = jobs("the embedded registry");
    let numbers = jobs.iter().map(|job| job.title.split_once(". ").unwrap().0);
    let expected = (1..=12).map(|number| number.to_string());
    assert!(numbers.eq(expected), "twelve jobs are told");
    for job in jobs.iter().filter(|job| !job.needs_others()) {
        works(job);
    }
}

fn works(job: &Job) {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let world = World::with(match job.has_login() {
        true => ServerOptions::default().with_users(users),
        false => ServerOptions::default(),
    });
    write_helper(&world.path("."));
    job.run(&world.registry(), |script| {
        let mut shell = world.shell(script);
        shell.env("PASSWORD", "open sesame");
        shell
    });
}

#[test]
fn what_the_page_shows_is_compared() {
    let shown = ["a … c", "…", "end"];
    assert!(fits(&shown, &["a b c", "end"]));
    assert!(fits(&shown, &["a  c", "x", "y", "end"]));
    for printed in [
        &["a b d", "end"][..],
        &["a b c", "x"],
        &["a b c"],
        &["a b c", "end", "more"],
        &[],
    ] {
        assert!(!fits(&shown, printed), "{printed:?}");
    }
}
