//! Which token servers receive a credential, and what is sent over plain HTTP.
//!
//! A registry on this machine is fully trusted, and plain HTTP to it is safe. So the registry is reached under a
//! remote name, with itself as the proxy.

use std::process::Command;

use oras_server::{ServerOptions, TokenRealm, User, Users};

use crate::run::{Ran, World};

/// A name for the registry that does not reveal that it is on this machine.
const ELSEWHERE: &str = "10.1.2.3:5000";

const LOGIN: [&str; 4] = ["--username", "ann", "--password", "open sesame"];

fn world(realm: TokenRealm) -> World {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let options = ServerOptions::default().with_users(users);
    let world = World::with(options.with_tokens(true).with_token_realm(realm));
    world.write("a.txt", "a");
    world
}

fn proxied(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command
        .env("HTTP_PROXY", format!("http://{}", world.registry()))
        .env("NO_PROXY", "127.0.0.1");
    command
}

fn run(mut command: Command) -> Ran {
    Ran::of(command.output().unwrap())
}

fn assert_says(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "{word} in {}", ran.stderr);
    }
    assert!(
        !ran.stderr.contains("with_"),
        "no method of the library: {}",
        ran.stderr
    );
}

/// S05: a token server on another host receives the credential only if a flag or the environment allows that server.
#[test]
fn a_token_server_elsewhere_has_to_be_trusted() {
    let world = world(TokenRealm::SecondOrigin);
    let tokens = world.server().second_origin().unwrap();
    let server = tokens.addr().to_string();
    let app = format!("{ELSEWHERE}/app:v1");
    let mut push = vec!["push", &app, "a.txt", "--plain-http"];
    push.extend(LOGIN);

    let refused = run(proxied(&world, &push));
    let flag = format!("--trust-token-server {server}");
    assert_says(&refused, &[ELSEWHERE, &format!("http://{server}/token"), &flag]);
    let with_flag = [&push[..], &["--trust-token-server", "tokens.example"]].concat();
    assert_says(&run(proxied(&world, &with_flag)), &[&flag]);
    assert!(
        tokens.journal().requests() > 0,
        "it is asked for an anonymous token"
    );
    assert!(
        !tokens.journal().contains_secret("open sesame"),
        "it saw the password"
    );

    let with_flag = [&with_flag[..], &["--trust-token-server", &server]].concat();
    let trusted = run(proxied(&world, &with_flag));
    assert_eq!(trusted.code, 0, "{}", trusted.stderr);
    assert!(tokens.journal().contains_secret("open sesame"));
    let mut command = proxied(&world, &push);
    command.env("ORAS_TRUST_TOKEN_SERVERS", format!("tokens.example, {server}"));
    let trusted = run(command);
    assert_eq!(trusted.code, 0, "{}", trusted.stderr);
    assert!(
        !world.journal().contains_secret("open sesame"),
        "the registry itself never does"
    );
}

/// The flag applies to one of two places, and the hint names the one that needs it.
#[test]
fn each_place_trusts_token_servers_of_its_own() {
    let world = world(TokenRealm::SecondOrigin);
    let server = world.server().second_origin().unwrap().addr().to_string();
    let local = world.at("app:v1");
    world.oras(&[&["push", &local, "a.txt"][..], &LOGIN].concat());
    let there = format!("{ELSEWHERE}/app:v1");
    let mut copy = vec!["cp", &local, &there, "--to-plain-http"];
    copy.extend(["--from-username", "ann", "--from-password", "open sesame"]);
    copy.extend(["--to-username", "ann", "--to-password", "open sesame"]);
    copy.extend(["--from-trust-token-server", &server]);
    let refused = run(proxied(&world, &copy));
    assert_says(&refused, &[&format!("--to-trust-token-server {server}")]);
    copy.extend(["--to-trust-token-server", &server]);
    let copied = run(proxied(&world, &copy));
    assert_eq!(copied.code, 0, "{}", copied.stderr);
}

/// S53: a trusted token server without TLS receives the credential only with `--plain-http`.
#[test]
fn a_token_server_without_tls_needs_consent() {
    let world = world(TokenRealm::Text("http://tokens.example/token".to_owned()));
    let registry = world.registry();
    let mut login = vec!["login", &registry, "--trust-token-server", "tokens.example"];
    login.extend(LOGIN);
    let refused = run(proxied(&world, &login));
    assert_says(
        &refused,
        &[&registry, "tokens.example over plain HTTP", "--plain-http"],
    );
    assert!(
        !world.journal().contains_secret("open sesame"),
        "it saw the password"
    );

    login.push("--plain-http");
    let accepted = run(proxied(&world, &login));
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
}

#[test]
fn a_token_server_is_named_without_a_url() {
    let world = world(TokenRealm::Absolute);
    let pull = [
        "pull",
        "reg.example/app:v1",
        "--trust-token-server",
        "https://tokens.example/token",
    ];
    let error = run(world.command(&pull));
    assert_eq!(error.code, 2, "{}", error.stderr);
    assert!(error.stderr.contains("tokens.example:8443"), "{}", error.stderr);
}
