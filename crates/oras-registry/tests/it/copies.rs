//! Copies between registries that fail at every step: the reported outcome is true, the right side is blamed, and a
//! second run completes the copy.

use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use http::Method;
use oras_content::{Descriptor, ImageIndex, ReferrerLister, Store, StoreExt, WriterExt};
use oras_copy::{CopyError, CopyOptions, ExtendedCopyOptions, Side, copy, extended_copy};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::{Route, ServerOptions};
use oras_server_faults::{Fault, FaultOptions, Quirk, Server};
use oras_transport::TransportOptions;

use crate::place::{Place, artifact, attach, client, quick};
use crate::resumed::{MIB, content};

struct Pair {
    from: Server,
    to: Server,
    root: Descriptor,
    referrer: Descriptor,
}

fn repository(server: &Server) -> Repository {
    let transport = TransportOptions::default()
        .with_head_timeout(Duration::from_millis(500))
        .with_idle_timeout(Duration::from_millis(500));
    let options = ClientOptions::default()
        .with_retry(quick().with_retries(2))
        .with_transport(transport);
    let client = Client::new(options).unwrap();
    let reference = oras_content::Reference::new(&server.registry(), "app").unwrap();
    client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap()
}

impl Pair {
    async fn new() -> Self {
        let from = Server::start(ServerOptions::default()).await.unwrap();
        let to = Server::start(ServerOptions::default()).await.unwrap();
        let store = MemoryStore::new();
        let root = artifact(&store, 3).await;
        store.tag(&root, "v1").await.unwrap();
        let source = repository(&from);
        copy(&store, "v1", &source, "v1", &CopyOptions::default())
            .await
            .unwrap();
        let referrer = attach(&source, &root, "sig/x").await;
        Self {
            from,
            to,
            root,
            referrer,
        }
    }

    async fn copy(&self, recursive: bool) -> Result<Descriptor, CopyError> {
        let (from, to) = (repository(&self.from), repository(&self.to));
        match recursive {
            true => extended_copy(&from, "v1", &to, "v1", &ExtendedCopyOptions::default()).await,
            false => copy(&from, "v1", &to, "v1", &CopyOptions::default()).await,
        }
    }

    /// Whether the tag and everything below it are complete.
    async fn is_complete(&self, recursive: bool) -> bool {
        let to = repository(&self.to);
        let Ok(tagged) = to.resolve("v1").await else {
            return false;
        };
        let manifest = to.fetch_manifest(&tagged, 1 << 20).await.unwrap();
        for child in manifest.successors() {
            to.fetch_all(child, 1 << 20).await.unwrap();
        }
        if recursive {
            let listed: Vec<Descriptor> = to.referrers(&self.root, None).try_collect().await.unwrap();
            let is_listed = listed.iter().any(|node| node.digest == self.referrer.digest);
            return is_listed && to.exists(&self.referrer).await.unwrap();
        }
        true
    }
}

