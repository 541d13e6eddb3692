//! `Environment`: the whole configuration in one value.

use std::collections::BTreeMap;

use oras_content::Reference;

use crate::explanation::{Explanation, explain, explain_name};
use crate::{Error, HostCerts, Lookasides, Policy, RegistriesConfig, Roots, Warning};

/// The configuration that podman, skopeo and docker share on this machine.
///
/// Missing files have no effect. Certificates and the locations of signatures are looked up on demand.
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
    /// As for [`RegistriesConfig::load`] and [`Policy::load`].
    pub fn detect(roots: &Roots) -> Result<Self, Error> {
        Ok(Self {
            registries: RegistriesConfig::load(roots)?,
            policy: Policy::load(roots)?,
            roots: roots.clone(),
        })
    }

    /// Returns the configuration of registries and their mirrors.
    pub fn registries(&self) -> &RegistriesConfig {
        &self.registries
    }

    /// Returns the policy for pulls, if there is one.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Reads the locations of signatures.
    ///
    /// # Errors
    ///
    /// As for [`Lookasides::load`].
    pub fn lookasides(&self) -> Result<Lookasides, Error> {
        Lookasides::load(&self.roots)
    }

    /// Finds the root and client certificates of `host`, which is a name or address with an optional port.
    ///
    /// # Errors
    ///
    /// As for [`HostCerts::find`].
    pub fn certs(&self, host: &str) -> Result<HostCerts, Error> {
        HostCerts::find(&self.roots, host)
    }

    /// Finds the root and client certificates of each host that has a folder of them.
    ///
    /// # Errors
    ///
    /// As for [`HostCerts::all`].
    pub fn all_certs(&self) -> Result<BTreeMap<String, Result<HostCerts, Error>>, Error> {
        HostCerts::all(&self.roots)
    }

    /// Returns the members that no manual page documents, and that are therefore ignored.
    pub fn warnings(&self) -> &[Warning] {
        self.registries.warnings()
    }

    /// Explains the configuration for `reference`, with the file behind each decision.
    ///
    /// A refusal is one of the decisions. This call never fails: unreadable files are errors of
    /// [`detect`](Self::detect), or refusals.
    pub fn explain(&self, reference: &Reference) -> Explanation {
        explain(self, reference)
    }

    /// Like [`explain`](Self::explain), for a text that may be a short name. Its alias is the first decision.
    ///
    /// # Errors
    ///
    /// As for [`RegistriesConfig::expand`].
    pub fn explain_name(&self, text: &str) -> Result<Explanation, Error> {
        explain_name(self, text)
    }
}
