//! Flags used by scripts written for oras 1.3.6.

use serde_json::Value;

use crate::run::{Place, World, digest, with};

fn places(world: &World) -> [Place; 2] {
    [
        (world.at("app"), "registry", vec![]),
        ("lay".to_owned(), "oci-layout", vec!["--oci-layout"]),
    ]
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

const CREATED: &str = "org.opencontainers.image.created=2000-01-01T00:00:00Z";

#[test]
fn an_artifact_says_what_it_runs_on() {
    let world = World::new();
    world.write("hello.txt", "hello");
    for (place, _, flags) in places(&world) {
        let name = format!("{place}:v1");
        let push = ["push", &name, "hello.txt", "-a", CREATED, "--artifact-platform"];
        let pushed = world.oras(&with(&with(&push, &["linux/arm64/v8"]), &flags));
        // The digest produced by oras 1.3.6.
        let golden = "sha256:0169a25fb31aa2c32584435cfe85a40670c4cc0f777742ebcc138622d7f94941";
        assert_eq!(digest(&pushed), golden);
        let config = world.oras(&with(&["manifest", "fetch-config", &name], &flags));
        assert_eq!(config, r#"{"architecture":"arm64","os":"linux","variant":"v8"}"#);
        let both = ["linux", "--config", "hello.txt"];
        world.fails_usage(&with(&with(&push, &both), &flags));
        world.oras(&with(&with(&push, &["linux"]), &flags));
        let config = world.oras(&with(&["manifest", "fetch-config", &name], &flags));
        assert_eq!(json(&config)["os"], "linux");
    }
}

#[test]
fn what_is_attached_may_have_a_configuration() {
    let world = World::new();
    world.write("c.json", "{}");
    world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:v1"]);
    for (place, label, flags) in places(&world) {
        let name = format!("{place}:v1");
        let subject = world.oras(&with(&["resolve", &name], &flags));
        let attach = [
            "attach",
            &name,
            "--artifact-type",
            "s/x",
            "-a",
            "k=v",
            "--config",
            "c.json:c/d",
        ];
        let attached = world.oras(&with(&attach, &flags));
        let said = format!("Attached to [{label}] {place}@{subject}");
        assert!(attached.starts_with(&said), "{attached}");
        let referrer = format!("{place}@{}", digest(&attached));
        let config = ["manifest", "fetch-config", &referrer, "--descriptor"];
        assert_eq!(json(&world.oras(&with(&config, &flags)))["mediaType"], "c/d");
    }
}

#[test]
fn a_push_may_be_made_again_in_full() {
    let world = World::new();
    world.push_hello("app:v1");
    world.journal().clear();
    let is_upload = |entry: &oras_server_faults::Entry| entry.method.as_str() == "PUT";
    let push = ["push", &world.at("app:v1"), "hello.txt", "-a", CREATED];
    world.oras(&push);
    let first = world.journal().count(is_upload);
    world.oras(&push);
    assert_eq!(world.journal().count(is_upload), first + 1, "only the tag");
    world.oras(&with(&push, &["--force"]));
    assert_eq!(
        world.journal().count(is_upload),
        first + 1 + 3,
        "layer, configuration, manifest"
    );
}

#[test]
fn descriptors_may_be_indented() {
    let world = World::new();
    world.push_hello("app:v1");
    let name = world.at("app:v1");
    let place = world.at("app");
    let blob = format!("{place}@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    for words in [
        vec!["manifest", "fetch", &name],
        vec!["manifest", "fetch-config", &name],
        vec!["blob", "fetch", &blob],
        vec!["blob", "push", &place, "hello.txt"],
        vec!["blob", "delete", "--force", &blob],
        vec!["manifest", "delete", "--force", &name],
    ] {
        let shown = world.oras(&with(&words, &["--descriptor", "--pretty"]));
        assert!(shown.starts_with("{\n  \"mediaType\": "), "{words:?}: {shown}");
    }
}

#[test]
fn a_manifest_is_fetched_by_its_media_type() {
    let world = World::new();
    world.push_hello("app:v1");
    let name = world.at("app:v1");
    let image = "application/vnd.oci.image.manifest.v1+json";
    let fetch = ["manifest", "fetch", &name, "--media-type"];
    world.oras(&with(&fetch, &[&format!("application/x,{image}")]));
    let error = world.fails_with(Some(2), &with(&fetch, &["application/x"]));
    assert!(error.contains(image), "{error}");
}

#[test]
fn a_template_writes_results() {
    let world = World::new();
    let pushed = world.push_hello("app:v1");
    let name = world.at("app:v1");
    let template = ["--format", "go-template", "--template"];
    for (words, template_text, expected) in [
        (vec!["manifest", "fetch", &name], "{{.digest}}", pushed.clone()),
        (
            vec!["resolve", &name],
            "{{.digest}} {{.nope}}",
            format!("{pushed} <no value>"),
        ),
        (vec!["discover", &name], "{{len .referrers}}", "0".to_owned()),
        (
            vec!["repo", "tags", &world.at("app")],
            "{{range .tags}}{{println .}}{{end}}",
            "v1\n".to_owned(),
        ),
        (
            vec!["pull", &name, "-o", "out"],
            "{{(first .files).size}}",
            "5".to_owned(),
        ),
    ] {
        let written = world.oras(&with(&with(&words, &template), &[template_text]));
        assert_eq!(written, expected, "{words:?}");
        let inline = format!("go-template={template_text}");
        assert_eq!(world.oras(&with(&words, &["--format", &inline])), expected);
    }
    world.journal().clear();
    let fetch = ["manifest", "fetch", &name];
    for (flags, said) in [
        (vec!["--format", "go-template"], "needs a template"),
        (vec!["--template", "{{.digest}}"], "is for --format go-template"),
        (
            vec!["--format", "json", "--template", "{{.digest}}"],
            "is for --format go-template",
        ),
        (vec!["--format", "go-template={{.digest"], "--format json"),
        (vec!["--format", "go-template={{ago .digest}}"], "--format json"),
    ] {
        let error = world.fails_with(Some(2), &with(&fetch, &flags));
        assert!(error.contains(said), "{flags:?}: {error}");
    }
    assert_eq!(
        world.journal().count(|_| true),
        0,
        "it is said before anything is done"
    );
    let error = world.fails_with(
        Some(1),
        &with(&fetch, &["--format", "go-template={{index .digest \"x\"}}"]),
    );
    assert!(error.contains("--format json"), "{error}");
}

#[test]
fn a_format_that_is_none_is_told_with_those_that_are() {
    let world = World::new();
    let ran = world.run(&["discover", "a/b:v1", "--format", "yaml"]);
    assert_eq!(ran.code, 2);
    for format in ["tree", "json", "go-template", "table"] {
        assert!(ran.stderr.contains(format), "{}", ran.stderr);
    }
}

#[test]
fn discovered_referrers_are_a_table() {
    let world = World::new();
    let root = world.push_hello("app:v1");
    let name = world.at("app:v1");
    let attach = [
        "attach",
        &name,
        "--artifact-type",
        "signature/example",
        "-a",
        CREATED,
    ];
    let attached = digest(&world.oras(&attach));
    let table = world.oras(&["discover", &name, "--format", "table"]);
    let head = format!(
        "Discovered 1 artifact referencing {name}\nDigest: {root}\n\n\
         Artifact Type       Digest\nsignature/example   {attached}\n{{\n  \"mediaType\": "
    );
    assert!(table.starts_with(&head), "{table}");
    let old = world.run(&["discover", &name, "-o", "table"]);
    assert_eq!((old.code, old.stdout), (0, table));
    assert!(old.stderr.contains("--output is deprecated"), "{}", old.stderr);
}

#[test]
fn deprecated_flags_are_taken_with_a_warning() {
    let world = World::new();
    let pushed = world.push_hello("app:v1");
    for flag in ["-v", "--verbose"] {
        let ran = world.run(&["resolve", &world.at("app:v1"), flag]);
        assert_eq!((ran.code, ran.stdout), (0, format!("{pushed}\n")));
        assert!(ran.stderr.contains("--verbose is deprecated"), "{}", ran.stderr);
    }
    let tag = ["tag", &world.at("app:v1"), "v2", "--concurrency", "6"];
    assert_eq!(world.run(&tag).code, 0);
}

#[test]
fn a_registry_may_be_at_an_address_that_no_name_leads_to() {
    let world = World::new();
    let pushed = world.push_hello("app:v1");
    let port = world.registry().split(':').next_back().unwrap().to_owned();
    let name = format!("registry.invalid:{port}/app:v1");
    let address = format!("registry.invalid:{port}:127.0.0.1");
    let resolve = ["resolve", &name, "--plain-http", "--resolve", &address];
    assert_eq!(world.oras(&resolve), format!("{pushed}\n"));
    let error = world.fails_with(Some(5), &["resolve", &name, "--plain-http"]);
    assert!(error.contains("registry.invalid"), "{error}");
    let wrong = ["resolve", &name, "--resolve", "registry.invalid"];
    let ran = world.run(&wrong);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("HOST:PORT:ADDRESS"), "{}", ran.stderr);
}

#[test]
fn headers_go_to_the_registry_that_they_are_for() {
    let world = World::new();
    world.push_hello("app:v1");
    world.journal().clear();
    let (from, to) = (world.at("app:v1"), "lay:v1");
    world.oras(&[
        "cp",
        &from,
        "--to-oci-layout",
        to,
        "--from-header",
        "X-Tenant: blue",
    ]);
    world.oras(&["resolve", &from, "-H", "X-Tenant: blue"]);
    let has = |entry: &oras_server_faults::Entry| {
        entry
            .request_headers
            .get("x-tenant")
            .is_some_and(|value| value == "blue")
    };
    let all = world.journal().count(|_| true);
    assert!(all > 2);
    assert_eq!(world.journal().count(has), all);
    let wrong = world.run(&["resolve", &from, "--header", "X-Tenant"]);
    assert_eq!(wrong.code, 2);
}

#[test]
fn an_identity_token_is_a_credential() {
    let users = oras_server::Users::new().with_user(oras_server::User::new("ann", "pw"));
    let options = oras_server::ServerOptions::default()
        .with_users(users)
        .with_tokens(true);
    let world = World::with(options);
    let name = world.at("app:v1");
    let both = ["resolve", &name, "--identity-token", "t0ken", "-u", "ann"];
    world.fails_usage(&both);
    let error = world.fails_with(Some(4), &["resolve", &name, "--identity-token", "planted-token"]);
    assert!(!error.contains("planted-token"), "{error}");
    let token = refresh_token(&world);
    world.write("a.txt", "a");
    world.oras(&["push", &name, "a.txt", "--identity-token", &token]);
    let resolve = ["resolve", &name, "--identity-token-stdin"];
    let ran = world.run_with(&format!("{token}\n"), &resolve);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(world.run_with("planted-token\n", &resolve).code, 4);
}

/// Requests a refresh token as `ann`, and returns it.
fn refresh_token(world: &World) -> String {
    use std::io::{Read, Write};

    let mut stream = std::net::TcpStream::connect(world.registry()).unwrap();
    let basic = "YW5uOnB3";
    write!(
        stream,
        "GET /token?service=x&offline_token=true HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n\r\n",
        world.registry()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let token = json(body)["refresh_token"].as_str().map(str::to_owned);
    token.unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn a_client_certificate_needs_its_key() {
    let world = World::new();
    let name = world.at("app:v1");
    world.fails_usage(&["resolve", &name, "--cert-file", "c.pem"]);
    let both = ["resolve", &name, "--cert-file", "c.pem", "--key-file", "k.pem"];
    let error = world.fails(&both);
    assert!(error.contains("c.pem"), "{error}");
}
