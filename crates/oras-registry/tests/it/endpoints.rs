//! Mirrors: what is read from them, and what is not.

use std::sync::Arc;

use futures_util::TryStreamExt;
use http::{HeaderMap, HeaderValue};
use oras_auth::{Credential, CredentialProvider, MemoryCredentials};
use oras_content::{
    Descriptor, Digest, ErrorKind, Manifest, Reference, ReferrerLister, Result, Store, StoreExt,
    TagListOptions, TagLister, WriterExt,
};
use oras_memory::MemoryStore;
use oras_registry::{Client, ClientOptions, Endpoint, Endpoints, Repository, Serves};
use oras_server::{Route, ServerOptions, User, Users};
use oras_server_faults::{Entry, Fault, FaultOptions, Journal, Quirk, Server};

use crate::place::{artifact, attach, quick, text};

/// A registry and its mirror.
struct Pair {
    registry: Server,
    mirror: Server,
}

/// The mirrors in front of the registry.
struct Mirrors(Vec<Endpoint>);

impl Endpoints for Mirrors {
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
        let own = Endpoint::of(reference);
        Ok(self.0.iter().cloned().chain([own]).collect())
    }
}

fn options(mirrors: Vec<Endpoint>) -> ClientOptions {
    ClientOptions::default()
        .with_retry(quick())
        .with_endpoints(Arc::new(Mirrors(mirrors)))
}

impl Pair {
    async fn new() -> Self {
        Self::with(ServerOptions::default(), ServerOptions::default()).await
    }

    async fn with(registry: ServerOptions, mirror: ServerOptions) -> Self {
        Self {
            registry: Server::start(registry).await.unwrap(),
            mirror: Server::start(mirror).await.unwrap(),
        }
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.mirror.registry())
    }

    /// Returns `app` of the registry, read through the mirror.
    fn mirrored(&self) -> Repository {
        self.mirrored_by(self.endpoint())
    }

    fn mirrored_by(&self, mirror: Endpoint) -> Repository {
        let client = Client::new(options(vec![mirror])).unwrap();
        client.repository(&self.registry_name()).unwrap()
    }

    fn registry_name(&self) -> String {
        format!("{}/app", self.registry.registry())
    }

    /// Returns `name` at one of the two, directly.
    fn at(server: &Server, name: &str) -> Repository {
        let client = Client::new(ClientOptions::default().with_retry(quick())).unwrap();
        client
            .repository(&format!("{}/{name}", server.registry()))
            .unwrap()
    }

    /// Pushes the same artifact to both as `v1`, and clears the journals.
    async fn fill(&self) -> Descriptor {
        self.fill_as("app").await
    }

    /// The same, as `name` in the mirror.
    async fn fill_as(&self, name: &str) -> Descriptor {
        let store = MemoryStore::new();
        let root = artifact(&store, 1).await;
        store.tag(&root, "v1").await.unwrap();
        copy(&store, &Self::at(&self.registry, "app")).await;
        copy(&store, &Self::at(&self.mirror, name)).await;
        self.clear();
        root.plain()
    }

    fn clear(&self) {
        self.registry.journal().clear();
        self.mirror.journal().clear();
    }

    /// Returns the number of requests to the mirror and to the registry.
    fn requests(&self) -> (u64, u64) {
        let made = (
            self.mirror.journal().requests(),
            self.registry.journal().requests(),
        );
        self.clear();
        made
    }
}

/// Pushes an artifact as `v1`.
async fn put(repository: &Repository) -> Descriptor {
    let store = MemoryStore::new();
    let root = artifact(&store, 1).await;
    store.tag(&root, "v1").await.unwrap();
    copy(&store, repository).await;
    root.plain()
}

async fn copy(store: &MemoryStore, repository: &Repository) {
    let options = oras_copy::CopyOptions::default();
    oras_copy::copy(store, "v1", repository, "v1", &options)
        .await
        .unwrap();
}

async fn tags(repository: &Repository) -> Result<Vec<String>> {
    repository.tags(TagListOptions::default()).try_collect().await
}

async fn referrers(repository: &Repository, of: &Descriptor) -> Result<Vec<Descriptor>> {
    repository.referrers(of, None).try_collect().await
}

fn all(journal: &Journal, is_so: impl Fn(&Entry) -> bool) -> bool {
    let entries = journal.entries();
    !entries.is_empty() && entries.iter().all(is_so)
}

async fn layer(repository: &Repository, root: &Descriptor) -> Descriptor {
    let content = repository.fetch_all(root, 1 << 20).await.unwrap();
    let manifest = Manifest::parse(content).unwrap();
    manifest.layers()[0].clone()
}

