//! Clients: one per registry, for commands that copy many repositories.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures_util::TryStreamExt;
use oras::registry::CatalogOptions;
use oras::{Client, Repository};

use crate::names::{check_reference, repository_name};
use crate::place::Place;
use crate::store::{client, options};
use crate::system::{Access, Server};

/// One client per registry, so that its connections and tokens serve all repositories; one per repository if it has mirrors.
#[derive(Default)]
pub(crate) struct Clients(Mutex<HashMap<(String, Access), Client>>);

impl Clients {
    /// Opens a repository with the settings that `place` has for its registry.
    pub(crate) fn repository(
        &self,
        place: &Place,
        server: &Server,
        access: Access,
    ) -> anyhow::Result<Repository> {
        let client = self.of(place, server, access)?;
        Ok(client.repository_with(&server.reference, options(place, server))?)
    }

    /// Lists the repositories below a registry or a namespace, `registry[/namespace]`, by their names relative to it.
    pub(crate) async fn below(
        &self,
        place: &Place,
        text: &str,
        access: Access,
    ) -> anyhow::Result<Vec<String>> {
        check_reference(place, text)?;
        let (name, namespace) = text.split_once('/').unwrap_or((text, ""));
        let prefix = match namespace.trim_matches('/') {
            "" => String::new(),
            namespace => format!("{namespace}/"),
        };
        let server = Server::whole(name, access)?;
        let client = self.of(place, &server, access)?;
        let registry = client.registry_with(name, options(place, &server))?;
        let listed = registry.repositories(CatalogOptions::default());
        let below = listed.try_filter_map(|name| {
            let below = name.strip_prefix(&prefix).map(str::to_owned);
            std::future::ready(Ok(below))
        });
        Ok(below.try_collect().await?)
    }

    fn of(&self, place: &Place, server: &Server, access: Access) -> anyhow::Result<Client> {
        let reference = &server.reference;
        let is_alone = server.endpoints.endpoints(reference)?.len() == 1 && server.host == reference.host();
        let what = match is_alone {
            true => server.host.clone(),
            false => repository_name(reference),
        };
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(what.clone(), access)) {
            return Ok(client.clone());
        }
        let client = client(place, server)?;
        clients.insert((what, access), client.clone());
        Ok(client)
    }
}
