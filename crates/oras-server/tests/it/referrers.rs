//! Referrers: what is attached to a manifest.

use oras_content::{Descriptor, Digest, MediaType};
use oras_server::ServerOptions;
use serde_json::{Value, json};

use crate::on_every_backend;
use crate::setup::{Kind, OCI_INDEX, Registry, document, index, start, start_with};

on_every_backend!(
    referrers_are_listed_with_type_and_annotations,
    they_can_be_filtered_by_type,
    pages_follow_each_other,
    a_page_is_no_larger_than_a_manifest,
    a_referrer_that_fills_more_than_a_page_loses_its_annotations,
    a_subject_need_not_be_there,
    only_subjects_have_referrers,
    a_deleted_referrer_is_not_listed,
    older_registries_have_no_such_api,
);

async fn list(registry: &Registry, path: impl AsRef<str>) -> (Vec<Value>, Option<String>) {
    let got = registry.get(path).await.expect(200);
    assert_eq!(got.header("content-type"), Some(OCI_INDEX));
    let document = got.json();
    assert_eq!(
        (&document["schemaVersion"], &document["mediaType"]),
        (&json!(2), &json!(OCI_INDEX))
    );
    let manifests = document["manifests"].as_array().unwrap().clone();
    (manifests, got.header("link").map(str::to_owned))
}

async fn referrers_are_listed_with_type_and_annotations(kind: Kind) {
    let registry = start(kind).await;
    let subject = registry.push_image("a", "v1", b"layer").await;
    let subject = subject.descriptor();
    registry.push_blob("a", b"{}").await;
    let text = json!({
        "schemaVersion": 2,
        "config": { "mediaType": "application/vnd.example.config+json", "digest": Digest::sha256(b"{}"), "size": 2 },
        "layers": [],
        "subject": subject,
        "annotations": { "k": "v" },
    });
    let referrer = document("application/vnd.oci.image.manifest.v1+json", &text.to_string());
    let put = registry.put_manifest("a", "r", &referrer).await.expect(201);
    assert_eq!(put.header("oci-subject"), Some(subject.digest.as_str()));
    let (found, link) = list(&registry, format!("/v2/a/referrers/{}", subject.digest)).await;
    let expected = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": referrer.descriptor().digest,
        "size": referrer.bytes().len(),
        "annotations": { "k": "v" },
        "artifactType": "application/vnd.example.config+json",
    });
    assert_eq!((found, link), (vec![expected], None));
}

async fn they_can_be_filtered_by_type(kind: Kind) {
    let registry = start(kind).await;
    let subject = registry.push_image("a", "v1", b"layer").await;
    let subject = subject.descriptor();
    let sbom = registry.attach("a", subject, "application/spdx+json").await;
    registry.attach("a", subject, "application/vnd.example.sig").await;
    let path = format!("/v2/a/referrers/{}", subject.digest);
    assert_eq!(list(&registry, &path).await.0.len(), 2);
    for encoded in ["application/spdx+json", "application%2Fspdx%2Bjson"] {
        let path = format!("{path}?artifactType={encoded}");
        let (found, _) = list(&registry, &path).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["digest"], json!(sbom.descriptor().digest));
        let headers = registry.get(&path).await;
        assert_eq!(headers.header("oci-filters-applied"), Some("artifactType"));
    }
    assert_eq!(registry.get(&path).await.header("oci-filters-applied"), None);
    assert!(
        list(&registry, format!("{path}?artifactType=none"))
            .await
            .0
            .is_empty()
    );
}

