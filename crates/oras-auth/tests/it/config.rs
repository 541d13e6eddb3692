//! Reading Docker's configuration file.

use std::fs;
use std::path::PathBuf;

use oras_auth::{Credential, DockerConfig, Error};
use tempfile::TempDir;

use crate::double::{alice, find};

/// A configuration file with this content, in a folder of its own, which may hold plain text.
pub(crate) fn with_content(content: &str) -> (TempDir, DockerConfig) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    fs::write(&path, content).unwrap();
    (folder, DockerConfig::at(path).with_plain_text(true))
}

#[tokio::test]
async fn a_missing_or_empty_file_holds_nothing() {
    let (folder, empty) = with_content("\n");
    let missing = DockerConfig::at(folder.path().join("no").join("config.json"));
    for config in [empty, missing] {
        assert_eq!(find(&config, "reg.example").await.unwrap(), None);
        assert_eq!(config.helper_for("reg.example").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_file_that_says_where_credentials_are_is_told_from_one_that_does_not() {
    for (content, expected) in [
        ("", false),
        (r#"{"auths": {}, "credHelpers": {}, "x": 1}"#, false),
        (r#"{"credsStore": ""}"#, true),
        (r#"{"credsStore": "pass"}"#, true),
        (r#"{"credHelpers": {"reg.example": "pass"}}"#, true),
        (r#"{"auths": {"reg.example": {}}}"#, true),
    ] {
        let (_folder, config) = with_content(content);
        assert_eq!(config.is_configured().await.unwrap(), expected, "{content}");
    }
    let (_folder, broken) = with_content("[]");
    assert!(matches!(broken.is_configured().await, Err(Error::Config { .. })));
}

#[tokio::test]
async fn every_kind_of_entry_is_read() {
    let (_folder, config) = with_content(
        r#"{"auths": {
            "basic.example": {"auth": "YWxpY2U6aHVudGVyMg=="},
            "identity.example": {"auth": "Og==", "identitytoken": "id"},
            "access.example": {"registrytoken": "access"},
            "https://old.example/v1/": {"username": "alice", "password": "hunter2"},
            "empty.example": {}
        }}"#,
    );
    for (registry, expected) in [
        ("basic.example", alice()),
        ("identity.example", Some(Credential::RefreshToken("id".into()))),
        ("access.example", Some(Credential::AccessToken("access".into()))),
        ("old.example", alice()),
        ("empty.example", None),
    ] {
        assert_eq!(find(&config, registry).await.unwrap(), expected, "{registry}");
    }
}

/// S24: only the very host and port match.
#[tokio::test]
async fn keys_match_host_and_port_exactly() {
    let entry = r#"{"auth": "YWxpY2U6aHVudGVyMg=="}"#;
    for key in [
        "evil-ghcr.io",
        "ghcr.io.evil",
        "ghcr.io:444",
        "https://ghcr.io:444/",
        "ghcr",
        "ghcr.io/org",
        "*",
    ] {
        let (_folder, config) = with_content(&format!(r#"{{"auths": {{"{key}": {entry}}}}}"#));
        assert_eq!(find(&config, "ghcr.io").await.unwrap(), None, "{key}");
    }
    for (key, registry) in [
        ("ghcr.io", "ghcr.io"),
        ("GHCR.io", "ghcr.io"),
        ("https://ghcr.io/v2/", "ghcr.io"),
        ("ghcr.io:443", "ghcr.io"),
        ("localhost:5000", "localhost:5000"),
        ("https://index.docker.io/v1/", "registry-1.docker.io"),
        ("docker.io", "registry-1.docker.io"),
    ] {
        let (_folder, config) = with_content(&format!(r#"{{"auths": {{"{key}": {entry}}}}}"#));
        assert_eq!(find(&config, registry).await.unwrap(), alice(), "{key}");
    }
}

/// An exact key goes before one that only means the same.
#[tokio::test]
async fn the_plain_key_goes_first() {
    let (_folder, config) = with_content(
        r#"{"auths": {
            "https://reg.example/v1/": {"auth": "Ym9iOnM="},
            "reg.example": {"auth": "YWxpY2U6aHVudGVyMg=="}
        }}"#,
    );
    assert_eq!(find(&config, "reg.example").await.unwrap(), alice());
}

/// S23, S27: what cannot be read is an error that names the file and does not repeat what is in it.
#[tokio::test]
async fn a_broken_file_is_an_error_without_its_content() {
    for content in [
        "{",
        "[]",
        "{} x",
        r#"{"auths": "hunter2"}"#,
        r#"{"auths": {"reg.example": "hunter2"}}"#,
        r#"{"auths": {"reg.example": {"auth": "hunter2!"}}}"#,
        r#"{"auths": {"reg.example": {"auth": 7, "password": "hunter2"}}}"#,
        r#"{"credsStore": {"hunter2": 1}}"#,
        r#"{"credHelpers": ["hunter2"]}"#,
        r#""hunter2""#,
    ] {
        let (_folder, config) = with_content(content);
        let error = find(&config, "reg.example").await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{content}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("config.json") && !shown.contains("hunter2"),
            "{content}: {shown}"
        );
    }
}

#[tokio::test]
async fn a_folder_in_its_place_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = find(&DockerConfig::at(folder.path()), "reg.example")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
}

#[test]
fn the_environment_names_the_file() {
    let config = DockerConfig::from_environment().unwrap();
    let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| std::env::home_dir().unwrap().join(".docker"));
    assert_eq!(config.path(), folder.join("config.json"));
}
