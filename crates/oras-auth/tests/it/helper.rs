//! Credential helpers, which are shell scripts here.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use oras_auth::{Credential, CredentialStore, DockerConfig, Error};
use tempfile::TempDir;

use crate::double::{Double, alice, challenge, find};
use crate::log::Log;

/// Runs the file `script` beside it.
const HELPER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/fixtures/docker-credential-fake"
);

/// A folder with the helper `fake`, and a configuration that names it for all registries.
struct Setup {
    folder: TempDir,
    config: DockerConfig,
}

impl Setup {
    fn new(script: &str) -> Self {
        Self::configured(script, r#"{"credsStore": "fake"}"#)
    }

    fn configured(script: &str, content: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A program that was only just written cannot always be run: another thread's child may still hold it open.
        symlink(HELPER, folder.path().join("docker-credential-fake")).unwrap();
        fs::write(folder.path().join("script"), script).unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, content).unwrap();
        let config = DockerConfig::at(path).with_helper_folders([folder.path().to_owned()]);
        Self { folder, config }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    async fn failure(&self) -> String {
        let error = find(&self.config, "reg.example").await.unwrap_err();
        assert!(matches!(error, Error::Helper { .. }), "{error}");
        let source = std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default();
        format!("{error}: {source}")
    }
}

const GET: &str = r#"cat > $here/in; echo "$1" >> $here/verbs
echo '{"ServerURL":"x","Username":"alice","Secret":"hunter2"}'"#;

#[tokio::test]
async fn get_tells_the_server_and_reads_the_answer() {
    let setup = Setup::new(GET);
    assert_eq!(find(&setup.config, "reg.example:5000").await.unwrap(), alice());
    assert_eq!(
        (setup.read("in").as_str(), setup.read("verbs").as_str()),
        ("reg.example:5000", "get\n")
    );
    find(&setup.config, "registry-1.docker.io").await.unwrap();
    assert_eq!(setup.read("in"), "https://index.docker.io/v1/");
}

#[tokio::test]
async fn every_run_of_a_helper_is_logged_with_its_name_and_what_it_is_asked() {
    let log = Log::collect();
    let setup = Setup::new(GET);
    find(&setup.config, "reg.example").await.unwrap();
    let planted = Credential::basic("ann", "planted").unwrap();
    setup.config.put(&"reg.example".into(), &planted).await.unwrap();
    setup.config.delete(&"reg.example".into()).await.unwrap();
    let logged = log.text();
    for verb in ["get", "store", "erase"] {
        let words = format!("running a credential helper helper=\"fake\" verb=\"{verb}\"");
        assert!(logged.contains(&words), "{verb} in:\n{logged}");
    }
    assert!(
        !logged.contains("planted") && !logged.contains("hunter2"),
        "{logged}"
    );
}

#[tokio::test]
async fn a_refresh_token_is_known_by_its_user_name() {
    let setup = Setup::new(r#"echo '{"Username":"<token>","Secret":"id"}'"#);
    assert_eq!(
        find(&setup.config, "x").await.unwrap(),
        Some(Credential::RefreshToken("id".into()))
    );
}

#[tokio::test]
async fn not_found_and_empty_answers_are_no_credential() {
    for script in [
        "echo credentials not found in native keychain; exit 1",
        r#"echo '{"ServerURL":"","Username":"","Secret":""}'"#,
    ] {
        assert_eq!(
            find(&Setup::new(script).config, "x").await.unwrap(),
            None,
            "{script}"
        );
    }
}

#[tokio::test]
async fn store_and_erase_go_to_the_helper_and_not_into_the_file() {
    let setup = Setup::new(r#"cat > "$here/$1"; [ $1 != get ] || { echo credentials not found; exit 1; }"#);
    setup
        .config
        .put(&"reg.example".into(), &alice().unwrap())
        .await
        .unwrap();
    assert_eq!(
        setup.read("store"),
        r#"{"ServerURL":"reg.example","Username":"alice","Secret":"hunter2"}"#
    );
    setup
        .config
        .put(&"docker.io".into(), &Credential::RefreshToken("id".into()))
        .await
        .unwrap();
    let expected = r#"{"ServerURL":"https://index.docker.io/v1/","Username":"<token>","Secret":"id"}"#;
    assert_eq!(setup.read("store"), expected);
    setup.config.delete(&"reg.example".into()).await.unwrap();
    assert_eq!(setup.read("erase"), "reg.example");
    assert_eq!(setup.read("config.json"), r#"{"credsStore": "fake"}"#);

    let error = setup
        .config
        .put(&"x".into(), &Credential::AccessToken("t".into()))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::InvalidCredential { .. }), "{error}");
}

/// Keeps a password under each name of the file `kept`, and writes down what it is asked.
const KEPT: &str = r#"read name; echo "$1 $name" >> $here/asked; [ $1 = get ] || exit 0
grep -qxF "$name" $here/kept || { echo credentials not found; exit 1; }
echo '{"Username":"alice","Secret":"hunter2"}'"#;

/// A configuration with the helper [`KEPT`], which keeps a password under this name.
fn kept_under(name: &str, content: &str) -> Setup {
    let setup = Setup::configured(KEPT, content);
    fs::write(setup.folder.path().join("kept"), format!("{name}\n")).unwrap();
    setup
}

/// Port 443 is that of every registry which is named without one.
#[tokio::test]
async fn a_helper_is_asked_with_and_without_the_default_port() {
    let store = r#"{"credsStore": "fake"}"#;
    let with_port = r#"{"credsStore": "fake", "auths": {"reg.example:443": {}}}"#;
    let own = r#"{"credHelpers": {"reg.example:443": "fake"}}"#;
    for (content, name, asked) in [
        (store, "reg.example", "get reg.example\n"),
        (store, "reg.example:443", "get reg.example\nget reg.example:443\n"),
        (with_port, "reg.example:443", "get reg.example:443\n"),
        (own, "reg.example:443", "get reg.example:443\n"),
        (own, "reg.example", "get reg.example:443\nget reg.example\n"),
    ] {
        for registry in ["reg.example", "reg.example:443"] {
            let setup = kept_under(name, content);
            assert_eq!(find(&setup.config, registry).await.unwrap(), alice(), "{content}");
            assert_eq!(setup.read("asked"), asked, "{content}");
        }
    }
    let setup = kept_under("reg.example:443", store);
    assert_eq!(find(&setup.config, "reg.example:444").await.unwrap(), None);
    assert_eq!(setup.read("asked"), "get reg.example:444\n");
}

/// What is stored is what is asked for first, and a logout leaves nothing that would still be found.
#[tokio::test]
async fn a_helper_keeps_and_forgets_what_it_is_asked_for() {
    let with_port = r#"{"credsStore": "fake", "auths": {"reg.example:443": {}}}"#;
    let setup = kept_under("reg.example:443", with_port);
    let key = "reg.example".into();
    setup.config.put(&key, &alice().unwrap()).await.unwrap();
    let asked = setup.read("asked");
    assert!(
        asked.starts_with(r#"store {"ServerURL":"reg.example:443","#),
        "{asked}"
    );

    let setup = kept_under("reg.example:443", r#"{"credsStore": "fake"}"#);
    setup.config.delete(&key).await.unwrap();
    let asked = setup.read("asked");
    assert_eq!(
        asked,
        "erase reg.example\nget reg.example:443\nerase reg.example:443\n"
    );
}

/// The platform's helper is asked for only where somebody wants it and the file says nothing.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_default_helper_is_used_and_then_named_where_nothing_is_configured() {
    let key = "reg.example".into();
    for (content, is_used) in [
        ("", true),
        (r#"{"auths": {}, "x": [1]}"#, true),
        (r#"{"credsStore": ""}"#, false),
        (r#"{"credHelpers": {"other.example": "other"}}"#, false),
        (r#"{"auths": {"other.example": {}}}"#, false),
    ] {
        let setup = Setup::configured(r#"cat > "$here/$1""#, content);
        assert_eq!(setup.config.default_helper(), None);
        let helper = setup.folder.path().join("docker-credential-secretservice");
        symlink(HELPER, helper).unwrap();
        assert_eq!(setup.config.default_helper(), Some("secretservice"));
        let put = setup.config.put(&key, &alice().unwrap()).await;
        assert!(matches!(put, Err(Error::PlainTextStore { .. })), "{content}");

        let config = setup.config.clone().with_default_helper(true);
        assert_eq!(config.helper_for("reg.example").await.unwrap().is_some(), is_used);
        let put = config.put(&key, &alice().unwrap()).await;
        assert_eq!(put.is_ok(), is_used, "{content}");
        assert_eq!(setup.folder.path().join("store").exists(), is_used, "{content}");
        let left = setup.read("config.json");
        assert_eq!(
            left.contains(r#""credsStore": "secretservice""#),
            is_used,
            "{left}"
        );
        assert_eq!(
            left.contains("[1]"),
            content.contains("[1]"),
            "what others wrote stays"
        );
    }
}

/// A helper that fails does not become the one that is named.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_default_helper_that_fails_is_not_named() {
    let setup = Setup::configured("echo locked; exit 1", "");
    symlink(
        HELPER,
        setup.folder.path().join("docker-credential-secretservice"),
    )
    .unwrap();
    let config = setup
        .config
        .clone()
        .with_default_helper(true)
        .with_plain_text(true);
    let error = config
        .put(&"reg.example".into(), &alice().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Helper { .. }), "{error}");
    assert_eq!(setup.read("config.json"), "");
}

#[tokio::test]
async fn deleting_also_removes_what_lies_in_the_file() {
    let content = r#"{"credsStore": "fake", "auths": {"reg.example": {"auth": "YTpi"}, "b": {}}}"#;
    let setup = Setup::configured("echo credentials not found; exit 1", content);
    setup.config.delete(&"reg.example".into()).await.unwrap();
    let left = setup.read("config.json");
    assert!(!left.contains("reg.example") && left.contains("\"b\""), "{left}");
}

#[tokio::test]
async fn the_helper_of_a_registry_goes_before_the_general_one() {
    let content = r#"{"credsStore":"missing","credHelpers":{"reg.example":"fake","plain.example":""},
        "auths":{"plain.example":{"auth":"YWxpY2U6aHVudGVyMg=="}}}"#;
    let setup = Setup::configured(GET, content);
    assert_eq!(find(&setup.config, "reg.example").await.unwrap(), alice());
    assert_eq!(find(&setup.config, "plain.example").await.unwrap(), alice());
    assert_eq!(
        setup.config.helper_for("reg.example").await.unwrap().as_deref(),
        Some("fake")
    );
    assert_eq!(
        setup.config.helper_for("other.example").await.unwrap().as_deref(),
        Some("missing")
    );
    assert_eq!(setup.config.helper_for("plain.example").await.unwrap(), None);
}

/// S23: a helper that cannot be run is an error, and its registry is not asked anonymously or with another's entry.
#[tokio::test]
async fn a_missing_helper_fails_the_request() {
    let content = r#"{"credsStore":"missing","auths":{"reg.example":{"auth":"YWxpY2U6aHVudGVyMg=="}}}"#;
    let setup = Setup::configured(GET, content);
    assert!(
        setup
            .failure()
            .await
            .contains("cannot find docker-credential-missing")
    );

    let double = Double::new(|_| challenge("Basic realm=x"));
    let error = double
        .with(std::sync::Arc::new(setup.config.clone()))
        .get("https://reg.example/v2/")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Helper { .. }), "{error}");
    assert_eq!(double.seen().len(), 1);
    assert_eq!(double.seen()[0].authorization, None);
}

/// S20: a name that is more than a name is not run.
#[tokio::test]
async fn an_odd_name_is_refused() {
    for name in ["../../x", "a;b", "a b", r"C:\\x", "a/b", "$(x)", "a\\nb"] {
        let setup = Setup::configured(GET, &format!(r#"{{"credsStore": "{name}"}}"#));
        assert!(
            setup.failure().await.contains("characters that are not allowed"),
            "{name}"
        );
    }
}

/// S20: helpers in the working folder, or beside it, are not found.
#[tokio::test]
async fn relative_folders_are_not_searched() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let setup = Setup::new(GET);
    symlink(HELPER, folder.path().join("docker-credential-fake")).unwrap();
    fs::write(folder.path().join("script"), GET).unwrap();
    let relative = Path::new(".").join(folder.path().file_name().unwrap());
    assert!(relative.join("docker-credential-fake").is_file());
    let config = setup.config.clone().with_helper_folders([relative]);
    assert!(matches!(find(&config, "x").await, Err(Error::Helper { .. })));
}

/// S19: helpers read lines, so a name of several lines is not handed to one.
#[tokio::test]
async fn a_registry_of_two_lines_is_refused() {
    let setup = Setup::new(GET);
    for registry in ["a\nb", "a\r", "a\0"] {
        assert!(matches!(
            find(&setup.config, registry).await,
            Err(Error::Helper { .. })
        ));
    }
    assert!(!setup.folder.path().join("in").exists());
}

/// S22: a helper that hangs is ended.
#[tokio::test]
async fn a_helper_that_hangs_is_killed() {
    let setup = Setup::new("echo $$ > $here/pid.new; mv $here/pid.new $here/pid; exec sleep 600");
    let config = setup.config.clone().with_helper_timeout(Duration::from_secs(2));
    let error = find(&config, "x").await.unwrap_err();
    assert!(matches!(error, Error::Helper { .. }), "{error}");
    let process = Path::new("/proc").join(setup.read("pid").trim());
    assert!(!process.exists(), "{} still runs", process.display());
}

/// S22: endless output is cut off, and garbage is an error.
#[tokio::test]
async fn a_helper_that_talks_too_much_or_nonsense_fails() {
    assert!(Setup::new("yes").failure().await.contains("more than 64 KiB"));
    for script in ["echo hello", "echo '[]'", "true"] {
        assert!(
            Setup::new(script)
                .failure()
                .await
                .contains("not the expected JSON"),
            "{script}"
        );
    }
    let odd = Setup::new(r#"printf '%s' '{"Username":"a:b","Secret":"p"}'"#);
    assert!(matches!(
        find(&odd.config, "x").await,
        Err(Error::InvalidCredential { .. })
    ));
}

/// S22, S27: what a helper says shows in the error, except for its error output and what it was told in secret.
#[tokio::test]
async fn a_failing_helper_is_quoted_without_secrets() {
    let shown = Setup::new("echo the keychain is locked; echo planted >&2; exit 1")
        .failure()
        .await;
    assert!(
        shown.contains("credential helper fake failed: the keychain is locked") && !shown.contains("planted"),
        "{shown}"
    );

    let answer = r#"echo '{"Username":"alice","Secret":"planted"}'; echo 'the keychain is locked'; exit 1"#;
    let shown = Setup::new(answer).failure().await;
    assert!(shown.contains("without saying why"), "{shown}");

    let setup = Setup::new("cat; exit 1");
    let error = setup
        .config
        .put(&"reg.example".into(), &alice().unwrap())
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

/// The helper is run once for many requests.
#[tokio::test]
async fn a_credential_is_kept_between_requests() {
    let setup = Setup::new(GET);
    let double = Double::new(|seen| match &seen.authorization {
        Some(_) => crate::double::reply(200, ""),
        None => challenge("Basic realm=x"),
    });
    let client = double.with(std::sync::Arc::new(setup.config.clone()));
    for _ in 0..3 {
        client.get("https://reg.example/v2/").await.unwrap();
    }
    assert_eq!(setup.read("verbs"), "get\n");
}