async fn pages_follow_each_other(kind: Kind) {
    let registry = start_with(kind, ServerOptions::default().with_page_size(2)).await;
    let subject = registry.push_image("a", "v1", b"layer").await;
    for number in 0..5 {
        registry
            .attach(
                "a",
                subject.descriptor(),
                &format!("application/vnd.example.{number}"),
            )
            .await;
        registry
            .attach(
                "a",
                subject.descriptor(),
                &format!("application/vnd.example.{number}+x"),
            )
            .await;
    }
    let mut path = format!("/v2/a/referrers/{}", subject.descriptor().digest);
    let mut found = Vec::new();
    let mut pages = 0;
    loop {
        let (page, link) = list(&registry, &path).await;
        assert!(page.len() <= 2);
        found.extend(
            page.into_iter()
                .map(|node| node["digest"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Some(link) = link else {
            break;
        };
        path = link.split(['<', '>']).nth(1).unwrap().to_owned();
    }
    let mut distinct = found.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((pages, found.len(), distinct.len()), (5, 10, 10));
}

async fn a_subject_need_not_be_there(kind: Kind) {
    let registry = start(kind).await;
    let missing = Descriptor::of(MediaType::OCI_MANIFEST, b"missing");
    let path = format!("/v2/a/referrers/{}", missing.digest);
    assert!(list(&registry, &path).await.0.is_empty());
    let referrer = registry.attach("a", &missing, "application/vnd.example").await;
    let (found, _) = list(&registry, &path).await;
    assert_eq!(found[0]["digest"], json!(referrer.descriptor().digest));
    registry
        .get("/v2/a/referrers/sha256:bad")
        .await
        .expect_error(400, "DIGEST_INVALID");
}

async fn only_subjects_have_referrers(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    registry
        .put_manifest("a", "all", &index(&[image.descriptor()]))
        .await
        .expect(201);
    for digest in [&image.descriptor().digest, &Digest::sha256(b"layer")] {
        assert!(
            list(&registry, format!("/v2/a/referrers/{digest}"))
                .await
                .0
                .is_empty()
        );
    }
}

async fn a_deleted_referrer_is_not_listed(kind: Kind) {
    let registry = start(kind).await;
    let subject = registry.push_image("a", "v1", b"layer").await;
    let referrer = registry
        .attach("a", subject.descriptor(), "application/vnd.example")
        .await;
    let path = format!("/v2/a/manifests/{}", referrer.descriptor().digest);
    registry.call("DELETE", path).send().await.expect(202);
    let path = format!("/v2/a/referrers/{}", subject.descriptor().digest);
    assert!(list(&registry, path).await.0.is_empty());
}

async fn older_registries_have_no_such_api(kind: Kind) {
    let registry = start_with(kind, ServerOptions::default().with_referrers_api(false)).await;
    let subject = registry.push_image("a", "v1", b"layer").await;
    let got = registry
        .get(format!("/v2/a/referrers/{}", subject.descriptor().digest))
        .await
        .expect(404);
    assert_eq!(got.header("content-type"), Some("text/plain; charset=utf-8"));
    let text = json!({ "schemaVersion": 2, "manifests": [], "subject": subject.descriptor() });
    let put = registry
        .put_manifest("a", "r", &document(OCI_INDEX, &text.to_string()))
        .await
        .expect(201);
    assert_eq!(put.header("oci-subject"), None);
}

/// Attaches a referrer with an annotation, and returns its digest.
async fn annotate(registry: &Registry, subject: &Descriptor, name: &str, text: &str) -> String {
    registry.push_blob("a", b"{}").await;
    let manifest = json!({
        "schemaVersion": 2,
        "artifactType": "application/vnd.example",
        "config": Descriptor::empty_json(),
        "layers": [],
        "subject": subject.plain(),
        "annotations": { name: text },
    });
    let manifest = document(
        "application/vnd.oci.image.manifest.v1+json",
        &manifest.to_string(),
    );
    let digest = manifest.descriptor().digest.to_string();
    registry.put_manifest("a", &digest, &manifest).await.expect(201);
    digest
}

/// Follows the pages of a listing; each with how many bytes it has and what it lists.
async fn pages(registry: &Registry, first: String) -> Vec<(usize, Vec<Value>)> {
    let mut next = Some(first);
    let mut pages = Vec::new();
    while let Some(path) = next {
        let got = registry.get(path).await.expect(200);
        next = got
            .header("link")
            .map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
        let manifests = got.json()["manifests"].as_array().unwrap().clone();
        pages.push((got.body.len(), manifests));
    }
    pages
}

async fn a_page_is_no_larger_than_a_manifest(kind: Kind) {
    let limit = 4000;
    let registry = start_with(kind, ServerOptions::default().with_manifest_limit(limit)).await;
    let subject = registry.push_image("a", "v1", b"layer").await;
    let subject = subject.descriptor();
    let mut pushed = Vec::new();
    for number in 0..12 {
        // Some of it takes more room in the index than it took in the manifest.
        let text = "x<&>".repeat(40 + 5 * number);
        pushed.push(annotate(&registry, subject, "k", &text).await);
    }
    pushed.sort();
    for query in ["", "?n=1000", "?artifactType=application/vnd.example"] {
        let pages = pages(&registry, format!("/v2/a/referrers/{}{query}", subject.digest)).await;
        let sizes: Vec<usize> = pages.iter().map(|(size, _)| *size).collect();
        assert!(sizes.iter().all(|size| *size as u64 <= limit), "{sizes:?}");
        assert!(pages.len() > 2, "{sizes:?}");
        let found: Vec<&Value> = pages.iter().flat_map(|(_, manifests)| manifests).collect();
        let digests: Vec<&str> = found
            .iter()
            .map(|node| node["digest"].as_str().unwrap())
            .collect();
        assert_eq!(digests, pushed);
        assert!(found.iter().all(|node| node["annotations"]["k"].is_string()));
    }
    let asked = pages(&registry, format!("/v2/a/referrers/{}?n=1", subject.digest)).await;
    assert_eq!(asked.len(), 12);
}

async fn a_referrer_that_fills_more_than_a_page_loses_its_annotations(kind: Kind) {
    let limit = 1500;
    let registry = start_with(kind, ServerOptions::default().with_manifest_limit(limit)).await;
    let subject = registry.push_image("a", "v1", b"layer").await;
    let subject = subject.descriptor();
    let large = annotate(&registry, subject, "large", &"<".repeat(400)).await;
    let small = annotate(&registry, subject, "small", "text").await;
    let pages = pages(&registry, format!("/v2/a/referrers/{}", subject.digest)).await;
    assert!(pages.iter().all(|(size, _)| *size as u64 <= limit));
    let found: Vec<&Value> = pages.iter().flat_map(|(_, manifests)| manifests).collect();
    let find = |digest: &str| *found.iter().find(|node| node["digest"] == digest).unwrap();
    assert_eq!(find(&small)["annotations"]["small"], "text");
    assert_eq!(find(&large).get("annotations"), None);
    assert_eq!(find(&large)["artifactType"], "application/vnd.example");
}
