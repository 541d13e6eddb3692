//! Resumption: the trait by which the store takes content over several runs of a program.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oras_content::{Ingest, Result, Resumer};

use crate::LayoutStore;
use crate::layout::Layout;
use crate::writer::Writer;

/// What was written is hashed again when it is gone on with, in pieces of 64 KiB.
#[async_trait]
impl Resumer for LayoutStore {
    async fn begin(&self, id: &str) -> Result<Box<dyn Ingest>> {
        self.open_writer(id, Writer::begin).await
    }

    async fn resume(&self, id: &str, age: Duration) -> Result<Box<dyn Ingest>> {
        self.open_writer(id, move |layout, id| Writer::resume(layout, id, age))
            .await
    }

    async fn expire(&self, age: Duration) -> Result<()> {
        self.run(move |layout| {
            oras_fs::sweep_parts(layout.blobs().dir(), age);
            Ok(())
        })
        .await
    }
}

impl LayoutStore {
    async fn open_writer(
        &self,
        id: &str,
        open: impl FnOnce(&Arc<Layout>, &str) -> Result<Writer> + Send + 'static,
    ) -> Result<Box<dyn Ingest>> {
        let (layout, id) = (Arc::clone(&self.layout), id.to_owned());
        let writer = self.run(move |_| open(&layout, &id)).await?;
        Ok(Box::new(writer))
    }
}
