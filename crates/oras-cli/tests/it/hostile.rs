//! Hostile names and messages: no byte of them reaches the user's terminal as a control sequence.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::run::{World, digest};

/// Red, a bell, a C1 introducer, DEL, a direction override, a zero-width space and a line separator.
const HOSTILE: &str = "a\u{1b}[31mb\u{7}c\u{9b}d\u{7f}e\u{202e}f\u{200b}g\u{2028}h";

pub(crate) fn is_active(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
fn check(what: &[&str], said: &str) {
    let found: String = said.chars().filter(|character| is_active(*character)).collect();
    assert!(found.is_empty(), "{what:?} wrote {found:?} in {said:?}");
}

/// Creates a layout with a hostile tag, annotations, titles and types.
pub(crate) fn hostile_layout(world: &World) -> String {
    let layer = world_blob(world, b"layer");
    let config = world_blob(world, b"{}");
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    let manifest = |subject: &str| {
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":{quoted},"config":{{"mediaType":{quoted},"digest":"{config}","size":2}},"layers":[{{"mediaType":{quoted},"digest":"{layer}","size":5,"annotations":{{"org.opencontainers.image.title":{quoted},{quoted}:{quoted}}}}}],"annotations":{{{quoted}:{quoted}}}{subject}}}"#
        )
    };
    let (root, root_size) = written(world, &manifest(""));
    let subject = format!(
        r#","subject":{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{root}","size":{root_size}}}"#
    );
    let (referrer, size) = written(world, &manifest(&subject));
    world.write("layout/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    let entry = |digest: &str, size: usize, name: &str| {
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{size},"annotations":{{"org.opencontainers.image.ref.name":{name}}}}}"#
        )
    };
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{},{},{}]}}"#,
        entry(&root, root_size, "\"v1\""),
        entry(&root, root_size, &quoted),
        entry(&referrer, size, "\"sig\"")
    );
    world.write("layout/index.json", index);
    root
}

fn written(world: &World, manifest: &str) -> (String, usize) {
    (world_blob(world, manifest.as_bytes()), manifest.len())
}

fn world_blob(world: &World, bytes: &[u8]) -> String {
    let digest = oras::Digest::sha256(bytes);
    world.write(&format!("layout/blobs/sha256/{}", digest.encoded()), bytes);
    digest.to_string()
}

#[test]
fn hostile_content_does_nothing_to_a_terminal() {
    let world = World::new();
    let root = hostile_layout(&world);
    let by_digest = format!("layout@{root}");
    let app = world.at("app:v1");
    let commands: Vec<Vec<&str>> = vec![
        vec!["repo", "tags", "--oci-layout", "layout"],
        vec!["repo", "tags", "--oci-layout", "layout", "--format", "json"],
        vec!["discover", "--oci-layout", "layout:v1"],
        vec!["discover", "--oci-layout", "layout:v1", "--format", "json"],
        vec!["resolve", "--oci-layout", "layout:v1", "--format", "json"],
        vec!["manifest", "fetch", "--oci-layout", "layout:v1", "--pretty"],
        vec![
            "manifest",
            "fetch",
            "--oci-layout",
            "layout:v1",
            "--format",
            "json",
        ],
        vec!["manifest", "fetch", "--oci-layout", "layout:v1", "--descriptor"],
        vec!["pull", "--oci-layout", "layout:v1", "-o", "out"],
        vec![
            "pull",
            "--oci-layout",
            "layout:v1",
            "-o",
            "out",
            "--format",
            "json",
        ],
        vec![
            "cp",
            "-r",
            "--from-oci-layout",
            &by_digest,
            "--to-oci-layout",
            "other:v1",
        ],
        vec!["cp", "-r", "--from-oci-layout", "layout:v1", &app],
        vec![
            "cp",
            "-r",
            "--from-oci-layout",
            "layout:v1",
            &app,
            "--format",
            "json",
        ],
        vec!["discover", &app],
        vec!["discover", &app, "--format", "json"],
        vec!["tag", "--oci-layout", "layout:v1", HOSTILE],
        vec!["pull", "--oci-layout", HOSTILE],
        vec!["push", &app, HOSTILE],
        vec!["login", HOSTILE],
        vec!["attach", &app, "--artifact-type", HOSTILE, "-a", "k=v"],
        vec!["push", &app, "-a", HOSTILE, "x"],
    ];
    for command in &commands {
        let ran = world.run(command);
        check(command, &ran.stdout);
        check(command, &ran.stderr);
    }
    // Written to a pipe, a manifest is unchanged.
    let fetched = world.oras(&["manifest", "fetch", "--oci-layout", "layout:v1"]);
    assert_eq!(oras::Digest::sha256(fetched.as_bytes()).to_string(), root);
}

/// Starts a registry that answers every request with this status and `body`.
fn saying(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 {status}\r\nwarning: 299 - \"a\u{9b}31mb\"\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = socket.write_all(head.as_bytes());
            let _ = socket.write_all(body.as_bytes());
        }
    });
    address
}

#[test]
fn a_tag_that_is_listed_twice_counts_once_for_what_a_prune_keeps() {
    let world = World::new();
    // A list of tags that is also the manifest each of them resolves to.
    let body = r#"{"name":"x","tags":["v1","v2","v1"],"schemaVersion":2,"manifests":[],
        "mediaType":"application/vnd.oci.image.index.v1+json",
        "annotations":{"org.opencontainers.image.created":"2001-01-01T00:00:00Z"}}"#;
    let name = format!("{}/x", saying("200 OK", body.to_owned()));
    let said = world.oras(&["repo", "prune", &name, "--keep", "1", "--dry-run"]);
    let expected = "Would remove v1 (2001-01-01T00:00:00Z)\n1 tag(s) would be removed, 1 kept, 0 of them without a date\n";
    assert_eq!(said, expected);
}

