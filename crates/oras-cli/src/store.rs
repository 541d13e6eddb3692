//! Opens places as stores of the library.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use oras::auth::{CredentialProvider, StaticCredentials};
use oras::content::Deleter;
use oras::{
    Client, ClientOptions, CopyOptions, Name, Reference, RegistryOptions, Store, StoreExt, Tag,
    TarLayoutWriter, Writer,
};

use crate::connection::transport;
use crate::hint::advised;
use crate::known::Known;
use crate::layouts::{self, Layout};
use crate::login::{auth, given, provider};
use crate::names::{check_reference, how_to_write, layout_names};
use crate::place::Place;
use crate::say;
use crate::system::{Access, Server, environment};
use crate::uploads::UserRecords;
use crate::usage::Usage;

/// The clients of this run.
static CLIENTS: Mutex<Vec<Client>> = Mutex::new(Vec::new());

/// How registries are contacted, as far as it differs from the default.
static SCHEMES: Mutex<Schemes> = Mutex::new(Schemes {
    plain: BTreeSet::new(),
    tls: BTreeSet::new(),
});

struct Schemes {
    /// With plain HTTP, because the command line says so.
    plain: BTreeSet<String>,
    /// With TLS, because plain HTTP failed.
    tls: BTreeSet<String>,
}

/// An opened place, with the names that the user gave.
pub(crate) struct Target {
    pub(crate) store: Arc<dyn Store>,
    /// The archive being written.
    archive: Option<TarLayoutWriter>,
    /// `registry/repository`, or the folder or archive of a layout.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The tags, or the one digest, in the given order.
    names: Vec<Name>,
    /// The reference, if the place is a registry.
    reference: Option<Reference>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Registry,
    Layout,
}

impl Kind {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Layout => "oci-layout",
        }
    }
}

impl Target {
    /// Opens an existing place for reading.
    pub(crate) async fn open(place: &Place, text: &str) -> anyhow::Result<Self> {
        Self::open_for(Access::Pull, place, text).await
    }

    /// Opens an existing place for changes.
    pub(crate) async fn change(place: &Place, text: &str) -> anyhow::Result<Self> {
        Self::open_for(Access::Push, place, text).await
    }

    async fn open_for(access: Access, place: &Place, text: &str) -> anyhow::Result<Self> {
        match place.oci_layout {
            false => Self::registry(access, place, text),
            true => {
                let (path, names) = layout_names(place, text)?;
                Ok(Self::layout(&path, layouts::open(&path).await?, names))
            }
        }
    }

    /// Opens a place, or creates it.
    pub(crate) async fn create(place: &Place, text: &str) -> anyhow::Result<Self> {
        match place.oci_layout {
            false => Self::registry(Access::Push, place, text),
            true => {
                let (path, names) = layout_names(place, text)?;
                Ok(Self::layout(&path, layouts::create(&path).await?, names))
            }
        }
    }

    /// Opens a place for planning a copy to it.
    pub(crate) async fn imagine(place: &Place, text: &str) -> anyhow::Result<Self> {
        match place.oci_layout {
            false => Self::registry(Access::Push, place, text),
            true => {
                let (path, names) = layout_names(place, text)?;
                Ok(Self::layout(&path, layouts::imagine(&path).await?, names))
            }
        }
    }

    fn layout(path: &Path, (store, archive): Layout, names: Vec<Name>) -> Self {
        Self {
            name: path.display().to_string(),
            store,
            archive,
            kind: Kind::Layout,
            names,
            reference: None,
        }
    }

    fn registry(access: Access, place: &Place, text: &str) -> anyhow::Result<Self> {
        let (reference, names) = named(access, place, text)?;
        let server = Server::of(reference, access)?;
        let client = client(place, &server)?;
        let repository = client.repository_with(&server.reference, options(place, &server))?;
        Ok(Self {
            name: repository.to_string(),
            store: Arc::new(repository),
            archive: None,
            kind: Kind::Registry,
            names,
            reference: Some(server.reference),
        })
    }

    /// Resolves the one name, once for all that the command does with it.
    pub(crate) async fn resolve_once(&mut self) -> anyhow::Result<()> {
        let known = Known::resolve(Arc::clone(&self.store), self.name()?).await;
        let known =
            known.with_context(|| format!("cannot resolve at the source {}", self.full_reference()))?;
        self.store = Arc::new(known);
        Ok(())
    }

    /// Adds the policy of this machine to `options`, for copies from this place.
    pub(crate) fn with_policy(&self, options: CopyOptions) -> anyhow::Result<CopyOptions> {
        let Some(reference) = &self.reference else {
            return Ok(options);
        };
        Ok(match environment()? {
            Some(environment) => options.with_verifier(environment.verifier(reference)),
            None => options,
        })
    }

    /// Returns the store as a writer.
    pub(crate) fn writer(&self) -> anyhow::Result<&dyn Writer> {
        self.store.as_writer().map_err(unchangeable)
    }

    /// Returns the store as a deleter.
    pub(crate) fn deleter(&self) -> anyhow::Result<&dyn Deleter> {
        self.store.as_deleter().map_err(unchangeable)
    }

    /// Gives a written archive its name. An unfinished archive is not kept.
    pub(crate) async fn finish(&self) -> anyhow::Result<()> {
        match &self.archive {
            Some(archive) => Ok(archive.finish().await?),
            None => Ok(()),
        }
    }