#[tokio::test]
async fn reads_ask_the_mirror_alone_where_it_has_what_is_wanted() {
    let pair = Pair::new().await;
    let root = pair.fill().await;
    let app = pair.mirrored();
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    assert_eq!(pair.requests(), (1, 0), "resolve");
    assert_eq!(app.fetch_named("v1", 1 << 20).await.unwrap().descriptor(), &root);
    assert_eq!(pair.requests(), (1, 0), "fetch by tag");
    let layer = layer(&app, &root).await;
    assert_eq!(pair.requests(), (1, 0), "fetch a manifest");
    app.fetch_all(&layer, 1 << 20).await.unwrap();
    assert_eq!(pair.requests(), (1, 0), "fetch a blob");
    assert_eq!(app.resolve_blob(&layer.digest).await.unwrap().size, layer.size);
    assert_eq!(pair.requests(), (1, 0), "resolve a blob");
    assert_eq!(tags(&app).await.unwrap(), ["v1"]);
    assert_eq!(pair.requests(), (1, 0), "tags");
}

/// Only mirrors receive `ns`.
#[tokio::test]
async fn the_mirror_is_told_which_registry_it_stands_for() {
    let pair = Pair::new().await;
    pair.fill().await;
    let ns = format!("ns={}", pair.registry.registry().replace(':', "%3A"));
    let app = pair.mirrored();
    app.resolve("v1").await.unwrap();
    tags(&app).await.unwrap();
    assert!(app.resolve("v2").await.is_err());
    assert!(all(&pair.mirror.journal(), |entry| entry.path.contains(&ns)));
    assert!(all(&pair.registry.journal(), |entry| !entry.path.contains("ns=")));
}

#[tokio::test]
async fn what_the_mirror_does_not_have_is_read_from_the_registry() {
    let pair = Pair::new().await;
    let root = put(&Pair::at(&pair.registry, "app")).await;
    let attached = attach(&Pair::at(&pair.registry, "app"), &root, "application/vnd.test").await;
    pair.clear();
    let app = pair.mirrored();
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    // Once by `GET` too, because the mirror might not support `HEAD`.
    assert_eq!(pair.requests(), (2, 1), "resolve");
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    assert_eq!(pair.requests(), (1, 1), "resolve again");
    let layer = layer(&app, &root).await;
    assert_eq!(pair.requests(), (1, 1), "fetch a manifest");
    app.fetch_all(&layer, 1 << 20).await.unwrap();
    assert_eq!(pair.requests(), (1, 1), "fetch a blob");
    assert_eq!(tags(&app).await.unwrap(), ["v1"]);
    assert_eq!(pair.requests(), (1, 1), "tags");
    let listed = referrers(&app, &root).await.unwrap();
    assert_eq!(listed[0].digest, attached.digest);
    let missing = app.resolve("v9").await.unwrap_err();
    assert!(missing.is_not_found());
    assert!(
        missing.to_string().contains(&pair.registry.registry()),
        "{missing}"
    );
}

/// A mirror that is down is tried once, and not again for a while.
#[tokio::test]
async fn a_mirror_that_is_unavailable_is_passed_over() {
    let pair = Pair::new().await;
    let root = pair.fill().await;
    pair.mirror.inject(Fault::status(503).always());
    let app = pair.mirrored();
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    let (mirror, registry) = pair.requests();
    assert!(mirror > 0 && registry == 1, "{mirror} {registry}");
    app.fetch_all(&root, 1 << 20).await.unwrap();
    assert_eq!(tags(&app).await.unwrap(), ["v1"]);
    assert_eq!(pair.requests(), (0, 2));

    let down = Server::start(ServerOptions::default()).await.unwrap();
    let address = down.registry();
    down.shutdown().await;
    let app = pair.mirrored_by(Endpoint::new(address));
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    assert_eq!(pair.requests(), (0, 1), "refused");
}

#[tokio::test]
async fn a_mirror_that_refuses_is_followed_by_the_registry() {
    for status in [401, 403, 405, 429] {
        let pair = Pair::new().await;
        let root = pair.fill().await;
        pair.mirror.inject(Fault::status(status).always());
        let found = pair.mirrored().resolve("v1").await;
        assert_eq!(found.unwrap(), root, "{status}");
        assert_eq!(pair.requests().1, 1, "{status}");
    }
}

