//! Credentials for parts of a registry, and what their tokens are shared by.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use http::StatusCode;
use oras_auth::{
    Action, AuthUsed, Credential, CredentialProvider, CredentialQuery, CredentialStore, Error,
    FoundCredential, MemoryCredentials, StaticCredentials,
};

use crate::double::{ALICE, Client, Double, alice, challenge, reply};

const BOB: &str = "Basic Ym9iOnM=";
const TOKEN: &str = "https://reg.example/token";

fn url(repository: &str) -> String {
    format!("https://reg.example/v2/{repository}/manifests/x")
}

async fn pull(client: &Client, repository: &str) -> String {
    let scopes = format!("repository:{repository}:pull");
    let response = client.get_for(&url(repository), &scopes).await.unwrap();
    let body = response.into_body().read_limited(100).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Alice for the team a, Bob for the team b, under keys of their own.
async fn teams() -> Arc<MemoryCredentials> {
    let store = MemoryCredentials::new();
    let bob = Credential::basic("bob", "s").unwrap();
    store
        .put(&"reg.example/a".into(), &alice().unwrap())
        .await
        .unwrap();
    store.put(&"reg.example/b".into(), &bob).await.unwrap();
    Arc::new(store)
}

/// Answers with what the request was sent with.
fn basic_registry() -> Double {
    Double::new(|seen| match seen.authorization.as_deref() {
        Some(shown) => reply(200, shown),
        None => challenge("Basic realm=x"),
    })
}

/// Gives everybody tokens that say for whom they are, and answers with the one that was used.
fn token_registry() -> Double {
    Double::new(|seen| match seen.authorization.as_deref() {
        Some(ALICE) if seen.is_at(TOKEN) => reply(200, r#"{"token":"alice"}"#),
        Some(BOB) if seen.is_at(TOKEN) => reply(200, r#"{"token":"bob"}"#),
        _ if seen.is_at(TOKEN) => reply(200, r#"{"token":"nobody"}"#),
        Some(shown) => reply(200, shown),
        None => challenge(r#"Bearer realm="/token""#),
    })
}

/// S26: passwords for two parts of one registry do not cross, not even once both are known.
#[tokio::test(start_paused = true)]
async fn passwords_for_parts_of_a_registry_do_not_cross() {
    let double = basic_registry();
    let client = double.with(teams().await);
    for _ in 0..2 {
        for (repository, shown) in [("a/x", ALICE), ("b/x", BOB), ("a", ALICE), ("a/y/z", ALICE)] {
            assert_eq!(pull(&client, repository).await, shown, "{repository}");
        }
    }
    let error = client
        .get_for(&url("ab"), "repository:ab:pull")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NoCredential { .. }), "{error}");
}

/// S26: so do their tokens, one after the other and at once, even where a token would permit both.
#[tokio::test(start_paused = true)]
async fn tokens_for_parts_of_a_registry_do_not_cross() {
    let double = token_registry();
    let client = double.with(teams().await);
    let both = "repository:a/x:pull,push repository:b/x:pull";
    let response = client.get_for(&url("a/x"), both).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&AuthUsed::Token));
    for _ in 0..2 {
        let all = [
            ("a/x", "Bearer alice"),
            ("b/x", "Bearer bob"),
            ("c/x", "Bearer nobody"),
        ];
        let shown = join_all(all.map(|(repository, _)| pull(&client, repository))).await;
        assert_eq!(shown, all.map(|(_, expected)| expected));
    }
    assert_eq!(
        double.count(TOKEN),
        3,
        "that for both serves Alice, and nobody else"
    );
}

/// Repositories whose credentials have one key share tokens, and the requests for them.
#[tokio::test(start_paused = true)]
async fn repositories_with_one_key_share_tokens() {
    let double = token_registry();
    let credentials = StaticCredentials::new("reg.example/a", alice().unwrap());
    let client = double.with(Arc::new(credentials));
    let wide = "repository:a/x:pull,push repository:a/y:pull";
    pull(&client, "a/z").await;
    let wide = async { client.get_for(&url("a/x"), wide).await.unwrap().status() };
    let shared = tokio::join!(wide, pull(&client, "a/y"));
    assert_eq!(shared, (StatusCode::OK, "Bearer alice".to_owned()));
    assert_eq!(pull(&client, "a/x").await, "Bearer alice");
    assert_eq!(double.count(TOKEN), 2);
}

/// A provider that answers two repositories under one key with two credentials is taken by the credentials.
#[tokio::test(start_paused = true)]
async fn one_key_for_two_credentials_does_not_mix_them() {
    struct Careless;

    #[async_trait]
    impl CredentialProvider for Careless {
        async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let credential = match query.repository {
                Some("a") => alice().unwrap(),
                _ => Credential::basic("bob", "s")?,
            };
            Ok(Some(FoundCredential::for_registry(credential, query)))
        }
    }

    let double = token_registry();
    let client = double.with(Arc::new(Careless));
    let both = "repository:a:pull,push repository:b:pull";
    let shown = tokio::join!(pull(&client, "b"), pull(&client, "a"));
    assert_eq!(shown, ("Bearer bob".to_owned(), "Bearer alice".to_owned()));
    client.get_for(&url("a"), both).await.unwrap();
    assert_eq!(pull(&client, "b").await, "Bearer bob");
    assert_eq!(pull(&client, "a").await, "Bearer alice");
}

