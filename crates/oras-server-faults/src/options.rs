//! Options of a registry for tests.

use std::sync::Arc;

use crate::journal::{Limits, Observer};
use crate::{Entry, Quirk, Script};

/// The misbehaviour of a registry, and the limits of its journal.
///
/// ```
/// use oras_server_faults::{FaultOptions, Profile};
///
/// let options = FaultOptions::default()
///     .with_quirks(Profile::Harbor.quirks().iter().copied())
///     .with_journal_limit(1000);
/// # drop(options);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FaultOptions {
    pub(crate) script: Script,
    pub(crate) limits: Limits,
    pub(crate) observer: Option<Observer>,
}

impl FaultOptions {
    /// Sets how the registry misbehaves; not at all by default. More can be [injected](crate::Server::inject) later.
    #[must_use]
    pub fn with_script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    /// Adds quirks, which apply from the start; none by default.
    #[must_use]
    pub fn with_quirks(mut self, quirks: impl IntoIterator<Item = Quirk>) -> Self {
        self.script.quirks.extend(quirks);
        self
    }

    /// Sets the maximum number of entries of each journal; 100,000 by default.
    #[must_use]
    pub fn with_journal_limit(mut self, entries: usize) -> Self {
        self.limits.entries = entries;
        self
    }

    /// Sets the maximum memory of each journal's entries, in bytes and by estimate; 256 MiB by default, which is enough for
    /// 50,000 requests with the usual headers.
    #[must_use]
    pub fn with_journal_memory(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Sets a function that is called once with each entry of the journals, when its response has ended and the entry is
    /// final. None by default.
    ///
    /// It is called on the task that serves the connection, and must return quickly.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use oras_server_faults::{Entry, FaultOptions};
    ///
    /// let options = FaultOptions::default().with_observer(Arc::new(|entry: &Entry| {
    ///     println!("{} {} {} {}", entry.method, entry.path, entry.status, entry.bytes_sent);
    /// }));
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Fn(&Entry) + Send + Sync>) -> Self {
        self.observer = Some(Observer(observer));
        self
    }

    /// Returns all quirks, including those of profiles.
    pub(crate) fn quirks(&self) -> impl Iterator<Item = Quirk> {
        let profiles = self.script.profiles.iter().flat_map(|profile| profile.quirks());
        self.script.quirks.iter().chain(profiles).copied()
    }
}