#[test]
fn hostile_answers_do_nothing_to_a_terminal() {
    let world = World::new();
    world.write("x.txt", "x");
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    let errors = format!(r#"{{"errors":[{{"code":{quoted},"message":{quoted},"detail":{quoted}}}]}}"#);
    let lists = format!(r#"{{"repositories":[{quoted}],"tags":[{quoted}],"name":{quoted}}}"#);
    for (status, body) in [
        ("403 Forbidden", errors.clone()),
        ("404 Not Found", errors),
        ("200 OK", lists),
    ] {
        let address = saying(status, body);
        let app = format!("{address}/app:v1");
        let repository = format!("{address}/app");
        for command in [
            vec!["repo", "ls", &address],
            vec!["repo", "ls", &address, "--format", "json"],
            vec!["repo", "tags", &repository],
            vec!["repo", "tags", &repository, "--format", "json"],
            vec!["resolve", &app],
            vec!["manifest", "fetch", &app],
            vec!["discover", &app],
            vec!["pull", &app, "-o", "out"],
            vec!["push", &app, "x.txt"],
            vec!["cp", &app, "--to-oci-layout", "copied:v1"],
            vec!["login", &address, "-u", "ann", "-p", "secret"],
            vec!["--debug", "--debug-bodies", "resolve", &app],
        ] {
            let ran = world.run(&command);
            check(&command, &ran.stdout);
            check(&command, &ran.stderr);
        }
    }
}

#[test]
fn a_password_in_the_wrong_place_is_not_repeated() {
    let world = World::new();
    world.write("x.txt", "x");
    for reference in [
        "ann:open-sesame@reg.example/app:v1",
        "https://ann:open-sesame@reg.example/app:v1",
        "ann:open-sesame@reg.example",
    ] {
        for command in [
            vec!["pull", reference],
            vec!["push", reference, "x.txt"],
            vec!["attach", reference, "--artifact-type", "a/b", "x.txt"],
            vec!["cp", reference, "--to-oci-layout", "copied:v1"],
            vec!["cp", "--from-oci-layout", "copied:v1", reference],
            vec!["discover", reference],
            vec!["resolve", reference],
            vec!["tag", reference, "v2"],
            vec!["repo", "tags", reference],
            vec!["repo", "ls", reference],
            vec!["login", reference],
            vec!["logout", reference],
            vec!["blob", "fetch", reference, "-o", "-"],
            vec!["manifest", "fetch", reference],
        ] {
            let ran = world.run(&command);
            assert_ne!(ran.code, 0, "{command:?}");
            assert!(!ran.stderr.contains("open-sesame"), "{command:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_deep_chain_of_referrers_is_shown_within_limits() {
    let world = World::new();
    let app = world.at("app:v1");
    world.oras(&["push", &app, "--artifact-type", "a/b"]);
    let mut last = digest(&world.oras(&["attach", &app, "--artifact-type", "level/x", "-a", "k=0"]));
    for level in 1..65 {
        let of = world.at(&format!("app@{last}"));
        let note = format!("k={level}");
        last = digest(&world.oras(&["attach", &of, "--artifact-type", "level/x", "-a", &note]));
    }
    let ran = world.run(&["discover", &app]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("Only 60 levels") && ran.stderr.contains("--depth"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("[level 60]") && !ran.stdout.contains("[level 61]"));
    let json = world.oras(&["discover", &app, "--format", "json"]);
    assert!(json.contains("\"truncated\""));
    let all = world.run(&["discover", &app, "--depth", "200"]);
    assert!(
        all.stdout.contains("[level 65]") && all.stderr.is_empty(),
        "{}",
        all.stderr
    );
    let few = world.run(&["discover", &app, "--max-referrers", "3"]);
    assert!(
        few.stderr.contains("Only 3 referrers") && few.stderr.contains("--max-referrers"),
        "{}",
        few.stderr
    );
}

/// The subject is absent, and only its referrers are left.
#[test]
fn referrers_of_what_is_absent_are_found() {
    let world = World::new();
    world.push_hello("app:v1");
    let subject = digest(&world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "layout:v1"]));
    let attached = digest(&world.oras(&[
        "attach",
        "--oci-layout",
        "layout:v1",
        "--artifact-type",
        "a/b",
        "-a",
        "k=v",
    ]));
    world.oras(&[
        "attach",
        "--oci-layout",
        &format!("layout@{attached}"),
        "--artifact-type",
        "c/d",
        "-a",
        "k=v",
    ]);
    let encoded = subject.strip_prefix("sha256:").unwrap();
    std::fs::remove_file(world.path(&format!("layout/blobs/sha256/{encoded}"))).unwrap();
    let found = world.oras(&["discover", "--oci-layout", &format!("layout@{attached}")]);
    assert!(found.contains("c/d"), "{found}");
    let ran = world.run(&[
        "cp",
        "-r",
        "--from-oci-layout",
        &format!("layout@{attached}"),
        &world.at("copy:v1"),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("Absent"), "{}", ran.stderr);
    let found = world.oras(&["discover", &world.at(&format!("copy@{subject}"))]);
    assert!(found.contains("a/b") && found.contains("c/d"), "{found}");
}
