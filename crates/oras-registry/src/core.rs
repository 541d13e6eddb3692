//! State shared by all handles of one server: its address, the client and the options.

use std::sync::Arc;

use http::{HeaderMap, Uri};
use oras_content::{ErrorSubject, InvalidReference, Reference, Result, StoreName, check_registry_name};
use oras_transport::{Origin, OriginHeaders};

use crate::endpoint::Endpoint;
use crate::learnt::Learnt;
use crate::page::query;
use crate::warning::Reported;
use crate::{Client, RegistryOptions, Warning};

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) client: Client,
    /// The name the caller gave. For an endpoint with another host, that host.
    pub(crate) registry: String,
    /// Scheme, host and port.
    pub(crate) origin: Origin,
    /// For a mirror, the registry that it mirrors, as the caller named it.
    pub(crate) stands_for: Option<String>,
    pub(crate) options: RegistryOptions,
    pub(crate) learnt: Arc<Learnt>,
    pub(crate) reported: Arc<Reported>,
    /// Headers for this server alone.
    pub(crate) headers: Option<OriginHeaders>,
    base: String,
}

impl Core {
    /// Opens the server at `endpoint`, which serves the registry of `reference`.
    pub(crate) fn open(
        client: &Client,
        reference: &Reference,
        endpoint: &Endpoint,
        options: RegistryOptions,
    ) -> Result<Self> {
        let host = endpoint.host.as_str();
        let registry = match host == reference.host() {
            true => reference.registry(),
            false => host,
        };
        check_registry_name(registry)?;
        let invalid = || InvalidReference::new(registry, "it is not a host, or host:port");
        let guess: Uri = format!("http://{host}").parse().map_err(|_| invalid())?;
        let is_local = Origin::of(&guess).map_err(|_| invalid())?.is_loopback();
        let scheme = match endpoint.plain_http.or(options.plain_http).unwrap_or(is_local) {
            true => "http",
            false => "https",
        };
        let base = format!("{scheme}://{host}");
        let uri: Uri = base.parse().map_err(|_| invalid())?;
        let origin = Origin::of(&uri).map_err(|_| invalid())?;
        let learnt = client.known.of(&origin);
        Ok(Self {
            client: client.clone(),
            registry: registry.to_owned(),
            stands_for: None,
            reported: reported(client, &options, &learnt),
            headers: bound(&origin, &endpoint.headers),
            origin,
            options,
            learnt,
            base,
        })
    }

    /// The subject of an error about something in this registry.
    pub(crate) fn subject(&self, words: impl Into<ErrorSubject>) -> ErrorSubject {
        let registry = self.registry.as_str().into();
        words.into().in_store(StoreName::Registry(registry))
    }

    /// Reports a problem that does not affect the result of the call.
    pub(crate) fn warn(&self, text: String) {
        let registry = self.registry.clone();
        (self.options.on_warning)(&Warning { registry, text });
    }

    /// Builds the URL of a path, whose parts were checked or escaped.
    pub(crate) fn url(&self, path_and_query: &str) -> Result<Uri> {
        let parsed = self.named(format!("{}{path_and_query}", self.base)).parse();
        parsed.map_err(|_| InvalidReference::new(path_and_query, "it does not fit into a URL").into())
    }

    /// The URL of the next page, as the server gave it. A mirror may omit the `ns` parameter, which is then added.
    pub(crate) fn next_url(&self, given: Uri) -> Uri {
        let query = given.query().unwrap_or_default();
        match query.split('&').any(|parameter| parameter.starts_with("ns=")) {
            true => given,
            false => self.named(given.to_string()).parse().unwrap_or(given),
        }
    }

    /// Tells a mirror which registry it is asked for.
    ///
    /// Spec: distribution-spec v1.1, "Registry Proxying".
    fn named(&self, mut url: String) -> String {
        if let Some(registry) = &self.stands_for {
            let parameter = query(&[("ns", Some(registry))]);
            match url.contains('?') {
                true => url.extend(["&", &parameter[1..]]),
                false => url.push_str(&parameter),
            }
        }
        url
    }
}

/// Handles that share a warning callback also share the set of reported warnings.
fn reported(client: &Client, options: &RegistryOptions, learnt: &Learnt) -> Arc<Reported> {
    match Arc::ptr_eq(&options.on_warning, &client.defaults.on_warning) {
        true => Arc::clone(&learnt.reported),
        false => Arc::default(),
    }
}

fn bound(origin: &Origin, headers: &HeaderMap) -> Option<OriginHeaders> {
    (!headers.is_empty()).then(|| OriginHeaders::new(origin.clone(), headers.clone()))
}
