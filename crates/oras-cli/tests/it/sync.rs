//! `oras sync`: plans from files, their output and exit codes.

use oras_server::{Route, ServerOptions};
use oras_server_faults::Fault;
use serde_json::Value;

use crate::run::World;

fn world() -> World {
    let world = World::with(ServerOptions::default().with_delete(true));
    for (tag, text) in [("v1", "one"), ("v2", "two"), ("edge", "three")] {
        world.write("a.txt", text);
        world.oras(&["push", &world.at(&format!("app:{tag}")), "a.txt"]);
    }
    world
}

/// Writes a plan with the address of the registry filled in.
fn plan(world: &World, text: &str) {
    world.write("plan.yaml", text.replace("REGISTRY", &world.registry()));
}

fn tags(world: &World, name: &str) -> Vec<String> {
    let listed = world.oras(&["repo", "tags", &world.at(name)]);
    listed.lines().map(str::to_owned).collect()
}

fn changes(world: &World) -> usize {
    let journal = world.journal();
    journal.count(|entry| !["GET", "HEAD"].contains(&entry.method.as_str()))
}

#[test]
fn a_plan_is_shown_done_and_found_done() {
    let world = world();
    plan(
        &world,
        "jobs:\n- from: REGISTRY/app\n  to: REGISTRY/mirror/app\n  tags: {include: v*}\n",
    );
    let before = changes(&world);
    let said = world.oras(&["sync", "-f", "plan.yaml", "--dry-run"]);
    let (app, mirror) = (world.at("app"), world.at("mirror/app"));
    let expected = format!(
        "Would copy {mirror}:v1\nWould copy {mirror}:v2\n{app} => {mirror}: 2 to copy, 0 up to date\nDry run: nothing was written\n"
    );
    assert_eq!((said, changes(&world)), (expected, before));

    let said = world.oras(&["sync", "-f", "plan.yaml"]);
    assert!(
        said.ends_with(&format!("{app} => {mirror}: 2 copied, 0 up to date\n")),
        "{said}"
    );
    let before = changes(&world);
    let said = world.oras(&["sync", "-f", "plan.yaml"]);
    assert_eq!(said, format!("{app} => {mirror}: 2 up to date\n"));
    assert_eq!(changes(&world), before);
    assert_eq!(tags(&world, "mirror/app"), ["v1", "v2"]);
}

#[test]
fn what_the_source_does_not_have_goes_where_the_plan_says_so() {
    let world = world();
    let mirror = world.at("mirror");
    world.oras(&["cp", "--all-tags", &world.at("app"), &mirror]);
    world.oras(&["repo", "delete", &world.at("app:v1"), "--force"]);
    world.oras(&["repo", "delete", &world.at("app:edge"), "--force"]);
    let job = "jobs:\n- from: REGISTRY/app\n  to: REGISTRY/mirror\n  tags: {include: v*}\n  delete: true\n";
    plan(&world, job);
    let said = world.oras(&["sync", "-f", "plan.yaml", "--dry-run"]);
    assert!(said.starts_with(&format!("Would delete {mirror}:v1\n")), "{said}");
    assert_eq!(tags(&world, "mirror").len(), 3);
    let said = world.oras(&["sync", "-f", "plan.yaml"]);
    assert!(said.starts_with(&format!("Deleted {mirror}:v1\n")), "{said}");
    assert_eq!(tags(&world, "mirror"), ["edge", "v2"]);
}

