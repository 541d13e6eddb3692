//! A link that cuts every connection after a random number of bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use oras_tests::{Work, succeeds};

use crate::docker_registry::DockerRegistry;

const MIB: u64 = 1024 * 1024;
const SIZE: u64 = 1024 * MIB;

/// A relay to a registry. Each connection carries from 20 to 100 MiB, both ways together.
struct Cut {
    address: String,
    carried: Arc<AtomicU64>,
    cuts: Arc<AtomicU64>,
}

impl Cut {
    fn before(registry: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (carried, cuts) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (count, cut) = (Arc::clone(&carried), Arc::clone(&cuts));
        std::thread::spawn(move || {
            let mut seed = 7_u64;
            for client in listener.incoming() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let left = Arc::new(AtomicU64::new(20 * MIB + (seed >> 33) % (80 * MIB)));
                let (client, server) = (client.unwrap(), TcpStream::connect(&registry).unwrap());
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (left, count, cut) = (Arc::clone(&left), Arc::clone(&count), Arc::clone(&cut));
                    std::thread::spawn(move || carry(from, to, &left, &count, &cut));
                }
            }
        });
        Self {
            address,
            carried,
            cuts,
        }
    }

    /// Checks that a blob of a gibibyte came through in spite of cuts, with less than 5 % of it twice.
    fn was_thrifty(&self) {
        let (carried, cuts) = (self.carried.load(SeqCst), self.cuts.load(SeqCst));
        assert!(cuts >= 8, "{cuts} cuts");
        assert!(
            carried < SIZE / 100 * 105,
            "{carried} bytes in spite of {cuts} cuts"
        );
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, left: &AtomicU64, carried: &AtomicU64, cuts: &AtomicU64) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let take = |left: u64| Some(left.saturating_sub(read as u64));
        let before = left.fetch_update(SeqCst, SeqCst, take).unwrap();
        let most = usize::try_from(before).unwrap().min(read);
        if to.write_all(&buffer[..most]).is_err() {
            break;
        }
        carried.fetch_add(most as u64, SeqCst);
        if most < read {
            cuts.fetch_add(1, SeqCst);
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn write_large(work: &Work) {
    let block: Vec<u8> = (0..MIB).map(|at| (at ^ (at / 1021)) as u8).collect();
    let mut file = std::fs::File::create(work.path("large.bin")).unwrap();
    for number in 0..SIZE / MIB {
        file.write_all(&number.to_le_bytes()).unwrap();
        file.write_all(&block[8..]).unwrap();
    }
}

#[test]
#[ignore = "needs docker-registry, and moves gibibytes"]
fn a_gibibyte_is_pulled_from_docker_registry_over_a_link_that_is_cut() {
    let work = Work::new().unwrap();
    write_large(&work);
    let registry = DockerRegistry::start(&work);
    let whole = format!("{}/app:v1", registry.address);
    succeeds(&mut work.oras(&["push", &whole, "large.bin"]));
    let cut = Cut::before(registry.address.clone());
    succeeds(&mut work.oras(&["pull", &format!("{}/app:v1", cut.address), "-o", "out"]));
    succeeds(&mut work.command("cmp", &["large.bin", "out/large.bin"]));
    cut.was_thrifty();
}

#[test]
#[ignore = "moves gibibytes"]
fn a_gibibyte_is_pushed_over_a_link_that_is_cut() {
    let work = Work::new().unwrap();
    write_large(&work);
    let mut serve = work.oras(&["registry", "serve", "--addr", "127.0.0.1:0", "--layout", "store"]);
    let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
    let mut address = [0; 64];
    let len = child.stdout.as_mut().unwrap().read(&mut address).unwrap();
    let address = String::from_utf8_lossy(&address[..len]).trim().to_owned();
    let cut = Cut::before(address.clone());
    succeeds(&mut work.oras(&["push", &format!("{}/app:v1", cut.address), "large.bin"]));
    cut.was_thrifty();
    succeeds(&mut work.oras(&["pull", &format!("{address}/app:v1"), "-o", "out"]));
    succeeds(&mut work.command("cmp", &["large.bin", "out/large.bin"]));
    child.kill().unwrap();
    child.wait().unwrap();
}
