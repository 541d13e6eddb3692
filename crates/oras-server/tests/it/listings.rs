//! Listings: tags and repositories, page by page.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use async_trait::async_trait;
use oras_server::{Backend, MemoryBackend, Permission, ServerOptions, User, Users};
use oras_server_faults::Server;
use serde_json::json;

use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};

on_every_backend!(
    tags_are_sorted_and_paged,
    upper_case_is_no_order_of_its_own,
    zero_tags_can_be_asked_for,
    numbers_that_are_none_are_refused,
    a_huge_number_is_capped,
    tags_of_nothing_are_404,
    repositories_are_sorted_and_paged,
    a_link_leads_to_the_end,
);

const TAGS: [&str; 5] = ["v10", "v2", "latest", "1.0", "_x"];

async fn tagged(kind: Kind, options: ServerOptions) -> Registry {
    let registry = start_with(kind, options).await;
    let manifest = registry.image("a/b", b"layer").await;
    for tag in TAGS {
        registry.put_manifest("a/b", tag, &manifest).await.expect(201);
    }
    registry
}

async fn tags(registry: &Registry, query: &str) -> (serde_json::Value, Option<String>) {
    let got = registry
        .get(format!("/v2/a/b/tags/list{query}"))
        .await
        .expect(200);
    assert_eq!(got.header("content-type"), Some("application/json"));
    let document = got.json();
    assert_eq!(document["name"], "a/b");
    (document["tags"].clone(), got.header("link").map(str::to_owned))
}

async fn tags_are_sorted_and_paged(kind: Kind) {
    let registry = tagged(kind, ServerOptions::default()).await;
    assert_eq!(
        tags(&registry, "").await,
        (json!(["1.0", "_x", "latest", "v10", "v2"]), None)
    );
    let (page, link) = tags(&registry, "?n=2").await;
    assert_eq!(page, json!(["1.0", "_x"]));
    assert_eq!(link.unwrap(), "</v2/a/b/tags/list?last=%5Fx&n=2>; rel=\"next\"");
    assert_eq!(
        tags(&registry, "?n=9&last=latest").await,
        (json!(["v10", "v2"]), None)
    );
    assert_eq!(
        tags(&registry, "?last=nothing-like-it").await.0,
        json!(["v10", "v2"])
    );
    assert_eq!(tags(&registry, "?last=zzz").await, (json!([]), None));
    assert_eq!(tags(&registry, "?n=5").await.1, None);
}

/// Spec: in lexical order, which is told to be a case-insensitive one.
async fn upper_case_is_no_order_of_its_own(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a/b", b"layer").await;
    for tag in ["B", "b", "a", "C", "A", "Beta", "beta"] {
        registry.put_manifest("a/b", tag, &manifest).await.expect(201);
    }
    let all = ["A", "a", "B", "b", "Beta", "beta", "C"];
    assert_eq!(tags(&registry, "").await.0, json!(all));
    for (number, last) in all.iter().enumerate() {
        let rest = &all[number + 1..];
        assert_eq!(tags(&registry, &format!("?last={last}")).await.0, json!(rest));
        let (page, link) = tags(&registry, &format!("?n=2&last={last}")).await;
        assert_eq!(page, json!(rest.iter().take(2).collect::<Vec<_>>()));
        assert_eq!(link.is_some(), rest.len() > 2);
    }
    assert_eq!(
        tags(&registry, "?last=BETA").await.0,
        json!(["Beta", "beta", "C"])
    );
}

async fn zero_tags_can_be_asked_for(kind: Kind) {
    let registry = tagged(kind, ServerOptions::default()).await;
    assert_eq!(tags(&registry, "?n=0").await, (json!([]), None));
}

async fn numbers_that_are_none_are_refused(kind: Kind) {
    let registry = tagged(kind, ServerOptions::default()).await;
    for wrong in ["-1", "", "ten", "1.5", "0x10"] {
        for path in ["/v2/a/b/tags/list", "/v2/_catalog"] {
            let got = registry.get(format!("{path}?n={wrong}")).await;
            got.expect_error(400, "PAGINATION_NUMBER_INVALID");
        }
    }
}

