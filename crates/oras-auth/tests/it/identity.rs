//! Whose credentials and tokens are used.

use std::sync::Arc;

use async_trait::async_trait;
use http::StatusCode;
use oras_auth::{
    Credential, CredentialProvider, CredentialQuery, CredentialStore, DockerConfig, Error, FoundCredential,
    MemoryCredentials, StaticCredentials,
};

use crate::double::{ALICE, Counting, Double, Seen, alice, challenge, find, reply};

const URL: &str = "https://reg.example/v2/a/manifests/x";
const BOB: &str = "Basic Ym9iOnM=";

fn bob() -> Credential {
    Credential::basic("bob", "s").unwrap()
}

/// Gives `alice` and `bob` tokens that say who they are for, and answers with the token that was used.
fn registry() -> Double {
    Double::new(|seen: &Seen| match seen.authorization.as_deref() {
        Some(ALICE) if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"alice"}"#),
        Some(BOB) if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"bob"}"#),
        _ if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"nobody"}"#),
        Some(token) if token.starts_with("Bearer ") => reply(200, token),
        _ => challenge(r#"Bearer realm="/token",scope="repository:a:pull""#),
    })
}

async fn text(response: oras_transport::Response) -> Vec<u8> {
    response.into_body().read_limited(1000).await.unwrap().to_vec()
}

/// S26: two users in one process do not share tokens.
#[tokio::test(start_paused = true)]
async fn each_user_has_tokens_of_their_own() {
    let double = registry();
    let clients = [
        double.with(Counting::new(alice())),
        double.with(Counting::new(Some(bob()))),
    ];
    for _ in 0..2 {
        for (client, expected) in clients.iter().zip(["Bearer alice", "Bearer bob"]) {
            let response = client.get_for(URL, "repository:a:pull").await.unwrap();
            assert_eq!(text(response).await, expected.as_bytes());
        }
    }
    assert_eq!(double.count("https://reg.example/token"), 2);
}

/// S26: a token got for one credential is not used for the next, even where it would still do.
#[tokio::test(start_paused = true)]
async fn a_new_login_does_not_inherit_tokens() {
    let double = Double::new(|seen| match seen.authorization.as_deref() {
        Some(ALICE) if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"alice"}"#),
        _ if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"nobody"}"#),
        Some("Bearer nobody") if seen.is_at("https://reg.example/v2/private/") => {
            challenge(r#"Bearer realm="/token""#)
        }
        Some(token) if token.starts_with("Bearer ") => reply(200, token),
        _ => challenge(r#"Bearer realm="/token""#),
    });
    let store = Arc::new(MemoryCredentials::new());
    let client = double.with(store.clone());
    let public = async || {
        let response = client
            .get_for("https://reg.example/v2/public/x", "repository:public:pull")
            .await;
        text(response.unwrap()).await
    };
    let private = async || {
        client
            .get_for("https://reg.example/v2/private/x", "repository:private:pull")
            .await
            .unwrap()
    };

    assert_eq!(public().await, b"Bearer nobody");
    assert_eq!(private().await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(public().await, b"Bearer nobody", "the token for this one is kept");
    store.put(&"reg.example".into(), &alice().unwrap()).await.unwrap();
    assert_eq!(text(private().await).await, b"Bearer alice");
    assert_eq!(public().await, b"Bearer alice");
}

/// A credential is for one host and port.
#[tokio::test(start_paused = true)]
async fn another_port_is_another_registry() {
    let double = Double::new(|_| challenge(r#"Basic realm="x""#));
    let client = double.with(Arc::new(StaticCredentials::new("reg.example", alice().unwrap())));
    for url in [
        "https://reg.example:444/v2/",
        "https://other.example/v2/",
        "https://evil-reg.example/v2/",
    ] {
        assert!(
            matches!(client.get(url).await, Err(Error::NoCredential { .. })),
            "{url}"
        );
    }
    client.get("https://reg.example:443/v2/").await.unwrap();
    let sent: Vec<_> = double
        .seen()
        .into_iter()
        .filter(|seen| seen.authorization.is_some())
        .collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].url, "https://reg.example:443/v2/");
}

#[tokio::test]
async fn docker_hub_is_one_registry_under_all_its_names() {
    let names = [
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "https://index.docker.io/v1/",
    ];
    for stored in names {
        let memory = MemoryCredentials::new();
        memory.put(&stored.into(), &alice().unwrap()).await.unwrap();
        let fixed = StaticCredentials::new(stored, alice().unwrap());
        for asked in names {
            assert_eq!(find(&memory, asked).await.unwrap(), alice(), "{stored} {asked}");
            assert_eq!(find(&fixed, asked).await.unwrap(), alice(), "{stored} {asked}");
        }
        memory.delete(&"docker.io".into()).await.unwrap();
        assert_eq!(find(&memory, stored).await.unwrap(), None);
    }
}

struct Broken;

#[async_trait]
impl CredentialProvider for Broken {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        DockerConfig::at("/dev/null/config.json").credential(query).await
    }
}

/// S23: failing to find a credential is an error, and not the same as having none.
#[tokio::test(start_paused = true)]
async fn a_failing_provider_fails_the_request() {
    let double = registry();
    let error = double.with(Arc::new(Broken)).get(URL).await.unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert_eq!(double.seen().len(), 1, "no anonymous token either");
}
