//! Bad input: a one-line error names the thing and the next step, and nothing partial is left behind.

use std::io::{Read, Write};
use std::net::TcpListener;

use oras_server::{Permission, Route, ServerOptions, User, Users};
use oras_server_faults::Fault;

use crate::run::{World, files};

const ABSENT: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Checks that the error contains all of these texts.
fn says(error: &str, texts: &[&str]) {
    for text in texts {
        assert!(error.contains(text), "{text:?} is not in: {error}");
    }
}

/// Pulls into an empty folder, which must fail and leave it empty.
fn pull_fails(world: &World, name: &str) -> String {
    let error = world.fails(&["pull", name, "-o", "out"]);
    assert_eq!(files(&world.path("out")), Vec::<String>::new());
    error
}

#[test]
fn a_wrong_reference() {
    let world = World::new();
    for wrong in [
        "app",
        "reg.example/App:v1",
        "reg.example/app:",
        "reg.example/app:v 1",
        "/app:v1",
    ] {
        says(
            &pull_fails(&world, wrong),
            &[wrong, "registry/repository[:tag][@digest]"],
        );
    }
}

#[test]
fn no_tag_at_all() {
    let world = World::new();
    world.push_hello("app:v1");
    says(
        &pull_fails(&world, &world.at("app")),
        &["needs a tag or digest", &world.at("app:<tag>")],
    );
}

#[test]
fn a_missing_tag() {
    let world = World::new();
    world.push_hello("app:v1");
    says(
        &pull_fails(&world, &world.at("app:v2")),
        &[&world.at("app:v2"), "not found", "oras repo tags"],
    );
    says(
        &pull_fails(&world, &world.at("nothing:v1")),
        &[&world.at("nothing:v1"), "not found"],
    );
    says(
        &world.fails(&["pull", "--oci-layout", "nowhere:v1"]),
        &["nowhere"],
    );
}

#[test]
fn a_wrong_digest() {
    let world = World::new();
    world.push_hello("app:v1");
    says(
        &pull_fails(&world, &world.at(&format!("app@{ABSENT}"))),
        &[ABSENT, "not found"],
    );
    says(&pull_fails(&world, &world.at("app@sha256:abc")), &["sha256:abc"]);
    says(
        &world.fails(&["blob", "fetch", &world.at(&format!("app@{ABSENT}")), "-o", "blob"]),
        &[ABSENT, "not found"],
    );
    assert!(!world.path("blob").exists());
}

#[test]
fn an_unreachable_host() {
    let world = World::new();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    says(
        &pull_fails(&world, &format!("{free}/app:v1")),
        &[&free, "refused", "is running"],
    );
    says(
        &pull_fails(&world, "no-such-host.invalid/app:v1"),
        &["no-such-host.invalid", "check"],
    );
}

#[test]
fn https_to_a_plain_registry() {
    let world = World::new();
    world.push_hello("app:v1");
    let error = world.fails(&["pull", &world.at("app:v1"), "-o", "out", "--plain-http=false"]);
    says(&error, &[&world.registry(), "plain HTTP", "--plain-http"]);
}

#[test]
fn plain_http_to_a_registry_with_tls() {
    let world = World::new();
    // A TLS server's answer to a client without TLS: a fatal alert.
    let address = answering(b"\x15\x03\x01\x00\x02\x02\x16");
    let error = world.fails(&["pull", &format!("{address}/app:v1"), "-o", "out", "--plain-http"]);
    says(&error, &[&address, "expects TLS", "remove --plain-http"]);
}

/// Starts a server that answers every request with `answer`.
fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 1024]);
            let _ = socket.write_all(answer);
        }
    });
    address
}

#[test]
fn no_credentials() {
    let users = Users::new().with_user(User::new("ann", "secret"));
    for tokens in [false, true] {
        let world = World::with(
            ServerOptions::default()
                .with_users(users.clone())
                .with_tokens(tokens),
        );
        says(
            &pull_fails(&world, &world.at("app:v1")),
            &["oras login", &world.registry()],
        );
        let wrong = world.fails(&[
            "pull",
            &world.at("app:v1"),
            "-o",
            "out",
            "-u",
            "ann",
            "-p",
            "wrong-secret",
        ]);
        says(&wrong, &["check the user name and the password"]);
        assert!(!wrong.contains("wrong-secret"));
    }
}

#[test]
fn not_allowed() {
    let users = Users::new().with_user(User::new("bob", "secret").with_rule("*", Permission::Pull));
    let world = World::with(ServerOptions::default().with_users(users));
    world.write("a.txt", "a");
    let error = world.fails(&["push", &world.at("app:v1"), "a.txt", "-u", "bob", "-p", "secret"]);
    says(&error, &["denied", "403", &world.registry(), "oras login"]);
}

