//! Users of an htpasswd file.

use oras_server::{Error, Permission, ServerOptions, Users};

use crate::access::{as_user, basic};
use crate::setup::{Kind, Registry, start_with};

/// The passwords are `s3:cret`, `pw` and `pw`, hashed by libxcrypt.
const USERS: &str = "\
# Users of the registry

root:$2y$05$abcdefghijklmnopqrstuurbSequnG1gzxxhK4UV/3MoClne322iS
ann:$2b$04$ABCDEFGHIJKLMNOPQRSTUu5Ei5Kj5Gsa0AB1uBn8MIqK1Rhp7zTWC\r
bob:$2a$04$ABCDEFGHIJKLMNOPQRSTUu5Ei5Kj5Gsa0AB1uBn8MIqK1Rhp7zTWC
";

const ANN: &str = "ann:$2b$04$ABCDEFGHIJKLMNOPQRSTUu5Ei5Kj5Gsa0AB1uBn8MIqK1Rhp7zTWC";
/// The password `slow`, at a cost that takes a while.
const SLOW: &str = "slow:$2y$11$ABCDEFGHIJKLMNOPQRSTUuOHKTMj6A9VKZoVxdizhB4LgbxRyhEAO";

async fn serving(users: Users) -> Registry {
    start_with(Kind::Memory, ServerOptions::default().with_users(users)).await
}

/// Why a text is refused, in one line.
#[track_caller]
fn refused(text: &str) -> String {
    let error = Users::parse_htpasswd(text).expect_err(text);
    assert!(matches!(error, Error::Users { .. }), "{error:?}");
    line(&error)
}

fn line(error: &Error) -> String {
    let source = std::error::Error::source(error).expect("it says what is wrong");
    format!("{error}: {source}")
}

#[tokio::test]
async fn the_users_of_a_file_log_in() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("users");
    std::fs::write(&file, USERS).unwrap();
    let registry = serving(Users::from_htpasswd(&file).unwrap()).await;
    for round in 0..2 {
        for login in ["root:s3:cret", "ann:pw", "bob:pw"] {
            let got = as_user(registry.call("GET", "/v2/"), login).await;
            assert_eq!(got.status, 200, "{login}, round {round}");
        }
        for login in [
            "root:s3:cre",
            "root:",
            "ann:pw2",
            "ann:PW",
            "annp:w",
            "nobody:pw",
            ":",
        ] {
            let got = as_user(registry.call("GET", "/v2/"), login).await;
            assert_eq!(got.status, 401, "{login}, round {round}");
        }
    }
}

#[tokio::test]
async fn users_of_a_file_have_rules() {
    let users = Users::parse_htpasswd(USERS)
        .unwrap()
        .with_rules(|user| match user.name() {
            "root" => user,
            _ => user.with_rule("*", Permission::Pull),
        });
    let registry = serving(users).await;
    for (login, status) in [("root:s3:cret", 202), ("ann:pw", 403)] {
        let post = registry.call("POST", "/v2/a/blobs/uploads/");
        as_user(post, login).await.expect(status);
    }
}

#[tokio::test]
async fn hashing_holds_nobody_up() {
    let users = Users::parse_htpasswd(SLOW).unwrap();
    let registry = serving(users.with_anonymous(Permission::Pull)).await;
    let journal = registry.server.journal();
    let login = registry
        .call("GET", "/v2/")
        .header("authorization", basic("slow:wrong"));
    let login = tokio::spawn(login.send());
    while journal.requests() == 0 {
        tokio::task::yield_now().await;
    }
    // This runtime has one thread: if it hashed, the login would be answered by now.
    registry.get("/v2/").await.expect(200);
    assert_eq!(journal.entries()[0].status, 200);
    login.await.unwrap().expect(401);
}

#[test]
fn other_hashes_are_refused_with_line_and_remedy() {
    for (hash, kind) in [
        ("$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00", "MD5"),
        ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "SHA-1"),
        ("$6$salt$hash", "SHA-512"),
        ("rqXexS6ZhobKA", "crypt"),
        ("planted-secret", "not a hash"),
    ] {
        let error = refused(&format!("{ANN}\n\n#\ncarl:{hash}\n"));
        assert!(
            error.contains("line 4") && error.contains("carl") && error.contains(kind),
            "{error}"
        );
        assert!(error.contains("htpasswd -B") && !error.contains(hash), "{error}");
    }
}

#[test]
fn lines_that_cannot_be_meant_are_refused() {
    let costly = ANN.replace("$04$", "$15$");
    let damaged = &ANN[..ANN.len() - 1];
    for (text, part) in [
        ("ann", "line 1: it is not 'name:hash'"),
        (&ANN[3..], "the name is empty"),
        (&format!("{ANN}\n{ANN}"), "line 2: ann is there already"),
        (&format!("a\u{7}{ANN}"), "do not print"),
        (&costly, "cost of 15"),
        (damaged, "damaged"),
    ] {
        let error = refused(text);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large");
    std::fs::write(&large, "#\n".repeat(600_000)).unwrap();
    let binary = dir.path().join("binary");
    std::fs::write(&binary, [0xff, 0xfe]).unwrap();
    for (file, part) in [
        (large, "1 MiB"),
        (binary, "UTF-8"),
        (dir.path().join("none"), "No such file"),
        (dir.path().to_owned(), "directory"),
    ] {
        let error = line(&Users::from_htpasswd(&file).unwrap_err());
        assert!(
            error.contains(&file.display().to_string()) && error.contains(part),
            "{error}"
        );
    }
}

#[test]
fn a_file_without_users_lets_nobody_in() {
    for text in ["", "\n\n", "# nobody\n"] {
        assert!(!format!("{:?}", Users::parse_htpasswd(text).unwrap()).contains("User {"));
    }
}
