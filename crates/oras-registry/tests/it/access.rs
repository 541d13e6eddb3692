//! Registries that require authentication.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use oras_auth::{Credential, CredentialKey, CredentialStore, MemoryCredentials, StaticCredentials};
use oras_content::{ErrorKind, Offered, PushOptions, Reference, Store, Writer, WriterExt};
use oras_memory::MemoryStore;
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::{Permission, Route, ServerOptions, User, Users};

use crate::place::{Place, artifact, quick, text};

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
        matches!(denied.kind(), ErrorKind::Denied | ErrorKind::Unauthenticated),
        "{denied:?}"
    );
    let nobody = place.repository("app").exists(&blob).await.unwrap_err();
    assert!(matches!(nobody.kind(), ErrorKind::Unauthenticated), "{nobody:?}");
    let wrong = client_of(&place, "ann", "wrong");
    let wrong = repository(&place, &wrong, "app").exists(&blob).await.unwrap_err();
    assert!(matches!(wrong.kind(), ErrorKind::Unauthenticated), "{wrong:?}");

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

/// Two teams share a registry, and a client has an account for each: every repository gets its own.
async fn each_repository_gets_its_own_account(tokens: bool) {
    let team = |name: &str, password: &str, repositories: &str| {
        User::new(name, password)
            .with_rule("*", Permission::None)
            .with_rule(repositories, Permission::Push)
    };
    let users = Users::new()
        .with_user(team("ann", "open sesame", "a/*"))
        .with_user(team("bob", "hunter2", "b/*"));
    let place = Place::with(ServerOptions::default().with_users(users).with_tokens(tokens)).await;
    let store = MemoryCredentials::new();
    for (namespace, name, password) in [("a", "ann", "open sesame"), ("b", "bob", "hunter2")] {
        let key = CredentialKey::from(place.server.registry()).with_namespace(namespace);
        let credential = Credential::basic(name, password).unwrap();
        store.put(&key, &credential).await.unwrap();
    }
    let options = ClientOptions::default().with_retry(quick());
    let client = Client::new(options.with_credentials(Arc::new(store))).unwrap();
    let (from, to) = (
        repository(&place, &client, "a/x"),
        repository(&place, &client, "b/x"),
    );
    let own = to.push_bytes(text(), "hello").await.unwrap();
    let foreign = from.push_bytes(text(), "hello to Ann").await.unwrap();
    assert!(to.exists(&own).await.unwrap() && from.exists(&foreign).await.unwrap());
    let options = PushOptions::default().with_mount_from(from.location());
    let mounted = to.offer(&foreign, &options).await.unwrap();
    assert!(
        !matches!(mounted, Offered::Mounted),
        "Bob may not read what Ann may"
    );
    let nobody = repository(&place, &client, "c/x").exists(&own).await.unwrap_err();
    assert_eq!(nobody.kind(), &ErrorKind::Unauthenticated, "{nobody:?}");

    for entry in place.journal().entries() {
        let is_of_a = entry
            .repository
            .as_deref()
            .is_some_and(|name| name.starts_with("a/"));
        let is_of_b = entry
            .repository
            .as_deref()
            .is_some_and(|name| name.starts_with("b/"));
        assert!(!(is_of_a && entry.contains_secret("hunter2")), "{entry:?}");
        assert!(!(is_of_b && entry.contains_secret("open sesame")), "{entry:?}");
    }
}

#[tokio::test]
async fn each_repository_gets_its_own_password() {
    each_repository_gets_its_own_account(false).await;
}

#[tokio::test]
async fn each_repository_gets_its_own_token() {
    each_repository_gets_its_own_account(true).await;
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
    let options = PushOptions::default().with_mount_from(from.location());
    let mounted = to.offer(&blob, &options).await.unwrap();
    assert!(matches!(mounted, Offered::Mounted));
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

/// Q18: some registries need a separate right for deletes, and others refuse clients that ask for it without need.
#[tokio::test]
async fn a_delete_asks_for_the_right_to_delete_and_nothing_else_does() {
    let place = Place::with(ServerOptions::default().with_users(users()).with_tokens(true)).await;
    let ann = client_of(&place, "ann", "open sesame");
    let app = repository(&place, &ann, "app");
    let blob = app.push_bytes(text(), "hello").await.unwrap();
    app.exists(&blob).await.unwrap();
    let asked = || -> Vec<String> {
        let tokens = place.journal().entries_of(Route::Token).into_iter();
        tokens.map(|entry| entry.path).collect()
    };
    assert!(
        asked().iter().all(|path| !path.contains("delete")),
        "{:?}",
        asked()
    );
    let before = asked().len();
    app.deleter().unwrap().delete(&blob).await.unwrap();
    let deletes = asked().split_off(before);
    assert!(
        deletes.len() == 1 && deletes[0].contains("repository%3Aapp%3Adelete%2Cpull"),
        "{deletes:?}"
    );
}

/// All requests of a cold push share one challenge, and concurrent tasks share one token.
#[tokio::test]
async fn a_cold_push_of_200_blobs_costs_one_token_and_one_challenge() {
    let place = Place::with(ServerOptions::default().with_users(users()).with_tokens(true)).await;
    let ann = client_of(&place, "ann", "open sesame");
    let (source, app) = (MemoryStore::new(), repository(&place, &ann, "app"));
    let root = artifact(&source, 200).await;
    source.tag(&root, "v1").await.unwrap();
    oras_copy::copy(&source, "v1", &app, "v1", &oras_copy::CopyOptions::default())
        .await
        .unwrap();
    assert_eq!(challenges_and_tokens(&place), (1, 1));

    place.journal().clear();
    let bob = client_of(&place, "ann", "open sesame");
    let app = repository(&place, &bob, "app");
    let asked = futures_util::future::join_all((0..100).map(|_| app.exists(&root))).await;
    assert!(asked.into_iter().all(|there| there.unwrap()));
    assert_eq!(challenges_and_tokens(&place).1, 1);
}

fn challenges_and_tokens(place: &Place) -> (usize, usize) {
    let journal = place.journal();
    let challenges = journal.count(|entry| entry.status.as_u16() == 401);
    (challenges, journal.count(|entry| entry.route == Route::Token))
}
