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

    /// File with credentials, in place of Docker's; repeatable
    #[arg(long, value_name = "FILE", env = "ORAS_REGISTRY_CONFIG")]
    registry_config: Vec<PathBuf>,
}

impl Logout {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let name = registry_name(&Place::default(), &self.registry)?;
        let host = oras::Reference::new(name, "any")?.host().to_owned();
        let mut files: Vec<Option<PathBuf>> = self.registry_config.into_iter().map(Some).collect();
        if files.is_empty() {
            files.push(None);
        }
        for registry_config in files {
            let place = Place {
                registry_config,
                ..Place::default()
            };
            configured(&place)?.delete(&host.as_str().into()).await?;
        }
        format::line("Logout Succeeded")
    }
}
