//! The configuration files of podman and docker, as followed by all commands.

use oras_server::{ClientCertificates, Route, ServerOptions, Tls};
use oras_server_faults::{Entry, Fault};

use crate::read_only;
use crate::run::World;

const REGISTRIES: &str = ".config/containers/registries.conf";
const POLICY: &str = ".config/containers/policy.json";

fn is_blob(entry: &Entry) -> bool {
    entry.route == Route::Blob
}

/// Creates a certificate for this machine, and its key.
fn certificate() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// Creates a registry with `app:v1`, and a mirror of it with `copy/app:v1`. Neither has had a request.
fn mirrored(more: &str) -> (World, World) {
    let (world, mirror) = (World::new(), World::new());
    world.push_hello("app:v1");
    mirror.push_hello("copy/app:v1");
    let (registry, location) = (world.registry(), mirror.at("copy"));
    world.write(
        REGISTRIES,
        format!(
            "[[registry]]\nlocation = '{registry}'\n[[registry.mirror]]\nlocation = '{location}'\n{more}"
        ),
    );
    world.journal().clear();
    mirror.journal().clear();
    (world, mirror)
}

#[test]
fn a_mirror_is_read_and_told_which_registry_it_stands_for() {
    let (world, mirror) = mirrored("");
    world.oras(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
    assert_eq!(world.journal().requests(), 0);
    let entries = mirror.journal().entries();
    let own = format!("ns={}", world.registry().replace(':', "%3A"));
    assert!(entries.iter().any(is_blob));
    assert!(
        entries
            .iter()
            .all(|entry| entry.path.contains(&own) && entry.path.contains("/v2/copy/app/")),
        "{entries:?}"
    );
}

#[test]
fn content_of_a_mirror_is_verified() {
    let (world, mirror) = mirrored("");
    mirror
        .server()
        .inject(Fault::flip(0).on_route(Route::Blob).always());
    let ran = world.run(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(!world.path("out/hello.txt").exists());
}

#[test]
fn the_registry_itself_is_not_told_of_a_namespace_and_is_written_to() {
    let (world, mirror) = mirrored("pull-from-mirror = 'digest-only'\n");
    world.oras(&["tag", &world.at("app:v1"), "v2"]);
    world.oras(&["resolve", &world.at("app:v1")]);
    assert_eq!(mirror.journal().requests(), 0);
    assert!(world.journal().requests() > 0);
    assert_eq!(world.journal().count(|entry| entry.path.contains("ns=")), 0);
}

#[test]
fn a_mirror_that_fails_is_left_alone() {
    let (world, mirror) = mirrored("");
    mirror.server().inject(Fault::rate_limited("100000").always());
    world.oras(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
    assert_eq!(mirror.journal().requests(), 1);
}

#[test]
fn what_is_blocked_is_not_asked() {
    let world = World::new();
    world.push_hello("app:v1");
    world.journal().clear();
    let conf = format!(
        "[[registry]]\nlocation = '{}'\n\n[[registry]]\nlocation = '{}'\nblocked = true\n",
        world.at("other"),
        world.at("app")
    );
    world.write(REGISTRIES, conf);
    let app = world.at("app:v1");
    for command in [
        &["pull", &app][..],
        &["push", &app, "hello.txt"],
        &["resolve", &app],
        &["tag", &app, "v2"],
        &["cp", &app, &world.at("other:v1")],
        &["cp", &world.at("other:v1"), &app],
    ] {
        let error = world.fails_with(Some(1), command);
        assert!(error.contains("registries.conf:4"), "{error}");
        assert!(error.contains("--system-config=false"), "{error}");
    }
    assert_eq!(world.journal().requests(), 0);
    for off in [
        &["resolve", &app, "--system-config=false"][..],
        &["--system-config=false", "resolve", &app],
    ] {
        world.oras(off);
    }
    let mut off = world.command(&["resolve", &app]);
    assert!(
        off.env("ORAS_SYSTEM_CONFIG", "0")
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[test]
fn a_rewritten_registry_is_read_elsewhere_and_written_where_it_was_named() {
    let (world, other) = (World::new(), World::new());
    other.push_hello("moved/app:v1");
    let (registry, location) = (world.registry(), other.at("moved"));
    world.write(
        REGISTRIES,
        format!("[[registry]]\nprefix = '{registry}'\nlocation = '{location}'\n"),
    );
    other.journal().clear();
    let app = world.at("app:v1");
    world.oras(&["pull", &app, "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
    assert_eq!(world.journal().requests(), 0);
    assert_eq!(other.journal().count(|entry| entry.path.contains("ns=")), 0);
    other.journal().clear();
    world.push_hello("new:v1");
    let new = world.at("new:v1");
    for change in [
        &["tag", &new, "v2"][..],
        &[
            "attach",
            &new,
            "--artifact-type",
            "application/vnd.test",
            "hello.txt",
        ],
        &["manifest", "index", "create", &world.at("new:v3"), "v1"],
        &["manifest", "delete", "-f", &new],
        &["cp", &app, &world.at("copy:v1"), "--from-plain-http"],
    ] {
        world.journal().clear();
        world.oras(change);
        let writes = |entry: &Entry| !matches!(entry.method.as_str(), "GET" | "HEAD");
        assert!(world.journal().count(writes) > 0, "{change:?}");
        assert_eq!(other.journal().count(writes), 0, "{change:?}");
    }
}

#[test]
fn an_alias_names_what_is_read() {
    let world = World::new();
    let pushed = world.push_hello("team/app:v1");
    world.write(
        REGISTRIES,
        format!("[aliases]\ntool = '{}'\n", world.at("team/app")),
    );
    assert_eq!(world.oras(&["resolve", "tool:v1"]).trim(), pushed);
    world.fails_usage(&["tag", "tool:v1", "v2"]);
    world.fails_usage(&["resolve", "tools:v1"]);
}

#[test]
fn a_root_of_the_host_makes_a_registry_reachable() {
    let (certificate, key) = certificate();
    let tls = Tls::from_pem(&certificate, key).unwrap();
    let world = World::with(ServerOptions::default().with_tls(tls));
    world.write("hello.txt", "hello");
    let app = world.at("app:v1");
    assert_eq!(world.run(&["push", &app, "hello.txt"]).code, 5);
    world.write(
        &format!(".config/containers/certs.d/{}/ca.crt", world.registry()),
        certificate,
    );
    let pushed = world.run(&["push", &app, "hello.txt"]);
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    assert!(!pushed.stderr.contains("trying again"), "{}", pushed.stderr);
    world.oras(&["pull", &app, "-o", "out"]);
    assert_eq!(world.run(&["pull", &app, "--system-config=false"]).code, 5);
}

#[test]
fn a_client_certificate_of_the_host_is_shown() {
    let ((server, key), (client, client_key)) = (certificate(), certificate());
    let tls = Tls::from_pem(&server, key).unwrap();
    let tls = tls.with_client_ca(&client, ClientCertificates::Required).unwrap();
    let world = World::with(ServerOptions::default().with_tls(tls));
    world.write("hello.txt", "hello");
    let folder = format!(".config/containers/certs.d/{}", world.registry());
    world.write(&format!("{folder}/ca.crt"), server);
    let push = ["push", &world.at("app:v1"), "hello.txt"];
    world.fails_with(Some(5), &push);
    world.write(&format!("{folder}/me.cert"), client);
    world.write(&format!("{folder}/me.key"), client_key);
    world.oras(&push);
}

#[test]
fn certificates_that_others_may_not_see_are_not_there() {
    let world = World::new();
    world.push_hello("app:v1");
    let folder = format!(".config/containers/certs.d/{}", world.registry());
    world.write(&format!("{folder}/me.cert"), "");
    for hidden in [&folder[..], ".config/containers/certs.d"] {
        read_only::permit(&world, hidden, 0);
        let ran = read_only::run(&world, &["resolve", &world.at("app:v1")]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    read_only::permit(&world, ".config/containers/certs.d", 0o755);
}

#[test]
fn completion_follows_the_files_unless_the_environment_says_otherwise() {
    let world = World::new();
    let registry = world.registry();
    world.write(
        REGISTRIES,
        format!("[[registry]]\nlocation = '{registry}'\nblocked = true\n"),
    );
    for (variable, is_asked) in [("1", false), ("0", true)] {
        let mut command = world.command(&["--", "oras", "pull", &world.at("app:")]);
        command
            .env("ORAS_COMPLETE", "fish")
            .env("_CLAP_COMPLETE_INDEX", "2");
        command.env("ORAS_SYSTEM_CONFIG", variable);
        assert!(command.output().unwrap().status.success());
        assert_eq!(world.journal().requests() > 0, is_asked);
    }
}

#[test]
fn half_a_client_certificate_is_an_error_before_any_request() {
    let world = World::new();
    world.push_hello("app:v1");
    world.journal().clear();
    let folder = format!(".config/containers/certs.d/{}", world.registry());
    world.write(&format!("{folder}/me.cert"), "");
    let error = world.fails_with(Some(1), &["pull", &world.at("app:v1")]);
    assert!(error.contains("me.cert has no key"), "{error}");
    assert_eq!(world.journal().requests(), 0);
}

#[test]
fn what_a_policy_rejects_is_neither_read_nor_written() {
    let world = World::new();
    world.push_hello("app:v1");
    world.push_hello("fine:v1");
    let (fine, app) = (world.at("fine"), world.at("app:v1"));
    world.write(
        POLICY,
        format!(
            r#"{{"default": [{{"type": "reject"}}], "transports": {{"docker": {{"{fine}": [{{"type": "insecureAcceptAnything"}}]}}}}}}"#
        ),
    );
    world.journal().clear();
    for command in [
        &["pull", &app, "-o", "out"][..],
        &["pull", &app, "-o", "-"],
        &["cp", &app, &world.at("copy:v1")],
        &["cp", "-r", &app, &world.at("copy:v1")],
        &["cp", &app, "--to-oci-layout", "layout:v1"],
        &["cp", "--dry-run", &app, &world.at("copy:v1")],
        &["backup", &app, "--output", "backup"],
    ] {
        let ran = world.run(command);
        assert_eq!(ran.code, 1, "oras {command:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("the default of ") && ran.stderr.contains("policy.json rejects it"),
            "{}",
            ran.stderr
        );
    }
    let journal = world.journal();
    assert_eq!(journal.count(is_blob), 0);
    let reads = |entry: &Entry| matches!(entry.method.as_str(), "GET" | "HEAD");
    assert_eq!(journal.count(|entry| !reads(entry)), 0);
    assert!(!world.path("out").exists());
    world.oras(&["pull", &world.at("fine:v1"), "-o", "out"]);
    world.oras(&["pull", &app, "-o", "out", "--system-config=false"]);
}

#[test]
fn each_tag_has_a_scope() {
    let world = World::new();
    world.push_hello("app:good");
    world.oras(&["tag", &world.at("app:good"), "bad"]);
    let bad = world.at("app:bad");
    world.write(
        POLICY,
        format!(
            r#"{{"default": [{{"type": "insecureAcceptAnything"}}], "transports": {{"docker": {{"{bad}": [{{"type": "reject"}}]}}}}}}"#
        ),
    );
    let ran = world.run(&["cp", "--all-tags", &world.at("app"), &world.at("copy")]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("Failed tag bad"), "{}", ran.stderr);
    assert_eq!(world.oras(&["repo", "tags", &world.at("copy")]), "good\n");
}

#[test]
fn a_signature_that_is_asked_for_is_not_held_to_be_there() {
    let world = World::new();
    world.push_hello("app:v1");
    world.write(
        POLICY,
        r#"{"default": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k"}]}"#,
    );
    let error = world.fails_with(Some(1), &["pull", &world.at("app:v1"), "-o", "out"]);
    for part in ["signedBy", "policy.json", "podman or skopeo"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!world.path("out").exists());
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let world = World::new();
    world.push_hello("app:v1");
    world.write(REGISTRIES, "\n[[registry]]\n");
    let error = world.fails_with(Some(1), &["resolve", &world.at("app:v1")]);
    assert!(
        error.contains("registries.conf:2: registry: location is missing"),
        "{error}"
    );
    assert!(error.contains("correct the file"), "{error}");
}

#[test]
fn flags_go_before_what_the_files_say() {
    let world = World::new();
    world.push_hello("app:v1");
    let file = format!(".config/containers/certs.d/{}/ca.crt", world.registry());
    world.write(&file, "");
    let error = world.fails_with(Some(1), &["resolve", &world.at("app:v1")]);
    assert!(error.contains("ca.crt: it has no PEM"), "{error}");
    world.write(&file, certificate().0);
    let app = world.at("app:v1");
    assert_ne!(world.run(&["resolve", &app]).code, 0);
    world.oras(&["resolve", &app, "--plain-http"]);
}

#[test]
fn a_sync_reads_mirrors_and_copies_what_the_policy_lets_through() {
    let (world, mirror) = mirrored("");
    let to = World::new();
    let (from, to_app) = (world.at("app"), to.at("app"));
    world.write("plan.yaml", format!("jobs:\n- {{from: {from}, to: {to_app}}}\n"));
    world.write(POLICY, r#"{"default": [{"type": "reject"}]}"#);
    for command in [
        &["sync", "-f", "plan.yaml"][..],
        &["sync", "-f", "plan.yaml", "--dry-run"],
    ] {
        let ran = world.run(command);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("policy.json rejects it"), "{}", ran.stderr);
    }
    assert_eq!(
        to.journal()
            .count(|entry| !matches!(entry.method.as_str(), "GET" | "HEAD")),
        0
    );

    world.write(POLICY, r#"{"default": [{"type": "insecureAcceptAnything"}]}"#);
    world.oras(&["sync", "-f", "plan.yaml"]);
    assert!(mirror.journal().count(is_blob) > 0);
    assert_eq!(world.journal().count(is_blob), 0);
    world.oras(&["pull", &to.at("app:v1"), "-o", "out"]);
}

#[test]
fn a_backup_of_many_takes_what_the_policy_lets_through() {
    let (world, _mirror) = mirrored("");
    world.write("hello.txt", "hello");
    world.oras(&["push", &world.at("other:v1"), "hello.txt"]);
    let (app, other) = (world.at("app"), world.at("other"));
    let accepts = format!(r#"{{"{other}": [{{"type": "insecureAcceptAnything"}}]}}"#);
    let policy = format!(r#"{{"default": [{{"type": "reject"}}], "transports": {{"docker": {accepts}}}}}"#);
    world.write(POLICY, policy);
    for more in [&["--dry-run"][..], &[]] {
        let ran = world.run(&[&["backup", &app, &other, "-o", "out"], more].concat());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("Failed tag v1 of {app}: ")),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("policy.json rejects it"), "{}", ran.stderr);
    }
    let tags = world.oras(&["repo", "tags", "--oci-layout", "out"]);
    assert_eq!(tags, format!("{other}:v1\n"));
}
