//! Scripts: what is done wrong on purpose.

use crate::ServerOptions;

impl ServerOptions {
    /// How the registry misbehaves; not at all by default. More can be [injected](crate::Server::inject) later.
    #[must_use]
    pub fn with_script(mut self, script: crate::Script) -> Self {
        self.script = script;
        self
    }

    /// Adds quirks, which the registry has from the start; none by default.
    #[must_use]
    pub fn with_quirks(mut self, quirks: impl IntoIterator<Item = crate::Quirk>) -> Self {
        self.script.quirks.extend(quirks);
        self
    }

    /// All quirks, those of profiles included.
    pub(crate) fn quirks(&self) -> impl Iterator<Item = crate::Quirk> {
        let profiles = self.script.profiles.iter().flat_map(|profile| profile.quirks());
        self.script.quirks.iter().chain(profiles).copied()
    }
}
