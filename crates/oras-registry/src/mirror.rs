//! Mirrors: other servers to read a repository from.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{Error, ErrorKind, Name, Reference, Result};

use crate::core::Core;
use crate::endpoint::{Endpoint, Serves};
use crate::{Client, RegistryOptions, Repository};

/// A mirror, as the repository on that server.
#[derive(Clone, Debug)]
pub(crate) struct Mirror {
    repository: Repository,
    serves: Serves,
}

/// How a read names its content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Digest,
    /// A tag or a listing, which a mirror may have in an older version.
    Tag,
}

impl Wanted {
    /// The kind of `name`.
    pub(crate) fn by(name: &Name) -> Self {
        match name {
            Name::Digest(_) => Self::Digest,
            Name::Tag(_) => Self::Tag,
        }
    }
}

impl Mirror {
    pub(crate) fn open(
        client: &Client,
        reference: &Reference,
        endpoint: &Endpoint,
        options: &RegistryOptions,
        fallback_endpoints: Arc<[Repository]>,
    ) -> Result<Self> {
        let mut options = options.clone();
        // `plain_http` is about the registry, not about other servers.
        options.plain_http = None;
        let mut core = Core::open(client, reference, endpoint, options)?;
        core.stands_for = Some(reference.registry().to_owned());
        let name = endpoint.repository.as_deref().unwrap_or(reference.repository());
        let repository = Repository::at(Arc::new(core), name)?;
        Ok(Self {
            repository: Repository {
                fallback_endpoints,
                ..repository
            },
            serves: endpoint.serves,
        })
    }

    /// The repository on the mirror, if it serves content by digest.
    pub(crate) fn of_digests(&self) -> Option<&Repository> {
        (self.serves != Serves::Tags).then_some(&self.repository)
    }

    fn may_serve(&self, wanted: Wanted) -> bool {
        let is_served = match self.serves {
            Serves::All => true,
            Serves::Digests => wanted == Wanted::Digest,
            Serves::Tags => wanted == Wanted::Tag,
        };
        is_served && !self.repository.learnt.is_passed_over()
    }

    /// Whether to ask the next server after this error.
    fn is_passed_over(&self, error: &Error) -> bool {
        match error.kind() {
            ErrorKind::Unavailable { .. } | ErrorKind::RateLimited { .. } => {
                self.repository.learnt.pass_over();
            }
            ErrorKind::NotFound
            | ErrorKind::InvalidManifest
            | ErrorKind::Protocol
            | ErrorKind::Verify
            | ErrorKind::Unauthenticated
            | ErrorKind::Denied
            | ErrorKind::Unsupported
            | ErrorKind::Rejected
            | ErrorKind::Refused => {}
            _ => return false,
        }
        tracing::debug!(mirror = %self.repository.full_name, %error, "asking the next endpoint");
        true
    }
}

/// The registry itself, and its mirrors.
pub(crate) fn endpoints(client: &Client, reference: &Reference) -> Result<(Endpoint, Vec<Endpoint>)> {
    let mut endpoints = client.endpoints.endpoints(reference)?;
    match endpoints.pop() {
        Some(own) => Ok((own, endpoints)),
        None => Err(Error::refused(
            reference.registry(),
            "no endpoint is configured for it",
        )),
    }
}

impl Repository {
    /// The answer of the first mirror that has the content, or else of the registry itself.
    pub(crate) async fn read<'a, T, F>(
        &'a self,
        wanted: Wanted,
        ask: impl Fn(&'a Self) -> F + Send + Sync,
    ) -> Result<T>
    where
        T: Send,
        F: Future<Output = Result<T>> + Send,
    {
        for mirror in self.mirrors.iter().filter(|mirror| mirror.may_serve(wanted)) {
            match ask(&mirror.repository).await {
                Err(error) if mirror.is_passed_over(&error) => {}
                answered => return answered,
            }
        }
        ask(self).await
    }

    /// The listing of the first mirror that lists anything, or else of the registry itself.
    pub(crate) fn read_listing<'a, T: Send + 'a>(
        &'a self,
        list: impl Fn(&'a Self) -> BoxStream<'a, Result<T>> + Send + Sync + 'a,
    ) -> BoxStream<'a, Result<T>> {
        if self.mirrors.is_empty() {
            return list(self);
        }
        let listed = async move {
            for mirror in self.mirrors.iter().filter(|mirror| mirror.may_serve(Wanted::Tag)) {
                let mut listed = list(&mirror.repository);
                match listed.next().await {
                    Some(Err(error)) if mirror.is_passed_over(&error) => {}
                    Some(first) => return first.map(|first| begun(first, listed)),
                    None => {}
                }
            }
            Ok(list(self))
        };
        stream::once(listed).try_flatten().boxed()
    }
}

fn begun<'a, T: Send + 'a>(first: T, rest: BoxStream<'a, Result<T>>) -> BoxStream<'a, Result<T>> {
    stream::iter([Ok(first)]).chain(rest).boxed()
}
