//! Output to a terminal.

use std::time::Duration;

use oras_server::Route;
use oras_server_faults::Fault;

use crate::hostile::{hostile_layout, is_active};
use crate::pty::Terminal;
use crate::run::World;

/// Pushes a file of three megabytes. Returns its name.
fn push_large(world: &World) -> String {
    world.write("hello.txt", vec![b'x'; 3_000_000]);
    let app = world.at("app:v1");
    world.oras(&["push", &app, "hello.txt"]);
    app
}

#[test]
fn a_hostile_manifest_only_shows() {
    let world = World::new();
    hostile_layout(&world);
    let mut terminal = Terminal::start(&world, 80, "oras manifest fetch --oci-layout layout:v1");
    let (code, said) = terminal.end();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("\\u{7f}"), "{said}");
    let active: String = said.chars().filter(|c| is_active(*c) && *c != '\r').collect();
    assert_eq!(active, "");
}

#[test]
fn an_interrupted_transfer_leaves_a_clean_terminal() {
    let world = World::new();
    let app = push_large(&world);
    let fault = Fault::stall(2_000_000).on_route(Route::Blob);
    world.server().inject(fault.always());
    let mut terminal = Terminal::start(&world, 80, &format!("oras pull {app} -o out"));
    terminal.read_until(" 66%");
    terminal.types("\x03");
    let (code, said) = terminal.end();
    assert_eq!(code, 130, "{said}");
    assert_eq!(terminal.screen().trim_end(), "interrupted");
    // Everything drawn is erased, from the first column on, including the `^C`.
    let (_, last) = said.rsplit_once("\u{1b}[J").unwrap();
    assert_eq!(last, "\r\u{1b}[Kinterrupted\r\n", "{said:?}");
}

#[test]
fn a_result_is_below_nothing_that_was_drawn() {
    let world = World::new();
    let app = push_large(&world);
    let pause = Duration::from_millis(500);
    world
        .server()
        .inject(Fault::stall_for(2_000_000, pause).on_route(Route::Blob));
    let copy = format!("oras cp {app} --to-oci-layout layout:v1");
    let mut terminal = Terminal::start(&world, 80, &copy);
    terminal.read_until(" 66%");
    assert_eq!(terminal.end().0, 0);
    let screen = terminal.screen();
    assert!(!screen.contains("Copying"), "{screen}");
    let shown: Vec<&str> = screen.lines().rev().take(2).collect();
    assert!(
        shown[0].starts_with("Digest: ") && shown[1].starts_with("Copied [registry]"),
        "{screen}"
    );
}

#[test]
fn what_is_typed_does_not_move_the_bars() {
    let world = World::new();
    let app = push_large(&world);
    let fault = Fault::stall(2_000_000).on_route(Route::Blob);
    world.server().inject(fault.always());
    let mut terminal = Terminal::start(&world, 60, &format!("oras pull {app} -o out"));
    terminal.read_until(" 66%");
    terminal.types("typed");
    terminal.read_until("typed");
    let bars = |screen: &str| screen.matches("Downloading").count();
    // The next frame overwrites what was typed.
    let screen = terminal.watch_until(|screen| !screen.contains("typed"));
    assert_eq!(bars(&screen), 1, "{screen}");
    assert!(screen.contains("hello.txt"), "{screen}");
    terminal.types("\x03");
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn a_prune_shows_what_goes_and_asks() {
    let world = World::new();
    world.push_hello("app:v1");
    for (answer, left) in [("n\n", "v1\n"), ("y\n", "")] {
        let app = world.at("app");
        let mut terminal = Terminal::start(&world, 80, &format!("oras repo prune {app} --keep 0"));
        let said = terminal.read_until("[y/N] ");
        assert!(said.starts_with("Remove v1 (20"), "{said}");
        assert!(
            said.ends_with(&format!("Remove 1 tag(s) of {app}? [y/N] ")),
            "{said}"
        );
        terminal.types(answer);
        let (code, said) = terminal.end();
        assert_eq!(code, 0, "{said}");
        assert_eq!(world.oras(&["repo", "tags", &app]), left);
    }
}