type Made = (&'static str, fn() -> Fault);

/// F09 to F18 and F21 for requests that read.
const READING: [Made; 16] = [
    ("500", || Fault::status(500)),
    ("503", || Fault::status(503)),
    ("404", || Fault::status(404)),
    ("403", || Fault::status(403)),
    ("429", || Fault::rate_limited("0")),
    ("html", Fault::html),
    ("hang", Fault::hang),
    ("close", || Fault::close_answer(0)),
    ("reset in the head", || Fault::reset_answer(20)),
    ("truncate", || Fault::truncate(3)),
    ("truncate unframed", || Fault::truncate_unframed(3)),
    ("truncate chunked", || Fault::truncate_chunked(3)),
    ("reset", || Fault::reset(3)),
    ("flip", || Fault::flip(2)),
    ("stall", || Fault::stall(2)),
    ("wrong digest", Fault::wrong_digest),
];

/// The same for requests that write.
const WRITING: [Made; 11] = [
    ("500", || Fault::status(500)),
    ("404", || Fault::status(404)),
    ("403", || Fault::status(403)),
    ("413", || Fault::status(413)),
    ("429", || Fault::rate_limited("0")),
    ("hang", Fault::hang),
    ("lost answer", Fault::lose_answer),
    ("closed request", || Fault::close_request(1)),
    ("reset request", || Fault::reset_request(1)),
    ("kept part", || Fault::keep(1)),
    ("wrong digest", Fault::wrong_digest),
];

async fn reading(name: &str, fault: Fault, route: Route, recursive: bool) {
    let pair = Pair::new().await;
    pair.from.inject(fault.on_route(route).on_method(Method::GET));
    check(&pair, name, Side::Source, recursive).await;
}

async fn writing(name: &str, fault: Fault, route: Route, recursive: bool) {
    let pair = Pair::new().await;
    pair.to.inject(fault.on_route(route));
    check(&pair, name, Side::Destination, recursive).await;
}

async fn check(pair: &Pair, name: &str, side: Side, recursive: bool) {
    let copied = pair.copy(recursive).await;
    let case = format!("{name}, recursive {recursive}: {copied:?}");
    match &copied {
        Ok(_) => assert!(pair.is_complete(recursive).await, "claimed and not so: {case}"),
        Err(error) => assert_eq!(error.side, side, "{case}"),
    }
    let again = pair.copy(recursive).await;
    assert!(again.is_ok(), "{case}; again: {again:?}");
    assert!(pair.is_complete(recursive).await, "not repaired: {case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_source_is_survived_or_told_and_made_good_by_a_second_run() {
    for recursive in [false, true] {
        for route in [Route::Manifest, Route::Blob, Route::Referrers] {
            // Registries answer like this when they have no referrers API.
            let is_meant = |name: &str| route == Route::Referrers && ["html", "404"].contains(&name);
            let cases = READING.iter().filter(|(name, _)| !is_meant(name));
            let cases = cases.map(|(name, fault)| {
                let name = format!("{name} on {route:?}");
                async move { reading(&name, fault(), route, recursive).await }
            });
            join_all(cases).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_destination_is_survived_or_told_and_made_good_by_a_second_run() {
    for recursive in [false, true] {
        for route in [Route::Manifest, Route::Uploads, Route::Upload] {
            // A registry that does not answer the end of an upload gets half a minute to store it.
            let is_slow = |name: &str| route == Route::Upload && name == "hang";
            let cases = WRITING.iter().filter(|(name, _)| !is_slow(name));
            let cases = cases.map(|(name, fault)| {
                let name = format!("{name} on {route:?}");
                async move { writing(&name, fault(), route, recursive).await }
            });
            join_all(cases).await;
        }
    }
}

/// For every k, the k-th request to the destination fails permanently: the tag never precedes its content.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_fails_at_any_request_shows_no_tag_without_its_content() {
    let cases = (1..=14).map(|k| async move {
        let pair = Pair::new().await;
        pair.to.inject(Fault::status(403).nth(k).always());
        let copied = pair.copy(false).await;
        // The registry works again.
        let store = pair.to.journal().count(|entry| {
            entry.method == Method::PUT && entry.path.ends_with("manifests/v1") && entry.status.is_success()
        });
        assert_eq!(store > 0, copied.is_ok(), "{k}: {copied:?}");
    });
    join_all(cases).await;
}

/// Q52: manifests exist without their blobs, and only the index above them is refused.
#[tokio::test]
async fn a_registry_that_looks_deeper_gets_what_its_manifests_lack() {
    let options = ServerOptions::default().with_sparse(true);
    let faults = FaultOptions::default().with_quirks([Quirk::DeepCheck]);
    let place = Place {
        server: Server::start_with(options, faults).await.unwrap(),
        client: client(),
    };
    let source = MemoryStore::new();
    let image = artifact(&source, 2).await;
    let index = ImageIndex::new(vec![image.clone()]).to_content();
    let root = index.descriptor().clone();
    source.push(&root, index).await.unwrap();
    source.tag(&root, "v1").await.unwrap();

    let app = place.repository("app");
    let manifest = source.fetch_all(&image, 1 << 20).await.unwrap();
    app.push(&image, manifest).await.unwrap();
    copy(&source, "v1", &app, "v1", &CopyOptions::default())
        .await
        .unwrap();
    let back = MemoryStore::new();
    copy(&app, "v1", &back, "v1", &CopyOptions::default())
        .await
        .unwrap();
}

/// Reads and the writes they feed share the connection limit of one origin.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_within_a_registry_does_not_wait_for_itself() {
    let quirks = [Quirk::ChunkOver4Mib, Quirk::ThrottledUnavailable];
    let cases = quirks.into_iter().flat_map(|quirk| [(quirk, 1), (quirk, 2)]);
    join_all(cases.map(|(quirk, places)| within(quirk, places))).await;
}

async fn within(quirk: Quirk, places: usize) {
    let place = Place::quirky(quirk).await;
    let source = MemoryStore::new();
    let mut layers = Vec::new();
    for extra in 0..3 {
        let (layer, bytes) = content(4 * MIB + 1 + extra);
        source.push(&layer, bytes).await.unwrap();
        layers.push(layer);
    }
    let options = PackOptions::default().with_layers(layers);
    let root = pack_manifest(&source, ManifestVersion::V1_1, "application/vnd.test", options)
        .await
        .unwrap();
    source.tag(&root, "v1").await.unwrap();
    let options = CopyOptions::default();
    copy(&source, "v1", &place.repository("app"), "v1", &options)
        .await
        .unwrap();

    let transport = TransportOptions::default().with_max_in_flight_per_origin(places);
    let client = |transport: &TransportOptions| {
        let options = ClientOptions::default().with_retry(quick().with_retries(9));
        Client::new(options.with_transport(transport.clone())).unwrap()
    };
    let client = client(&transport);
    let repository = |name: &str| {
        let reference = oras_content::Reference::new(&place.server.registry(), name).unwrap();
        client
            .repository_with(&reference, RegistryOptions::default())
            .unwrap()
    };
    let options = options.with_mount(false);
    let (from, to) = (repository("app"), repository("to"));
    // A registry that refuses every third request may refuse an upload too often; a further copy completes it.
    for _ in 0..10 {
        let copying = copy(&from, "v1", &to, "v1", &options);
        let copied = tokio::time::timeout(Duration::from_secs(60), copying).await;
        match copied.unwrap_or_else(|_| panic!("{quirk:?} with {places} places: it waits")) {
            Ok(_) => return,
            Err(error) => assert!(error.is_transient(), "{quirk:?} with {places} places: {error:?}"),
        }
    }
    panic!("{quirk:?} with {places} places: it does not get on");
}
