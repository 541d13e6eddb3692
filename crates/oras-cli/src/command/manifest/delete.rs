//! `oras manifest delete`: deletes a manifest with its tags.

use clap::Args;
use oras::StoreExt;

use crate::args::Output;
use crate::place::{Place, PlaceArgs};
use crate::removal::Removal;
use crate::store::Target;

#[derive(Args, Clone)]
pub(crate) struct Delete {
    /// What to delete: registry/repository{:tag|@digest}, or layout{:tag|@digest} with --oci-layout
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
        let name = target.name()?;
        let deleter = target.deleter()?;
        let manifest = target.store.resolve(name).await;
        let Some(manifest) = self.removal.found(&target, manifest)? else {
            return Ok(());
        };
        let digest = &manifest.digest;
        let question = format!(
            "Delete the manifest {digest} of {} and all its tags?",
            target.name
        );
        if self.removal.is_confirmed(question).await? {
            deleter.delete(&manifest).await?;
            self.removal.report(&target, &manifest, self.output.format)?;
        }
        Ok(())
    }
}