#[test]
fn a_server_that_answers_with_a_web_page() {
    let world = World::new();
    world.write("a.txt", "a");
    world.server().inject(Fault::html().always());
    says(
        &pull_fails(&world, &world.at("app:v1")),
        &[&world.at("app"), "text/html", "registry"],
    );
    says(
        &world.fails(&["push", &world.at("app:v1"), "a.txt"]),
        &[&world.at("app"), "registry"],
    );
}

#[test]
fn an_altered_blob() {
    let world = World::new();
    world.push_hello("app:v1");
    world
        .server()
        .inject(Fault::flip(0).on_route(Route::Blob).always());
    says(
        &pull_fails(&world, &world.at("app:v1")),
        &["hello.txt", "digest mismatch", "try again"],
    );
}

#[test]
fn a_blob_that_is_cut_off() {
    let world = World::new();
    world.push_hello("app:v1");
    world
        .server()
        .inject(Fault::truncate(0).on_route(Route::Blob).always());
    says(
        &pull_fails(&world, &world.at("app:v1")),
        &["hello.txt", "sha256:2cf24dba", "try again"],
    );
}

#[test]
fn a_manifest_of_5_mib() {
    let world = World::new();
    world.server().inject(
        Fault::oversized(5 * 1024 * 1024)
            .on_route(Route::Manifest)
            .always(),
    );
    says(
        &pull_fails(&world, &world.at("app:v1")),
        &[&world.at("app:v1"), "larger than the limit of 4194304 bytes"],
    );
}

#[test]
fn a_folder_that_cannot_be_written() {
    let world = World::new();
    world.push_hello("app:v1");
    world.write("file", "in the way");
    let error = world.fails(&["pull", &world.at("app:v1"), "-o", "file/below"]);
    says(&error, &["file/below"]);
    assert_eq!(world.read("file"), "in the way");
    let error = world.fails(&["pull", &world.at("app:v1"), "-o", "/proc/nowhere"]);
    says(&error, &["/proc/nowhere"]);
}

#[test]
fn a_title_that_leaves_the_folder() {
    let world = World::new();
    world.write("a.txt", "a");
    world.write("sub/b.txt", "b");
    let mut push = world.command(&[
        "push",
        &world.at("app:v1"),
        "../a.txt",
        "--disable-path-validation",
    ]);
    assert!(
        push.current_dir(world.path("sub"))
            .output()
            .unwrap()
            .status
            .success()
    );
    let error = world.fails(&["pull", &world.at("app:v1"), "-o", "out/deep"]);
    says(&error, &["../a.txt"]);
    assert!(!world.path("out/a.txt").exists());
}

#[test]
fn files_that_cannot_be_pushed() {
    let world = World::new();
    world.write("folder/a.txt", "a");
    let app = world.at("app:v1");
    says(&world.fails(&["push", &app, "missing.txt"]), &["missing.txt"]);
    says(
        &world.fails(&["push", &app, "/etc/hostname"]),
        &["/etc/hostname", "--disable-path-validation"],
    );
    says(
        &world.fails(&["push", &app, "folder/a.txt:notatype"]),
        &["notatype", "media"],
    );
    says(&world.fails(&["push", &app]), &["nothing to push"]);
    says(
        &world.fails(&["push", &app, "folder/a.txt", "-a", "novalue"]),
        &["novalue", "key=value"],
    );
    assert_eq!(world.journal().requests(), 0);
}

#[test]
fn attaching_to_what_is_not_there() {
    let world = World::new();
    world.write("a.txt", "a");
    let error = world.fails(&["attach", &world.at("app:v1"), "--artifact-type", "t/x", "a.txt"]);
    says(&error, &[&world.at("app:v1"), "not found"]);
    world.push_hello("app:v1");
    says(
        &world.fails(&["attach", &world.at("app:v1"), "--artifact-type", "t/x"]),
        &["nothing to attach"],
    );
    says(
        &world.fails(&[
            "attach",
            &world.at("app:v1"),
            "--artifact-type",
            "no type",
            "a.txt",
        ]),
        &["no type"],
    );
}

#[test]
fn two_passwords_from_one_stdin() {
    let world = World::new();
    let (from, to) = (world.at("app:v1"), world.at("b:v1"));
    let both = [
        "--from-username",
        "ann",
        "--from-password-stdin",
        "--to-username",
        "ann",
        "--to-password-stdin",
    ];
    let error = world.fails(&[&["cp", &from, &to][..], &both[..]].concat());
    says(&error, &["stdin", "--from-password", "log in"]);
    assert_eq!(world.journal().requests(), 0);
}

#[test]
fn a_layout_that_is_none() {
    let world = World::new();
    world.write("folder/some-file", "x");
    world.write("a.txt", "a");
    says(
        &world.fails(&["push", "--oci-layout", "folder:v1", "a.txt"]),
        &["folder"],
    );
    assert_eq!(files(&world.path("folder")).len(), 1);
    world.write("damaged/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    world.write("damaged/index.json", "not json");
    says(
        &world.fails(&["repo", "tags", "--oci-layout", "damaged"]),
        &["damaged/index.json"],
    );
}
