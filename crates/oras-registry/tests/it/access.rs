//! Registries that want to know who is asking.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use oras_auth::{Credential, StaticCredentials};
use oras_content::{Error, Exists, Mounted, Mounter, PusherExt, Reference};
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::{Permission, Route, ServerOptions, User, Users};

use crate::place::{Place, quick, text};

fn users() -> Users {
    Users::new()
        .with_user(User::new("ann", "open sesame"))
        .with_user(User::new("bob", "hunter2").with_rule("*", Permission::Pull))
}

fn client_of(place: &Place, name: &str, password: &str) -> Client {
    let credential = Credential::basic(name, password).unwrap();
    let credentials = Arc::new(StaticCredentials::new(place.server.registry(), credential));
    Client::new(
        ClientOptions::default()
            .with_retry(quick())
            .with_credentials(credentials),
    )
    .unwrap()
}

fn repository(place: &Place, client: &Client, name: &str) -> Repository {
    let reference = Reference::new(&place.server.registry(), name).unwrap();
    client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap()
}

async fn who_may_do_what(tokens: bool) {
    let place = Place::with(ServerOptions::default().with_users(users()).with_tokens(tokens)).await;
    let (ann, bob) = (
        client_of(&place, "ann", "open sesame"),
        client_of(&place, "bob", "hunter2"),
    );
    let blob = repository(&place, &ann, "app")
        .push_bytes(text(), "hello")
        .await
        .unwrap();
    assert!(repository(&place, &bob, "app").exists(&blob).await.unwrap());
    let denied = repository(&place, &bob, "app")
        .push_bytes(text(), "other")
        .await
        .unwrap_err();
    assert!(
        matches!(denied, Error::Denied { .. } | Error::Unauthenticated { .. }),
        "{denied:?}"
    );
    let nobody = place.repository("app").exists(&blob).await.unwrap_err();
    assert!(matches!(nobody, Error::Unauthenticated { .. }), "{nobody:?}");
    let wrong = client_of(&place, "ann", "wrong");
    let wrong = repository(&place, &wrong, "app").exists(&blob).await.unwrap_err();
    assert!(matches!(wrong, Error::Unauthenticated { .. }), "{wrong:?}");

    let registry = ann.registry(&place.server.registry()).unwrap();
    registry.ping().await.unwrap();
}

#[tokio::test]
async fn basic_users_do_what_they_may() {
    who_may_do_what(false).await;
}

#[tokio::test]
async fn token_users_do_what_they_may() {
    who_may_do_what(true).await;
}

#[tokio::test]
async fn one_token_serves_one_repository() {
    let place = Place::with(ServerOptions::default().with_users(users()).with_tokens(true)).await;
    let ann = client_of(&place, "ann", "open sesame");
    let app = repository(&place, &ann, "app");
    let pushes = (0..10).map(|index| app.push_bytes(text(), format!("blob {index}")));
    for pushed in futures_util::future::join_all(pushes).await {
        pushed.unwrap();
    }
    let journal = place.journal();
    assert_eq!(journal.count(|entry| entry.route == Route::Token), 1);
    assert!(journal.count(|entry| entry.status.as_u16() == 401) <= 10);
}

#[tokio::test]
async fn a_mount_asks_for_both_repositories() {
    let place = Place::with(ServerOptions::default().with_users(users()).with_tokens(true)).await;
    let ann = client_of(&place, "ann", "open sesame");
    let (from, to) = (repository(&place, &ann, "from"), repository(&place, &ann, "to"));
    let blob = from.push_bytes(text(), "hello").await.unwrap();
    let mounted = to.mount(&blob, "from").await.unwrap();
    assert!(matches!(mounted, Mounted::Mounted));
}

#[tokio::test]
async fn the_password_goes_to_the_token_server_only() {
    let place = Place::with(ServerOptions::default().with_users(users()).with_tokens(true)).await;
    let ann = client_of(&place, "ann", "open sesame");
    repository(&place, &ann, "app")
        .push_bytes(text(), "hello")
        .await
        .unwrap();
    for entry in place.journal().entries() {
        let sent = entry
            .request_headers
            .get(AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned());
        let is_basic = sent.is_some_and(|sent| sent.starts_with("Basic"));
        assert!(!is_basic || entry.route == Route::Token, "{entry:?}");
    }
}
