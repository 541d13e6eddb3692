//! What answers say about manifests, and which of it the client believes.

use oras_content::{Algorithm, Descriptor, Digest, ErrorKind, MediaType, Store, StoreExt, WriterExt};
use oras_registry::RegistryOptions;
use oras_server_faults::Fault;

use crate::hostile::{Scripted, answer};
use crate::place::{Place, text};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn image(media_type: &str) -> String {
    let config = Descriptor::empty_json();
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{{"mediaType":"a/b","digest":"{}","size":2}},"layers":[]}}"#,
        config.digest
    )
}

/// A registry that answers every request with the same document.
async fn serving(headers: String, body: String) -> Scripted {
    Scripted::new(move |_| answer("200 OK", &headers, &body)).await
}

#[tokio::test]
async fn a_manifest_that_says_another_type_than_its_header_is_refused() {
    for (header, document, is_good) in [
        (OCI, OCI, true),
        (DOCKER, DOCKER, true),
        (
            "Application/VND.oci.image.manifest.v1+json; charset=utf-8",
            OCI,
            true,
        ),
        (OCI, DOCKER, false),
        (DOCKER, OCI, false),
        (INDEX, OCI, false),
        (OCI, INDEX, false),
    ] {
        let server = serving(format!("Content-Type: {header}\r\n"), image(document)).await;
        let app = server.repository(RegistryOptions::default());
        let fetched = app.fetch_named("v1", 4096).await;
        assert_eq!(fetched.is_ok(), is_good, "{header}, {document}: {fetched:?}");
    }
}

#[tokio::test]
async fn a_manifest_is_hashed_whatever_its_header_says() {
    let body = image(OCI);
    let asked = Digest::sha256(body.as_bytes());
    let headers = format!("Content-Type: {OCI}\r\nDocker-Content-Digest: {asked}\r\n");
    let altered = body.replacen("\"size\":2", "\"size\":3", 1);
    let server = serving(headers, altered).await;
    let app = server.repository(RegistryOptions::default());
    for fetched in [
        app.fetch_named(asked.as_str(), 4096).await,
        app.fetch_named("v1", 4096).await,
        app.fetch_all(&Descriptor::of(MediaType::OCI_MANIFEST, body.as_bytes()), 4096)
            .await,
    ] {
        assert_eq!(*fetched.unwrap_err().kind(), ErrorKind::Verify);
    }
}

/// Some registries return the sha256 digest of content that was requested by sha512.
#[tokio::test]
async fn a_digest_of_another_algorithm_is_not_compared_as_text() {
    let body = image(OCI);
    let strong = Algorithm::Sha512.digest(body.as_bytes());
    let headers = format!(
        "Content-Type: {OCI}\r\nDocker-Content-Digest: {}\r\n",
        Digest::sha256(body.as_bytes())
    );
    let server = serving(headers.clone(), body.clone()).await;
    let app = server.repository(RegistryOptions::default());
    let found = app.fetch_named(strong.as_str(), 4096).await.unwrap();
    assert_eq!(found.descriptor().digest, strong);

    let server = serving(headers, body.replace("size", "SIZE")).await;
    let app = server.repository(RegistryOptions::default());
    let altered = app.fetch_named(strong.as_str(), 4096).await;
    assert_eq!(*altered.unwrap_err().kind(), ErrorKind::Verify);
}

#[tokio::test]
async fn only_404_means_absent() {
    let blob = Descriptor::of(text(), b"hello");
    let manifest = Descriptor::of(MediaType::OCI_MANIFEST, b"{}");
    for status in [400, 401, 403, 405, 410, 418, 451, 500, 503] {
        let place = Place::new().await;
        let app = place.repository("app");
        place.server.inject(Fault::status(status).always());
        for node in [&blob, &manifest] {
            let error = app.exists(node).await.unwrap_err();
            assert!(!error.is_not_found(), "{status}: {error:?}");
            let error = app.fetch_all(node, 10).await.unwrap_err();
            assert!(!error.is_not_found(), "{status}: {error:?}");
        }
        assert!(!app.resolve("v1").await.unwrap_err().is_not_found(), "{status}");
    }
    let place = Place::new().await;
    let app = place.repository("app");
    assert!(!app.exists(&blob).await.unwrap() && !app.exists(&manifest).await.unwrap());
}

#[tokio::test]
async fn a_manifest_that_is_too_large_is_not_sent() {
    let place = Place::new().await;
    let app = place.repository("app");
    let limit = 4 * 1024 * 1024;
    for (len, is_sent) in [(limit, true), (limit + 1, false)] {
        place.journal().clear();
        let padding = " ".repeat(len - 34);
        let document = format!("{{\"schemaVersion\":2,\"manifests\":[]{padding}}}");
        let index = oras_content::Verified::of(MediaType::OCI_INDEX, document);
        let descriptor = index.descriptor().clone();
        assert_eq!(descriptor.size, len as u64);
        let pushed = app.push(&descriptor, index).await;
        assert_eq!(pushed.is_ok(), is_sent, "{pushed:?}");
        if let Err(error) = pushed {
            assert!(
                matches!(error.kind(), ErrorKind::SizeExceedsLimit { .. }),
                "{error:?}"
            );
            assert_eq!(place.journal().requests(), 0);
        }
    }
}
