//! Where credentials are looked up, and which one is used.

use std::fs;

use oras_server::{ServerOptions, User, Users};

use crate::run::{Ran, World};

fn auths(key: &str, password: &str) -> String {
    format!(r#"{{"auths": {{"{key}": {{"username": "ann", "password": "{password}"}}}}}}"#)
}

#[test]
fn podmans_credentials_serve_where_docker_has_none() {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let world = World::with(ServerOptions::default().with_users(users));
    let name = world.at("team/hello");
    world.write("hello.txt", "hello");
    let refused = world.run(&["push", &format!("{name}:v1"), "hello.txt"]);
    assert_eq!(refused.code, 4, "{}", refused.stderr);

    let file = world.path(".config/containers/auth.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, auths(&format!("{}/team", world.registry()), "open sesame")).unwrap();
    world.oras(&["push", &format!("{name}:v1"), "hello.txt"]);
    let told = world.oras(&["auth", "status", &name]);
    assert!(
        told.contains(&format!("credential for {}/team", world.registry())),
        "{told}"
    );
    assert!(!told.contains("sesame"), "{told}");
    let json = world.oras(&["auth", "status", &world.at("other/hello"), "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["name"], world.at("other/hello"));
    let sources = told["sources"].as_array().unwrap();
    assert!(
        sources.len() >= 2 && sources.iter().all(|source| source["key"].is_null()),
        "{json}"
    );
}

#[test]
fn a_login_that_another_one_hides_is_told_and_so_is_a_logout() {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let world = World::with(ServerOptions::default().with_users(users));
    let registry = world.registry();
    let login = ["login", &registry, "-u", "ann", "-p", "open sesame"];
    let alone = world.run(&login);
    assert!(!alone.stderr.contains("before this login"), "{}", alone.stderr);

    world.write("own.json", auths(&registry, "old"));
    let with_own = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        Ran::of(command.env("REGISTRY_AUTH_FILE", "own.json").output().unwrap())
    };
    let hidden = with_own(&login);
    assert_eq!(hidden.code, 0, "{}", hidden.stderr);
    assert!(hidden.stderr.contains("what own.json has"), "{}", hidden.stderr);
    let left = with_own(&["logout", &registry]);
    assert!(
        left.stderr.contains("own.json still has a credential"),
        "{}",
        left.stderr
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let world = World::new();
    world.write("broken.json", "{\"auths\": hunter2}");
    let told = world.oras(&["auth", "status", "quay.io", "--registry-config", "broken.json"]);
    assert!(
        told.contains("* broken.json: ") && told.contains("line 1"),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
    let none = world.oras(&["auth", "status", "quay.io", "--registry-config", "none.json"]);
    assert!(none.contains("anonymous"), "{none}");
}

#[test]
fn of_several_files_the_first_that_has_a_credential_serves() {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let world = World::with(ServerOptions::default().with_users(users));
    let registry = world.registry();
    world.write("hello.txt", "hello");
    world.write("other.json", auths("other.example", "wrong"));
    world.write("team.json", auths(&registry, "open sesame"));
    world.write("old.json", auths(&registry, "old"));
    let files = ["other.json", "team.json", "old.json"];
    let flags = files.map(|file| ["--registry-config", file]).concat();
    let app = world.at("app:v1");
    world.oras(&[&["push", &app, "hello.txt"][..], &flags].concat());
    let told = world.oras(&[&["auth", "status", &registry][..], &flags].concat());
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "  other.json: none");
    assert!(lines[1].starts_with("* team.json: credential for "), "{told}");
    assert!(lines[2].starts_with("  old.json: credential for "), "{told}");
    let last_first = ["--registry-config", "old.json", "--registry-config", "team.json"];
    let refused = world.run(&[&["pull", &app][..], &last_first].concat());
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    // A login is stored in the first file.
    let login = ["login", &registry, "-u", "ann", "-p", "open sesame"];
    world.oras(&[&login[..], &last_first].concat());
    world.oras(&[&["pull", &app, "-o", "out"][..], &last_first].concat());
}
