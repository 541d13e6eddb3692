//! Writing Docker's configuration file.

use std::fs;
use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use oras_auth::{Credential, CredentialStore, DockerConfig, Error};

use crate::config::with_content;
use crate::double::{alice, find};

/// The file at `path`, which may hold plain text.
fn plain(path: impl Into<PathBuf>) -> DockerConfig {
    DockerConfig::at(path).with_plain_text(true)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_is_put_is_found_and_can_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let config = plain(folder.path().join("new").join("config.json"));
    for credential in [
        alice().unwrap(),
        Credential::RefreshToken("id".into()),
        Credential::AccessToken("access".into()),
    ] {
        for registry in ["reg.example:5000", "docker.io"] {
            config.put(&registry.into(), &credential).await.unwrap();
            assert_eq!(find(&config, registry).await.unwrap(), Some(credential.clone()));
        }
    }
    let text = fs::read_to_string(config.path()).unwrap();
    assert!(
        text.contains("https://index.docker.io/v1/") && !text.contains("\"docker.io\""),
        "{text}"
    );
    config.delete(&"registry-1.docker.io".into()).await.unwrap();
    assert_eq!(find(&config, "docker.io").await.unwrap(), None);
    assert!(find(&config, "reg.example:5000").await.unwrap().is_some());
}

/// S29: without a helper nothing is written, unless the caller allows plain text.
#[tokio::test]
async fn plain_text_has_to_be_allowed() {
    let old = r#"{"auths": {"reg.example": {"auth": "Ym9iOnM="}}}"#;
    let (folder, config) = with_content(old);
    let config = DockerConfig::at(config.path());
    for credential in [
        alice().unwrap(),
        Credential::RefreshToken("id".into()),
        Credential::AccessToken("access".into()),
    ] {
        let error = config.put(&"reg.example".into(), &credential).await.unwrap_err();
        assert!(
            matches!(&error, Error::PlainTextStore { path, registry } if path == config.path() && registry == "reg.example"),
            "{error}"
        );
        let text = error.to_string();
        for said in ["config.json", "credential helper", "with_plain_text"] {
            assert!(text.contains(said), "{text}");
        }
    }
    assert_eq!(fs::read_to_string(config.path()).unwrap(), old);
    assert_eq!(names(folder.path()), ["config.json"]);
    assert!(find(&config, "reg.example").await.unwrap().is_some());
    config.delete(&"reg.example".into()).await.unwrap();
    assert_eq!(find(&config, "reg.example").await.unwrap(), None);
}

/// A key that would not be found again is not written.
#[tokio::test]
async fn a_part_of_a_registry_has_no_place_in_the_file() {
    let (_folder, config) = with_content("{}");
    let key = "reg.example/team".into();
    let error = config.put(&key, &alice().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    let error = config.delete(&key).await.unwrap_err();
    assert!(error.to_string().contains("reg.example/team"), "{error}");
    assert_eq!(fs::read_to_string(config.path()).unwrap(), "{}");
}

#[tokio::test]
async fn the_file_is_what_docker_writes() {
    let folder = tempfile::tempdir().unwrap();
    let config = plain(folder.path().join("config.json"));
    config
        .put(&"reg.example".into(), &alice().unwrap())
        .await
        .unwrap();
    let expected = "{\n\t\"auths\": {\n\t\t\"reg.example\": {\n\t\t\t\"auth\": \"YWxpY2U6aHVudGVyMg==\"\n\t\t}\n\t}\n}\n";
    assert_eq!(fs::read_to_string(config.path()).unwrap(), expected);
}

/// A login that was killed while it wrote leaves a file behind, which the next one removes.
#[tokio::test]
async fn left_overs_of_a_killed_login_are_removed_once_they_are_old() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(".oras-tmp-left");
    fs::write(&left, "half").unwrap();
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(24 * 3600);
    let file = fs::File::options().write(true).open(&left).unwrap();
    file.set_modified(yesterday).unwrap();
    let config = plain(folder.path().join("config.json"));
    config
        .put(&"reg.example".into(), &alice().unwrap())
        .await
        .unwrap();
    assert!(!left.exists(), "{:?}", names(folder.path()));
}

#[tokio::test]
async fn numbers_of_any_size_survive() {
    let big = "{\n\t\"big\": 123456789012345678901234567890,\n\t\"exact\": 1.10,\n\t\"auths\": {}\n}\n";
    let (_folder, config) = with_content(big);
    config.put(&"a.example".into(), &alice().unwrap()).await.unwrap();
    config.delete(&"a.example".into()).await.unwrap();
    assert_eq!(fs::read_to_string(config.path()).unwrap(), big);
}

