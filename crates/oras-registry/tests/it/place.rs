//! A registry to test against, and artifacts to push to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oras_content::{Descriptor, MediaType, Reference, Verified, WriterExt};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::ServerOptions;
use oras_server_faults::{FaultOptions, Journal, Quirk, Server};

pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(ServerOptions::default()).await
    }

    pub(crate) async fn with(options: ServerOptions) -> Self {
        Self {
            server: Server::start(options).await.unwrap(),
            client: client(),
        }
    }

    pub(crate) async fn quirky(quirk: Quirk) -> Self {
        let faults = FaultOptions::default().with_quirks([quirk]);
        let server = Server::start_with(ServerOptions::default(), faults).await;
        Self {
            server: server.unwrap(),
            client: client(),
        }
    }

    pub(crate) fn repository(&self, name: &str) -> Repository {
        self.repository_with(name, RegistryOptions::default())
    }

    pub(crate) fn repository_with(&self, name: &str, options: RegistryOptions) -> Repository {
        let reference = Reference::new(&self.server.registry(), name).unwrap();
        self.client.repository_with(&reference, options).unwrap()
    }

    pub(crate) fn journal(&self) -> Journal {
        self.server.journal()
    }
}

/// Returns options that record warnings.
pub(crate) fn heeding() -> (RegistryOptions, Arc<Mutex<Vec<String>>>) {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&warnings);
    let options = RegistryOptions::default()
        .with_on_warning(move |warning| kept.lock().unwrap().push(warning.text.clone()));
    (options, warnings)
}

/// Returns a client with short retry delays.
pub(crate) fn client() -> Client {
    Client::new(ClientOptions::default().with_retry(quick())).unwrap()
}

pub(crate) fn quick() -> oras_transport::RetryOptions {
    oras_transport::RetryOptions::default()
        .with_base(Duration::from_millis(1))
        .with_min_wait(Duration::from_millis(1))
        .with_max_wait(Duration::from_millis(5))
}

pub(crate) fn text() -> MediaType {
    MediaType::from_static("text/plain")
}

/// Creates an artifact with `layers` layers and a config, in memory.
pub(crate) async fn artifact(store: &MemoryStore, layers: usize) -> Descriptor {
    let mut described = Vec::new();
    for index in 0..layers {
        described.push(store.push_bytes(text(), format!("layer {index}")).await.unwrap());
    }
    let config = store
        .push_bytes(
            MediaType::from_static("application/vnd.test.config+json"),
            "{\"a\":1}",
        )
        .await
        .unwrap();
    let options = PackOptions::default().with_layers(described).with_config(config);
    pack_manifest(store, ManifestVersion::V1_1, "application/vnd.test", options)
        .await
        .unwrap()
}

/// Packs a referrer of `subject` and pushes it with its content.
pub(crate) async fn attach(repository: &Repository, subject: &Descriptor, kind: &str) -> Descriptor {
    let options = PackOptions::default().with_subject(subject.plain());
    pack_manifest(repository, ManifestVersion::V1_1, kind, options)
        .await
        .unwrap()
}

pub(crate) async fn push(repository: &Repository, content: Verified) -> Descriptor {
    let descriptor = content.descriptor().clone();
    repository.push(&descriptor, content).await.unwrap();
    descriptor
}
