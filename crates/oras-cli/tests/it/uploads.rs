//! An upload that a killed program left goes on in the next run.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::run::{World, files};

const MIB: usize = 1024 * 1024;

/// Stands before the registry, and lets so many bytes through to it.
struct Gate {
    address: String,
    left: Arc<AtomicUsize>,
}

impl Gate {
    fn before(registry: String, bytes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let left = Arc::new(AtomicUsize::new(bytes));
        let gate = Arc::clone(&left);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&registry).unwrap());
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || pass(from, to, &AtomicUsize::new(usize::MAX)));
                let gate = Arc::clone(&gate);
                std::thread::spawn(move || pass(client, server, &gate));
            }
        });
        Self { address, left }
    }

    fn open(&self) {
        self.left.store(usize::MAX, SeqCst);
    }
}

/// Hands on what comes. What is too much stays where it is until the sender is gone.
fn pass(mut from: TcpStream, mut to: TcpStream, left: &AtomicUsize) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let most = read.min(left.load(SeqCst));
        left.fetch_sub(most, SeqCst);
        if to.write_all(&buffer[..most]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

/// What a push of a large file gets to before it ends in the way that is given; the registry's address.
fn interrupted(world: &World, end: impl FnOnce(&mut Child)) -> Gate {
    let content: Vec<u8> = (0..24 * MIB).map(|at| (at ^ (at / 1021)) as u8).collect();
    world.write("large.bin", content);
    let gate = Gate::before(world.registry(), 16 * MIB);
    let push = ["push", &format!("{}/app:v1", gate.address), "large.bin"];
    let mut child = world
        .command(&push)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while (world.journal().bytes_received() as usize) < 15 * MIB {
        std::thread::yield_now();
    }
    end(&mut child);
    child.wait().unwrap();
    gate
}

fn records(world: &World) -> Vec<String> {
    files(&world.path(".local/state/oras/uploads"))
}

fn go_on(world: &World, gate: &Gate) {
    let before = world.journal().bytes_received() as usize;
    gate.open();
    world.oras(&["push", &format!("{}/app:v1", gate.address), "large.bin"]);
    let sent = world.journal().bytes_received() as usize - before;
    assert!(sent < 9 * MIB + 64 * 1024, "{sent} bytes were sent");
    assert_eq!(records(world), [""; 0]);
    world.oras(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert!(fs::read(world.path("large.bin")).unwrap() == fs::read(world.path("out/large.bin")).unwrap());
}

#[test]
fn a_killed_push_goes_on_where_it_was() {
    let world = World::new();
    let gate = interrupted(&world, |child| child.kill().unwrap());
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
    let gate = interrupted(&world, |child| {
        let pid = child.id().to_string();
        let kill = std::process::Command::new("kill").args(["-INT", &pid]).status();
        assert!(kill.unwrap().success());
    });
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
