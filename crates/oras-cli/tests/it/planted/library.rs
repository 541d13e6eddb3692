//! The library with planted secrets: its log at level trace, its errors with their causes, and its `Debug` output.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue};
use oras::auth::{
    ContainersAuth, Credential, CredentialKey, CredentialProvider, CredentialQuery, CredentialStore,
    DockerConfigText, EnvironmentCredentials, Error as AuthError, Fallbacks, FoundCredential,
    MemoryCredentials, MemoryTokenCache, StaticCredentials, Token, TokenCache, TokenKey,
};
use oras::registry::{UploadKey, UploadRecord, UploadRecords};
use oras::transport::Origin;
use oras::{
    AuthOptions, Client, ClientOptions, CopyOptions, DockerConfig, ManifestVersion, MediaType, MemoryStore,
    PackOptions, TlsOptions, TransportOptions, WriterExt, copy, pack_manifest,
};
use tokio::runtime::Builder;

use super::log::Log;
use super::registry::{BROKEN, ECHO, GONE, Registry};
use super::secret::{
    ALL, GIVEN, HEADER, HELPER, IDENTITY, PASSWORD, REFRESH, SESSION, TOKEN, WRONG, basic, shows,
};

fn assert_clean(text: &str) {
    for secret in ALL {
        let found: Vec<&str> = text.lines().filter(|line| shows(line, secret)).collect();
        assert!(found.is_empty(), "{secret} shows in:\n{}", found.join("\n"));
    }
}

fn password(text: &str) -> Credential {
    Credential::basic("ann", text).unwrap()
}

/// Stores the locations of uploads, and tokens, like a custom program may.
#[derive(Debug, Default)]
struct Kept {
    locations: Mutex<Vec<Secretive>>,
    tokens: MemoryTokenCache,
    shown: Mutex<String>,
}

/// The location of an upload, which the program has to hide, not the library.
struct Secretive(String);

impl std::fmt::Debug for Secretive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

struct Slot(Arc<Kept>);

#[async_trait]
impl UploadRecord for Slot {
    async fn read(&self) -> Option<String> {
        None
    }

    async fn write(&self, location: &str) -> bool {
        self.0
            .locations
            .lock()
            .unwrap()
            .push(Secretive(location.to_owned()));
        true
    }

    async fn remove(&self) {}
}

#[derive(Debug)]
struct Records(Arc<Kept>);

#[async_trait]
impl UploadRecords for Records {
    async fn claim(&self, _: &UploadKey) -> Option<Box<dyn UploadRecord>> {
        Some(Box::new(Slot(Arc::clone(&self.0))))
    }
}

#[async_trait]
impl TokenCache for Kept {
    async fn find(&self, wanted: &TokenKey) -> Option<Arc<Token>> {
        self.tokens.find(wanted).await
    }

    async fn insert(&self, token: Arc<Token>) {
        write!(self.shown.lock().unwrap(), "{token:?} {:?}", token.key()).unwrap();
        self.tokens.insert(token).await;
    }

    async fn remove(&self, refused: &Token) {
        self.tokens.remove(refused).await;
    }
}

fn options(registry: &Registry, kept: &Arc<Kept>, credential: Credential) -> ClientOptions {
    let origin: Origin = format!("http://{}", registry.name()).parse().unwrap();
    let headers = |_: &Origin| {
        let value = HeaderValue::from_static(HEADER);
        HeaderMap::from_iter([("x-tenant".parse().unwrap(), value)])
    };
    let transport = TransportOptions::default().with_headers(origin, headers);
    let tokens: Arc<Kept> = Arc::clone(kept);
    ClientOptions::default()
        .with_transport(transport)
        .with_credentials(Arc::new(StaticCredentials::new(registry.name(), credential)))
        .with_auth(AuthOptions::default().with_token_cache(tokens))
        .with_upload_records(Arc::new(Records(Arc::clone(kept))))
}

/// Copies an artifact there and back. Returns the errors with all their causes.
async fn transfer(client: &Client, registry: &Registry, name: &str, content: Vec<u8>) -> String {
    let store = MemoryStore::new();
    let layer = store
        .push_bytes(MediaType::from_static("text/plain"), content)
        .await
        .unwrap();
    let pack = PackOptions::default().with_layers([layer]);
    let packed = pack_manifest(&store, ManifestVersion::V1_1, "application/vnd.test", pack)
        .await
        .unwrap();
    store.tag(&packed, "v1").await.unwrap();
    let repository = client.repository(&registry.at(name)).unwrap();
    let to_copy = CopyOptions::default();
    let pushed = copy(&store, "v1", &repository, "v1", &to_copy).await;
    let pulled = copy(&repository, "v1", &MemoryStore::new(), "v1", &to_copy).await;
    let failed = [pushed.err(), pulled.err()].into_iter().flatten();
    failed.map(|error| told(&error)).collect()
}

fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(|cause| format!("{cause}\n{cause:?}\n")).collect()
}

#[test]
fn no_planted_secret_is_logged_or_in_an_error_of_the_library() {
    let registry = Registry::start();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let log = Log::collect();
    let kept = Arc::new(Kept::default());
    let mut errors = Vec::new();
    runtime.block_on(async {
        for credential in [
            password(PASSWORD),
            Credential::RefreshToken(IDENTITY.into()),
            Credential::AccessToken(GIVEN.into()),
            password(WRONG),
            Credential::RefreshToken(WRONG.into()),
        ] {
            let options = options(&registry, &kept, credential);
            assert_clean(&format!("{options:?} {options:#?}"));
            let client = Client::new(options).unwrap();
            for name in ["app", GONE, ECHO] {
                errors.push(transfer(&client, &registry, name, vec![7; 100]).await);
            }
            errors.push(transfer(&client, &registry, BROKEN, vec![7; 9 << 20]).await);
            let repository = client.repository(&registry.at("app")).unwrap();
            assert_clean(&format!(
                "{client:?} {repository:?} {:?}",
                client.registry(&registry.name())
            ));
        }
    });
    assert!(
        errors.iter().filter(|error| !error.is_empty()).count() >= 11,
        "{errors:#?}"
    );
    errors.iter().for_each(|error| assert_clean(error));
    let logged = log.text();
    assert!(
        logged.contains("TRACE") && logged.contains("asking for a token"),
        "{logged}"
    );
    // Response bodies are logged verbatim, under a target of their own.
    let is_said = |line: &&str| line.contains("/v2/echo/") && line.contains("oras_transport::body:");
    let ours: Vec<&str> = logged.lines().filter(|line| !is_said(line)).collect();
    assert_clean(&ours.join("\n"));
    assert_clean(&format!("{kept:?}"));
    let shown = kept.shown.lock().unwrap();
    assert!(!shown.is_empty(), "tokens were kept");
    let locations = kept.locations.lock().unwrap();
    assert!(locations.iter().any(|location| shows(&location.0, SESSION)));
    let unseen: BTreeSet<_> = BTreeSet::from(ALL)
        .difference(&registry.seen())
        .copied()
        .collect();
    assert_eq!(unseen, BTreeSet::from([HELPER]), "the others were at risk");
}

/// Types that hold secrets but do not appear in the calls above.
#[test]
fn no_planted_secret_is_in_the_debug_text_of_what_holds_it() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let query = CredentialQuery::new("reg.example");
    let key: CredentialKey = query.registry_key();
    let memory = MemoryCredentials::new();
    runtime.block_on(memory.put(&key, &password(PASSWORD))).unwrap();
    let entry = basic("ann", PASSWORD).replace("Basic ", "");
    let text = format!(r#"{{"auths":{{"reg.example":{{"auth":"{entry}"}},"b":{{"auth":"{WRONG}"}}}}}}"#);
    let text = DockerConfigText::parse("given", text).unwrap();
    let found = runtime.block_on(text.credential(&query)).unwrap();
    assert_eq!(found, Some(FoundCredential::new(password(PASSWORD), key)));
    let unread = runtime
        .block_on(text.credential(&CredentialQuery::new("b")))
        .unwrap_err();
    assert_clean(&told(&unread));
    let entries = [
        Credential::from_docker_entry(&format!(r#"{{"auth":"{entry}"}}"#)),
        Credential::from_docker_entry(&format!(r#"{{"identitytoken":"{IDENTITY}"}}"#)),
        Credential::from_docker_entry(&format!(r#"{{"registrytoken":"{GIVEN}"}}"#)),
        Credential::from_docker_entry(&format!(r#"{{"identitytoken":"{REFRESH} "}}"#)),
        Credential::from_docker_entry(TOKEN),
    ];
    assert!(matches!(
        entries[3..],
        [Err(AuthError::InvalidCredential { .. }), Err(_)]
    ));
    assert_clean(&format!("{memory:?}"));
    let fallbacks = Fallbacks::new(Arc::new(memory)).or(Arc::new(text));
    assert_clean(&format!("{found:?} {entries:?} {fallbacks:?}"));
    let origin: Origin = "https://reg.example".parse().unwrap();
    let tls = TlsOptions::default().with_identity(origin, GIVEN, HELPER);
    let transport = TransportOptions::default().with_tls(tls.clone());
    let options = ClientOptions::default().with_transport(transport.clone());
    assert_clean(&format!("{tls:?} {transport:?} {options:?}"));
    assert_clean(&told(&Client::new(options).unwrap_err()));
    let files = (DockerConfig::at("a.json"), ContainersAuth::at("b.json"));
    assert_clean(&format!("{files:?} {:?}", EnvironmentCredentials::detect()));
}
