//! `oras resolve`: resolves a tag to a digest.

use clap::Args;
use oras::Platform;
use oras::copy::{FetchOptions, resolve};

use crate::args::{Format, Output};
use crate::format;
use crate::hint::of_platform;
use crate::place::{Place, PlaceArgs};
use crate::store::Target;

#[derive(Args, Clone)]
pub(crate) struct Resolve {
    /// The artifact: registry/repository{:tag|@digest}
    #[arg(value_name = "NAME")]
    name: String,

    /// Show the whole reference, not only the digest
    #[arg(long, short = 'l')]
    full_reference: bool,

    /// Resolve to the manifest for this platform in an index: os[/arch][/variant][:os-version]
    #[arg(long, value_name = "PLATFORM", value_parser = crate::args::platform)]
    platform: Option<Platform>,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl Resolve {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.into();
        let target = Target::open(&place, &self.name).await?;
        let (store, name) = (&target.store, target.name()?);
        let mut options = FetchOptions::default();
        options.platform = self.platform;
        let found = resolve(store, name, &options).await.map_err(of_platform)?;
        match (self.output.format, self.full_reference) {
            (Format::Json, _) => format::json(&format::described(&target.name, &found)),
            (Format::Text, true) => format::line(format!("{}@{}", target.name, found.digest)),
            (Format::Text, false) => format::line(found.digest.as_str()),
        }
    }
}