#[tokio::test]
async fn whatever_writes_or_decides_about_a_write_goes_to_the_registry_itself() {
    let pair = Pair::new().await;
    let root = put(&Pair::at(&pair.mirror, "app")).await;
    pair.clear();
    let app = pair.mirrored();
    assert!(!app.exists(&root).await.unwrap());
    let blob = app.push_bytes(text(), "hello").await.unwrap();
    let root = put(&app).await;
    app.tag(&root, "v2").await.unwrap();
    attach(&app, &root, "application/vnd.test").await;
    let (mirror, registry) = pair.requests();
    assert!(mirror == 0 && registry > 0, "{mirror} {registry}");
    assert!(!Pair::at(&pair.mirror, "app").exists(&blob).await.unwrap());
}

/// A mirror with a referrers API says nothing about the registry's support for it.
#[tokio::test]
async fn what_a_mirror_can_do_is_not_held_to_be_true_of_the_registry() {
    let without = ServerOptions::default().with_referrers_api(false);
    let pair = Pair::with(without, ServerOptions::default()).await;
    let root = pair.fill().await;
    attach(&Pair::at(&pair.mirror, "app"), &root, "application/vnd.mirrored").await;
    let app = pair.mirrored();
    assert_eq!(referrers(&app, &root).await.unwrap().len(), 1);
    let attached = attach(&app, &root, "application/vnd.own").await;
    let direct = Pair::at(&pair.registry, "app");
    assert_eq!(
        referrers(&direct, &root).await.unwrap()[0].digest,
        attached.digest
    );
}

#[tokio::test]
async fn a_mirror_that_serves_something_else_is_passed_over() {
    for fault in [
        Fault::flip(3),
        Fault::content_length(["3"]),
        Fault::header("content-type", "text/html"),
    ] {
        let pair = Pair::new().await;
        let root = pair.fill().await;
        pair.mirror.inject(fault.on_route(Route::Manifest).always());
        let named = pair.mirrored().fetch_named(root.digest.as_str(), 1 << 20).await;
        assert_eq!(named.unwrap().descriptor().digest, root.digest);
    }
}

#[tokio::test]
async fn content_of_a_mirror_is_verified() {
    let pair = Pair::new().await;
    let root = pair.fill().await;
    pair.mirror
        .inject(Fault::flip(3).on_route(Route::Manifest).always());
    let altered = pair.mirrored().fetch_all(&root, 1 << 20).await.unwrap_err();
    assert!(matches!(altered.kind(), ErrorKind::Verify), "{altered:?}");
    assert_eq!(pair.registry.journal().requests(), 0);
}

#[tokio::test]
async fn a_mirror_serves_what_it_may() {
    let pair = Pair::new().await;
    let root = pair.fill().await;
    let digests = pair.mirrored_by(pair.endpoint().with_serves(Serves::Digests));
    digests.resolve("v1").await.unwrap();
    tags(&digests).await.unwrap();
    assert_eq!(pair.requests(), (0, 2));
    digests.resolve(root.digest.as_str()).await.unwrap();
    digests.fetch_all(&root, 1 << 20).await.unwrap();
    assert_eq!(pair.requests(), (2, 0));
    let named = pair.mirrored_by(pair.endpoint().with_serves(Serves::Tags));
    named.resolve("v1").await.unwrap();
    assert_eq!(pair.requests(), (1, 0));
    named.fetch_all(&root, 1 << 20).await.unwrap();
    assert_eq!(pair.requests(), (0, 1));
}

#[tokio::test]
async fn a_mirror_may_call_the_repository_otherwise_and_get_headers_of_its_own() {
    let pair = Pair::new().await;
    let root = pair.fill_as("cache/of/app").await;
    let headers = HeaderMap::from_iter([(
        http::header::HeaderName::from_static("x-mirror"),
        HeaderValue::from_static("key"),
    )]);
    let endpoint = pair
        .endpoint()
        .with_repository("cache/of/app")
        .with_headers(headers);
    let shown = format!("{endpoint:?}");
    assert!(shown.contains("x-mirror") && !shown.contains("key"), "{shown}");
    let app = pair.mirrored_by(endpoint);
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    assert!(app.resolve("v2").await.is_err());
    assert!(all(&pair.mirror.journal(), |entry| entry
        .path
        .starts_with("/v2/cache/of/app/")
        && entry.request_headers["x-mirror"] == "key"));
    assert!(all(&pair.registry.journal(), |entry| {
        !entry.request_headers.contains_key("x-mirror")
    }));
}

