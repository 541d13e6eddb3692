//! S27: secrets of every kind in a run of the program from login to logout. No output and no file reveals one.

mod library;
mod log;
mod registry;
mod secret;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use oras_server::{ClientCertificates, ServerOptions, Tls};

use self::registry::{BROKEN, ECHO, ELSEWHERE, GONE, Registry};
use self::secret::{ALL, GIVEN, HEADER, HELPER, IDENTITY, PASSWORD, SESSION, WRONG, shows};
use crate::run::{Ran, World, files};

/// A folder, and the files written to it for the program to read.
struct Stage {
    world: World,
    given: BTreeSet<String>,
}

impl Stage {
    fn new(world: World) -> Self {
        Self {
            world,
            given: BTreeSet::new(),
        }
    }

    fn give(&mut self, name: &str, content: impl AsRef<[u8]>) {
        self.world.write(name, content);
        self.given.insert(self.world.path(name).display().to_string());
    }

    /// Adds a credential helper to the folder `name`.
    fn give_helper(&mut self, name: &str, script: &str) {
        let program = format!("{name}/docker-credential-planted");
        self.give(&program, format!("#!/bin/sh\n{script}\n"));
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.world.path(&program), executable).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        command.args(["--debug", "--debug-bodies"]);
        command
    }

    /// Runs a command, which must end with this code and reveal none of `secrets`.
    fn run(&self, mut command: Command, code: i32, secrets: &[&str]) -> Ran {
        let ran = Ran::of(command.output().unwrap());
        assert_eq!(ran.code, code, "{command:?}: {}", ran.stderr);
        for secret in secrets {
            let told = format!("{}\n{}", ran.stdout, ran.stderr);
            assert!(!shows(&told, secret), "{command:?} shows {secret}:\n{told}");
        }
        ran
    }

    fn runs(&self, code: i32, arguments: &[&str]) -> Ran {
        self.run(self.command(arguments), code, &ALL)
    }

    /// Returns the secrets in files the program wrote, with the names of those files.
    fn written(&self) -> BTreeSet<(&'static str, String)> {
        let root = format!(
            "{}/",
            self.world.path("").display().to_string().trim_end_matches('/')
        );
        let mut found = BTreeSet::new();
        for file in files(&self.world.path("")) {
            let name = file.strip_prefix(&root).unwrap().to_owned();
            let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
            let shown = ALL.into_iter().filter(|secret| shows(&text, secret));
            if !self.given.contains(&file) {
                found.extend(shown.map(|secret| (secret, name.clone())));
            }
        }
        found
    }
}

