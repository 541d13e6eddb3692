//! Our client, for the same tasks as the bare loop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use oras_content::{
    Content, Descriptor, MediaType, OpenOptions, Opened, Payload, Reopen, Result, StoreExt, WriterExt,
};
use oras_registry::{Client, ClientOptions, Repository};

use crate::bench::load::{Blob, CONNECTIONS, Load, Task};

pub(super) struct Ours(Repository);

impl Ours {
    pub(super) fn new(addr: SocketAddr) -> anyhow::Result<Self> {
        let client = Client::new(ClientOptions::default())?;
        Ok(Self(client.repository(&format!("{addr}/bench"))?))
    }

    /// Runs one task, over as many connections as needed, and returns its duration.
    pub(super) async fn run(&self, load: &Load, task: Task) -> anyhow::Result<Duration> {
        let start = Instant::now();
        match task {
            Task::PutLarge => self.put(&load.large).await?,
            Task::GetLarge => self.get(&load.large).await?,
            Task::PutSmall => self.each(load, |blob| self.put(blob)).await?,
            Task::GetSmall => self.each(load, |blob| self.get(blob)).await?,
            Task::PutManifests | Task::GetManifests => anyhow::bail!("it is not measured"),
        }
        Ok(start.elapsed())
    }

    async fn each<'a, F: Future<Output = anyhow::Result<()>>>(
        &self,
        load: &'a Load,
        step: impl Fn(&'a Blob) -> F,
    ) -> anyhow::Result<()> {
        let steps = stream::iter(&load.small).map(step).buffer_unordered(CONNECTIONS);
        steps.try_collect().await
    }

    async fn put(&self, blob: &Blob) -> anyhow::Result<()> {
        let target = descriptor(blob);
        let payload = Payload::reopen(Arc::new(Frames(blob.frames.clone())), Some(target.size));
        self.0
            .push(&target, payload)
            .await
            .context("a blob is not pushed")
            .map(drop)
    }

    async fn get(&self, blob: &Blob) -> anyhow::Result<()> {
        let target = descriptor(blob);
        let mut content = self.0.fetch(&target).await?;
        let mut len = 0;
        while let Some(frame) = content.try_next().await? {
            len += frame.len() as u64;
        }
        ensure!(len == target.size, "a blob is not what was pushed");
        Ok(())
    }
}

fn descriptor(blob: &Blob) -> Descriptor {
    Descriptor::new(MediaType::OCTET_STREAM, blob.digest.clone(), blob.len())
}

/// The same content that the bare loop sends, frame by frame.
struct Frames(Vec<Bytes>);

#[async_trait]
impl Reopen for Frames {
    async fn open(&self, _: OpenOptions) -> Result<Opened> {
        let len = self.0.iter().map(|frame| frame.len() as u64).sum();
        let frames = stream::iter(self.0.clone()).map(Ok);
        Ok(Opened::new(Content::new(frames, Some(len)), 0..len))
    }
}
