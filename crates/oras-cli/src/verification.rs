//! Verification: reads and hashes everything reachable from a name, without keeping it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oras::content::{ErrorChain, Result as StoreResult};
use oras::copy::{Choice, Event, Events, Outcome, Selection};
use oras::{
    CopyError, CopyOptions, Descriptor, Digest, Error, ErrorKind, ExtendedCopyOptions, Manifest, Name, Store,
    copy, extended_copy,
};

use crate::args::Transfer;
use crate::progress::{Progress, VERIFY};
use crate::sink::Sink;

/// The state of a verification.
pub(crate) struct Verification {
    progress: Arc<Progress>,
    /// Content that was already read and hashed, and is not read again.
    known: HashSet<Digest>,
    report: Mutex<Report>,
}

/// The result of a verification.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) manifests: u64,
    pub(crate) blobs: u64,
    pub(crate) bytes: u64,
    pub(crate) referrers: Vec<Referrer>,
    pub(crate) faults: Vec<Fault>,
    /// The index in `faults` of each faulty descriptor.
    places: HashMap<Digest, usize>,
}

/// A manifest that refers to a verified one.
pub(crate) struct Referrer {
    pub(crate) manifest: Descriptor,
    pub(crate) subject: Digest,
}

/// Missing, damaged or unreadable content.
pub(crate) struct Fault {
    pub(crate) content: Descriptor,
    pub(crate) kind: &'static str,
    pub(crate) named_by: Vec<Digest>,
    pub(crate) error: String,
}

/// Reads and hashes the manifest that `name` resolves to in `store` and everything it refers to, with `referrers` also all
/// its referrers.
///
/// Missing and damaged content is in the report; an error says why the rest could not be checked.
pub(crate) async fn verify(
    store: &dyn Store,
    name: &Name,
    transfer: &Transfer,
    referrers: bool,
    known: HashSet<Digest>,
) -> Result<(Descriptor, Report), (Report, CopyError)> {
    let verification = Arc::new(Verification {
        progress: Progress::new(VERIFY, transfer),
        known,
        report: Mutex::default(),
    });
    let options = CopyOptions::default()
        .with_concurrency(transfer.concurrency())
        .with_keep_going(true)
        .with_selection(Arc::clone(&verification) as Arc<dyn Selection>)
        .with_events(Arc::clone(&verification) as Arc<dyn Events>);
    let read = match referrers {
        true => {
            let options = ExtendedCopyOptions::default().with_copy(options);
            extended_copy(store, name, &Sink, name, &options).await
        }
        false => copy(store, name, &Sink, name, &options).await,
    };
    let report = std::mem::take(&mut *verification.report());
    match read {
        Ok(root) => Ok((root, report)),
        Err(error) => Err((report, error)),
    }
}

impl Verification {
    fn report(&self) -> MutexGuard<'_, Report> {
        // Each change is atomic, so a poisoned lock is safe to use.
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// Whether `error` is one of the reported faults.
    pub(crate) fn tells(&self, error: &CopyError) -> bool {
        let text = ErrorChain(&error.source).to_string();
        self.faults.iter().any(|fault| fault.error == text)
    }

    /// Returns the error of a place with faults.
    pub(crate) fn failure(&self, place: &str) -> Error {
        let found = match self.faults.len() {
            1 => "1 fault was found".to_owned(),
            count => format!("{count} faults were found"),
        };
        Error::new(ErrorKind::Verify, place).with_source(found)
    }

    fn finish(&mut self, node: &Descriptor) {
        match node.is_manifest() {
            true => self.manifests += 1,
            false => self.blobs += 1,
        }
        self.bytes = self.bytes.saturating_add(node.size);
    }

    fn fail(&mut self, node: &Descriptor, named_by: &[&Descriptor], error: &CopyError) {
        let mut named_by: Vec<Digest> = named_by.iter().map(|parent| parent.digest.clone()).collect();
        let listed = self.referrers.iter();
        let listed = listed.filter(|referrer| referrer.manifest.digest == node.digest);
        named_by.extend(listed.map(|referrer| referrer.subject.clone()));
        self.places.insert(node.digest.clone(), self.faults.len());
        self.faults.push(Fault {
            content: node.clone(),
            kind: match error.source.kind() {
                ErrorKind::NotFound => "missing",
                ErrorKind::Verify => "damaged",
                _ => "unreadable",
            },
            named_by,
            error: ErrorChain(&error.source).to_string(),
        });
    }

    /// Records that a manifest names content that was found faulty before the manifest was read.
    fn name(&mut self, manifest: &Manifest) {
        let by = &manifest.descriptor().digest;
        for child in manifest.successors() {
            let Some(place) = self.places.get(&child.digest) else {
                continue;
            };
            let named_by = &mut self.faults[*place].named_by;
            if !named_by.contains(by) {
                named_by.push(by.clone());
            }
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, digest) = (self.kind, &self.content.digest);
        write!(f, "{kind} {digest} ({})", self.content.media_type)?;
        if !self.named_by.is_empty() {
            let names: Vec<&str> = self.named_by.iter().map(Digest::as_str).collect();
            write!(f, ", named by {}", names.join(", "))?;
        }
        match self.kind {
            "missing" => Ok(()),
            _ => write!(f, ": {}", self.error),
        }
    }
}

impl Events for Verification {
    fn on_event(&self, event: Event<'_>) {
        match event {
            Event::Finished {
                node,
                outcome: Outcome::Copied,
                ..
            } => self.report().finish(node),
            Event::Failed {
                node,
                named_by,
                error,
            } => self.report().fail(node, named_by, error),
            _ => {}
        }
        self.progress.on_event(event);
    }
}

#[async_trait]
impl Selection for Verification {
    async fn choose(&self, node: &Descriptor) -> StoreResult<Choice> {
        match self.known.contains(&node.digest) {
            true => Ok(Choice::Skip),
            false => Ok(Choice::Copy),
        }
    }

    async fn successors(&self, manifest: &Manifest) -> StoreResult<Vec<Descriptor>> {
        self.report().name(manifest);
        Ok(manifest.successors().map(without_data).collect())
    }

    async fn predecessors(&self, node: &Descriptor, found: Vec<Descriptor>) -> StoreResult<Vec<Descriptor>> {
        let referrers = found.iter().map(|manifest| Referrer {
            manifest: manifest.clone(),
            subject: node.digest.clone(),
        });
        self.report().referrers.extend(referrers);
        Ok(found.iter().map(without_data).collect())
    }
}

/// Removes embedded data from a descriptor, so that the store's content is verified instead.
fn without_data(node: &Descriptor) -> Descriptor {
    let mut node = node.clone();
    node.data = None;
    node
}