type Query = (String, Option<String>, Vec<Action>);

/// Answers everybody with Alice, and writes down what it was asked.
#[derive(Default)]
struct Recording(Mutex<Vec<Query>>);

#[async_trait]
impl CredentialProvider for Recording {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let repository = query.repository.map(str::to_owned);
        let asked = (query.registry.to_owned(), repository, query.actions.to_vec());
        self.0.lock().unwrap().push(asked);
        Ok(alice().map(|credential| FoundCredential::for_registry(credential, query)))
    }
}

/// A provider is told what the request needs, once for each repository.
#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_once_for_each_repository() {
    let double = token_registry();
    let provider = Arc::new(Recording::default());
    let client = double.with(provider.clone());
    let requests = [
        "repository:a:pull",
        "repository:a:pull,push",
        "repository:a:pull repository:b:pull,push",
        "registry:catalog:*",
        "",
    ];
    for _ in 0..2 {
        for scopes in requests {
            client.get_for(&url("a"), scopes).await.unwrap();
        }
        client.get(&url("a")).await.unwrap();
    }
    let registry = || "reg.example".to_owned();
    let expected: [Query; 3] = [
        (registry(), Some("a".to_owned()), vec![Action::Pull]),
        (registry(), Some("b".to_owned()), vec![Action::Pull, Action::Push]),
        (registry(), None, vec![]),
    ];
    assert_eq!(*provider.0.lock().unwrap(), expected);
}

/// What the registry refuses of one part says nothing about another.
#[tokio::test(start_paused = true)]
async fn a_refusal_in_one_part_leaves_the_others_alone() {
    let double = Double::new(|seen| match seen.authorization.as_deref() {
        Some(BOB) if seen.url.contains("/a/") => reply(200, BOB),
        Some(shown) if seen.url.contains("/b/") => reply(200, shown),
        _ => challenge("Basic realm=x"),
    });
    let store = teams().await;
    let client = double.with(store.clone());
    pull(&client, "b/x").await;
    let refused = client.get_for(&url("a/x"), "repository:a/x:pull").await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let bob = Credential::basic("bob", "s").unwrap();
    store.put(&"reg.example/a".into(), &bob).await.unwrap();
    store
        .put(&"reg.example/b".into(), &alice().unwrap())
        .await
        .unwrap();
    assert_eq!(pull(&client, "a/x").await, BOB, "it is asked for again");
    assert_eq!(pull(&client, "b/x").await, BOB, "it is not");
}

/// Who logs in to one part changes nothing for the others, whose answers are kept: there is none for them.
#[tokio::test(start_paused = true)]
async fn having_no_credential_is_kept_outside_of_the_part_of_a_login() {
    let double = token_registry();
    let store = Arc::new(MemoryCredentials::new());
    let client = double.with(store.clone());
    assert_eq!(pull(&client, "c/x").await, "Bearer nobody");
    for key in ["reg.example/a", "reg.example/c"] {
        store.put(&key.into(), &alice().unwrap()).await.unwrap();
    }
    assert_eq!(pull(&client, "a/x").await, "Bearer alice");
    assert_eq!(
        pull(&client, "c/x").await,
        "Bearer nobody",
        "it is not asked for again"
    );
    assert_eq!(pull(&client, "c/y").await, "Bearer alice");
    assert_eq!(
        pull(&client, "c/x").await,
        "Bearer alice",
        "somebody has logged in to c"
    );
}

/// The most specific key goes first, and keys end at slashes.
#[tokio::test]
async fn the_most_specific_key_is_found() {
    let store = MemoryCredentials::new();
    for key in ["reg.example", "reg.example/a/b", "docker.io/library"] {
        let credential = Credential::basic("x", key).unwrap();
        store.put(&key.into(), &credential).await.unwrap();
    }
    for (registry, repository, expected) in [
        ("REG.example", Some("a/b"), Some("reg.example/a/b")),
        ("reg.example", Some("a/b/c"), Some("reg.example/a/b")),
        ("reg.example", Some("a/bc"), Some("reg.example")),
        ("reg.example", None, Some("reg.example")),
        (
            "registry-1.docker.io",
            Some("library/alpine"),
            Some("docker.io/library"),
        ),
        ("docker.io", Some("other"), None),
        ("other.example", Some("a/b"), None),
    ] {
        let mut query = CredentialQuery::new(registry);
        query.repository = repository;
        let found = store.credential(&query).await.unwrap();
        let found = found.map(|found| {
            let expected = Credential::basic("x", found.key.to_string()).unwrap();
            assert_eq!(found.credential, expected);
            found.key.to_string()
        });
        assert_eq!(found.as_deref(), expected, "{registry} {repository:?}");
    }
}