/// Prepares everything a run needs, for a registry.
fn stage(registry: &Registry) -> Stage {
    let mut stage = Stage::new(World::new());
    let name = registry.name();
    let answer = format!(r#"echo '{{"Username":"bob","Secret":"{HELPER}"}}'"#);
    stage.give_helper("good", &answer);
    stage.give_helper("bad", &format!("{answer}; echo '{HELPER}' >&2; exit 1"));
    stage.give_helper("odd", &format!(r#"echo '{{"Username":1,"Secret":"{HELPER}"}}'"#));
    stage.give(
        "helper.json",
        format!(r#"{{"credHelpers":{{"{name}":"planted"}}}}"#),
    );
    let entry = |member: &str, secret: &str| format!(r#"{{"auths":{{"{name}":{{"{member}":"{secret}"}}}}}}"#);
    stage.give("given.json", entry("registrytoken", GIVEN));
    stage.give("identity.json", entry("identitytoken", IDENTITY));
    stage.give("unreadable.json", entry("auth", PASSWORD));
    stage.give("broken.json", format!("{{\"auths\": {IDENTITY}"));
    stage.give("a.txt", "a");
    stage.give("large.bin", vec![7; 9 << 20]);
    stage
}

fn log_in(stage: &Stage, registry: &Registry) {
    let name = registry.name();
    let login = ["login", &name, "-u", "ann", "-p"];
    stage.runs(4, &[&login[..], &[WRONG]].concat());
    assert!(stage.written().is_empty(), "{:?}", stage.written());
    stage.runs(0, &[&login[..], &[PASSWORD]].concat());
    let kept = BTreeSet::from([(PASSWORD, ".docker/config.json".to_owned())]);
    assert_eq!(stage.written(), kept, "a login is kept, and that is seen");
}

/// Runs commands that succeed: each way to log in, and both ends of a copy.
fn transfer(stage: &Stage, registry: &Registry, other: &Registry) {
    let (app, copy) = (registry.at("app:v1"), other.at("app:v1"));
    let tenant = format!("X-Tenant: {HEADER}");
    let identity = ["--identity-token", IDENTITY];
    stage.runs(0, &["push", &app, "a.txt", "-H", &tenant]);
    stage.runs(0, &["pull", &app, "-o", "out"]);
    let copying = [
        "cp",
        &app,
        &copy,
        "--to-username",
        "ann",
        "--to-password",
        PASSWORD,
    ];
    let headers = ["--from-header", &tenant, "--to-header", &tenant];
    stage.runs(0, &[&copying[..], &headers].concat());
    stage.runs(0, &[&["pull", &copy, "-o", "copied"][..], &identity].concat());
    for file in ["given.json", "identity.json"] {
        stage.runs(
            0,
            &[
                "pull",
                &app,
                "-o",
                file.trim_end_matches(".json"),
                "--registry-config",
                file,
            ],
        );
        stage.runs(
            0,
            &["auth", "status", &registry.name(), "--registry-config", file],
        );
    }
    let with_helper = ["pull", &app, "-o", "helped", "--registry-config", "helper.json"];
    stage.run(helped(stage, "good", &with_helper), 0, &ALL);
    stage.runs(0, &["auth", "status", &registry.name()]);
    stage.runs(0, &["config", "explain", &app]);
}

/// Returns a command that uses the helpers of this folder.
fn helped(stage: &Stage, folder: &str, arguments: &[&str]) -> Command {
    let mut command = stage.command(arguments);
    let path = format!("{}:/usr/bin:/bin", stage.world.path(folder).display());
    command.env("PATH", path);
    command
}

/// Runs commands that fail while a secret is involved.
fn fail(stage: &Stage, registry: &Registry, other: &Registry) {
    let (app, copy) = (registry.at("app:v1"), other.at("copy:v1"));
    let wrong = ["-u", "ann", "-p", WRONG];
    stage.runs(4, &[&["pull", &app, "-o", "none"][..], &wrong].concat());
    stage.runs(4, &["pull", &app, "--identity-token", WRONG]);
    stage.runs(
        4,
        &["cp", &app, &copy, "--to-username", "ann", "--to-password", WRONG],
    );
    for file in ["unreadable.json", "broken.json"] {
        stage.runs(1, &["pull", &app, "--registry-config", file]);
        stage.runs(
            0,
            &["auth", "status", &registry.name(), "--registry-config", file],
        );
    }
    for folder in ["bad", "odd"] {
        let pull = ["pull", &app, "--registry-config", "helper.json"];
        stage.run(helped(stage, folder, &pull), 1, &ALL);
    }
    let (echo, tenant) = (registry.at(&format!("{ECHO}:v1")), format!("X-Tenant: {HEADER}"));
    let resolve = stage.world.command(&["resolve", &echo, "--debug", "-H", &tenant]);
    stage.run(resolve, 4, &ALL);
    let elsewhere = format!("{ELSEWHERE}/app:v1");
    let given = ["-u", "ann", "-p", PASSWORD];
    let mut command = stage.command(&[&["pull", &elsewhere, "--plain-http"][..], &given].concat());
    command.env("HTTP_PROXY", format!("http://{}", registry.name()));
    let refused = stage.run(command, 4, &ALL);
    assert!(
        refused.stderr.contains("--trust-token-server"),
        "{}",
        refused.stderr
    );
    stage.runs(0, &["push", &registry.at(&format!("{GONE}:v1")), "a.txt"]);
    stage.runs(5, &["pull", &registry.at(&format!("{GONE}:v1")), "-o", "none"]);
    stage.runs(5, &["push", &registry.at(&format!("{BROKEN}:v1")), "large.bin"]);
    stage.runs(2, &["pull", &app, "-H", HEADER]);
}

/// Planted passwords, tokens, cookies and addresses go over the wire, but no output reveals them. Only the login's
/// file has the password, and only the record of the failed upload has its location.
#[test]
fn no_planted_secret_shows_in_a_run_from_login_to_logout() {
    let (registry, other) = (Registry::start(), Registry::start());
    let stage = stage(&registry);
    log_in(&stage, &registry);
    transfer(&stage, &registry, &other);
    fail(&stage, &registry, &other);

    let written = stage.written();
    let record = |(secret, file): &(&str, String)| {
        *secret == SESSION && file.starts_with(".local/state/oras/uploads/")
    };
    let login = (PASSWORD, ".docker/config.json".to_owned());
    assert_eq!(
        written.iter().filter(|found| record(found)).count(),
        1,
        "{written:?}"
    );
    assert!(
        written.iter().all(|found| record(found) || *found == login),
        "{written:?}"
    );
    stage.runs(0, &["logout", &registry.name()]);
    assert!(stage.written().iter().all(record), "{:?}", stage.written());

    let seen: BTreeSet<_> = registry.seen().union(&other.seen()).copied().collect();
    assert_eq!(seen, BTreeSet::from(ALL), "all of them were at risk");
}

/// The key of a client certificate, valid and broken.
#[test]
fn no_line_of_a_clients_key_shows() {
    let certificate = || {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    };
    let ((server, server_key), (client, key)) = (certificate(), certificate());
    let tls = Tls::from_pem(&server, server_key).unwrap();
    let tls = tls.with_client_ca(&client, ClientCertificates::Required).unwrap();
    let mut stage = Stage::new(World::with(ServerOptions::default().with_tls(tls)));
    stage.give("root.pem", server);
    stage.give("client.pem", client);
    stage.give("good.pem", &key);
    let lines: Vec<&str> = key.lines().filter(|line| !line.starts_with('-')).collect();
    stage.give("cut.pem", key.replace(lines[1], &lines[1][..5]));
    stage.give("plain.pem", lines.concat());
    let app = stage.world.at("app:v1");
    for (file, code) in [("good.pem", 0), ("cut.pem", 1), ("plain.pem", 1)] {
        let push = [
            "push",
            &app,
            "root.pem",
            "--ca-file",
            "root.pem",
            "--cert-file",
            "client.pem",
        ];
        let command = stage.command(&[&push[..], &["--key-file", file]].concat());
        stage.run(command, code, &lines);
    }
    assert!(lines.iter().all(|line| line.len() > 20), "{lines:?}");
}