#[tokio::test]
async fn each_endpoint_gets_its_own_credential() {
    let users = |name: &str, password: &str| {
        let users = Users::new().with_user(User::new(name, password));
        ServerOptions::default().with_users(users).with_tokens(true)
    };
    let pair = Pair::with(users("ann", "of-the-registry"), users("bob", "of-the-mirror")).await;
    let credentials = MemoryCredentials::default();
    let known = [
        (&pair.registry, "ann", "of-the-registry"),
        (&pair.mirror, "bob", "of-the-mirror"),
    ];
    for (server, name, password) in known {
        let credential = Credential::basic(name, password).unwrap();
        oras_auth::CredentialStore::put(&credentials, &server.registry().into(), &credential)
            .await
            .unwrap();
    }
    let credentials: Arc<dyn CredentialProvider> = Arc::new(credentials);
    let options = options(vec![pair.endpoint()]).with_credentials(credentials);
    let client = Client::new(options).unwrap();
    let app = client.repository(&pair.registry_name()).unwrap();
    let root = put(&app).await;
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    assert!(pair.mirror.journal().requests() > 0);
    assert!(!pair.mirror.journal().contains_secret("of-the-registry"));
    assert!(!pair.registry.journal().contains_secret("of-the-mirror"));
}

/// A mirror of many registries, as the embedded registry can be one.
#[tokio::test]
async fn a_mirror_finds_the_repository_by_the_registry_that_it_is_told() {
    let options = ServerOptions::default().with_namespaces(true);
    let pair = Pair::with(ServerOptions::default(), options).await;
    let inside = format!("{}/app", pair.registry.registry().replace(':', "_"));
    let root = pair.fill_as(&inside).await;
    assert_eq!(pair.mirrored().resolve("v1").await.unwrap(), root);
    assert_eq!(pair.requests(), (1, 0));
}

/// Each page is requested with the registry's name, whether or not the mirror's link repeats it.
#[tokio::test]
async fn every_page_of_a_mirror_is_asked_for_by_the_registrys_name() {
    for repeats in [true, false] {
        let options = ServerOptions::default().with_page_size(1);
        let pair = Pair::with(ServerOptions::default(), options).await;
        let root = pair.fill().await;
        Pair::at(&pair.mirror, "app").tag(&root, "v2").await.unwrap();
        pair.clear();
        if !repeats {
            let link = "</v2/app/tags/list?n=1&last=v1>; rel=\"next\"";
            pair.mirror
                .inject(Fault::header("link", link).on_route(Route::Tags));
        }
        assert_eq!(tags(&pair.mirrored()).await.unwrap(), ["v1", "v2"]);
        assert!(all(&pair.mirror.journal(), |entry| entry.path.contains("ns=")));
        assert_eq!(pair.requests(), (2, 0));
    }
}

struct Nowhere;

impl Endpoints for Nowhere {
    fn endpoints(&self, _reference: &Reference) -> Result<Vec<Endpoint>> {
        Ok(Vec::new())
    }
}

#[test]
fn a_registry_without_an_endpoint_is_refused() {
    let client = Client::new(ClientOptions::default().with_endpoints(Arc::new(Nowhere))).unwrap();
    let refused = client.repository("reg.example/app").unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Refused), "{refused:?}");
    assert!(client.registry("reg.example").is_err());
}

/// A mirror that does not support `HEAD` is asked by `GET`, like a registry.
#[tokio::test]
async fn a_mirror_with_quirks_is_still_a_mirror() {
    let quirky = FaultOptions::default().with_quirks([Quirk::HeadManifestNotAllowed]);
    let pair = Pair {
        registry: Server::start(ServerOptions::default()).await.unwrap(),
        mirror: Server::start_with(ServerOptions::default(), quirky)
            .await
            .unwrap(),
    };
    let root = pair.fill().await;
    let app = pair.mirrored();
    assert_eq!(app.resolve("v1").await.unwrap(), root);
    assert_eq!(pair.requests(), (2, 0));
    let unknown = Digest::sha256(b"nothing");
    assert!(app.resolve(unknown.as_str()).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_download_from_a_mirror_that_fails_in_its_middle_goes_on_at_the_registry() {
    let content: bytes::Bytes = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let blob = Descriptor::of(text(), &content);
    for resumption in [Fault::truncate(0), Fault::status(403), Fault::status(404)] {
        let pair = Pair::new().await;
        for server in [&pair.registry, &pair.mirror] {
            let app = Pair::at(server, "app");
            app.push(&blob, content.clone()).await.unwrap();
        }
        pair.clear();
        let app = pair.mirrored();
        pair.mirror.inject(Fault::truncate(150_000).on_route(Route::Blob));
        pair.mirror.inject(resumption.on_route(Route::Blob).always());
        let read = app.fetch_all(&blob, blob.size).await.unwrap();
        assert_eq!(read.bytes(), &content);
        assert_eq!(pair.registry.journal().bytes_sent(), blob.size - 150_000);
        // The mirror is not used for a while.
        pair.clear();
        app.fetch_all(&blob, blob.size).await.unwrap();
        assert_eq!(pair.requests(), (0, 1));
    }
}
