//! Quirks: each does what it says, seen from a raw request.

mod content;
mod lists;
mod login;
mod uploads;
mod weather;

use oras_server::{ServerOptions, User, Users};
use oras_server_faults::{FaultOptions, Profile, Quirk};

use crate::client::{Call, call};
use crate::setup::{Kind, Registry, misbehaving};

pub(crate) const BASIC: &str = "Basic YW5uOnNlY3JldA==";

/// A registry with these quirks, open to everybody.
pub(crate) async fn open(quirks: impl IntoIterator<Item = Quirk>) -> Registry {
    let faults = FaultOptions::default().with_quirks(quirks);
    misbehaving(Kind::Memory, ServerOptions::default(), faults).await
}

/// A registry with these quirks that gives out tokens to `ann`.
pub(crate) async fn with_tokens(quirks: impl IntoIterator<Item = Quirk>) -> Registry {
    let users = Users::new().with_user(User::new("ann", "secret"));
    let options = ServerOptions::default().with_users(users).with_tokens(true);
    let faults = FaultOptions::default().with_quirks(quirks);
    misbehaving(Kind::Memory, options, faults).await
}

/// A request to an absolute address.
pub(crate) fn follow(method: &str, url: &str) -> Call {
    let rest = url.split_once("//").unwrap().1;
    let (host, path) = rest.split_once('/').unwrap();
    call(host.parse().unwrap(), method, &format!("/{path}"))
}

#[test]
fn every_quirk_is_tested() {
    let tests = [
        include_str!("content.rs"),
        include_str!("lists.rs"),
        include_str!("login.rs"),
        include_str!("uploads.rs"),
        include_str!("weather.rs"),
    ];
    for quirk in Quirk::ALL {
        let name = format!("Quirk::{quirk:?}");
        let is_there = tests.iter().any(|text| {
            text.match_indices(&name)
                .any(|(at, _)| !text[at + name.len()..].starts_with(|next: char| next.is_alphanumeric()))
        });
        assert!(is_there, "{name} has no test");
    }
}

#[test]
fn names_are_read_back() {
    for quirk in Quirk::ALL {
        assert_eq!(quirk.to_string().parse(), Ok(*quirk));
        assert!(quirk.row().starts_with('Q') && quirk.row().len() == 3);
    }
    for profile in Profile::ALL {
        assert_eq!(profile.to_string().parse(), Ok(*profile));
        assert!(!profile.quirks().is_empty());
    }
    let unknown = "tags-nul".parse::<Quirk>().unwrap_err();
    assert_eq!(unknown.to_string(), "there is no quirk \"tags-nul\"");
    assert_eq!(
        "hub".parse::<Profile>().unwrap_err().to_string(),
        "there is no profile \"hub\""
    );
}

#[tokio::test]
async fn a_profile_has_all_its_quirks() {
    let script = r#"{ "profiles": ["ghcr", "docker-hub"], "quirks": ["no-created-location"] }"#;
    let faults = FaultOptions::default().with_script(script.parse().unwrap());
    let registry = misbehaving(Kind::Memory, ServerOptions::default(), faults).await;
    let digest = registry.push_blob("a", b"hello").await;
    registry.get(format!("/v2/a/blobs/{digest}")).await.expect(307);
    registry.get("/v2/_catalog").await.expect(401);
    assert!(registry.get("/v2/a/tags/list").await.expect(200).json()["tags"].is_null());
    let post = registry
        .call("POST", format!("/v2/a/blobs/uploads/?digest={digest}"))
        .body("hello");
    assert_eq!(post.send().await.expect(201).header("location"), None);
}
