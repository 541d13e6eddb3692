//! Registries with endless listings: the output ends at a limit, and says so.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use oras::Digest;

use crate::run::World;

/// The number of referrers on a page.
const PAGE: usize = 100;

/// A registry with one manifest. It invents `PAGE` new referrers for every requested page.
struct Endless {
    address: String,
    pages: Arc<AtomicUsize>,
}

impl Endless {
    fn new(per_page: usize, has_next: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let pages = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&pages);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let mut socket = socket.unwrap();
                let mut request = [0; 4096];
                let len = socket.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..len]).into_owned();
                let answer = match request.contains("/referrers/") {
                    true => page(counted.fetch_add(1, SeqCst), per_page, has_next),
                    false => manifest(),
                };
                let body = if request.starts_with("HEAD") {
                    ""
                } else {
                    &answer.1
                };
                let _ = write!(
                    socket,
                    "HTTP/1.1 200 OK\r\nconnection: close\r\n{}content-length: {}\r\n\r\n{body}",
                    answer.0,
                    answer.1.len()
                );
            }
        });
        Self { address, pages }
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }
}

/// The headers and body of the manifest that is the subject of everything.
fn manifest() -> (String, String) {
    let body = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let digest = Digest::sha256(body.as_bytes());
    let headers = format!(
        "content-type: application/vnd.oci.image.index.v1+json\r\ndocker-content-digest: {digest}\r\n"
    );
    (headers, body.to_owned())
}

fn page(number: usize, per_page: usize, has_next: bool) -> (String, String) {
    let entries: Vec<String> = (0..per_page)
        .map(|index| {
            let digest = Digest::sha256(format!("{number} {index}").as_bytes());
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":7,"artifactType":"a/b"}}"#
            )
        })
        .collect();
    let body = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
        entries.join(",")
    );
    let next = match has_next {
        true => format!("link: <?page={}>; rel=\"next\"\r\n", number + 1),
        false => String::new(),
    };
    let headers = format!("content-type: application/vnd.oci.image.index.v1+json\r\n{next}");
    (headers, body)
}

#[test]
fn endless_pages_of_referrers_are_read_up_to_the_limit() {
    let world = World::new();
    let registry = Endless::new(PAGE, true);
    let ran = world.run(&["discover", &registry.at("app:v1"), "--max-referrers", "250"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        ran.stderr,
        "Only 250 referrers are shown: give --max-referrers for more\n"
    );
    assert_eq!(ran.stdout.matches("sha256:").count(), 1 + 250);
    let pages = registry.pages.load(SeqCst);
    assert!((3..=4).contains(&pages), "{pages} pages");
}

#[test]
fn an_endless_chain_of_referrers_is_followed_up_to_the_limit() {
    let world = World::new();
    let registry = Endless::new(1, false);
    let ran = world.run(&["discover", &registry.at("app:v1"), "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told = "Only 60 levels of referrers are shown: give --depth for more";
    assert_eq!(ran.stderr, format!("{told}\n"));
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["truncated"], told);
    assert_eq!(ran.stdout.matches("\"digest\"").count(), 1 + 60);
    assert_eq!(registry.pages.load(SeqCst), 60);
}