/// S30: all else stays, in its order and as it was written.
#[tokio::test]
async fn a_round_trip_keeps_what_it_does_not_know() {
    let before = r#"{
	"zebra": {"deep": [1, 2.50, 1e3, "\u00e9"]},
	"auths": {
		"b.example": {
			"auth": "Ym9iOnM=",
			"email": "b@example"
		},
		"a.example": {"x": null}
	},
	"HttpHeaders": {"User-Agent": "me"},
	"credHelpers": {"other.example": "x"}
}
"#;
    let (_folder, config) = with_content(before);
    config.put(&"c.example".into(), &alice().unwrap()).await.unwrap();
    config
        .put(&"b.example".into(), &Credential::RefreshToken("id".into()))
        .await
        .unwrap();
    let written = fs::read_to_string(config.path()).unwrap();
    let expected = before
        .replace(
            "\t\t\t\"auth\": \"Ym9iOnM=\",\n\t\t\t\"email\": \"b@example\"\n",
            "\t\t\t\"email\": \"b@example\",\n\t\t\t\"identitytoken\": \"id\"\n",
        )
        .replace(
            "{\"x\": null}",
            "{\"x\": null},\n\t\t\"c.example\": {\n\t\t\t\"auth\": \"YWxpY2U6aHVudGVyMg==\"\n\t\t}",
        );
    assert_eq!(written, expected);

    config.delete(&"c.example".into()).await.unwrap();
    config.delete(&"nobody.example".into()).await.unwrap();
    let after = fs::read_to_string(config.path()).unwrap();
    assert!(
        !after.contains("c.example") && after.contains("\"zebra\": {\"deep\": [1, 2.50, 1e3, \"\\u00e9\"]}"),
        "{after}"
    );
}

/// S30: a file that is no configuration is left as it is.
#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_overwritten() {
    for content in [
        "{\"auths\": {",
        "not json",
        "[]",
        "{\"auths\": 7}",
        "{\"auths\": {\"reg.example\": 7}}",
    ] {
        let (folder, config) = with_content(content);
        let error = config
            .put(&"reg.example".into(), &alice().unwrap())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        assert_eq!(fs::read_to_string(config.path()).unwrap(), content);
        assert!(
            names(folder.path())
                .iter()
                .all(|name| name.starts_with("config.json"))
        );
    }
}

#[tokio::test]
async fn deleting_what_is_not_there_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = plain(folder.path().join("sub").join("config.json"));
    config.delete(&"reg.example".into()).await.unwrap();
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn an_empty_or_odd_credential_is_not_stored() {
    let (_folder, config) = with_content("{}");
    for credential in [
        Credential::Anonymous,
        Credential::RefreshToken("".into()),
        Credential::Basic {
            username: "a:b".into(),
            password: "p".into(),
        },
    ] {
        let error = config.put(&"reg.example".into(), &credential).await.unwrap_err();
        assert!(matches!(error, Error::InvalidCredential { .. }), "{error}");
    }
    assert_eq!(fs::read_to_string(config.path()).unwrap(), "{}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writers_lose_nothing() {
    let (folder, config) = with_content(r#"{"kept": true}"#);
    let writers = (0..24).map(|number| {
        // A handle each, as processes have.
        let config = plain(config.path());
        tokio::spawn(async move {
            config
                .put(&format!("reg-{number}.example").into(), &alice().unwrap())
                .await
        })
    });
    for written in join_all(writers).await {
        written.unwrap().unwrap();
    }
    for number in 0..24 {
        let found = find(&config, &format!("reg-{number}.example")).await.unwrap();
        assert_eq!(found, alice(), "{number}");
    }
    assert!(
        fs::read_to_string(config.path())
            .unwrap()
            .contains("\"kept\": true")
    );
    assert_eq!(names(folder.path()), ["config.json", "config.json.lock"]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// S29: only the owner can read the file, also one that others could read before.
    #[tokio::test]
    async fn the_file_is_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = plain(folder.path().join("sub").join("config.json"));
        config
            .put(&"reg.example".into(), &alice().unwrap())
            .await
            .unwrap();
        assert_eq!(mode(config.path()), 0o600);
        assert_eq!(mode(config.path().parent().unwrap()), 0o700);

        fs::set_permissions(config.path(), fs::Permissions::from_mode(0o644)).unwrap();
        config
            .put(&"other.example".into(), &alice().unwrap())
            .await
            .unwrap();
        assert_eq!(mode(config.path()), 0o600);
    }

    /// S29: a symbolic link stays one, and what it points to is written, whether it is there or not.
    #[tokio::test]
    async fn a_symbolic_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        let target = folder.path().join("real").join("docker.json");
        let path = folder.path().join("config.json");
        symlink("real/docker.json", &path).unwrap();
        let config = plain(&path);
        for registry in ["a.example", "b.example"] {
            config.put(&registry.into(), &alice().unwrap()).await.unwrap();
            assert!(path.is_symlink());
            assert!(fs::read_to_string(&target).unwrap().contains(registry));
        }
    }

    #[tokio::test]
    async fn links_in_a_circle_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        symlink("config.json", &path).unwrap();
        let error = plain(&path)
            .put(&"reg.example".into(), &alice().unwrap())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
    }

    /// S29: what an administrator writes for somebody stays theirs.
    #[tokio::test]
    #[ignore = "needs the right to change owners"]
    async fn the_file_keeps_its_owner() {
        let (_folder, config) = with_content("{}");
        chown(config.path(), Some(12345), Some(12345)).unwrap();
        config
            .put(&"reg.example".into(), &alice().unwrap())
            .await
            .unwrap();
        let data = fs::metadata(config.path()).unwrap();
        assert_eq!((data.uid(), data.gid()), (12345, 12345));
    }
}
