//! `Environment`: all configuration there is, in one value.

use std::collections::BTreeMap;

use oras_content::Reference;

use crate::explanation::{Explanation, explain, explain_name};
use crate::{Error, HostCerts, Lookasides, Policy, RegistriesConfig, Roots, Warning};

/// All configuration that podman, skopeo and docker share on this machine.
///
/// Files that do not exist say nothing. Certificates and places of signatures are looked for when they are asked for.
#[derive(Clone, Debug)]
pub struct Environment {
    roots: Roots,
    registries: RegistriesConfig,
    policy: Option<Policy>,
}

impl Environment {
    /// Reads the files below `roots`.
    ///
    /// # Errors
    ///
    /// As [`RegistriesConfig::load`] and [`Policy::load`].
    pub fn detect(roots: &Roots) -> Result<Self, Error> {
        Ok(Self {
            registries: RegistriesConfig::load(roots)?,
            policy: Policy::load(roots)?,
            roots: roots.clone(),
        })
    }

    /// Which servers stand for a registry.
    pub fn registries(&self) -> &RegistriesConfig {
        &self.registries
    }

    /// What may be pulled; `None` where there is no policy.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Where signatures are.
    ///
    /// # Errors
    ///
    /// As [`Lookasides::load`].
    pub fn lookasides(&self) -> Result<Lookasides, Error> {
        Lookasides::load(&self.roots)
    }

    /// The roots and client certificates of `host`, a name or address and perhaps a port.
    ///
    /// # Errors
    ///
    /// As [`HostCerts::find`].
    pub fn certs(&self, host: &str) -> Result<HostCerts, Error> {
        HostCerts::find(&self.roots, host)
    }

    /// The roots and client certificates of each host that has a folder of them.
    ///
    /// # Errors
    ///
    /// As [`HostCerts::all`].
    pub fn all_certs(&self) -> Result<BTreeMap<String, Result<HostCerts, Error>>, Error> {
        HostCerts::all(&self.roots)
    }

    /// Members that no manual page names, and that therefore do nothing.
    pub fn warnings(&self) -> &[Warning] {
        self.registries.warnings()
    }

    /// What the configuration says about `reference`, and which file says it.
    ///
    /// A refusal is one of the lines: only what could not be read fails, and that in [`detect`](Self::detect).
    pub fn explain(&self, reference: &Reference) -> Explanation {
        explain(self, reference)
    }

    /// [`explain`](Self::explain), for a text that may be a short name; its alias is the first line.
    ///
    /// # Errors
    ///
    /// As [`RegistriesConfig::expand`].
    pub fn explain_name(&self, text: &str) -> Result<Explanation, Error> {
        explain_name(self, text)
    }
}
