//! Work left by a killed or interrupted program is resumed by the next run.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::run::{World, files};

const MIB: usize = 1024 * 1024;

/// A proxy in front of the registry that passes a limited number of bytes in each direction.
struct Gate {
    address: String,
    up: Arc<AtomicUsize>,
    down: Arc<AtomicUsize>,
}

impl Gate {
    fn before(registry: String, up: usize, down: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (up, down) = (Arc::new(AtomicUsize::new(up)), Arc::new(AtomicUsize::new(down)));
        let (sent, received) = (Arc::clone(&up), Arc::clone(&down));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&registry).unwrap());
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (sent, received) = (Arc::clone(&sent), Arc::clone(&received));
                std::thread::spawn(move || pass(from, to, &received));
                std::thread::spawn(move || pass(client, server, &sent));
            }
        });
        Self { address, up, down }
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    fn open(&self) {
        self.up.store(usize::MAX, SeqCst);
        self.down.store(usize::MAX, SeqCst);
    }
}

/// Relays bytes until the limit is reached. Once it has held any back, it relays no more of this connection, even if the
/// limit is raised: a gap would corrupt what the other side has.
fn pass(mut from: TcpStream, mut to: TcpStream, left: &AtomicUsize) {
    let mut buffer = vec![0; 64 * 1024];
    let mut is_whole = true;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let most = if is_whole { read.min(left.load(SeqCst)) } else { 0 };
        is_whole = most == read;
        left.fetch_sub(most, SeqCst);
        if to.write_all(&buffer[..most]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

fn write_large(world: &World) {
    let content: Vec<u8> = (0..24 * MIB).map(|at| (at ^ (at / 1021)) as u8).collect();
    world.write("large.bin", content);
}

fn is_large(world: &World, name: &str) -> bool {
    fs::read(world.path("large.bin")).unwrap() == fs::read(world.path(name)).unwrap()
}

/// Runs a command until it has progressed far enough, and ends it with `end`.
fn interrupt(world: &World, command: &[&str], is_far: impl Fn() -> bool, end: impl FnOnce(&mut Child)) {
    let mut child = world.command(command);
    let mut child = child.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    while !is_far() {
        std::thread::yield_now();
    }
    end(&mut child);
    child.wait().unwrap();
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
}

fn interrupt_it(child: &mut Child) {
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status();
    assert!(kill.unwrap().success());
}

/// Pushes a large file through a gate until the push is ended with `end`. Returns the gate.
fn interrupted_push(world: &World, end: impl FnOnce(&mut Child)) -> Gate {
    write_large(world);
    let gate = Gate::before(world.registry(), 16 * MIB, usize::MAX);
    let is_far = || world.journal().bytes_received() as usize >= 15 * MIB;
    interrupt(world, &["push", &gate.at("app:v1"), "large.bin"], is_far, end);
    gate
}

fn records(world: &World) -> Vec<String> {
    files(&world.path(".local/state/oras/uploads"))
}

fn go_on(world: &World, gate: &Gate) {
    let before = world.journal().bytes_received() as usize;
    gate.open();
    world.oras(&["push", &gate.at("app:v1"), "large.bin"]);
    let sent = world.journal().bytes_received() as usize - before;
    assert!(sent < 9 * MIB + 64 * 1024, "{sent} bytes were sent");
    assert_eq!(records(world), [""; 0]);
    world.oras(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert!(is_large(world, "out/large.bin"));
}

/// Returns how much of the large file an interrupted command wrote.
fn left(world: &World, folder: &str) -> Option<usize> {
    let files = files(&world.path(folder));
    let part = files.iter().find(|file| file.contains(".oras-part-"))?;
    fs::metadata(part).ok().map(|part| part.len() as usize)
}

/// Interrupts a command that reads a large file into `folder`, and runs it again: it reads only the rest.
fn interrupted_read(folder: &str, command: &[&str], end: impl FnOnce(&mut Child)) -> World {
    let world = World::new();
    write_large(&world);
    world.oras(&["push", &world.at("app:v1"), "large.bin"]);
    let gate = Gate::before(world.registry(), usize::MAX, 16 * MIB);
    let from = gate.at("app:v1");
    let command: Vec<&str> = command
        .iter()
        .map(|word| if *word == "FROM" { &from } else { *word })
        .collect();
    let is_far = || left(&world, folder) >= Some(12 * MIB);
    interrupt(&world, &command, is_far, end);
    let left_then = left(&world, folder).unwrap();
    gate.open();
    let before = world.journal().bytes_sent() as usize;
    world.oras(&command);
    let sent = world.journal().bytes_sent() as usize - before;
    assert!(sent < 24 * MIB - left_then + 64 * 1024, "{sent} bytes were sent");
    assert_eq!(left(&world, folder), None);
    world
}

#[test]
fn a_pull_goes_on_where_it_was() {
    for end in [kill, interrupt_it] {
        let world = interrupted_read("out", &["pull", "FROM", "-o", "out"], end);
        assert!(is_large(&world, "out/large.bin"));
        assert_eq!(files(&world.path("out")).len(), 1);
    }
}

#[test]
fn a_copy_to_a_layout_goes_on_where_it_was() {
    let copy = ["cp", "FROM", "--to-oci-layout", "layout:v1"];
    let world = interrupted_read("layout", &copy, kill);
    world.oras(&["pull", "--oci-layout", "layout:v1", "-o", "out"]);
    assert!(is_large(&world, "out/large.bin"));
}

#[test]
fn a_killed_push_goes_on_where_it_was() {
    let world = World::new();
    let gate = interrupted_push(&world, kill);
    let [record] = &records(&world)[..] else {
        panic!("one record is left");
    };
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(record), 0o600);
    assert_eq!(
        mode(world.path(".local/state/oras/uploads").to_str().unwrap()),
        0o700
    );
    go_on(&world, &gate);
}

#[test]
fn an_interrupted_push_goes_on_where_it_was() {
    let world = World::new();
    let gate = interrupted_push(&world, interrupt_it);
    assert_eq!(records(&world).len(), 1);
    go_on(&world, &gate);
}

#[test]
fn a_push_that_is_not_interrupted_leaves_nothing() {
    let world = World::new();
    world.write("large.bin", vec![7; 9 * MIB]);
    world.oras(&["push", &world.at("app:v1"), "large.bin"]);
    assert_eq!(records(&world), [""; 0]);
}

#[test]
fn a_folder_for_records_that_cannot_be_is_no_failure() {
    let world = World::new();
    world.write("large.bin", vec![7; 9 * MIB]);
    world.write(".local/state", "a file");
    world.oras(&["push", &world.at("app:v1"), "large.bin"]);
}
