//! Many repositories in one backup: the names of their tags, shared content, and separate failures.

use std::process::Stdio;

use http::Method;
use oras_server::Route;
use oras_server_faults::Fault;
use serde_json::Value;

use crate::run::{World, files};

/// `app` with `v1` and `v2`, and `team/db` with `v1`. All have the layer `base`, and `app:v1` has an SBOM.
fn world() -> World {
    let world = World::new();
    world.write("base", "base".repeat(100_000));
    for (name, own) in [("app:v1", "one"), ("app:v2", "two"), ("team/db:v1", "three")] {
        world.write(own, own);
        world.oras(&["push", &world.at(name), "base", own]);
    }
    world.oras(&["attach", &world.at("app:v1"), "--artifact-type", "sbom/x", "one"]);
    world.journal().clear();
    world
}

/// Returns the tags of a layout, without the registry of `world`.
fn tags(world: &World, layout: &str) -> String {
    let listed = world.oras(&["repo", "tags", "--oci-layout", layout]);
    listed.replace(&world.at(""), "").replace('\n', " ")
}

fn assert_same(world: &World, names: [(&str, &str); 3]) {
    for (one, other) in names {
        let [one, other] = [one, other].map(|name| world.oras(&["resolve", &world.at(name)]));
        assert_eq!(one, other);
    }
}

