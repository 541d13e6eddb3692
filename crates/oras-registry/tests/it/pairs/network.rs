//! Registries in process, without sockets, so that the clock can be paused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::StreamExt;
use http::header::{CONTENT_LENGTH, HOST};
use http_body_util::BodyExt;
use oras_auth::{Credential, CredentialProvider, CredentialQuery, FoundCredential};
use oras_content::Reference;
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::{MemoryBackend, RegistryService, ServerOptions, User, Users};
use oras_server_faults::{Fault, FaultLayer, FaultOptions, Journal, Quirk, Server};
use oras_transport::{ConnectReason, Error, Origin, Request, Response, ResponseBody, TransportOptions};
use tower::Service;

use super::counted::{CountedBackend, Open};
use crate::place::quick;

/// A registry, its backend behind the quirks, and its journal.
pub(crate) struct Registry {
    pub(crate) name: String,
    pub(crate) backend: MemoryBackend,
    pub(crate) open: Open,
    journals: Vec<Journal>,
    service: Option<RegistryService>,
    _server: Option<Server>,
}

impl Registry {
    /// Creates a registry in memory where the user `ann` has to log in.
    pub(crate) fn in_memory(name: &str, quirks: &[Quirk]) -> Self {
        Self::over(name, &FaultLayer::new(faults(quirks)), MemoryBackend::new())
    }

    /// The same over an existing backend, with the faults of a layer.
    pub(crate) fn over(name: &str, layer: &FaultLayer, backend: MemoryBackend) -> Self {
        let open = Open::default();
        let options = layer.install(options(&backend, &open));
        Self {
            name: name.to_owned(),
            backend,
            open,
            journals: vec![layer.journal()],
            service: Some(RegistryService::new(options)),
            _server: None,
        }
    }

    /// The same behind sockets, as needed for a second origin.
    pub(crate) async fn at_sockets(quirks: &[Quirk]) -> Self {
        Self::at_sockets_over(quirks, Vec::new(), MemoryBackend::new()).await
    }

    /// The same over an existing backend, with faults.
    pub(crate) async fn at_sockets_over(
        quirks: &[Quirk],
        troubles: Vec<Fault>,
        backend: MemoryBackend,
    ) -> Self {
        let open = Open::default();
        let options = options(&backend, &open).with_second_origin(true);
        let server = Server::start_with(options, faults(quirks)).await.unwrap();
        let second = server.second_origin().unwrap();
        troubles.into_iter().for_each(|fault| server.inject(fault));
        Self {
            name: server.registry(),
            backend,
            open,
            journals: vec![server.journal(), second.journal()],
            service: None,
            _server: Some(server),
        }
    }

    pub(crate) fn journal(&self) -> Journal {
        self.journals[0].clone()
    }

    pub(crate) fn requests(&self) -> u64 {
        self.journals.iter().map(Journal::requests).sum()
    }

    pub(crate) fn repository(&self, client: &Client, name: &str) -> Repository {
        let reference = Reference::new(&self.name, name).unwrap();
        client
            .repository_with(&reference, RegistryOptions::default())
            .unwrap()
    }
}

/// Whether a registry with this quirk sends clients to another origin.
pub(crate) fn needs_sockets(quirk: Quirk) -> bool {
    [Quirk::BlobRedirect, Quirk::LocationSecondOrigin].contains(&quirk)
}

pub(crate) fn faults(quirks: &[Quirk]) -> FaultOptions {
    FaultOptions::default().with_quirks(quirks.iter().copied())
}

fn options(backend: &MemoryBackend, open: &Open) -> ServerOptions {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    ServerOptions::default()
        .with_users(users)
        .with_tokens(true)
        .with_backend(Arc::new(CountedBackend::new(backend, open)))
}

/// Returns a client with full access to both registries.
pub(crate) fn client(registries: [&Registry; 2]) -> Client {
    client_with(registries, TransportOptions::default())
}

/// The same with other timeouts.
pub(crate) fn client_with(registries: [&Registry; 2], transport: TransportOptions) -> Client {
    let credential = Credential::basic("ann", "open sesame").unwrap();
    let options = ClientOptions::default()
        .with_retry(quick())
        .with_transport(transport)
        .with_credentials(Arc::new(Ann(credential)));
    let services = registries.map(|one| Some((one.name.clone(), one.service.clone()?)));
    let [Some(one), Some(other)] = services else {
        return Client::new(options).unwrap();
    };
    let services = Arc::new(HashMap::from([one, other]));
    let network = tower::service_fn(move |request: Request| {
        let services = Arc::clone(&services);
        async move { send(&services, request).await }
    });
    Client::from_service(network, options)
}

/// The same credential for every registry.
struct Ann(Credential);

#[async_trait]
impl CredentialProvider for Ann {
    async fn credential(
        &self,
        query: &CredentialQuery<'_>,
    ) -> Result<Option<FoundCredential>, oras_auth::Error> {
        Ok(Some(FoundCredential::for_registry(self.0.clone(), query)))
    }
}

async fn send(services: &HashMap<String, RegistryService>, mut request: Request) -> Result<Response, Error> {
    let url: Box<str> = request.uri().to_string().into();
    let host = request.uri().authority().unwrap().to_string();
    let Some(mut service) = services.get(&host).cloned() else {
        return Err(Error::Connect {
            origin: Origin::of(request.uri()).unwrap(),
            reason: ConnectReason::Refused,
            source: "nobody listens there".into(),
        });
    };
    let len = request.body().len();
    let headers = request.headers_mut();
    headers.insert(HOST, host.parse().unwrap());
    if let Some(len) = len {
        headers.insert(CONTENT_LENGTH, len.into());
    }
    let unread = Arc::new(Mutex::new(None));
    let request = request.map(|body| {
        let unread = Arc::clone(&unread);
        body.map_err(move |source| {
            *unread.lock().unwrap() = Some(source);
            std::io::Error::other("the client gave up")
        })
    });
    let answered = Service::call(&mut service, request).await;
    // A client that cannot read its own request body ends the connection and gets no answer.
    if let Some(source) = unread.lock().unwrap().take() {
        return Err(Error::RequestBody { url, source });
    }
    let answer = answered.map_err(|source| Error::Exchange {
        url: url.clone(),
        transient: true,
        source,
    })?;
    Ok(answer.map(|body| {
        let failed = move |source| Error::ResponseBody {
            url: url.clone(),
            source,
        };
        let frames = body.into_data_stream();
        ResponseBody::from_stream(frames.map(move |frame| frame.map_err(&failed)).boxed())
    }))
}
