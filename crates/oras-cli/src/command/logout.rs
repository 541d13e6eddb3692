//! `oras logout`: a credential, forgotten.

use std::path::PathBuf;

use clap::Args;
use oras::auth::CredentialStore;

use crate::command::login::registry_name;
use crate::format;
use crate::login::configured;
use crate::place::Place;

#[derive(Args, Clone)]
pub(crate) struct Logout {
    /// The registry: host[:port]
    #[arg(value_name = "REGISTRY")]
    registry: String,

    /// File with credentials, in place of Docker's
    #[arg(long, value_name = "FILE")]
    registry_config: Option<PathBuf>,
}

impl Logout {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place = Place {
            registry_config: self.registry_config,
            ..Place::default()
        };
        let name = registry_name(&place, &self.registry)?;
        let host = oras::Reference::new(name, "any")?.host().to_owned();
        configured(&place)?.delete(&host.into()).await?;
        format::line("Logout Succeeded")
    }
}
