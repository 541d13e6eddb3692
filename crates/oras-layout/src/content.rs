//! Content: the traits by which the store reads, takes and removes it.

use async_trait::async_trait;
use oras_content::{
    Algorithm, Content, Deleter, Descriptor, Error, Exists, FetchOptions, Fetcher, Ingest, Ingester,
    MAX_MANIFEST_BYTES, PushOptions, Pushed, Pusher, ReferencePusher, Result, Resumer, Source, Verified,
    VerifyError,
};

use crate::LayoutStore;
use crate::edit::Edit;
use crate::names::check_name;
use crate::reader;
use crate::writer::Writer;

#[async_trait]
impl Fetcher for LayoutStore {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        let target = target.clone();
        self.run(move |layout| {
            let file = layout.blobs().open(&target)?;
            let what = target.digest.to_string();
            let range = reader::clamp(opts.range, target.size);
            reader::frames(file, what, range)
        })
        .await
    }
}

#[async_trait]
impl Exists for LayoutStore {
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        let target = target.clone();
        self.run(move |layout| layout.exists(&target)).await
    }
}

#[async_trait]
impl Pusher for LayoutStore {
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        if !opts.force && self.holds(expected).await? {
            return Ok(Pushed::Present);
        }
        self.take(expected, body, None, opts.force).await
    }

    fn reference_pusher(&self) -> Option<&dyn ReferencePusher> {
        Some(self)
    }

    fn ingester(&self) -> Option<&dyn Ingester> {
        Some(self)
    }
}

#[async_trait]
impl ReferencePusher for LayoutStore {
    async fn push_reference(&self, expected: &Descriptor, body: Source, reference: &str) -> Result<()> {
        let name = check_name(expected, reference)?;
        if !self.holds(expected).await? {
            return self.take(expected, body, name, false).await.map(drop);
        }
        let Some(name) = name else { return Ok(()) };
        let target = expected.clone();
        self.run(move |layout| layout.edit(vec![Edit::Tag(Box::new(target), name)]))
            .await
    }
}

impl LayoutStore {
    async fn holds(&self, target: &Descriptor) -> Result<bool> {
        let target = target.clone();
        self.run(move |layout| layout.holds(&target)).await
    }

    /// Stores content and tags it; content that somebody else stored meanwhile is replaced where `force` says so.
    async fn take(
        &self,
        expected: &Descriptor,
        body: Source,
        name: Option<String>,
        force: bool,
    ) -> Result<Pushed> {
        if let Some(content) = self.in_memory(expected, &body).await? {
            self.run(move |layout| layout.put(&content, name.as_deref()))
                .await?;
            return Ok(Pushed::Stored);
        }
        let pushed = self.stream(expected, body, force).await?;
        if let Some(name) = name {
            let target = expected.clone();
            self.run(move |layout| layout.tag(&target, Some(&name))).await?;
        }
        Ok(pushed)
    }

    /// Content that is in memory and verified, or that has to be because it is a manifest.
    async fn in_memory(&self, expected: &Descriptor, body: &Source) -> Result<Option<Verified>> {
        if body.as_verified().is_some() {
            return body.read_all(expected).await.map(Some);
        }
        if !expected.is_manifest() {
            return Ok(None);
        }
        if expected.size > MAX_MANIFEST_BYTES {
            return Err(Error::size_exceeds_limit(
                expected.digest.to_string(),
                MAX_MANIFEST_BYTES,
            ));
        }
        body.read_all(expected).await.map(Some)
    }

    async fn stream(&self, expected: &Descriptor, body: Source, force: bool) -> Result<Pushed> {
        let algorithm = expected.digest.algorithm().ok_or_else(|| {
            let digest = expected.digest.clone();
            Error::verify(&expected.digest, VerifyError::Algorithm { digest })
        })?;
        let frames = body.open(0).await?;
        let mut writer = Box::new(Writer::new(&self.layout, algorithm).forced(force));
        match writer.fill(frames, expected).await {
            Ok(()) => writer.commit(expected).await,
            Err(error) => {
                writer.discard().await;
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Ingester for LayoutStore {
    async fn ingest(&self) -> Result<Box<dyn Ingest>> {
        Ok(Box::new(Writer::new(&self.layout, Algorithm::Sha256)))
    }

    fn resumer(&self) -> Option<&dyn Resumer> {
        Some(self)
    }
}

#[async_trait]
impl Deleter for LayoutStore {
    async fn delete(&self, target: &Descriptor) -> Result<()> {
        let target = target.clone();
        self.run(move |layout| layout.delete(&target)).await
    }
}
