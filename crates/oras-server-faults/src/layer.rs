//! The layer: the journal, the faults and the quirks before the handlers of a registry.

use std::fmt;
use std::sync::Arc;

use hyper::Response;
use oras_content::BoxError;
use oras_server::{Answering, Asked, Body, Layer, Next, Origin, RequestPath, ServerOptions};

use crate::fault::{Detour, Faults, Tickets};
use crate::journal::{Journal, Pending, Recorder};
use crate::quirk::Quirks;
use crate::{Fault, FaultOptions};

/// What makes a registry one for tests. Clones are the same layer.
///
/// [`Server`](crate::Server) has one already; this is for a registry that is served otherwise.
///
/// Requests go through the journal, then through the faults that were asked for, then through the quirks, to their
/// handler.
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
    /// The path that is meant.
    pub(crate) path: RequestPath,
    /// What the address stands for, where it is not the registry's own.
    pub(crate) detour: Detour,
}

impl FaultLayer {
    /// A layer with a journal in which nothing is yet.
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

    /// The same options with this layer, and with what its quirks and faults need of them: the quirks of a vendor may
    /// change limits, ways to log in and what is served, and make a second origin.
    #[must_use]
    pub fn install(&self, options: ServerOptions) -> ServerOptions {
        let options = match self.needs_second_origin {
            true => options.with_second_origin(true),
            false => options,
        };
        self.quirks.apply(options).with_layer(Arc::new(self.clone()))
    }

    /// What the registry was asked.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// What was asked at the second origin.
    pub fn second_journal(&self) -> Journal {
        self.second_journal.clone()
    }

    /// Misbehaves once as `fault` says, or as often as it says.
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
    /// A repository that is there, or `None`.
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
