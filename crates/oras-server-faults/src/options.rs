//! Options: what a registry for tests does wrong, and what it writes down.

use std::sync::Arc;

use crate::journal::{Limits, Observer};
use crate::{Entry, Quirk, Script};

/// How a registry misbehaves, and what becomes of its journal.
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
    /// How the registry misbehaves; not at all by default. More can be [injected](crate::Server::inject) later.
    #[must_use]
    pub fn with_script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    /// Adds quirks, which the registry has from the start; none by default.
    #[must_use]
    pub fn with_quirks(mut self, quirks: impl IntoIterator<Item = Quirk>) -> Self {
        self.script.quirks.extend(quirks);
        self
    }

    /// How many entries each journal keeps; 100,000 by default.
    #[must_use]
    pub fn with_journal_limit(mut self, entries: usize) -> Self {
        self.limits.entries = entries;
        self
    }

    /// How much memory the entries of each journal may take, in bytes and by estimate; 256 MiB by default, which is
    /// enough for 50,000 requests with the usual headers.
    #[must_use]
    pub fn with_journal_memory(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// What is called with each entry of the journals when its answer has ended, once: it does not change any more. Nothing
    /// by default.
    ///
    /// It is called on the task that serves the connection, which it must not keep waiting.
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

    /// All quirks, those of profiles included.
    pub(crate) fn quirks(&self) -> impl Iterator<Item = Quirk> {
        let profiles = self.script.profiles.iter().flat_map(|profile| profile.quirks());
        self.script.quirks.iter().chain(profiles).copied()
    }
}
