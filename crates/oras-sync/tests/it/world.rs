//! A registry that counts, and what is in it.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use oras_content::{
    Annotations, Descriptor, ImageIndex, ImageManifest, MediaType, Platform, Store, StoreExt, Verified,
    WriterExt, annotations,
};
use oras_layout::LayoutStore;
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
use oras_registry::{CatalogOptions, Client, ClientOptions};
use oras_server::{MemoryBackend, Route, ServerOptions};
use oras_server_faults::{Entry, Server};
use oras_sync::{BoxError, Job, Place, Places, Report, SyncOptions, SyncPlan, sync};

pub(crate) struct World {
    pub(crate) backend: MemoryBackend,
    pub(crate) server: Server,
    client: Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(ServerOptions::default()).await
    }

    pub(crate) async fn with(options: ServerOptions) -> Self {
        Self::over(MemoryBackend::new(), options).await
    }

    async fn over(backend: MemoryBackend, options: ServerOptions) -> Self {
        let options = options.with_backend(Arc::new(backend.clone()));
        Self {
            server: Server::start(options).await.unwrap(),
            client: Client::new(ClientOptions::default()).unwrap(),
            backend,
        }
    }

    /// Another registry with the same content, without faults.
    pub(crate) async fn again(&self) -> Self {
        Self::over(self.backend.clone(), ServerOptions::default().with_delete(true)).await
    }

    /// What is in a repository, without a request.
    pub(crate) fn store(&self, repository: &str) -> MemoryStore {
        self.backend.store(repository)
    }

    pub(crate) fn place(&self, repository: &str) -> Place {
        Place::Repository(format!("{}/{repository}", self.server.registry()))
    }

    pub(crate) fn job(&self, from: &str, to: &str) -> Job {
        Job::new(self.place(from), self.place(to))
    }

    pub(crate) async fn sync(&self, jobs: impl IntoIterator<Item = Job>) -> Report {
        self.sync_with(jobs, &SyncOptions::default()).await
    }

    pub(crate) async fn sync_with(
        &self,
        jobs: impl IntoIterator<Item = Job>,
        options: &SyncOptions,
    ) -> Report {
        self.server.journal().clear();
        sync(&SyncPlan::new(jobs), self, options).await
    }

    /// The tags of a repository, with commas.
    pub(crate) async fn tags(&self, repository: &str) -> String {
        let store = self.store(repository);
        let tags: Vec<String> = store
            .as_tag_lister()
            .unwrap()
            .tags(oras_content::TagListOptions::default())
            .try_collect()
            .await
            .unwrap();
        tags.join(",")
    }

    pub(crate) fn requests(&self, matches: impl Fn(&Entry) -> bool) -> usize {
        self.server.journal().count(matches)
    }

    /// Requests about manifests of a repository.
    pub(crate) fn of_manifests(&self, method: &str, repository: &str) -> usize {
        self.requests(|entry| {
            entry.route == Route::Manifest
                && entry.method.as_str() == method
                && entry.repository.as_deref() == Some(repository)
        })
    }

    /// Requests that change something.
    pub(crate) fn changes(&self) -> usize {
        self.requests(|entry| !["GET", "HEAD"].contains(&entry.method.as_str()))
    }
}

#[async_trait]
impl Places for World {
    async fn source(&self, place: &Place) -> Result<Arc<dyn Store>, BoxError> {
        match place {
            Place::Repository(name) => Ok(Arc::new(self.client.repository(name)?)),
            Place::Layout(path) => Ok(Arc::new(LayoutStore::create(path).await?)),
            other => Err(format!("{other} is not opened").into()),
        }
    }

    async fn destination(&self, place: &Place, _: bool) -> Result<Arc<dyn Store>, BoxError> {
        self.source(place).await
    }

    async fn repositories(&self, registry: &str) -> Result<Vec<String>, BoxError> {
        let (host, path) = registry.split_once('/').unwrap_or((registry, ""));
        let registry = self.client.registry(host)?;
        let listed: Vec<String> = registry
            .repositories(CatalogOptions::default())
            .try_collect()
            .await?;
        let below = |name: String| Some(name.strip_prefix(path)?.trim_start_matches('/').to_owned());
        Ok(listed.into_iter().filter_map(below).collect())
    }
}

/// An artifact with these layers under a tag.
pub(crate) async fn artifact(store: &MemoryStore, tag: &str, layers: &[&str]) -> Descriptor {
    created(store, tag, layers, "2000-01-01T00:00:00Z").await
}

/// As [`artifact`], made at this time.
pub(crate) async fn created(store: &MemoryStore, tag: &str, layers: &[&str], when: &str) -> Descriptor {
    let packed = pack(store, layers, when).await;
    store.tag(&packed, tag).await.unwrap();
    packed
}

pub(crate) async fn referrer(store: &MemoryStore, subject: &Descriptor, artifact_type: &str) -> Descriptor {
    let options = options("2000-01-01T00:00:00Z").with_subject(subject.plain());
    pack_manifest(store, ManifestVersion::V1_1, artifact_type, options)
        .await
        .unwrap()
}

async fn pack(store: &MemoryStore, layers: &[&str], when: &str) -> Descriptor {
    let mut described = Vec::new();
    for layer in layers {
        let layer = layer.as_bytes().to_vec();
        let pushed = store
            .push_bytes(MediaType::from_static("text/plain"), layer)
            .await;
        described.push(pushed.unwrap());
    }
    let options = options(when).with_layers(described);
    pack_manifest(store, ManifestVersion::V1_1, "application/vnd.test", options)
        .await
        .unwrap()
}

fn options(when: &str) -> PackOptions {
    let created = (annotations::CREATED.to_owned(), when.to_owned());
    PackOptions::default().with_annotations(Annotations::from([created]))
}

pub(crate) async fn push(store: &MemoryStore, content: Verified) -> Descriptor {
    let descriptor = content.descriptor().clone();
    store.push(&descriptor, content).await.unwrap();
    descriptor
}

/// An index of images for these architectures under a tag, and the images.
pub(crate) async fn index(
    store: &MemoryStore,
    tag: &str,
    architectures: &[&str],
) -> (Descriptor, Vec<Descriptor>) {
    let mut images = Vec::new();
    for architecture in architectures {
        let config = format!("{{\"os\":\"linux\",\"architecture\":\"{architecture}\"}}");
        let config = store.push_bytes(MediaType::OCI_CONFIG, config).await.unwrap();
        let image = push(store, ImageManifest::new(config).to_content()).await;
        images.push(image.with_platform(Platform::new("linux", *architecture)));
    }
    let index = push(store, ImageIndex::new(images.clone()).to_content()).await;
    store.tag(&index, tag).await.unwrap();
    (index, images)
}