#[test]
fn what_fails_is_told_once_and_the_exit_code_says_so() {
    let world = world();
    world.server().inject(
        Fault::status(403)
            .on_route(Route::Tags)
            .on_repository("secret")
            .always(),
    );
    let job = |from: &str, tags: &str| {
        format!("- from: REGISTRY/{from}\n  to: REGISTRY/mirror/{from}\n  tags: {tags}\n")
    };
    let jobs = [
        job("secret", "{}"),
        job("app", "[v1, none, v2]"),
        job("app", "[edge]"),
    ];
    plan(&world, &format!("jobs:\n{}", jobs.concat()));
    let ran = world.run(&["sync", "-f", "plan.yaml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let (secret, app) = (world.at("secret"), world.at("app"));
    let told = |start: &str| ran.stderr.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(told(&format!("Failed {secret} => ")), 1, "{}", ran.stderr);
    assert_eq!(told(&format!("Failed tag none of {app}: ")), 1, "{}", ran.stderr);
    let last = ran.stderr.lines().last().unwrap();
    assert!(
        last.contains("2 of 3 job(s) failed, in whole or in part"),
        "{last}"
    );
    assert_eq!(tags(&world, "mirror/app"), ["edge", "v1", "v2"]);
}

#[test]
fn files_of_others_are_read_and_what_they_do_not_say_is_asked_for() {
    let world = world();
    plan(&world, "REGISTRY:\n  images-by-semver:\n    app: '>=1'\n");
    let said = world.fails_with(Some(2), &["sync", "-f", "plan.yaml"]);
    assert!(
        said.contains("plan.yaml, line 1: the file does not say where to"),
        "{said}"
    );
    world.oras(&["sync", "-f", "plan.yaml", "--to", &world.at("all")]);
    assert_eq!(tags(&world, "all/app"), ["v1", "v2"]);

    plan(
        &world,
        "version: 1\ndefaults:\n  interval: 1h\nsync:\n- source: REGISTRY/app\n  target: REGISTRY/regsync\n  type: repository\n  tags: {allow: [edge]}\n",
    );
    let ran = world.run(&["sync", "-f", "plan.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let warning = "Warning: plan.yaml, line 3: defaults.interval is passed over: one run is one pass";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    assert_eq!(tags(&world, "regsync"), ["edge"]);
}

#[test]
fn a_registry_goes_below_another_and_into_layouts() {
    let world = world();
    world.oras(&["cp", &world.at("app:v1"), &world.at("team/one:v1")]);
    plan(
        &world,
        "jobs:\n- from: {registry: REGISTRY/team}\n  to: {registry: REGISTRY/copy}\n- from: REGISTRY/app\n  to: {layout: saved}\n- from: REGISTRY/app\n  to: {layout: saved.tar}\n",
    );
    let said = world.oras(&["sync", "-f", "plan.yaml", "--dry-run"]);
    assert!(
        said.contains(
            "REGISTRY/app => saved.tar: 3 to copy"
                .replace("REGISTRY", &world.registry())
                .as_str()
        ),
        "{said}"
    );
    assert!(!world.path("saved").exists() && !world.path("saved.tar").exists());
    world.oras(&["sync", "-f", "plan.yaml"]);
    assert_eq!(tags(&world, "copy/one"), ["v1"]);
    for layout in ["saved", "saved.tar"] {
        let listed = world.oras(&["repo", "tags", "--oci-layout", layout]);
        assert_eq!(listed, "edge\nv1\nv2\n", "{layout}");
    }
}

#[test]
fn a_state_is_kept_and_trusted_only_when_that_is_said() {
    let world = world();
    plan(&world, "jobs:\n- from: REGISTRY/app\n  to: REGISTRY/mirror\n");
    let sync = ["sync", "-f", "plan.yaml", "--state", "state.json"];
    world.oras(&sync);
    let state: Value = serde_json::from_str(&world.read("state.json")).unwrap();
    assert!(state["sources"][world.at("app")][world.at("mirror")]["v1"]["source"].is_string());
    world.oras(&["repo", "delete", &world.at("mirror:v1"), "--force"]);
    let trusting = [&sync[..], &["--trust-state"]].concat();
    assert!(world.oras(&trusting).contains("3 up to date"));
    assert!(world.oras(&sync).contains("1 copied, 2 up to date"));
    world.fails_usage(&["sync", "-f", "plan.yaml", "--trust-state"]);
}

#[test]
fn hints_are_about_the_plan() {
    let world = world();
    plan(
        &world,
        "registries:\n  REGISTRY: {insecure: true}\njobs:\n- from: REGISTRY/app\n  to: REGISTRY/mirror\n",
    );
    let said = world.fails(&["sync", "-f", "plan.yaml"]);
    assert!(
        said.contains("say plainHttp: true for it under registries in the plan"),
        "{said}"
    );
    plan(
        &world,
        "jobs:\n- from: REGISTRY/app\n  to: REGISTRY/mirror\n  tags: [v1, v2]\n  rename: {v1: v2}\n",
    );
    let ran = world.run(&["sync", "-f", "plan.yaml"]);
    assert!(
        ran.stderr
            .contains("v1 and v2 would have the same name, v2; exclude one of the tags in the plan"),
        "{}",
        ran.stderr
    );
    plan(
        &world,
        "jobs:\n- from: REGISTRY/app\n  to: REGISTRY/mid\n- from: REGISTRY/mid\n  to: REGISTRY/end\n  delete: true\n",
    );
    let ran = world.run(&["sync", "-f", "plan.yaml"]);
    assert!(ran.stderr.contains("write them into two plans"), "{}", ran.stderr);
    let said = world.fails(&["sync", "-f", "none.yaml"]);
    assert!(said.contains("cannot read the plan in none.yaml"), "{said}");
}

#[test]
fn tags_are_renamed_and_chosen_by_age() {
    let world = world();
    let old = ["-a", "org.opencontainers.image.created=2001-01-01T00:00:00Z"];
    world.oras(&[&["push", &world.at("app:v0"), "a.txt"], &old[..]].concat());
    let undated = ["-a", "org.opencontainers.image.created=0000-01-01T00:00:00Z"];
    world.oras(&[&["push", &world.at("app:v3"), "a.txt"], &undated[..]].concat());
    let job = "jobs:\n- from: REGISTRY/app\n  to: REGISTRY/mirror\n  tags: {include: v*, newerThan: 90d}\n";
    plan(&world, &format!("{job}  rename: {{v*: app-*}}\n"));
    let said = world.oras(&["sync", "-f", "plan.yaml"]);
    let (app, mirror) = (world.at("app"), world.at("mirror"));
    assert_eq!(
        said,
        format!(
            "Copied {mirror}:app-1\nCopied {mirror}:app-2\n{app} => {mirror}: 2 copied, 1 left out without a date, 0 up to date\n"
        )
    );
    assert_eq!(tags(&world, "mirror"), ["app-1", "app-2"]);
    let document: Value =
        serde_json::from_str(&world.oras(&["sync", "-f", "plan.yaml", "--format", "json"])).unwrap();
    assert_eq!(document["jobs"][0]["undated"], 1);
}

#[test]
fn jobs_of_one_file_may_write_to_one_archive() {
    let world = world();
    world.oras(&["cp", &world.at("app:edge"), &world.at("other:extra")]);
    std::fs::create_dir(world.path("sub")).unwrap();
    let job = |from: &str, path: &str| format!("- from: REGISTRY/{from}\n  to: {{layout: {path}}}\n");
    plan(
        &world,
        &format!(
            "jobs:\n{}{}",
            job("app", "all.tar"),
            job("other", "sub/../all.tar")
        ),
    );
    let said = world.oras(&["sync", "-f", "plan.yaml", "--state", "state.json"]);
    assert!(said.contains("3 copied") && said.contains("1 copied"), "{said}");
    let listed = world.oras(&["repo", "tags", "--oci-layout", "all.tar"]);
    assert_eq!(listed, "edge\nextra\nv1\nv2\n");

    // It is written anew, whatever a state says.
    let trusting = [
        "sync",
        "-f",
        "plan.yaml",
        "--state",
        "state.json",
        "--trust-state",
    ];
    let dry = world.oras(&[&trusting[..], &["--dry-run"]].concat());
    assert!(dry.contains("3 to copy"), "{dry}");
    let said = world.oras(&trusting);
    assert!(said.contains("3 copied") && said.contains("1 copied"), "{said}");
    assert_eq!(world.oras(&["repo", "tags", "--oci-layout", "all.tar"]), listed);
}

#[test]
fn an_archive_that_lacks_something_takes_the_place_of_none() {
    let world = world();
    let sync = ["sync", "-f", "plan.yaml"];
    plan(&world, "jobs:\n- from: REGISTRY/none\n  to: {layout: app.tar}\n");
    world.fails(&sync);
    assert!(!world.path("app.tar").exists(), "there is nothing to keep");
    let job =
        |tags: &str| format!("jobs:\n- from: REGISTRY/app\n  to: {{layout: app.tar}}\n  tags: {tags}\n");
    plan(&world, &job("[v1, none]"));
    assert_ne!(world.run(&sync).code, 0);
    let listed = || world.oras(&["repo", "tags", "--oci-layout", "app.tar"]);
    assert_eq!(listed(), "v1\n", "what could be copied");
    plan(&world, &job("[v1, v2]"));
    world.oras(&sync);
    plan(&world, &job("[v1, none]"));
    let ran = world.run(&sync);
    assert!(ran.stderr.contains("app.tar stays as it was"), "{}", ran.stderr);
    assert_eq!(listed(), "v1\nv2\n");
    // A file that is not an archive of a layout is not replaced.
    world.write("app.tar", "mine");
    assert_ne!(world.run(&sync).code, 0);
    assert_eq!(world.read("app.tar"), "mine");
}

#[cfg(unix)]
#[test]
fn an_interrupted_sync_keeps_the_state_of_what_was_done() {
    for (signal, code, is_kept) in [
        ("INT", Some(130), true),
        ("TERM", Some(143), true),
        ("KILL", None, false),
    ] {
        let world = world();
        plan(&world, "jobs:\n- from: REGISTRY/app\n  to: {layout: mirror}\n");
        world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "mirror:v1"]);
        world.write("state.json", r#"{"version":1,"sources":{}}"#);
        let manifest: Value =
            serde_json::from_str(&world.oras(&["manifest", "fetch", &world.at("app:v2")])).unwrap();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        let encoded = layer.strip_prefix("sha256:").unwrap();
        let stalls = Fault::stall(0).on_route(Route::Blob).on_digest(layer);
        world.server().inject(stalls.always());
        world.journal().clear();
        let mut running = world
            .command(&["sync", "-f", "plan.yaml", "--state", "state.json"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let is_copying = || world.journal().count(|entry| entry.path.contains(encoded)) > 0;
        while !is_copying() {
            assert_eq!(running.try_wait().unwrap(), None, "it waits for the layer");
            std::thread::yield_now();
        }
        let pid = running.id().to_string();
        let sent = std::process::Command::new("kill")
            .args([&format!("-{signal}"), &pid])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(running.wait().unwrap().code(), code);
        let state: Value = serde_json::from_str(&world.read("state.json")).unwrap();
        let tags = &state["sources"][world.at("app")]["mirror"];
        assert_eq!(tags["v1"]["source"].is_string(), is_kept, "{signal}: {state}");
        assert!(tags["v2"].is_null(), "{signal}: {state}");
    }
}

#[test]
fn a_state_that_cannot_be_kept_is_told_of_before_anything_is_done() {
    let world = world();
    plan(&world, "jobs:\n- from: REGISTRY/app\n  to: REGISTRY/mirror\n");
    let before = changes(&world);
    for state in ["none/state.json", "."] {
        let said = world.fails_with(Some(2), &["sync", "-f", "plan.yaml", "--state", state]);
        assert!(said.contains("the state cannot be kept in"), "{said}");
    }
    assert_eq!(changes(&world), before);
    // A dry run leaves no state.
    world.oras(&["sync", "-f", "plan.yaml", "--state", "state.json", "--dry-run"]);
    assert!(!world.path("state.json").exists());
}