async fn a_huge_number_is_capped(kind: Kind) {
    let registry = tagged(kind, ServerOptions::default().with_page_size(3)).await;
    for huge in ["2147483648", "18446744073709551615", "100000000000000000000000"] {
        let (page, link) = tags(&registry, &format!("?n={huge}")).await;
        assert_eq!(page, json!(["1.0", "_x", "latest"]));
        assert!(link.unwrap().contains("n=3"));
        registry.get(format!("/v2/_catalog?n={huge}")).await.expect(200);
    }
    assert_eq!(tags(&registry, "").await.0.as_array().unwrap().len(), 3);
}

async fn tags_of_nothing_are_404(kind: Kind) {
    let registry = start(kind).await;
    registry
        .get("/v2/none/tags/list")
        .await
        .expect_error(404, "NAME_UNKNOWN");
    registry.push_blob("empty", b"blob").await;
    let empty = registry.get("/v2/empty/tags/list").await.expect(200).json();
    assert_eq!(empty, json!({ "name": "empty", "tags": [] }));
}

async fn repositories_are_sorted_and_paged(kind: Kind) {
    let registry = start(kind).await;
    assert_eq!(
        registry.get("/v2/_catalog").await.json(),
        json!({ "repositories": [] })
    );
    for name in ["b", "a/b/c", "a", "a/b", "a-b"] {
        registry.push_blob(name, b"blob").await;
    }
    let all = registry.get("/v2/_catalog").await.json();
    assert_eq!(all, json!({ "repositories": ["a", "a-b", "a/b", "a/b/c", "b"] }));
    let page = registry.get("/v2/_catalog?n=2&last=a-b").await;
    assert_eq!(page.json(), json!({ "repositories": ["a/b", "a/b/c"] }));
    assert_eq!(
        page.header("link"),
        Some("</v2/_catalog?last=a%2Fb%2Fc&n=2>; rel=\"next\"")
    );
    let none = registry.get("/v2/_catalog?n=0").await;
    assert_eq!(
        (none.json(), none.header("link")),
        (json!({ "repositories": [] }), None)
    );
}

/// Counts how often it is asked for names.
#[derive(Debug, Default)]
struct Counting {
    inner: MemoryBackend,
    asked: AtomicUsize,
}

#[async_trait]
impl Backend for Counting {
    async fn open(
        &self,
        name: &str,
        create: bool,
    ) -> oras_content::Result<Option<Arc<dyn oras_content::Store>>> {
        self.inner.open(name, create).await
    }

    async fn names(&self, last: Option<&str>, limit: usize) -> oras_content::Result<Vec<String>> {
        self.asked.fetch_add(1, Relaxed);
        self.inner.names(last, limit).await
    }
}

#[tokio::test]
async fn repositories_that_may_not_be_seen_are_not_read_one_by_one() {
    let backend = Arc::new(Counting::default());
    for number in 100..400 {
        backend.inner.store(&format!("hidden-{number}"));
    }
    backend.inner.store("seen");
    let user = User::new("ann", "secret")
        .with_rule("*", Permission::None)
        .with_rule("seen", Permission::Pull);
    let options = ServerOptions::default()
        .with_backend(Arc::<Counting>::clone(&backend))
        .with_users(Users::new().with_user(user));
    let registry = Registry::over(Server::start(options).await.unwrap());
    let listed = registry
        .call("GET", "/v2/_catalog?n=1")
        .header("authorization", "Basic YW5uOnNlY3JldA==")
        .send()
        .await
        .expect(200);
    assert_eq!(listed.json(), json!({ "repositories": ["seen"] }));
    assert_eq!(listed.header("link"), None);
    let asked = backend.asked.load(Relaxed);
    assert!(asked < 5, "asked {asked} times");
}

async fn a_link_leads_to_the_end(kind: Kind) {
    let registry = tagged(kind, ServerOptions::default()).await;
    let mut path = "/v2/a/b/tags/list?n=2".to_owned();
    let mut found = Vec::new();
    loop {
        let got = registry.get(&path).await.expect(200);
        found.extend(
            got.json()["tags"]
                .as_array()
                .unwrap()
                .iter()
                .map(|tag| tag.as_str().unwrap().to_owned()),
        );
        let Some(link) = got.header("link") else {
            break;
        };
        path = link.split(['<', '>']).nth(1).unwrap().to_owned();
    }
    assert_eq!(found, ["1.0", "_x", "latest", "v10", "v2"]);
}
