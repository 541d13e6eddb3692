//! `oras registry serve`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::run::World;

/// The password is `pw`.
const ANN: &str = "ann:$2b$04$ABCDEFGHIJKLMNOPQRSTUu5Ei5Kj5Gsa0AB1uBn8MIqK1Rhp7zTWC";

/// Writes a certificate for this machine to `NAME.crt`, and its key to `NAME.key`.
fn certificate(world: &World, name: &str) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    world.write(&format!("{name}.crt"), params.self_signed(&key).unwrap().pem());
    world.write(&format!("{name}.key"), key.serialize_pem());
}

/// A served registry, killed when it is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
}

impl Served {
    pub(crate) fn new(world: &World, arguments: &[&str]) -> Self {
        let mut all = vec!["registry", "serve", "--addr", "127.0.0.1:0"];
        all.extend(arguments);
        let mut command = world.command(&all);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
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
    fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-s", signal, &process]).status().unwrap().success());
    }

    /// Waits for the end. Returns the exit code and stderr.
    #[cfg(unix)]
    fn end(mut self) -> (Option<i32>, String) {
        let mut errors = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut stderr, &mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }

    #[cfg(unix)]
    fn stop(self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.end().0
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
fn a_sparse_registry_takes_manifests_without_their_layers() {
    let world = World::new();
    let digest = "0".repeat(64);
    let missing = format!(r#"{{"mediaType":"text/plain","digest":"sha256:{digest}","size":1}}"#);
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{missing},"layers":[]}}"#
    );
    for (arguments, status) in [(&["--sparse"][..], 201), (&[], 404)] {
        let served = Served::new(&world, arguments);
        let kind = "content-type: application/vnd.oci.image.manifest.v1+json\r\n";
        let path = "/v2/app/manifests/v1";
        let pushed = crate::http::ask(&served.address, "PUT", path, kind, manifest.as_bytes());
        assert_eq!(pushed.status, status, "{arguments:?}");
    }
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

#[test]
fn an_overlay_leaves_the_folder_as_it_is() {
    let world = World::new();
    world.write("a.txt", "a");
    world.oras(&["push", "--oci-layout", "store/app:v1", "a.txt"]);
    let before = content(&world);
    let served = Served::new(&world, &["--layout", "store", "--overlay"]);
    world.oras(&["pull", &format!("{}/app:v1", served.address), "-o", "out"]);
    world.oras(&[
        "push",
        &format!("{}/app:v2", served.address),
        "a.txt",
        "-a",
        "k=v",
    ]);
    world.oras(&["push", &format!("{}/other:v1", served.address), "a.txt"]);
    let tags = ["repo", "tags", &format!("{}/app", served.address)];
    assert_eq!(world.oras(&tags), "v1\nv2\n");
    drop(served);
    assert_eq!(content(&world), before);
}

/// Returns every file of `store` with its content.
fn content(world: &World) -> Vec<(String, Vec<u8>)> {
    let files = crate::run::files(&world.path("store")).into_iter();
    files
        .map(|file| (file.clone(), std::fs::read(file).unwrap()))
        .collect()
}

#[cfg(unix)]
#[test]
fn signals_stop_it_in_order() {
    let world = World::new();
    for signal in ["INT", "TERM"] {
        assert_eq!(Served::new(&world, &[]).stop(signal), Some(0));
    }
}

#[cfg(unix)]
#[test]
fn signals_let_requests_in_flight_finish() {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    let world = World::new();
    for signal in ["INT", "TERM"] {
        let served = Served::new(&world, &["--log", "json"]);
        let mut stream = TcpStream::connect(&served.address).unwrap();
        let digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let head = "HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue";
        write!(stream, "POST /v2/a/blobs/uploads/?digest={digest} {head}\r\n\r\n").unwrap();
        // Once the client may continue, the request is in flight.
        let mut permission = [0; 25];
        stream.read_exact(&mut permission).unwrap();
        assert_eq!(&permission, b"HTTP/1.1 100 Continue\r\n\r\n");
        served.signal(signal);
        while TcpStream::connect(&served.address).is_ok() {
            std::thread::yield_now();
        }
        stream.write_all(b"hello").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        let (code, log) = served.end();
        assert_eq!(code, Some(0));
        assert!(log.contains("\"status\":201"), "the last line is written: {log}");
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_stops_it_at_once() {
    use std::io::{Read, Write};

    let world = World::new();
    let served = Served::new(&world, &[]);
    let mut stream = std::net::TcpStream::connect(&served.address).unwrap();
    let head = "HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue";
    write!(stream, "PUT /v2/a/manifests/v1 {head}\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 25]).unwrap();
    served.signal("TERM");
    while std::net::TcpStream::connect(&served.address).is_ok() {
        std::thread::yield_now();
    }
    served.signal("TERM");
    assert_eq!(served.end().0, Some(0));
}

#[cfg(unix)]
#[test]
fn a_log_that_nobody_reads_keeps_nobody_from_stopping_it() {
    use std::io::{Read, Write};

    let world = World::new();
    let mut served = Served::new(&world, &["--log", "json"]);
    let last = "x".repeat(10_000);
    let request = format!("GET /v2/_catalog?last={last} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    // More than fits in a pipe.
    for _ in 0..30 {
        let mut stream = std::net::TcpStream::connect(&served.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    served.signal("TERM");
    let ended = (0..600).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        served.child.try_wait().unwrap()
    });
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
}

/// Runs a server that must not start. Returns the one-line error.
fn refused(world: &World, arguments: &[&str]) -> String {
    let mut all = vec!["registry", "serve", "--addr", "127.0.0.1:0"];
    all.extend(arguments);
    world.fails(&all)
}

#[test]
fn what_cannot_be_served_is_told() {
    let world = World::new();
    let taken = world.registry();
    let error = world.fails(&["registry", "serve", "--addr", &taken]);
    assert!(error.contains(&taken), "{error}");
    world.write("file", "");
    world.write("folder/file", "");
    for (arguments, parts) in [
        (&["--layout", "file"][..], &["file"][..]),
        (&["--layout", "none", "--read-only"], &["none", "check the path"]),
        (
            &["--layout", "folder", "--read-only"],
            &["folder", "no OCI image layout"],
        ),
        (
            &["--layout", "folder", "--overlay"],
            &["folder", "no OCI image layout"],
        ),
    ] {
        let error = refused(&world, arguments);
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
}

#[test]
fn users_that_cannot_be_read_are_told() {
    let world = World::new();
    world.write("plain", format!("{ANN}\nbob:planted-secret\n"));
    world.write("odd", "ann\n");
    for (file, parts) in [
        ("none", &["none", "check the path"][..]),
        ("plain", &["plain, line 2", "bob", "htpasswd -B"]),
        ("odd", &["odd, line 1", "name:hash"]),
    ] {
        let error = refused(&world, &["--htpasswd", file]);
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        assert!(!error.contains("planted-secret"), "{error}");
    }
}

#[test]
fn certificates_that_cannot_be_used_are_told() {
    let world = World::new();
    certificate(&world, "one");
    certificate(&world, "other");
    world.write("empty", "");
    for (arguments, parts) in [
        (["none", "one.key", "one.crt"], &["none", "check the path"][..]),
        (["one.crt", "none", "one.crt"], &["none", "check the path"]),
        (["one.crt", "empty", "one.crt"], &["empty", "no PEM private key"]),
        (["empty", "one.key", "one.crt"], &["empty", "no PEM certificate"]),
        (
            ["one.crt", "other.key", "one.crt"],
            &["other.key", "not the key of one.crt"],
        ),
        (["one.crt", "one.key", "empty"], &["empty", "no PEM certificate"]),
    ] {
        let [certificate, key, roots] = arguments;
        let arguments = [
            "--tls-cert",
            certificate,
            "--tls-key",
            key,
            "--tls-client-ca",
            roots,
        ];
        let error = refused(&world, &arguments);
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
}

#[test]
fn what_makes_no_sense_alone_is_a_wrong_use() {
    let world = World::new();
    for arguments in [
        &["--tls-cert", "x"][..],
        &["--tls-key", "x"],
        &["--tls-client-ca", "x"],
        &["--token-auth"],
        &["--read-only"],
        &["--overlay"],
        &["--overlay", "--read-only", "--layout", "x"],
        &["--memory", "--layout", "x"],
        &["--log", "xml"],
    ] {
        let mut all = vec!["registry", "serve"];
        all.extend(arguments);
        let ran = world.run(&all);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn a_certificate_and_users_are_asked_for() {
    for tokens in [false, true] {
        let world = World::new();
        world.write("a.txt", "a");
        world.write("users", ANN);
        certificate(&world, "tls");
        let mut arguments = vec![
            "--tls-cert",
            "tls.crt",
            "--tls-key",
            "tls.key",
            "--htpasswd",
            "users",
        ];
        if tokens {
            arguments.push("--token-auth");
        }
        let served = Served::new(&world, &arguments);
        let app = format!("{}/app:v1", served.address);
        let trusting = ["--plain-http=false", "--ca-file", "tls.crt"];
        let push = [&["push", &app, "a.txt"][..], &trusting].concat();
        let error = world.fails(&push);
        assert!(error.contains("oras login"), "{error}");
        let as_ann = ["-u", "ann", "-p", "pw"];
        world.oras(&[&push[..], &as_ann].concat());
        let pull = [&["pull", &app, "-o", "out"][..], &trusting].concat();
        world.oras(&[&pull[..], &as_ann].concat());
        world.fails(&[&push[..], &["-u", "ann", "-p", "wrong"]].concat());
        let stranger = world.fails(&[&["resolve", &app, "--plain-http=false"][..], &as_ann].concat());
        assert!(stranger.contains("--ca-file"), "{stranger}");
    }
}

/// `openssl req -x509` creates such certificates. curl and Go tools also accept them among the system's roots.
#[cfg(target_os = "linux")]
#[test]
fn a_certificate_that_is_its_own_authority_is_accepted_where_the_system_trusts_it() {
    let world = World::new();
    for (file, name) in [("right", "127.0.0.1"), ("other", "other.example")] {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        world.write(&format!("{file}.crt"), params.self_signed(&key).unwrap().pem());
        world.write(&format!("{file}.key"), key.serialize_pem());
    }
    let list = |file: &str, trusted: &str| {
        let (crt, key) = (format!("{file}.crt"), format!("{file}.key"));
        let served = Served::new(&world, &["--tls-cert", &crt, "--tls-key", &key]);
        let mut command = world.command(&["repo", "ls", "--plain-http=false", &served.address]);
        command.env("SSL_CERT_FILE", format!("{trusted}.crt"));
        command.output().unwrap()
    };
    assert!(list("right", "right").status.success());
    for (file, trusted) in [("right", "other"), ("other", "other")] {
        let refused = list(file, trusted);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(
            !refused.status.success() && said.contains("certificate"),
            "{said}"
        );
    }
}

#[test]
fn deletes_can_be_switched_off() {
    let world = World::new();
    world.write("a.txt", "a");
    let served = Served::new(&world, &["--no-delete"]);
    let app = format!("{}/app:v1", served.address);
    world.oras(&["push", &app, "a.txt"]);
    let mut stream = std::net::TcpStream::connect(&served.address).unwrap();
    let request = "DELETE /v2/app/manifests/v1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    world.oras(&["resolve", &app]);
}

#[cfg(unix)]
#[test]
fn a_line_of_json_is_logged_for_each_request() {
    let world = World::new();
    world.write("a.txt", "a");
    world.write("users", ANN);
    let served = Served::new(&world, &["--htpasswd", "users", "--token-auth", "--log", "json"]);
    let app = format!("{}/app:v1", served.address);
    world.oras(&["push", &app, "a.txt", "-u", "ann", "-p", "pw"]);
    world.fails(&["push", &app, "a.txt", "-u", "ann", "-p", "planted-secret"]);
    served.signal("TERM");
    let (_, log) = served.end();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let of = |method: &str, part: &str, status: u16| {
        let matches = |line: &&serde_json::Value| {
            line["method"] == method
                && line["path"].as_str().unwrap().contains(part)
                && line["status"] == status
        };
        lines.iter().filter(matches).count()
    };
    assert_eq!(of("PUT", "/v2/app/manifests/v1", 201), 1, "{log}");
    assert!(
        of("GET", "/token?", 401) + of("POST", "/token", 401) >= 1,
        "{log}"
    );
    for line in &lines {
        let time = line["time"].as_str().unwrap();
        assert!(time.starts_with("20") && time.ends_with('Z'), "{line}");
        assert_eq!(line["protocol"], "HTTP/1.1");
        for number in ["bytes_received", "bytes_sent", "connection", "duration_ms"] {
            assert!(line[number].is_number(), "{line}");
        }
    }
    let received: u64 = lines
        .iter()
        .filter_map(|line| line["bytes_received"].as_u64())
        .sum();
    assert!(received > 100, "{log}");
    // `ann:pw` and `ann:planted-secret` as encoded in a header.
    for secret in [
        "planted-secret",
        "YW5uOnB3",
        "YW5uOnBsYW50ZWQtc2VjcmV0",
        "Bearer",
        "authorization",
    ] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_faults_is_followed() {
    let world = World::new();
    world.write("a.txt", "a");
    world.write(
        "faults.json",
        r#"{ "faults": [{ "do": { "redirect": { "status": 307, "to": "second-origin" } }, "route": "blob", "method": "GET" },
            { "do": { "status": 405 }, "route": "catalog", "times": "always" }], "quirks": ["no-digest-on-get"] }"#,
    );
    world.write("users", ANN);
    let arguments = [
        "--memory",
        "--faults",
        "faults.json",
        "--htpasswd",
        "users",
        "--log",
        "json",
    ];
    let served = Served::new(&world, &arguments);
    let reference = format!("{}/team/app:v1", served.address);
    world.oras(&["push", &reference, "a.txt", "-u", "ann", "-p", "pw"]);
    world.oras(&["pull", &reference, "-o", "out", "-u", "ann", "-p", "pw"]);
    assert_eq!(world.read("out/a.txt"), "a");
    let refused = world.fails(&["repo", "ls", &served.address, "-u", "ann", "-p", "pw"]);
    assert!(refused.contains("405"), "{refused}");
    served.signal("TERM");
    let (_, log) = served.end();
    let second: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(r#""origin":"second""#))
        .collect();
    assert!(
        second.len() == 1 && second[0].contains(r#""path":"/storage/"#),
        "{log}"
    );
    assert!(
        second[0].contains(r#""credentials":false"#) && log.contains(r#""credentials":true"#),
        "{log}"
    );
}

#[test]
fn faults_that_cannot_be_meant_are_told() {
    let world = World::new();
    let missing = refused(&world, &["--faults", "nowhere.json"]);
    assert!(
        missing.contains("cannot use the faults in nowhere.json"),
        "{missing}"
    );
    for (text, part) in [
        (r#"{"faults":[{"do":"explode"}]}"#, "unknown variant `explode`"),
        (
            r#"{"quirks":["tags-nul"]}"#,
            "there is no quirk \"tags-nul\" at line 1 column",
        ),
        (r#"{"profiles":["hub"]}"#, "there is no profile \"hub\""),
        ("{", "line 1 column 1"),
    ] {
        world.write("faults.json", text);
        let told = refused(&world, &["--faults", "faults.json"]);
        assert!(
            told.contains("cannot use the faults in faults.json") && told.contains(part),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}
