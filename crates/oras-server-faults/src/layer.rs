//! The layer: the journal, the faults and the quirks in front of the handlers of a registry.

use std::fmt;
use std::sync::Arc;

use hyper::Response;
use oras_content::BoxError;
use oras_server::{Answering, Asked, Body, Layer, Next, Origin, RequestPath, ServerOptions};

use crate::fault::{Detour, Faults, Tickets};
use crate::journal::{Journal, Pending, Recorder};
use crate::quirk::Quirks;
use crate::{Fault, FaultOptions};

/// Turns a registry into a test registry. Clones are the same layer.
///
/// [`Server`](crate::Server) already has one; this type is for a registry that is served in another way.
///
/// Requests go through the journal, then the injected faults, then the quirks, to their handler.
///
/// ```
/// use oras_server::{RegistryService, ServerOptions};
/// use oras_server_faults::{Fault, FaultLayer, FaultOptions};
///
/// let layer = FaultLayer::new(FaultOptions::default());
/// let service = RegistryService::new(layer.install(ServerOptions::default()));
/// layer.inject(Fault::status(503));
/// assert_eq!(layer.journal().requests(), 0);
/// # drop(service);
/// ```
#[derive(Clone)]
pub struct FaultLayer {
    pub(crate) faults: Faults,
    pub(crate) tickets: Tickets,
    pub(crate) quirks: Quirks,
    journal: Journal,
    second_journal: Journal,
    needs_second_origin: bool,
}

/// A registry with its faults, for one request.
pub(crate) struct Host {
    pub(crate) layer: FaultLayer,
    pub(crate) next: Next,
}

/// A request as faults and quirks see it.
pub(crate) struct Visit {
    pub(crate) asked: Asked,
    /// The real path.
    pub(crate) path: RequestPath,
    /// The target of the address, if it is not the registry's own.
    pub(crate) detour: Detour,
}

impl FaultLayer {
    /// Creates a layer with an empty journal.
    pub fn new(options: FaultOptions) -> Self {
        Self {
            journal: Journal::new(&options, Origin::First),
            second_journal: Journal::new(&options, Origin::Second),
            quirks: Quirks::new(options.quirks()),
            needs_second_origin: options.script.needs_second_origin(),
            faults: Faults::new(options.script),
            tickets: Tickets::default(),
        }
    }

    /// Adds this layer to the options, with everything that its quirks and faults need: the quirks of a vendor may change
    /// limits, authentication and content, and enable a second origin.
    #[must_use]
    pub fn install(&self, options: ServerOptions) -> ServerOptions {
        let options = match self.needs_second_origin {
            true => options.with_second_origin(true),
            false => options,
        };
        self.quirks.apply(options).with_layer(Arc::new(self.clone()))
    }

    /// Returns the journal of the registry.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Returns the journal of the second origin.
    pub fn second_journal(&self) -> Journal {
        self.second_journal.clone()
    }

    /// Injects a fault.
    pub fn inject(&self, fault: Fault) {
        self.faults.add(fault);
    }

    fn begin(&self, asked: &mut Asked, path: &RequestPath, next: &Next) -> Recorder {
        let journal = match next.origin() {
            Origin::First => &self.journal,
            Origin::Second => &self.second_journal,
        };
        let recorder = journal.begin(&asked.head, path, next.connection().id());
        let pen = recorder.clone();
        asked.body.observe(move |len| pen.received(len));
        recorder
    }
}

impl Layer for FaultLayer {
    fn call(&self, mut asked: Asked, next: Next) -> Answering {
        let detour = Detour::of(self, &asked.head);
        let path = RequestPath::of(detour.target(&asked.head.uri));
        let recorder = self.begin(&mut asked, &path, &next);
        let host = Host {
            layer: self.clone(),
            next,
        };
        let visit = Visit { asked, path, detour };
        Box::pin(recorded(host, visit, recorder))
    }
}

async fn recorded(host: Host, visit: Visit, recorder: Recorder) -> Result<Response<Body>, BoxError> {
    let pending = Pending(recorder.clone());
    let response = host.misbehave(visit).await?;
    recorder.answered(response.status(), response.headers());
    Ok(response.map(|body| pending.watch(body)))
}

impl Host {
    /// Opens a repository, or returns `None` if it does not exist.
    pub(crate) async fn find(
        &self,
        name: &str,
    ) -> Result<Option<Arc<dyn oras_content::Store>>, oras_content::Error> {
        self.next.backend().open(name, false).await
    }
}

impl fmt::Debug for FaultLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultLayer").finish_non_exhaustive()
    }
}
