//! The content that the page of oras-go copies in its examples, byte for byte.

use std::sync::Arc;

use oras::{Descriptor, MediaType, MemoryStore, WriterExt, tag_bytes};
use oras_server::{MemoryBackend, ServerOptions, User, Users};
use oras_server_faults::Server;

pub(crate) const IMAGE: &str = "sha256:7cbb44b44e8ede5a89cf193db3f5f2fd019d89697e6b87e8ed2589e60649b0d1";
pub(crate) const ARTIFACT: &str = "sha256:f396bc4d300934a39ca28ab0d5ac8a3573336d7d63c654d783a68cd1e2057662";
pub(crate) const SIGNATURE: &str = "sha256:70c29a81e235dda5c2cebb8ec06eafd3cca346cbd91f15ac74cefd98681c5b3d";

/// Puts the image of the page under the tag `latest`.
pub(crate) async fn push_image(store: &MemoryStore) -> Descriptor {
    let layer = store
        .push_bytes(MediaType::OCI_LAYER, "Hello layer")
        .await
        .unwrap();
    let config = store
        .push_bytes(MediaType::OCI_CONFIG, "Hello config")
        .await
        .unwrap();
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
        plain(&config),
        plain(&layer)
    );
    tag_bytes(store, MediaType::OCI_MANIFEST, manifest, &["latest"])
        .await
        .unwrap()
}

/// Puts the artifact of the page under the tag `latest`, and its signature.
pub(crate) async fn push_artifact(store: &MemoryStore) -> Descriptor {
    let kind = MediaType::OCI_ARTIFACT;
    let artifact = format!(r#"{{"mediaType":"{kind}","artifactType":"example/content"}}"#);
    let artifact = tag_bytes(store, kind.clone(), artifact, &["latest"])
        .await
        .unwrap();
    let signature = format!(
        r#"{{"mediaType":"{kind}","artifactType":"example/signature","subject":{}}}"#,
        plain(&artifact)
    );
    store.push_bytes(kind, signature).await.unwrap()
}

fn plain(node: &Descriptor) -> String {
    let Descriptor {
        media_type,
        digest,
        size,
        ..
    } = node;
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}

/// A registry, and what it has.
pub(crate) struct Here {
    pub(crate) server: Server,
    pub(crate) backend: Arc<MemoryBackend>,
    pub(crate) registry: String,
}

impl Here {
    /// A registry for everybody.
    pub(crate) async fn open() -> Self {
        Self::start(ServerOptions::default()).await
    }

    /// A registry that wants [`LOGIN`], and asks for tokens.
    pub(crate) async fn locked() -> Self {
        let users = Users::new().with_user(User::new(LOGIN[0], LOGIN[1]));
        Self::start(ServerOptions::default().with_users(users).with_tokens(true)).await
    }

    async fn start(options: ServerOptions) -> Self {
        let backend = Arc::new(MemoryBackend::new());
        let server = Server::start(options.with_backend(Arc::<MemoryBackend>::clone(&backend)))
            .await
            .unwrap();
        let registry = server.registry();
        Self {
            server,
            backend,
            registry,
        }
    }

    pub(crate) fn store(&self, name: &str) -> MemoryStore {
        self.backend.store(name)
    }
}

pub(crate) const LOGIN: [&str; 2] = ["username", "password"];