/// Removes the elapsed time from the last line of `text`.
fn timeless(text: &str) -> &str {
    &text[..text.rfind(" in ").unwrap()]
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn repositories_go_to_one_layout_and_back_below_a_namespace() {
    let world = world();
    let (app, db) = (world.at("app"), world.at("team/db"));
    for (output, namespace) in [("out", "folder"), ("out.tar", "tar")] {
        let said = world.oras(&["backup", &app, &db, "-o", output, "--include-referrers"]);
        let pulled = format!(
            "Pulled {app}:v1 with 1 referrer(s)\nPulled {app}:v2 with 0 referrer(s)\nPulled {db}:v1 with 0 referrer(s)\n"
        );
        assert!(said.starts_with(&pulled), "{said}");
        let done = format!("Successfully backed up 3 tag(s) of 2 repositories to \"{output}\"");
        assert!(timeless(&said).ends_with(&done), "{said}");
        assert_eq!(tags(&world, output), "app:v1 app:v2 team/db:v1 ");

        let below = world.at(&format!("{namespace}/"));
        let said = world.oras(&["restore", "--input", output, &below]);
        let pushed = format!(
            "Pushed {below}app:v1 with 1 referrer(s)\nPushed {below}app:v2 with 0 referrer(s)\n\
             Pushed {below}team/db:v1 with 0 referrer(s)\nSuccessfully restored 3 tag(s) of 2 repositories to \"{below}\""
        );
        assert!(timeless(&said).ends_with(&pushed), "{said}");
        let back = ["app:v1", "app:v2", "team/db:v1"].map(|name| format!("{namespace}/{name}"));
        assert_same(
            &world,
            [
                ("app:v1", &back[0]),
                ("app:v2", &back[1]),
                ("team/db:v1", &back[2]),
            ],
        );
        let found = world.oras(&["discover", &world.at(&back[0])]);
        assert!(found.contains("sbom/x"), "{found}");
    }
    // The names are those read by other programs.
    let index = document(&world.read("out/index.json"));
    let named = |entry: &Value| entry["annotations"]["org.opencontainers.image.ref.name"].clone();
    let names: Vec<Value> = index["manifests"].as_array().unwrap().iter().map(named).collect();
    assert!(names.contains(&format!("{app}:v1").into()), "{names:?}");
}

#[test]
fn a_second_run_moves_nothing_and_says_so() {
    let world = world();
    let backup = ["backup", "--all", &world.registry(), "-o", "out"];
    world.oras(&backup);
    world.journal().clear();
    let said = world.oras(&backup);
    let there = format!("2 tag(s) of {} were there already\n", world.at("app"));
    assert!(said.starts_with(&there), "{said}");
    assert!(said.contains("backed up 3 tag(s) of 2 repositories"), "{said}");
    let journal = world.journal();
    assert_eq!(journal.count(|entry| entry.route == Route::Blob), 0);
    // The catalog, the tags of each repository, and a query for each tag.
    assert_eq!(journal.requests(), 1 + 2 + 3);
}

#[test]
fn what_repositories_share_is_fetched_once_and_uploaded_once() {
    let world = world();
    let (source, target) = (&world, World::new());
    for output in ["out", "out.tar"] {
        source.journal().clear();
        source.oras(&["backup", "--all", &source.registry(), "-o", output]);
        let fetched =
            |entry: &oras_server_faults::Entry| entry.route == Route::Blob && entry.method == Method::GET;
        // The base, and one layer of each tag; the empty config is embedded in the manifests.
        assert_eq!(source.journal().count(fetched), 4, "{output}");
    }
    source.oras(&["restore", "--input", "out", &target.registry()]);
    let journal = target.journal();
    let uploaded = journal.count(|entry| entry.route == Route::Upload && entry.method == Method::PUT);
    let mounted = journal.count(|entry| entry.route == Route::Uploads && entry.status.as_u16() == 201);
    // The base, the empty config and one layer of each tag; the first two are mounted.
    assert_eq!((uploaded, mounted), (5, 2));
}

#[test]
fn tags_are_chosen_for_each_repository() {
    let world = world();
    let chosen = [world.at("app:v1,w*"), world.at("team/db:*")];
    world.oras(&["backup", &chosen[0], &chosen[1], "-o", "out"]);
    assert_eq!(tags(&world, "out"), "app:v1 team/db:v1 ");
    let ran = world.run(&["backup", &world.at("app:w*"), &world.at("team/db"), "-o", "more"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let absent = format!("a tag like w* in {} not found", world.at("app"));
    assert!(ran.stderr.contains(&absent), "{}", ran.stderr);
    assert_eq!(tags(&world, "more"), "team/db:v1 ");

    // A single repository keeps plain tags, however often it is named.
    world.oras(&["backup", &world.at("app:v?"), "-o", "one.out"]);
    assert_eq!(tags(&world, "one.out"), "v1 v2 ");
    world.oras(&[
        "backup",
        &world.at("app:v2"),
        &world.at("app:v1"),
        "-o",
        "two.out",
    ]);
    assert_eq!(tags(&world, "two.out"), "v1 v2 ");
    let said = world.fails_with(Some(3), &["backup", &world.at("app:w*"), "-o", "three.out"]);
    assert!(said.contains("a tag like w* in"), "{said}");
    assert!(!world.path("three.out").exists());
}

#[test]
fn repositories_are_chosen_by_pattern() {
    let world = world();
    let all = ["backup", "--all", &world.registry(), "-o"];
    world.oras(&[&all[..], &["team", "--repository", "team/*"]].concat());
    assert_eq!(tags(&world, "team"), "team/db:v1 ");
    world.oras(&["backup", "--all", &world.at("team/"), "-o", "below"]);
    assert_eq!(tags(&world, "below"), "team/db:v1 ");
    let said = world.fails_with(Some(3), &[&all[..], &["none", "--repository", "x*"]].concat());
    assert!(said.contains("a repository like x* in"), "{said}");
    let said = world.fails_with(Some(3), &["backup", "--all", &world.at("app"), "-o", "none"]);
    assert!(said.ends_with("itself, leave out --all"), "{said}");
    assert!(!world.path("none").exists());

    world.oras(&[&all[..], &["out"]].concat());
    let restore = ["restore", "--input", "out", "--repository"];
    world.oras(&[&restore[..], &["team/*", &world.at("some/")]].concat());
    let listed = world.oras(&["repo", "ls", &world.at("some")]);
    assert_eq!(listed, "team/db\n");
    // The only chosen repository is restored under the given name.
    world.oras(&[&restore[..], &["*app", &world.at("other:v2")]].concat());
    assert_eq!(world.oras(&["repo", "tags", &world.at("other")]), "v2\n");
    let said = world.fails_with(Some(3), &[&restore[..], &["x", &world.at("some/")]].concat());
    assert!(
        said.contains(&format!("it has {}, {}", world.at("app"), world.at("team/db"))),
        "{said}"
    );
}

#[test]
fn repositories_of_one_path_in_two_registries_stay_apart() {
    let (world, other) = (world(), World::new());
    other.push_hello("app:v1");
    let (here, there) = (world.at("app"), other.at("app"));
    world.oras(&["backup", &here, &there, "-o", "out"]);
    let mut named = [format!("{here}:v1"), format!("{here}:v2"), format!("{there}:v1")];
    named.sort();
    let listed = world.oras(&["repo", "tags", "--oci-layout", "out"]);
    assert!(listed.lines().eq(named.iter().map(String::as_str)), "{listed}");

    let target = World::new();
    let restore = ["restore", "--input", "out", &target.registry()];
    let said = world.fails_with(Some(2), &restore);
    assert!(
        said.contains(&format!("would both become {}", target.at("app"))),
        "{said}"
    );
    assert_eq!(target.journal().requests(), 0);
    let chosen = format!("{}/*", other.registry());
    world.oras(&[&restore[..], &["--repository", &chosen]].concat());
    assert_eq!(world.oras(&["repo", "tags", &target.at("app")]), "v1\n");

    // A credential applies to one of them.
    let said = world.fails_with(
        Some(2),
        &[
            "backup",
            &here,
            &there,
            "-o",
            "no",
            "--username",
            "ann",
            "--password",
            "secret",
        ],
    );
    assert!(said.contains("is for one registry, and these are 2"), "{said}");
}

#[test]
fn forms_of_names_are_not_mixed() {
    let world = world();
    let (app, db) = (world.at("app"), world.at("team/db"));
    world.oras(&["backup", &app, "-o", "plain"]);
    for command in [
        vec!["backup", &app, &db, "-o", "plain"],
        vec!["backup", "--all", &world.registry(), "-o", "plain"],
    ] {
        let said = world.fails_with(Some(2), &command);
        assert!(
            said.contains("plain has tags without a repository, such as v1"),
            "{said}"
        );
    }
    assert_eq!(tags(&world, "plain"), "v1 v2 ");

    // An additional repository is named like the existing ones.
    world.oras(&["backup", &app, &db, "-o", "many"]);
    world.oras(&["cp", &world.at("app:v1"), &world.at("more:v1")]);
    let ran = world.run(&["backup", &world.at("more"), "-o", "many"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("many has tags that name their repository"),
        "{}",
        ran.stderr
    );
    assert_eq!(tags(&world, "many"), "app:v1 app:v2 more:v1 team/db:v1 ");

    for (from, to) in [("plain", "many"), ("many", "plain")] {
        let said = world.fails_with(Some(2), &["backup", "--oci-layout", from, "-o", to]);
        assert!(said.contains("choose another folder"), "{said}");
    }
    world.oras(&["backup", "--oci-layout", "many", "-o", "copy.tar"]);
    assert_eq!(tags(&world, "copy.tar"), tags(&world, "many"));
    assert_eq!(tags(&world, "plain"), "v1 v2 ");
}

#[test]
fn a_destination_that_can_mean_two_things_is_refused() {
    let world = world();
    world.oras(&["backup", &world.at("app"), "-o", "plain"]);
    world.oras(&["backup", "--all", &world.registry(), "-o", "many"]);
    let to = World::new();
    let (one, below, registry) = (to.at("back"), to.at("back/"), to.registry());
    for (input, name, says) in [
        ("many", &one, format!("write {below} to restore each below it")),
        (
            "many",
            &to.at("back:v1"),
            format!("write {below} to restore each below it"),
        ),
        ("plain", &registry, format!("as in {registry}/<repository>")),
        ("plain", &below, format!("as in {one}/<repository>")),
    ] {
        let said = world.fails_with(Some(2), &["restore", "--input", input, name]);
        assert!(said.contains(&says), "{said}");
    }
    let chosen = ["restore", "--input", "plain", &one, "--repository", "*"];
    let said = world.fails_with(Some(2), &chosen);
    assert!(said.contains("leave it out"), "{said}");
    assert_eq!(to.journal().requests(), 0);
}

#[test]
fn a_repository_that_fails_does_not_end_the_others() {
    let world = world();
    let all = ["backup", "--all", &world.registry(), "-o"];
    world.oras(&[&all[..], &["old.tar"]].concat());
    let before = std::fs::read(world.path("old.tar")).unwrap();
    let denied = Fault::status(403).on_repository("app").on_route(Route::Tags);
    world.server().inject(denied.always());
    let ran = world.run(&[&all[..], &["out"]].concat());
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let pulled = format!("Pulled {}:v1 with 0 referrer(s)\n", world.at("team/db"));
    assert_eq!(ran.stdout, pulled);
    let failed: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("Failed"))
        .collect();
    assert!(
        failed.len() == 1 && failed[0].starts_with(&format!("Failed {}: cannot list", world.at("app"))),
        "{failed:?}"
    );
    let last = ran.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("Error: 1 of 2 repositories were not backed up, or only in part: "),
        "{last}"
    );
    assert_eq!(tags(&world, "out"), "team/db:v1 ");

    let ran = world.run(&[&all[..], &["old.tar", "--format", "json"]].concat());
    assert!(ran.stderr.contains("old.tar is unchanged"), "{}", ran.stderr);
    assert!(std::fs::read(world.path("old.tar")).unwrap() == before);
    let shown = document(&ran.stdout);
    assert_eq!(shown["written"], false, "{shown}");
    let [app, db] = shown["repositories"].as_array().unwrap().as_slice() else {
        panic!("{shown}");
    };
    assert_eq!(app["reference"], world.at("app"));
    assert!(app["error"].as_str().unwrap().contains("403") && db.get("error").is_none());
    assert_eq!(db["tags"][0]["tag"], "v1");

    let denied = Fault::status(403)
        .on_repository("back/app")
        .on_route(Route::Uploads);
    world.server().inject(denied.always());
    let ran = world.run(&["restore", "--input", "old.tar", &world.at("back/")]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let of_app = format!(" of {}: ", world.at("app"));
    let told = ran.stderr.lines().filter(|line| line.starts_with("Failed tag"));
    let mut told: Vec<&str> = told.map(|line| line.split_once(&of_app).unwrap().0).collect();
    told.sort();
    // Both may fail for their shared blob, or each for a blob of its own.
    assert!(
        told == ["Failed tags v1, v2"] || told == ["Failed tag v1", "Failed tag v2"],
        "{told:?}"
    );
    assert_eq!(world.oras(&["repo", "tags", &world.at("back/team/db")]), "v1\n");
}

#[test]
fn a_dry_run_writes_nothing_and_lists_all() {
    let world = world();
    let to = World::new();
    let plan = ["backup", "--all", &world.registry(), "--dry-run", "-o"];
    for output in ["out", "out.tar"] {
        let said = world.oras(&[&plan[..], &[output]].concat());
        for tag in ["app:v1", "app:v2", "team/db:v1"] {
            assert!(
                said.contains(&format!("Dry run: would pull {} with 0", world.at(tag))),
                "{said}"
            );
        }
        assert!(said.ends_with("(no data written)\n"), "{said}");
        assert!(!world.path(output).exists());
    }
    world.oras(&["backup", "--all", &world.registry(), "-o", "out"]);
    let before = files(&world.path("out"));
    let said = world.oras(&[&plan[..], &["out"]].concat());
    assert!(
        said.starts_with(&format!("2 tag(s) of {} were there", world.at("app"))),
        "{said}"
    );
    assert_eq!(files(&world.path("out")), before);
    let said = world.oras(&["restore", "--input", "out", &to.registry(), "--dry-run"]);
    assert!(said.ends_with("(no data pushed)\n"), "{said}");
    assert_eq!(
        to.journal()
            .count(|entry| !matches!(entry.method.as_str(), "GET" | "HEAD")),
        0
    );
}

#[test]
fn a_repository_without_tags_is_a_failure_only_where_it_is_named() {
    let world = world();
    world.oras(&["manifest", "delete", "--force", &world.at("team/db:v1")]);
    let said = world.oras(&["backup", "--all", &world.registry(), "-o", "out"]);
    assert!(said.contains("2 tag(s) of 1 repository"), "{said}");
    assert_eq!(tags(&world, "out"), "app:v1 app:v2 ");
    let said = world.fails_with(Some(3), &["backup", "--all", &world.at("team"), "-o", "none"]);
    assert!(said.contains("a tag in"), "{said}");
    assert!(!world.path("none").exists());
    let ran = world.run(&["backup", &world.at("app"), &world.at("none"), "-o", "more"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(tags(&world, "more"), "app:v1 app:v2 ");
    // A backup of nothing leaves nothing behind.
    let names = [world.at("none"), world.at("neither")];
    let ran = world.run(&["backup", &names[0], &names[1], "-o", "nothing"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
    assert!(!world.path("nothing").exists());
}

/// Runs the program until it has sent `nth` requests, and kills it.
fn kill_at(world: &World, nth: u64, arguments: &[&str]) {
    world.journal().clear();
    world.server().inject(Fault::hang().nth(nth));
    let mut program = world.command(arguments);
    let program = program.stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = program.spawn().unwrap();
    while world.journal().requests() < nth {
        assert!(program.try_wait().unwrap().is_none(), "it waits for an answer");
        std::thread::yield_now();
    }
    program.kill().unwrap();
    program.wait().unwrap();
}

#[test]
fn a_backup_that_is_killed_at_any_request_completes_when_it_is_run_again() {
    let world = world();
    let backup = |output| ["backup", "--all", &world.registry(), "-o", output].map(str::to_owned);
    world.oras(&backup("whole").each_ref().map(String::as_str));
    let requests = world.journal().requests();
    assert!(requests >= 12, "{requests}");
    for nth in 1..=requests {
        for output in ["out", "out.tar"] {
            let arguments = backup(output);
            let arguments = arguments.each_ref().map(String::as_str);
            kill_at(&world, nth, &arguments);
            assert!(
                !world.path("out.tar").exists(),
                "an archive is whole or not there"
            );
            if world.path("out/index.json").exists() {
                assert_eq!(
                    tags(&world, "out"),
                    "",
                    "{nth}: the index changes once, in the end"
                );
            }
            world.oras(&arguments);
            assert_eq!(tags(&world, output), "app:v1 app:v2 team/db:v1 ", "{nth}");
            let name = world.at("app:v1");
            world.oras(&["verify", "--oci-layout-path", output, &name]);
            let _ = std::fs::remove_dir_all(world.path("out"));
            let _ = std::fs::remove_file(world.path("out.tar"));
        }
    }
}

#[test]
fn a_restore_that_is_killed_at_any_request_completes_when_it_is_run_again() {
    let world = world();
    world.oras(&["backup", "--all", &world.registry(), "-o", "out"]);
    world.journal().clear();
    world.oras(&["restore", "--input", "out", &world.at("run0/")]);
    // How many missing tags are requested both ways depends on which answer comes first.
    let requests = world.journal().requests() - 3;
    for nth in 1..=requests {
        let below = world.at(&format!("run{nth}/"));
        let restore = ["restore", "--input", "out", &below];
        kill_at(&world, nth, &restore);
        world.oras(&restore);
        for name in ["app:v1", "app:v2", "team/db:v1"] {
            world.oras(&["verify", &format!("{below}{name}")]);
        }
    }
}
