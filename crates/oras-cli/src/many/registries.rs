//! Registries: those of one command, which share the settings of the command line.

use std::sync::Arc;

use oras::copy::Verifier;
use oras::{Reference, Store};

use crate::clients::Clients;
use crate::place::Place;
use crate::system::{Access, Server, environment};
use crate::usage::ensure_usage;

pub(crate) struct Registries {
    place: Place,
    access: Access,
    clients: Clients,
}

impl Registries {
    pub(crate) fn new(place: &Place, access: Access) -> Self {
        Self {
            place: place.clone(),
            access,
            clients: Clients::default(),
        }
    }

    /// Refuses secrets on the command line if there are several registries, because each would get them.
    pub(crate) fn check<'a>(&self, registries: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
        let mut names: Vec<&str> = Vec::new();
        for registry in registries {
            if !names.contains(&registry) {
                names.push(registry);
            }
        }
        let place = &self.place;
        let is_secret = place.username.is_some()
            || place.password.is_some()
            || place.password_stdin
            || place.identity.is_some()
            || !place.headers.is_empty();
        ensure_usage!(
            names.len() < 2 || !is_secret,
            "the credential, the certificate or the header on the command line is for one registry, and these are {}: {}; \
             log in to each with 'oras login', or run the command once for each",
            names.len(),
            names.join(", ")
        );
        Ok(())
    }

    /// Opens a repository.
    pub(crate) fn repository(&self, name: &str) -> anyhow::Result<Arc<dyn Store>> {
        let server = Server::of(name.parse()?, self.access)?;
        Ok(Arc::new(self.clients.repository(
            &self.place,
            &server,
            self.access,
        )?))
    }

    /// Lists the repositories of a registry, or of a namespace in it: `registry[/namespace]`.
    pub(crate) async fn list(&self, text: &str) -> anyhow::Result<Vec<String>> {
        let below = self.clients.below(&self.place, text, self.access).await?;
        let text = text.trim_end_matches('/');
        Ok(below.iter().map(|name| format!("{text}/{name}")).collect())
    }

    /// Returns the verifier for copies from a repository, if the policy of this machine applies.
    pub(crate) fn verifier(&self, name: &str) -> anyhow::Result<Option<Arc<dyn Verifier>>> {
        let reference: Reference = name.parse()?;
        let environment = environment()?;
        Ok(environment.map(|environment| environment.verifier(&reference)))
    }
}