    /// Returns the single name that a command needs.
    pub(crate) fn name(&self) -> anyhow::Result<&Name> {
        match &self.names[..] {
            [one] => Ok(one),
            [] => Err(Usage::error(format!(
                "{} needs a tag or digest: write {}:<tag> or {}@<digest>",
                self.name, self.name, self.name
            ))),
            _ => Err(Usage::error(format!(
                "exactly one tag is expected for {}, not {}",
                self.name,
                self.joined()
            ))),
        }
    }

    /// Returns the names to assign, possibly none.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// Returns the tags for pushed content. A digest is an error, because it follows from the content.
    pub(crate) fn tags(&self) -> anyhow::Result<Vec<Tag>> {
        match self.names.iter().find_map(Name::digest) {
            None => Ok(self.names.iter().filter_map(Name::tag).cloned().collect()),
            Some(digest) => Err(Usage::error(format!(
                "{}@{digest} cannot be pushed to: the digest follows from the content; write {}:<tag>, or only {}",
                self.name, self.name, self.name
            ))),
        }
    }

    /// Returns `[registry] host/name:tag`, as shown in results.
    pub(crate) fn display(&self) -> String {
        format!("[{}] {}", self.kind.label(), self.full_reference())
    }

    pub(crate) fn full_reference(&self) -> String {
        match self.names.first() {
            None => self.name.clone(),
            Some(Name::Digest(digest)) => format!("{}@{digest}", self.name),
            Some(Name::Tag(_)) => format!("{}:{}", self.name, self.joined()),
        }
    }

    fn joined(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(Name::as_str).collect();
        names.join(",")
    }
}

/// Adds advice: registries and folders are writable, so the place is an archive.
fn unchangeable(error: oras::Error) -> anyhow::Error {
    advised(
        error,
        "an archive stays as it is: copy it to a folder with 'oras cp', and change that",
    )
}

/// Parses the repository in `text`, and the tags or the one digest.
pub(crate) fn named(access: Access, place: &Place, text: &str) -> anyhow::Result<(Reference, Vec<Name>)> {
    check_reference(place, text)?;
    let (first, more) = match text.split_once(',') {
        Some((first, more)) if !text.contains('@') => (first, more.split(',').collect()),
        _ => (text, Vec::new()),
    };
    let reference = reference(access, first)?;
    let mut names: Vec<Name> = reference.name().cloned().into_iter().collect();
    for tag in more {
        let reference = reference.with_tag(tag)?;
        names.extend(reference.name().cloned());
        Server::of(reference, access)?;
    }
    Ok((reference, names))
}

/// Parses the reference in `text`. For reading, it may be an alias.
fn reference(access: Access, text: &str) -> anyhow::Result<Reference> {
    let parsed = match (access, environment()?) {
        (Access::Pull, Some(environment)) => environment.expand(text),
        _ => text.parse().map_err(Into::into),
    };
    parsed.map_err(|error| Usage::error(format!("{error}{}", how_to_write(text))))
}

/// Returns the client for a registry.
pub(crate) fn client(place: &Place, server: &Server) -> anyhow::Result<Client> {
    let credentials: Arc<dyn CredentialProvider> = match given(place)? {
        Some(credential) => Arc::new(StaticCredentials::new(&server.host, credential)),
        None => provider(place)?,
    };
    client_with(place, server, credentials)
}

/// Returns the client for a registry, with these credentials.
pub(crate) fn client_with(
    place: &Place,
    server: &Server,
    credentials: Arc<dyn CredentialProvider>,
) -> anyhow::Result<Client> {
    let options = ClientOptions::default()
        .with_transport(transport(place, server)?)
        .with_auth(auth(place, &server.host))
        .with_credentials(credentials)
        .with_endpoints(Arc::clone(&server.endpoints))
        .with_upload_records(Arc::new(UserRecords::from_environment()));
    let client = Client::new(options).with_context(|| match &place.ca_file {
        Some(file) => format!("cannot use the certificates in {}", file.display()),
        None => format!("cannot connect to {}", server.reference.registry()),
    })?;
    lock(&CLIENTS).push(client.clone());
    Ok(client)
}

/// Cancels the uploads that the command leaves open.
pub(crate) async fn cancel_uploads() {
    let clients = std::mem::take(&mut *lock(&CLIENTS));
    futures_util::future::join_all(clients.iter().map(Client::cancel_uploads)).await;
}

/// Uses TLS for the registry at `host` from now on, and returns whether that is new. An explicit flag takes precedence.
pub(crate) fn use_tls(host: &str) -> bool {
    let mut schemes = lock(&SCHEMES);
    !schemes.plain.contains(host) && schemes.tls.insert(host.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is a single insertion, so a poisoned lock is safe to use.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the options for a registry. A setting that only applies to TLS implies TLS.
pub(crate) fn options(place: &Place, server: &Server) -> RegistryOptions {
    let host = server.host.as_str();
    let options = RegistryOptions::default()
        .with_referrers(place.referrers)
        .with_on_warning(|warning| say::note(format!("Warning: {}: {}", warning.registry, warning.text)));
    let mut schemes = lock(&SCHEMES);
    if place.plain_http == Some(true) {
        schemes.plain.insert(host.to_owned());
    }
    let means_tls = place.insecure
        || place.ca_file.is_some()
        || place.identity.is_some()
        || server.has_certificates
        || schemes.tls.contains(host);
    match place.plain_http.or(means_tls.then_some(false)) {
        Some(plain) => options.with_plain_http(plain),
        None => options,
    }
}
