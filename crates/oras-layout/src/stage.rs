//! Staging: the trait by which the store takes content bit by bit, over several runs of a program if need be.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oras_content::{Algorithm, Result, StageOptions, Staged, Stager};

use crate::LayoutStore;
use crate::writer::BlobWriter;

/// What an earlier run wrote is hashed again when it is resumed, in pieces of 64 KiB. Content that has a key is taken from
/// start to end.
#[async_trait]
impl Stager for LayoutStore {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        let Some(key) = opts.key else {
            return Ok(Box::new(BlobWriter::new(&self.layout, Algorithm::Sha256)));
        };
        let layout = Arc::clone(&self.layout);
        let open = move || match opts.resume {
            None => BlobWriter::begin(&layout, &key),
            Some(age) => BlobWriter::resume(&layout, &key, age),
        };
        Ok(Box::new(self.run(move |_| open()).await?))
    }

    fn keeps(&self) -> bool {
        true
    }

    async fn expire(&self, age: Duration) -> Result<()> {
        self.run(move |layout| {
            oras_fs::sweep_parts(layout.blobs().dir(), age);
            Ok(())
        })
        .await
    }
}
