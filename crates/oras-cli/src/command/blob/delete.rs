//! `oras blob delete`: deletes a blob.

use clap::Args;
use oras::{Digest, Store, StoreExt};

use super::digest_of;
use crate::args::Output;
use crate::place::{Place, PlaceArgs};
use crate::removal::Removal;
use crate::store::Target;

#[derive(Args, Clone)]
pub(crate) struct Delete {
    /// What to delete: registry/repository@digest, or layout@digest with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    removal: Removal,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl Delete {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        self.removal.check()?;
        let place: Place = self.place.into();
        let target = Target::change(&place, &self.name).await?;
        let digest = digest_of(&target)?;
        let deleter = target.deleter()?;
        let blob = target.store.resolve_blob(digest).await;
        let Some(blob) = self.removal.found(&target, blob)? else {
            return Ok(());
        };
        // Only a layout knows whether a blob is a manifest.
        if blob.is_manifest() || is_manifest(&target, digest).await {
            anyhow::bail!(
                "{digest} of {} is a manifest: use 'oras manifest delete', which removes its tags, too",
                target.name
            );
        }
        let question = format!("Delete the blob {digest} of {}?", target.name);
        if self.removal.is_confirmed(question).await? {
            deleter.delete(&blob).await?;
            self.removal.report(&target, &blob, self.output.format)?;
        }
        Ok(())
    }
}

async fn is_manifest(target: &Target, digest: &Digest) -> bool {
    // In a registry, manifests and blobs are separate.
    if target.store.location().is_some() {
        return false;
    }
    let found = target.store.resolve(digest).await;
    found.is_ok_and(|found| found.is_manifest())
}
