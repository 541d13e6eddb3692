//! Logging in and out.

use std::io::Write;
use std::process::Stdio;

use oras_server::{ServerOptions, User, Users};

use crate::run::{Ran, World};

fn world(tokens: bool) -> World {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    World::with(ServerOptions::default().with_users(users).with_tokens(tokens))
}

fn login(world: &World, password: &str) -> Ran {
    let registry = world.registry();
    let mut command = world.command(&["login", &registry, "-u", "ann", "--password-stdin"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

fn who_logs_in_stays_in(tokens: bool) {
    let world = world(tokens);
    world.write("a.txt", "a");
    let app = world.at("app:v1");
    let error = world.fails(&["push", &app, "a.txt"]);
    assert!(error.contains("oras login"), "{error}");

    let wrong = login(&world, "wrong");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (4, ""));
    assert!(
        !world.path(".docker/config.json").exists(),
        "nothing is kept that was not accepted"
    );

    let right = login(&world, "open sesame");
    assert_eq!(
        (right.code, right.stdout.as_str()),
        (0, "Login Succeeded\n"),
        "{}",
        right.stderr
    );
    world.oras(&["push", &app, "a.txt"]);
    world.oras(&["logout", &world.registry()]);
    world.fails(&["resolve", &app]);
}

#[test]
fn a_user_with_a_password_logs_in() {
    who_logs_in_stays_in(false);
}

#[test]
fn a_user_of_tokens_logs_in() {
    who_logs_in_stays_in(true);
}

/// Without a helper, a login is stored in plain text, with a warning; with one, it is not.
#[cfg(unix)]
#[test]
fn a_login_in_plain_text_says_so() {
    use std::os::unix::fs::PermissionsExt;

    let world = world(false);
    let plain = login(&world, "open sesame");
    let lines: Vec<&str> = plain.stderr.lines().collect();
    assert!(
        matches!(lines[..], [line] if line.contains("plain text in") && line.contains(".docker/config.json")),
        "{}",
        plain.stderr
    );
    assert_eq!(login(&world, "wrong").stderr.matches("plain text").count(), 0);

    let helper = world.path("docker-credential-kept");
    world.write("docker-credential-kept", "#!/bin/sh\ncat > \"$HOME/kept\"\n");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    world.write(".docker/config.json", r#"{"credsStore": "kept"}"#);
    let registry = world.registry();
    let mut command = world.command(&["login", &registry, "-u", "ann", "-p", "open sesame"]);
    let path = format!("{}:/usr/bin:/bin", world.path("").display());
    let kept = Ran::of(command.env("PATH", path).output().unwrap());
    assert_eq!((kept.code, kept.stderr.as_str()), (0, ""));
    assert!(world.read("kept").contains("open sesame"));
    assert!(!world.read(".docker/config.json").contains("auths"));
}

/// Without configuration, the platform's helper stores a login, if it is installed. The file takes precedence.
#[cfg(target_os = "linux")]
#[test]
fn the_helper_of_the_platform_keeps_a_login() {
    use std::os::unix::fs::PermissionsExt;

    let world = world(false);
    let registry = world.registry();
    let helper = "bin/docker-credential-secretservice";
    let script =
        "#!/bin/sh\ncase $1 in store) cat > $HOME/kept;; get) cat $HOME/kept;; erase) rm $HOME/kept;; esac\n";
    world.write(helper, script);
    // Only the programs the helpers need: the machine may have helpers of its own.
    for program in ["cat", "rm"] {
        std::os::unix::fs::symlink(format!("/bin/{program}"), world.path("bin").join(program)).unwrap();
    }
    std::fs::set_permissions(world.path(helper), std::fs::Permissions::from_mode(0o755)).unwrap();
    let with_helper = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        Ran::of(command.env("PATH", world.path("bin")).output().unwrap())
    };
    let login = ["login", &registry, "-u", "ann", "-p", "open sesame"];
    let kept = with_helper(&login);
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    assert!(
        kept.stderr.contains("kept by docker-credential-secretservice"),
        "{}",
        kept.stderr
    );
    let config: serde_json::Value = serde_json::from_str(&world.read(".docker/config.json")).unwrap();
    assert_eq!(
        config,
        serde_json::json!({"auths": {}, "credsStore": "secretservice"})
    );
    assert_eq!(with_helper(&["repo", "ls", &registry]).code, 0);
    assert_eq!(with_helper(&login).stderr, "", "it is configured now");
    assert_eq!(with_helper(&["logout", &registry]).code, 0);
    assert!(!world.path("kept").exists());

    for said in [
        r#"{"credsStore": ""}"#,
        r#"{"auths": {"other.example": {"auth": "YTpi"}}}"#,
    ] {
        world.write(".docker/config.json", said);
        let plain = with_helper(&login);
        assert!(plain.stderr.contains("plain text"), "{said}: {}", plain.stderr);
        assert!(!world.path("kept").exists(), "{said}");
    }
}

#[test]
fn a_place_for_credentials_that_cannot_be_used_comes_with_a_hint() {
    let world = world(false);
    let registry = world.registry();
    for (config, hint) in [
        (
            r#"{"credsStore": "missing"}"#,
            "; install docker-credential-missing, or remove missing from credsStore and credHelpers in the configuration file\n",
        ),
        (
            "{",
            "; correct the file, or name another with --registry-config\n",
        ),
    ] {
        world.write(".docker/config.json", config);
        for said in [
            login(&world, "open sesame"),
            world.run(&["repo", "ls", &registry]),
        ] {
            assert_ne!(said.code, 0, "{config}");
            assert!(said.stderr.ends_with(hint), "{config}: {}", said.stderr);
        }
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_kept_credential() {
    use std::os::unix::fs::PermissionsExt;

    let world = world(false);
    assert_eq!(login(&world, "open sesame").code, 0);
    let mode = std::fs::metadata(world.path(".docker/config.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn another_file_can_be_chosen() {
    let world = world(false);
    world.write("a.txt", "a");
    world.write("auth.json", "{\"unknown\":[1,2]}");
    let registry = world.registry();
    world.oras(&[
        "login",
        &registry,
        "-u",
        "ann",
        "-p",
        "open sesame",
        "--registry-config",
        "auth.json",
    ]);
    assert!(
        world.read("auth.json").contains("unknown"),
        "what others wrote stays"
    );
    world.oras(&[
        "push",
        &world.at("app:v1"),
        "a.txt",
        "--registry-config",
        "auth.json",
    ]);
    world.fails(&["resolve", &world.at("app:v1")]);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let world = world(false);
    let error = world.fails(&["login", &world.registry()]);
    assert!(error.contains("--password-stdin"), "{error}");
}

#[test]
fn a_credential_is_forgotten_in_several_files() {
    let world = world(false);
    let registry = world.registry();
    for file in ["a.json", "b.json"] {
        let login = [
            "login",
            &registry,
            "-u",
            "ann",
            "-p",
            "open sesame",
            "--registry-config",
            file,
        ];
        world.oras(&login);
        assert!(world.read(file).contains(&registry));
    }
    let files = ["--registry-config", "a.json", "--registry-config", "b.json"];
    assert_eq!(
        world.oras(&[&["logout", &registry], &files[..]].concat()),
        "Logout Succeeded\n"
    );
    for file in ["a.json", "b.json"] {
        assert!(!world.read(file).contains(&registry), "{file}");
    }
}
