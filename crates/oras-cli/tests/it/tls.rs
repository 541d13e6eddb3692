//! TLS to registries on this machine, which use plain HTTP by default.

use oras_server::{ClientCertificates, ServerOptions, Tls};

use crate::run::{Ran, World, digest};

const TOLD: &str = "speaks TLS, not plain HTTP: trying again with TLS";

/// Creates a certificate for this machine, and its key.
fn certificate() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// Creates a registry with TLS, with its certificate in `root.pem`.
fn world() -> World {
    let (certificate, key) = certificate();
    let tls = Tls::from_pem(&certificate, key).unwrap();
    let world = World::with(ServerOptions::default().with_tls(tls));
    world.write("root.pem", certificate);
    world.write("a.txt", "a");
    world
}

/// Runs the program on a system that trusts the registry.
fn trusting(world: &World, arguments: &[&str]) -> Ran {
    let mut command = world.command(arguments);
    command.env("SSL_CERT_FILE", world.path("root.pem"));
    Ran::of(command.output().unwrap())
}

#[test]
fn options_that_only_matter_to_tls_mean_tls() {
    for option in [&["--insecure"][..], &["--ca-file", "root.pem"]] {
        let world = world();
        let app = world.at("app:v1");
        let ran = world.run(&[&["push", &app, "a.txt"], option].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(!ran.stderr.contains(TOLD), "{}", ran.stderr);
        let pulled = world.run(&[&["pull", &app, "-o", "out"], option].concat());
        assert_eq!(digest(&pulled.stdout), digest(&ran.stdout));
    }
}

#[test]
fn a_registry_that_turns_out_to_speak_tls_is_spoken_to_with_tls() {
    let world = world();
    let app = world.at("app:v1");
    let pushed = trusting(&world, &["push", &app, "a.txt"]);
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    let told = format!("{} {TOLD}", world.registry());
    assert_eq!(
        pushed.stderr.lines().filter(|line| *line == told).count(),
        1,
        "{}",
        pushed.stderr
    );
    let copied = trusting(&world, &["cp", &app, &world.at("copy:v1"), "--format", "json"]);
    assert_eq!(copied.code, 0, "{}", copied.stderr);
    let tags = trusting(&world, &["repo", "tags", &world.at("copy")]);
    assert_eq!(tags.stdout, "v1\n", "only the result is on stdout");
    for (arguments, lines) in [
        (vec!["backup", &app, "-o", "out"], 3),
        (vec!["restore", "--input", "out", &world.at("back")], 3),
        (vec!["verify", &app], 3),
        (vec!["repo", "delete", "-f", &app], 1),
    ] {
        let ran = trusting(&world, &arguments);
        assert_eq!(
            (ran.code, ran.stdout.lines().count()),
            (0, lines),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    }
    let gone = trusting(&world, &["repo", "delete", "-f", &app, "--format", "json"]);
    assert!(
        serde_json::from_str::<serde_json::Value>(&gone.stdout).is_ok(),
        "{}",
        gone.stdout
    );
}

#[test]
fn a_certificate_that_nobody_trusts_is_refused_all_the_same() {
    let world = world();
    let error = world.fails_with(Some(5), &["pull", &world.at("app:v1"), "-o", "out"]);
    assert!(
        error.contains("certificate") && error.contains("--ca-file"),
        "{error}"
    );
    let login = ["login", &world.registry(), "-u", "ann", "-p", "planted-secret"];
    world.fails_with(Some(5), &login);
    assert_eq!(world.journal().requests(), 0);
}

#[test]
fn plain_http_that_was_asked_for_stays() {
    let world = world();
    for (command, flag) in [
        (vec!["pull", "APP", "--plain-http"], "--plain-http"),
        (
            vec!["cp", "APP", "--from-plain-http", "--to-oci-layout", "x:v1"],
            "--from-plain-http",
        ),
    ] {
        let app = world.at("app:v1");
        let command: Vec<&str> = command
            .into_iter()
            .map(|word| if word == "APP" { app.as_str() } else { word })
            .collect();
        let error = world.fails_with(Some(5), &command);
        assert!(error.contains(&format!("remove {flag}")), "{error}");
    }
    assert_eq!(world.journal().requests(), 0);
}

#[test]
fn a_login_with_https_in_front_is_a_login_with_tls() {
    let world = world();
    let url = format!("https://{}/", world.registry());
    let ran = trusting(&world, &["login", &url, "-u", "ann", "-p", "planted-secret"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "Login Succeeded\n"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains(TOLD), "{}", ran.stderr);
    assert!(world.read(".docker/config.json").contains(&world.registry()));
}

#[test]
fn a_client_certificate_is_shown_to_the_registry_that_asks_for_it() {
    let ((server, server_key), (client, client_key)) = (certificate(), certificate());
    let tls = Tls::from_pem(&server, server_key).unwrap();
    let tls = tls.with_client_ca(&client, ClientCertificates::Required).unwrap();
    let world = World::with(ServerOptions::default().with_tls(tls));
    for (name, content) in [
        ("root.pem", server),
        ("client.pem", client),
        ("key.pem", client_key),
    ] {
        world.write(name, content);
    }
    let app = world.at("app:v1");
    let push = ["push", &app, "root.pem", "--ca-file", "root.pem"];
    world.fails_with(Some(5), &push);
    let shown = ["--cert-file", "client.pem", "--key-file", "key.pem"];
    world.oras(&[&push, &shown[..]].concat());
}
