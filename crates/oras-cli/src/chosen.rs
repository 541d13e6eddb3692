//! A selection that a function makes for each manifest.

use std::sync::Arc;

use async_trait::async_trait;
use oras::content::Result;
use oras::copy::Selection;
use oras::{Descriptor, Manifest};

/// A selection that copies the children a function chooses.
pub(crate) struct Chosen<F>(F);

impl<F: Fn(&Manifest) -> Vec<Descriptor> + Send + Sync + 'static> Chosen<F> {
    pub(crate) fn by(choose: F) -> Arc<dyn Selection> {
        Arc::new(Self(choose))
    }
}

#[async_trait]
impl<F: Fn(&Manifest) -> Vec<Descriptor> + Send + Sync> Selection for Chosen<F> {
    async fn successors(&self, manifest: &Manifest) -> Result<Vec<Descriptor>> {
        Ok((self.0)(manifest))
    }
}
