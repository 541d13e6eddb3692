//! Limits on the duration of a command, and on the silence of a registry.

use std::time::Instant;

use http::Method;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::run::World;

fn silent_world() -> World {
    let world = World::new();
    world.push_hello("app:v1");
    world
        .server()
        .inject(Fault::hang().on_route(Route::Manifest).always());
    world
}

#[test]
fn a_command_that_takes_too_long_is_given_up() {
    let world = silent_world();
    let ran = world.run(&["pull", &world.at("app:v1"), "--timeout", "1s"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            5,
            "Error: the command was not done within 1s; allow more time with --timeout; what was transferred stays\n"
        )
    );
}

#[test]
fn a_command_that_is_given_up_leaves_no_upload() {
    let world = World::new();
    world.write("hello.txt", "hello");
    world.server().inject(
        Fault::hang()
            .on_route(Route::Upload)
            .on_method(Method::PUT)
            .always(),
    );
    let fails = ["push", &world.at("app:v1"), "hello.txt", "--timeout", "1s"];
    world.fails_with(Some(5), &fails);
    let journal = world.journal();
    let of = |method: Method| journal.count(|entry| entry.route == Route::Upload && entry.method == method);
    let opened = journal.count(|entry| entry.method == Method::POST);
    assert!(opened > 0);
    assert_eq!(of(Method::DELETE), opened);
}

#[test]
fn a_silent_registry_is_given_up_after_the_stall_timeout() {
    let world = silent_world();
    let started = Instant::now();
    let said = world.fails_with(
        Some(5),
        &["resolve", &world.at("app:v1"), "--stall-timeout", "100ms"],
    );
    assert!(said.contains("timed out"), "{said}");
    // Without the flag, a single attempt takes a minute.
    assert!(started.elapsed().as_secs() < 55, "{said}");
}

#[test]
fn limits_that_cannot_be_meant_are_refused() {
    let world = World::new();
    for limit in ["0s", "soon", "-1s"] {
        world.fails_usage(&["resolve", "r.example/a:v1", &format!("--timeout={limit}")]);
    }
    let said = world.fails_with(Some(2), &["registry", "serve", "--timeout", "1s"]);
    assert!(said.contains("remove --timeout"), "{said}");
}
