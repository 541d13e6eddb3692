//! The schemas of `docs/schemas`: the structured output of each command conforms to them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::help::leaves;
use crate::members::Named;
use crate::run::World;

/// Schemas that do not describe the result of a command.
const OTHERS: [&str; 2] = ["descriptor", "progress"];

struct Documents {
    schemas: Schemas,
    compiler: Compiler,
    named: Named,
    seen: BTreeSet<String>,
}

impl Documents {
    fn new() -> Self {
        Self {
            schemas: Schemas::new(),
            compiler: Compiler::new(),
            named: Named::read(&Self::folder()),
            seen: BTreeSet::new(),
        }
    }

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas")
    }

    fn schema(&mut self, name: &str) -> SchemaIndex {
        let path = Self::folder()
            .canonicalize()
            .unwrap()
            .join(format!("{name}.json"));
        let compiled = self.compiler.compile(path.to_str().unwrap(), &mut self.schemas);
        compiled.unwrap_or_else(|error| panic!("{name}: {error:#}"))
    }

    fn check(&mut self, name: &str, text: &str) {
        let value: Value = serde_json::from_str(text).unwrap();
        let schema = self.schema(name);
        let valid = self.schemas.validate(&value, schema);
        valid.unwrap_or_else(|error| panic!("{name}: {error:#}\n{text}"));
        assert!(
            self.named.fits(name, &value),
            "{name} names other members, or in another order:\n{text}"
        );
    }

    /// Runs a command whose name has this many words, and checks its output against the schema of that name.
    fn run(&mut self, world: &World, words: usize, arguments: &[&str]) {
        let name = arguments[..words].join("-");
        let ran = world.run(&[arguments, &["--format", "json"]].concat());
        assert!(!ran.stdout.is_empty(), "oras {arguments:?}: {}", ran.stderr);
        self.check(&name, &ran.stdout);
        self.seen.insert(name);
    }
}

/// Writes a plan with an update, a removed tag, a renamed one, a failing one, and a failing job.
fn write_plan(world: &World) {
    let (app, mirror) = (world.at("app"), world.at("mirror"));
    world.oras(&["cp", &world.at("app:v1"), &world.at("mirror:v0")]);
    world.oras(&["push", &world.at("mirror:v1"), "folder"]);
    let jobs = [
        format!("- from: {app}\n  to: {mirror}\n  tags: {{include: v*}}\n  delete: true\n"),
        format!("- from: {app}\n  to: {mirror}\n  tags: [none]\n"),
        format!("- from: {{layout: none}}\n  to: {mirror}\n"),
        format!(
            "- from: {app}\n  to: {{layout: renamed}}\n  tags: {{newerThan: 1d}}\n  rename: {{v*: x*}}\n"
        ),
    ];
    world.write("plan.yaml", format!("jobs:\n{}", jobs.concat()));
}

