//! A registry of one's own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::run::World;

/// A served registry, killed when it is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
}

impl Served {
    pub(crate) fn new(world: &World, arguments: &[&str]) -> Self {
        let mut all = vec!["registry", "serve", "--addr", "127.0.0.1:0"];
        all.extend(arguments);
        let mut child = world.command(&all).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        Self {
            child,
            address: address.trim().to_owned(),
        }
    }

    #[cfg(unix)]
    fn stop(mut self, signal: &str) -> Option<i32> {
        let process = self.child.id().to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-s", signal, &process])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_folder_is_served_and_stays() {
    let world = World::new();
    world.write("a.txt", "a");
    let served = Served::new(&world, &["--layout", "store"]);
    world.oras(&["push", &format!("{}/team/app:v1", served.address), "a.txt"]);
    drop(served);
    let served = Served::new(&world, &["--layout", "store"]);
    world.oras(&["pull", &format!("{}/team/app:v1", served.address), "-o", "out"]);
    assert_eq!(world.read("out/a.txt"), "a");
    assert_eq!(
        world.oras(&["repo", "tags", "--oci-layout", "store/team/app"]),
        "v1\n"
    );
}

#[test]
fn a_read_only_folder_takes_nothing() {
    let world = World::new();
    world.write("a.txt", "a");
    world.oras(&["push", "--oci-layout", "store/app:v1", "a.txt"]);
    let served = Served::new(&world, &["--layout", "store", "--read-only"]);
    world.oras(&["pull", &format!("{}/app:v1", served.address), "-o", "out"]);
    world.fails(&["push", &format!("{}/app:v2", served.address), "a.txt"]);
}

#[cfg(unix)]
#[test]
fn signals_stop_it_in_order() {
    let world = World::new();
    for signal in ["INT", "TERM"] {
        assert_eq!(Served::new(&world, &[]).stop(signal), Some(0));
    }
}

#[test]
fn what_cannot_be_served_is_told() {
    let world = World::new();
    let taken = world.registry();
    let error = world.fails(&["registry", "serve", "--addr", &taken]);
    assert!(error.contains(&taken), "{error}");
    world.write("file", "");
    let error = world.fails(&["registry", "serve", "--addr", "127.0.0.1:0", "--layout", "file"]);
    assert!(error.contains("file"), "{error}");
}
