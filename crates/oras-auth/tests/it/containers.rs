//! Credentials of podman, buildah and skopeo.

use std::fs;
use std::path::PathBuf;

use oras_auth::{
    ContainersAuth, Credential, CredentialKey, CredentialProvider, CredentialQuery, CredentialStore, Error,
};
use tempfile::TempDir;

fn with_content(content: &str) -> (TempDir, ContainersAuth) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.json");
    fs::write(&path, content).unwrap();
    (folder, ContainersAuth::at(path).with_plain_text(true))
}

fn entry(password: &str) -> String {
    format!(r#"{{"username": "u", "password": "{password}"}}"#)
}

async fn password_for(file: &ContainersAuth, registry: &str, repository: &str) -> Option<(String, String)> {
    let query = CredentialQuery::new(registry).with_repository(repository);
    let found = file.credential(&query).await.unwrap()?;
    match found.credential {
        Credential::Basic { password, .. } => Some((password.expose().to_owned(), found.key.to_string())),
        other => panic!("{other:?}"),
    }
}

/// The lookup of containers-auth.json(5): the most specific key that covers the repository.
#[tokio::test]
async fn the_longest_namespace_counts() {
    let entries = ["quay.io", "quay.io/team", "quay.io/team/app", "docker.io/library"];
    let entries = entries.map(|key| format!(r#""{key}": {}"#, entry(key)));
    let (_folder, file) = with_content(&format!(r#"{{"auths": {{{}}}}}"#, entries.join(",")));
    for (registry, repository, expected) in [
        ("quay.io", "team/app", Some("quay.io/team/app")),
        ("quay.io", "team/app/part", Some("quay.io/team/app")),
        ("quay.io", "team/application", Some("quay.io/team")),
        ("quay.io", "teams/app", Some("quay.io")),
        ("quay.io", "", Some("quay.io")),
        ("quay.io:444", "team/app", None),
        ("evil-quay.io", "team/app", None),
        (
            "registry-1.docker.io",
            "library/alpine",
            Some("docker.io/library"),
        ),
        ("registry-1.docker.io", "other/alpine", None),
    ] {
        let found = password_for(&file, registry, repository).await;
        let expected = expected.map(|key| (key.to_owned(), key.to_owned()));
        assert_eq!(found, expected, "{registry}/{repository}");
    }
}

#[tokio::test]
async fn a_part_of_a_registry_is_written_beside_the_whole() {
    let (_folder, file) = with_content(&format!(
        r#"{{"auths": {{"quay.io": {}}}, "other": [1.0]}}"#,
        entry("whole")
    ));
    let team = CredentialKey::from("quay.io/team");
    let credential = Credential::basic("u", "part").unwrap();
    file.put(&team, &credential).await.unwrap();
    let part = Some(("part".to_owned(), "quay.io/team".to_owned()));
    let whole = Some(("whole".to_owned(), "quay.io".to_owned()));
    assert_eq!(password_for(&file, "quay.io", "team/app").await, part);
    assert_eq!(password_for(&file, "quay.io", "app").await, whole);
    let written = fs::read_to_string(file.path()).unwrap();
    assert!(written.contains(r#""other": [1.0]"#), "{written}");

    file.delete(&team).await.unwrap();
    assert_eq!(password_for(&file, "quay.io", "team/app").await, whole);
    file.delete(&"quay.io".into()).await.unwrap();
    assert_eq!(password_for(&file, "quay.io", "team/app").await, None);
}

#[tokio::test]
async fn removing_the_whole_leaves_its_parts() {
    let (_folder, file) = with_content(&format!(r#"{{"auths": {{"quay.io/team": {}}}}}"#, entry("part")));
    file.delete(&"quay.io".into()).await.unwrap();
    assert!(password_for(&file, "quay.io", "team/app").await.is_some());
}

#[tokio::test]
async fn nothing_is_written_in_plain_text_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("auth.json");
    let file = ContainersAuth::at(&path);
    let credential = Credential::basic("u", "p").unwrap();
    let refused = file.put(&"quay.io/team".into(), &credential).await.unwrap_err();
    assert!(matches!(refused, Error::PlainTextStore { .. }), "{refused}");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_helper_keeps_whole_registries_alone() {
    let (_folder, file) = with_content(r#"{"credHelpers": {"quay.io": "none-such"}}"#);
    let credential = Credential::basic("u", "p").unwrap();
    let refused = file.put(&"quay.io/team".into(), &credential).await.unwrap_err();
    assert!(refused.to_string().contains("whole registries"), "{refused}");
}
