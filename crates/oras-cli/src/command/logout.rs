//! `oras logout`: removes a credential.

use std::path::PathBuf;

use clap::Args;
use oras::auth::CredentialStore;

use crate::command::login::registry_name;
use crate::login::{configured, left_with};
use crate::place::Place;
use crate::{format, say};

#[derive(Args, Clone)]
pub(crate) struct Logout {
    /// The registry: host[:port]
    #[arg(value_name = "REGISTRY")]
    registry: String,

    /// File with credentials, instead of Docker's; repeatable
    #[arg(long, value_name = "FILE", env = "ORAS_REGISTRY_CONFIG")]
    registry_config: Vec<PathBuf>,
}

impl Logout {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let name = registry_name(&Place::default(), &self.registry)?;
        let host = oras::Reference::of_registry(name)?.host().to_owned();
        let mut files: Vec<Vec<PathBuf>> = self.registry_config.into_iter().map(|file| vec![file]).collect();
        if files.is_empty() {
            files.push(Vec::new());
        }
        for registry_configs in files {
            let place = Place {
                registry_configs,
                ..Place::default()
            };
            let store = configured(&place)?;
            store.delete(&host.as_str().into()).await?;
            if let Some(source) = left_with(&place, &store, &host).await {
                say::note(format!(
                    "Warning: {source} still has a credential for {name}, which 'oras logout' leaves alone"
                ));
            }
        }
        format::line("Logout Succeeded")
    }
}
