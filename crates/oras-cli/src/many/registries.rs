//! Registries: those of one command, each with one client for all its repositories.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::TryStreamExt;
use oras::copy::Verifier;
use oras::registry::CatalogOptions;
use oras::{Client, Reference, Store};

use crate::names::check_reference;
use crate::place::Place;
use crate::store::{client, options};
use crate::system::{Access, Server, environment};
use crate::usage::ensure_usage;

pub(crate) struct Registries {
    place: Place,
    access: Access,
    /// One for each registry, so that its connections and tokens serve all repositories; one for each that has mirrors.
    clients: Mutex<HashMap<String, Client>>,
}

impl Registries {
    pub(crate) fn new(place: &Place, access: Access) -> Self {
        Self {
            place: place.clone(),
            access,
            clients: Mutex::default(),
        }
    }

    /// Refuses flags that would show one registry what is meant for another.
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
        let options = options(&self.place, &server);
        let client = self.client(&server)?;
        Ok(Arc::new(client.repository_with(&server.reference, options)?))
    }

    /// The repositories of a registry, or of a namespace in it: `registry[/namespace]`.
    pub(crate) async fn list(&self, text: &str) -> anyhow::Result<Vec<String>> {
        check_reference(&self.place, text)?;
        let (name, namespace) = text.split_once('/').unwrap_or((text, ""));
        let prefix = match namespace.trim_matches('/') {
            "" => String::new(),
            namespace => format!("{namespace}/"),
        };
        let server = Server::whole(name, self.access)?;
        let registry = self
            .client(&server)?
            .registry_with(name, options(&self.place, &server))?;
        let listed = registry.repositories(CatalogOptions::default());
        let wanted = listed.try_filter(|name| std::future::ready(name.starts_with(&prefix)));
        let names = wanted.map_ok(|repository| format!("{name}/{repository}"));
        Ok(names.try_collect().await?)
    }

    /// Who says what may be copied from a repository, where the policy of this machine is followed.
    pub(crate) fn verifier(&self, name: &str) -> anyhow::Result<Option<Arc<dyn Verifier>>> {
        let reference: Reference = name.parse()?;
        let environment = environment()?;
        Ok(environment.map(|environment| environment.verifier(&reference)))
    }

    fn client(&self, server: &Server) -> anyhow::Result<Client> {
        let reference = &server.reference;
        let is_alone = server.endpoints.endpoints(reference)?.len() == 1 && server.host == reference.host();
        let what = match is_alone {
            true => server.host.clone(),
            false => format!("{}/{}", reference.registry(), reference.repository()),
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&what) {
            return Ok(client.clone());
        }
        let client = client(&self.place, server)?;
        clients.insert(what, client.clone());
        Ok(client)
    }
}