/// Runs the commands where all is well.
fn run_all(world: &World, documents: &mut Documents) {
    let (app, other, index) = (world.at("app:v1"), world.at("other:v1"), world.at("app:index"));
    let (repository, back) = (world.at("app"), world.at("back"));
    let other_repository = world.at("other");
    world.oras(&["push", &app, "a.txt", "folder", "-a", "k=v"]);
    write_plan(world);
    let one: &[&[&str]] = &[
        &["push", &app, "a.txt", "folder", "-a", "k=v"],
        &["attach", &app, "a.txt", "--artifact-type", "t/sbom", "-a", "k=v"],
        &["pull", &app, "-o", "out", "--config", "config.json"],
        &["discover", &app],
        &["cp", "-r", &app, &other],
        &["cp", "-r", &app, &world.at("more:v1"), "--dry-run"],
        &["cp", "--all-tags", &repository, &world.at("all")],
        &["cp", &app, "--to-oci-layout", "layout:v1"],
        &["sync", "-f", "plan.yaml"],
        &["backup", &repository, "-o", "saved"],
        &["backup", &repository, &other_repository, "-o", "many"],
        &["backup", "--all", &world.registry(), "-o", "many", "--dry-run"],
        &["restore", "--input", "saved", &back],
        &["restore", "--input", "many", &world.at("many/")],
        &["verify", &app],
        &["tag", &app, "v2", "v3"],
        &["resolve", &app],
        &["version"],
    ];
    one.iter()
        .for_each(|arguments| documents.run(world, 1, arguments));
    let blob =
        format!("{repository}@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    world.write("manifest.json", world.oras(&["manifest", "fetch", &app]));
    let two: &[&[&str]] = &[
        &["manifest", "fetch", &app],
        &["manifest", "fetch-config", &app],
        &["manifest", "push", &world.at("app:v4"), "manifest.json"],
        &["manifest", "delete", &other, "--force"],
        &["blob", "push", &repository, "a.txt"],
        &["blob", "fetch", &blob, "--output", "blob"],
        &[
            "blob",
            "delete",
            &format!("{back}@{}", blob.split('@').nth(1).unwrap()),
            "--force",
        ],
        &["repo", "ls", &world.registry()],
        &["repo", "tags", &repository],
        &["repo", "delete", &world.at("app:v3"), "--force"],
        &["repo", "prune", &back, "--keep", "0", "--force"],
        &["layout", "gc", "layout", "--grace", "0s"],
        &["layout", "check", "layout"],
        &["auth", "status", &world.registry()],
        &["config", "explain", &app],
    ];
    two.iter()
        .for_each(|arguments| documents.run(world, 2, arguments));
    documents.run(world, 3, &["manifest", "index", "create", &index, "v1"]);
    documents.run(
        world,
        3,
        &["manifest", "index", "update", &index, "--tag", "again"],
    );
}

/// Runs commands whose results report faults.
fn run_with_faults(world: &World, documents: &mut Documents) {
    let layer = "layout/blobs/sha256/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    std::fs::remove_file(world.path(layer)).unwrap();
    world.write("layout/blobs/sha256/stranger", "x");
    documents.run(world, 1, &["verify", "--oci-layout", "layout:v1"]);
    documents.run(world, 2, &["layout", "check", "layout"]);
    documents.run(
        world,
        2,
        &["layout", "repair", "layout", "--from", &world.at("app")],
    );
    documents.run(world, 1, &["backup", &world.at("app:v1,none"), "-o", "partly"]);
    let (app, none) = (world.at("app:v1,none"), world.at("none"));
    documents.run(world, 1, &["backup", &app, &none, "-o", "partly-many"]);
    documents.run(world, 2, &["repo", "delete", &world.at("app:none"), "--force"]);
    documents.run(
        world,
        2,
        &["repo", "prune", &world.at("app"), "--keep", "0", "--dry-run"],
    );
    world.write(
        ".config/containers/registries.conf",
        "[[registry]]\nlocation = \"r.example\"\nblocked = true\n",
    );
    documents.run(world, 2, &["config", "explain", "r.example/app:v1"]);
    world.write("broken.json", "{");
    documents.run(
        world,
        2,
        &["auth", "status", "r.example", "--registry-config", "broken.json"],
    );
    world.oras(&["push", &world.at("unnamed:v1"), "--config", "a.txt:text/plain"]);
    documents.run(world, 1, &["pull", &world.at("unnamed:v1"), "-o", "unnamed"]);
    let app = world.at("app:v1");
    world.oras(&["attach", &app, "--artifact-type", "t/signature", "-a", "k=v"]);
    documents.run(world, 1, &["discover", &app, "--max-referrers", "1"]);
}

#[test]
fn results_are_what_their_schemas_say() {
    let world = World::new();
    world.write("a.txt", "hello");
    world.write("folder/b.txt", "b");
    let mut documents = Documents::new();
    run_all(&world, &mut documents);
    run_with_faults(&world, &mut documents);
    let of_commands = documents.named.names().filter(|name| !OTHERS.contains(name));
    let written: BTreeSet<String> = of_commands.map(str::to_owned).collect();
    assert_eq!(written, documents.seen);
    let has_format = |path: &Vec<String>| {
        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
        words.push("--help");
        world.oras(&words).contains("--format <FORMAT>")
    };
    let formatted = leaves(&world, &[]).into_iter().filter(has_format);
    let formatted: BTreeSet<String> = formatted.map(|path| path.join("-")).collect();
    assert_eq!(written, formatted);
}

#[test]
fn lines_of_progress_are_what_their_schema_says() {
    let world = World::new();
    world.write("large.bin", vec![0; 20 << 20]);
    world.write("folder/b.txt", "b");
    let app = world.at("app:v1");
    let mut documents = Documents::new();
    for command in [
        &["push", &app, "large.bin", "folder"][..],
        &["pull", &app, "-o", "out"],
    ] {
        let ran = world.run(&[command, &["--progress", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.lines().count() > 5, "{}", ran.stderr);
        ran.stderr
            .lines()
            .for_each(|line| documents.check("progress", line));
    }
}

#[test]
fn a_schema_refuses_what_is_not_so() {
    let mut documents = Documents::new();
    let schema = documents.schema("repo-tags");
    for wrong in ["{}", "{\"tags\": [1]}", "{\"tags\": [], \"more\": 1}"] {
        let value: Value = serde_json::from_str(wrong).unwrap();
        assert!(documents.schemas.validate(&value, schema).is_err(), "{wrong}");
    }
    let schema = documents.schema("push");
    let value: Value = serde_json::from_str("{\"reference\": \"r/a@sha256:1\"}").unwrap();
    assert!(documents.schemas.validate(&value, schema).is_err());
}

#[test]
fn members_that_no_schema_names_and_another_order_are_seen() {
    let named = Named::read(&Documents::folder());
    let fits = |name: &str, text: &str| named.fits(name, &serde_json::from_str(text).unwrap());
    assert!(fits(
        "attach",
        r#"{"reference":"r","mediaType":"t","digest":"d"}"#
    ));
    assert!(!fits("attach", r#"{"mediaType":"t","reference":"r"}"#));
    assert!(!fits(
        "attach",
        r#"{"reference":"r","digest":"d","mediaType":"t"}"#
    ));
    assert!(!fits("attach", r#"{"reference":"r","more":1}"#));
    assert!(fits(
        "pull",
        r#"{"reference":"r","files":[{"path":"p","reference":"r"}]}"#
    ));
    assert!(!fits(
        "pull",
        r#"{"reference":"r","files":[{"reference":"r","path":"p"}]}"#
    ));
    assert!(!fits("discover", r#"{"referrers":[{"referrers":[{"more":1}]}]}"#));
}

#[test]
fn schemas_are_closed_and_describe_each_member() {
    let named = Named::read(&Documents::folder());
    let flaws: Vec<String> = named.names().flat_map(|name| named.flaws(name)).collect();
    assert!(flaws.is_empty(), "{flaws:#?}");
}
