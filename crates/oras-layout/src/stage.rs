//! `Stager` for the stores: accepts content piece by piece, over several runs of a program if necessary.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oras_content::{Algorithm, Result, StageOptions, Staged, Stager};

use crate::destination::Destination;
use crate::store::run;
use crate::writer::BlobWriter;
use crate::{BlobStore, LayoutStore};

/// Implements [`Stager`] for a store. `$destination` is the field with its destination.
macro_rules! stager {
    ($store:ident, $destination:ident) => {
        /// When it resumes, content of an earlier run is hashed again, in pieces of 64 KiB, from the last saved state
        /// of the hash. Content with a key must be written in order.
        #[async_trait]
        impl Stager for $store {
            async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
                let to = Arc::clone(&self.$destination);
                stage(to, opts).await
            }

            fn keeps(&self) -> bool {
                true
            }

            async fn expire(&self, age: Duration) -> Result<()> {
                expire(&self.$destination, age).await
            }
        }
    };
}

stager!(LayoutStore, layout);
stager!(BlobStore, folder);

async fn stage(to: Arc<dyn Destination>, opts: StageOptions) -> Result<Box<dyn Staged>> {
    let Some(key) = opts.key else {
        return Ok(Box::new(BlobWriter::new(to, Algorithm::Sha256)));
    };
    let shared = Arc::clone(&to);
    let open = move |_: &dyn Destination| match opts.resume {
        None => BlobWriter::begin(shared, &key, Algorithm::Sha256),
        Some(age) => BlobWriter::resume(shared, &key, age, Algorithm::Sha256),
    };
    Ok(Box::new(run(&to, open).await?))
}

async fn expire<D: Destination>(to: &Arc<D>, age: Duration) -> Result<()> {
    run(to, move |to| {
        oras_fs::sweep_parts(to.blobs().dir(), age);
        Ok(())
    })
    .await
}
