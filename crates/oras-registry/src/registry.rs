//! A registry: whether it responds, and its repositories.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{Method, StatusCode};
use oras_auth::Scopes;
use oras_content::{Error, Reference, Result};
use serde::Deserialize;

use crate::core::Core;
use crate::error::unsupported_as;
use crate::mirror::endpoints;
use crate::page::{Pages, query};
use crate::request::Call;
use crate::{Client, RegistryOptions, Repository};

/// A registry, created by [`Client::registry`]. Its calls go to the registry itself, not to mirrors.
#[derive(Clone, Debug)]
pub struct Registry {
    name: Arc<str>,
    core: Arc<Core>,
}

/// Options for [`Registry::repositories`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogOptions {
    /// Lists only repositories after this one. `None`, the default: all.
    pub last: Option<String>,
}

impl CatalogOptions {
    /// Lists only the repositories after `last`.
    #[must_use]
    pub fn with_last(mut self, last: impl Into<String>) -> Self {
        self.last = Some(last.into());
        self
    }
}

impl Registry {
    pub(crate) fn open(client: &Client, name: &str, options: RegistryOptions) -> Result<Self> {
        let any = Reference::of_registry(name)?;
        let (own, _) = endpoints(client, &any)?;
        let core = Core::open(client, &any, &own, options)?;
        Ok(Self {
            name: name.into(),
            core: Arc::new(core),
        })
    }

    /// Returns the name of the registry, as the caller gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns a repository of the registry, with the same options.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `name` is not a valid repository
    ///   name.
    /// - Any error of [`Endpoints::endpoints`](crate::Endpoints::endpoints).
    pub fn repository(&self, name: &str) -> Result<Repository> {
        let reference = Reference::new(&self.name, name)?;
        Repository::open(&self.core.client, &reference, self.core.options.clone())
    }

    /// Checks that there is a registry, and that it accepts the client's credential if it asks for one.
    ///
    /// Spec: distribution-spec v1.1, "Determining Support".
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unauthenticated`](oras_content::ErrorKind::Unauthenticated),
    ///   [`ErrorKind::Denied`](oras_content::ErrorKind::Denied): the credential is missing or not accepted.
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound),
    ///   [`ErrorKind::Protocol`](oras_content::ErrorKind::Protocol): the server is not a registry.
    /// - [`ErrorKind::Unavailable`](oras_content::ErrorKind::Unavailable): the server does not respond.
    pub async fn ping(&self) -> Result<()> {
        let call = Call::new(
            Method::GET,
            self.core.url("/v2/")?,
            self.core.subject(self.name()),
        );
        let response = self.core.send(call, &[StatusCode::OK]).await?;
        response.into_body().drain().await;
        Ok(())
    }

    /// Lists the repositories, in the order of the registry.
    ///
    /// Spec: distribution-spec, `_catalog`, which many registries do not support or restrict to some users.
    pub fn repositories(&self, options: CatalogOptions) -> BoxStream<'_, Result<String>> {
        let entries = self.core.options.page_size.map(|size| size.to_string());
        let query = query(&[("n", entries.as_deref()), ("last", options.last.as_deref())]);
        let first = self.core.url(&format!("/v2/_catalog{query}"));
        let what = self.core.subject(format!("the catalog of {}", self.name()));
        let pages = Pages::new(&self.core, first, what, Scopes::catalog());
        let names = pages
            .into_stream()
            .and_then(|page| async move { page.json::<Catalog>() });
        let names = names
            .map_ok(|catalog| stream::iter(catalog.repositories.unwrap_or_default().into_iter().map(Ok)));
        names.try_flatten().map_err(no_catalog).boxed()
    }
}

/// Spec: distribution-spec, `_catalog`.
#[derive(Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

/// A registry without the listing still exists: "not found" becomes "unsupported".
fn no_catalog(error: Error) -> Error {
    match error.is_not_found() {
        true => unsupported_as(error, |what| format!("listing {what}")),
        false => error,
    }
}
