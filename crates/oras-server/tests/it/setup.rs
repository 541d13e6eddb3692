//! Servers to test, and content to put into them.

use std::sync::Arc;

use oras_content::{Descriptor, Digest, ImageManifest, MediaType, Verified};
use oras_server::{FolderBackend, ServerOptions};
use oras_server_faults::{FaultOptions, Server};
use serde_json::json;
use tempfile::TempDir;

use crate::client::{Call, Reply, call};

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A backend to run every rule over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Memory,
    Folder,
    /// Memory over an empty folder.
    Overlay,
}

/// A server and what lives as long as it does.
pub(crate) struct Registry {
    pub(crate) server: Server,
    _dir: Option<TempDir>,
}

pub(crate) async fn start(kind: Kind) -> Registry {
    start_with(kind, ServerOptions::default()).await
}

pub(crate) async fn start_with(kind: Kind, options: ServerOptions) -> Registry {
    misbehaving(kind, options, FaultOptions::default()).await
}

pub(crate) async fn misbehaving(kind: Kind, options: ServerOptions, faults: FaultOptions) -> Registry {
    let (options, dir) = match kind {
        Kind::Memory => (options, None),
        Kind::Folder => {
            let dir = tempfile::tempdir().unwrap();
            let backend = FolderBackend::open(dir.path()).unwrap();
            (options.with_backend(Arc::new(backend)), Some(dir))
        }
        Kind::Overlay => {
            let dir = tempfile::tempdir().unwrap();
            let backend = FolderBackend::open(dir.path()).unwrap().with_memory_overlay();
            (options.with_backend(Arc::new(backend)), Some(dir))
        }
    };
    Registry {
        server: Server::start_with(options, faults).await.unwrap(),
        _dir: dir,
    }
}

impl Registry {
    /// A registry over a backend of the test's own.
    pub(crate) fn over(server: Server) -> Self {
        Self { server, _dir: None }
    }

    pub(crate) async fn stop(self) {
        self.server.shutdown().await;
    }

    pub(crate) fn call(&self, method: &str, path: impl AsRef<str>) -> Call {
        call(self.server.addr(), method, path.as_ref())
    }

    pub(crate) async fn get(&self, path: impl AsRef<str>) -> Reply {
        self.call("GET", path).send().await
    }

    pub(crate) async fn push_blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        self.call("POST", path)
            .body(bytes.to_vec())
            .send()
            .await
            .expect(201);
        digest
    }

    /// Opens an upload session and returns its path.
    pub(crate) async fn open_upload(&self, repository: &str) -> String {
        let path = format!("/v2/{repository}/blobs/uploads/");
        self.call("POST", path).send().await.expect(202).location()
    }

    pub(crate) async fn put_manifest(&self, repository: &str, reference: &str, manifest: &Verified) -> Reply {
        self.call("PUT", format!("/v2/{repository}/manifests/{reference}"))
            .header("content-type", manifest.descriptor().media_type.as_str())
            .body(manifest.bytes().clone())
            .send()
            .await
    }

    /// Pushes an image with one layer under a tag.
    pub(crate) async fn push_image(&self, repository: &str, tag: &str, layer: &[u8]) -> Verified {
        let manifest = self.image(repository, layer).await;
        self.put_manifest(repository, tag, &manifest).await.expect(201);
        manifest
    }

    /// The manifest of an image whose blobs are pushed.
    pub(crate) async fn image(&self, repository: &str, layer: &[u8]) -> Verified {
        self.push_blob(repository, b"{}").await;
        self.push_blob(repository, layer).await;
        image(layer)
    }

    /// Pushes a referrer of `subject` by digest.
    pub(crate) async fn attach(
        &self,
        repository: &str,
        subject: &Descriptor,
        artifact_type: &str,
    ) -> Verified {
        self.push_blob(repository, b"{}").await;
        let mut manifest = ImageManifest::new(Descriptor::empty_json());
        manifest.subject = Some(subject.plain());
        manifest.artifact_type = Some(artifact_type.parse().unwrap());
        let manifest = manifest.to_content();
        let digest = manifest.descriptor().digest.to_string();
        let put = self
            .put_manifest(repository, &digest, &manifest)
            .await
            .expect(201);
        let announced = put.header("oci-subject").map(str::to_owned);
        assert_eq!(announced, Some(subject.digest.to_string()));
        manifest
    }
}

/// An image manifest with one layer.
pub(crate) fn image(layer: &[u8]) -> Verified {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers.push(Descriptor::of(MediaType::OCI_LAYER, layer));
    manifest.to_content()
}

/// A document that is pushed as it is.
pub(crate) fn document(media_type: &str, text: &str) -> Verified {
    Verified::of(media_type.parse().unwrap(), text.as_bytes().to_vec())
}

/// An index of these manifests.
pub(crate) fn index(manifests: &[&Descriptor]) -> Verified {
    let text = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests });
    document(OCI_INDEX, &text.to_string())
}

/// Makes one test for every backend of each rule, an `async fn(Kind)` of the same module.
#[macro_export]
macro_rules! on_every_backend {
    ($($rule:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $rule() { super::$rule($crate::setup::Kind::Memory).await; })*
        }
        mod folder {
            $(#[tokio::test] async fn $rule() { super::$rule($crate::setup::Kind::Folder).await; })*
        }
        mod overlay {
            $(#[tokio::test] async fn $rule() { super::$rule($crate::setup::Kind::Overlay).await; })*
        }
    };
}
