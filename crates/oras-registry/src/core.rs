//! What all handles of one registry share: its address, the client and the options.

use http::Uri;
use oras_content::{ErrorSubject, InvalidReference, Result, StoreName, check_registry_name};
use oras_transport::Origin;

use crate::warning::Reported;
use crate::{Client, RegistryOptions, Warning};

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) client: Client,
    /// As the caller named it.
    pub(crate) registry: String,
    /// Scheme, host and port.
    pub(crate) origin: Origin,
    pub(crate) options: RegistryOptions,
    pub(crate) reported: Reported,
    base: String,
}

impl Core {
    /// `host` is what to connect to for the registry of this name.
    pub(crate) fn new(client: &Client, registry: &str, host: &str, options: RegistryOptions) -> Result<Self> {
        check_registry_name(registry)?;
        let invalid = || InvalidReference::new(registry, "it is not a host, or host:port");
        let guess: Uri = format!("http://{host}").parse().map_err(|_| invalid())?;
        let is_local = Origin::of(&guess).map_err(|_| invalid())?.is_loopback();
        let scheme = match options.plain_http.unwrap_or(is_local) {
            true => "http",
            false => "https",
        };
        let base = format!("{scheme}://{host}");
        let uri: Uri = base.parse().map_err(|_| invalid())?;
        Ok(Self {
            client: client.clone(),
            registry: registry.to_owned(),
            origin: Origin::of(&uri).map_err(|_| invalid())?,
            options,
            reported: Reported::default(),
            base,
        })
    }

    /// What an error about something in this registry is about.
    pub(crate) fn subject(&self, words: impl Into<ErrorSubject>) -> ErrorSubject {
        let registry = self.registry.as_str().into();
        words.into().in_store(StoreName::Registry(registry))
    }

    /// Tells the caller of something that went wrong and does not matter to what was asked for.
    pub(crate) fn warn(&self, text: String) {
        let registry = self.registry.clone();
        (self.options.on_warning)(&Warning { registry, text });
    }

    /// The URL of a path, whose parts were checked or escaped.
    pub(crate) fn url(&self, path_and_query: &str) -> Result<Uri> {
        let url = format!("{}{path_and_query}", self.base);
        let parsed = url.parse();
        parsed.map_err(|_| InvalidReference::new(path_and_query, "it does not fit into a URL").into())
    }
}
