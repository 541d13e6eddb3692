//! The configuration of this machine: the files of podman, skopeo and docker, as options of a client.
//!
//! [`Environment::detect`] reads `registries.conf` with its drop-ins, `certs.d`, `policy.json` and the credentials.
//! It returns [`ClientOptions`] for clients and a [`Verifier`] for copies. Needs the feature `config`.
//!
//! | setting | effect |
//! |---|---|
//! | `blocked` | opening the repository is [`ErrorKind::Refused`](crate::ErrorKind::Refused), with file and line, before any request |
//! | mirrors | [`Endpoints`], asked in order, with `digest-only` and `tag-only` as [`Serves`](crate::Serves) |
//! | `prefix`, `location` | reads go to the new location; writes go to the registry that was named |
//! | `insecure` | any certificate of that server is accepted. There is no fallback to plain HTTP: [`RegistryOptions::plain_http`](crate::RegistryOptions::plain_http) enables it |
//! | `aliases` | [`Environment::expand`], if the caller uses it |
//! | `certs.d` | roots and the client certificate, for that host only; several client certificates for one host are an error |
//! | `policy.json` | [`Environment::verifier`]; signatures are verified by the caller's [`SignatureVerifier`]; without one, content that requires a signature is refused |
//!
//! `registries.d`, `credential-helpers` of `registries.conf`, and the requirements of transports other than `docker`
//! are ignored.

mod endpoints;
mod policy;
mod tls;

use std::sync::Arc;

use oras_config::{Environment as Config, Roots};

use self::endpoints::{Pulls, Pushes};
use self::policy::Gate;
pub use self::policy::{PolicyError, SignatureVerifier};
#[cfg(feature = "tls")]
use crate::TlsOptions;
use crate::copy::Verifier;
use crate::{ClientOptions, Endpoints, EnvironmentCredentials, Error, Reference, Result};

/// The configuration of this machine.
///
/// The files are read once, when the value is created; changes to them have no effect on it or on the options it
/// returns.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oras::{Client, CopyOptions, Environment, FileStore, Reference, copy};
///
/// let environment = Environment::detect()?;
/// let reference: Reference = "registry.example/docs:v1".parse()?;
/// let client = Client::new(environment.pull_options()?)?;
/// let repository = client.repository_with(&reference, Default::default())?;
/// let options = CopyOptions::default().with_verifier(environment.verifier(&reference));
/// copy(&repository, &reference, &FileStore::new("out"), "", &options).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Environment {
    config: Arc<Config>,
    signatures: Option<Arc<dyn SignatureVerifier>>,
}

impl Environment {
    /// Reads the files where podman, skopeo and docker look for them. Missing files are ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): a file cannot be read or is not valid. The cause is an
    /// [`oras_config::Error`], which names the file and line.
    pub fn detect() -> Result<Self> {
        let config = Config::detect(&Roots::from_environment());
        let config = config.map_err(|error| Error::refused("the configuration of this machine", error))?;
        Ok(Self::new(config))
    }

    /// Creates the environment of a given configuration, such as one that was read from other folders.
    pub fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            signatures: None,
        }
    }

    /// Sets the verifier for signatures that the policy requires. Without one, content that has to be signed is
    /// refused.
    #[must_use]
    pub fn with_signature_verifier(mut self, verifier: Arc<dyn SignatureVerifier>) -> Self {
        self.signatures = Some(verifier);
        self
    }

    /// Returns the configuration that was read, which can explain its decisions.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Resolves an alias: returns the reference of `text` if it is a configured short name, and otherwise parses
    /// `text`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): `text` is neither an alias nor a
    /// reference.
    pub fn expand(&self, text: &str) -> Result<Reference> {
        match self.config.registries().expand(text) {
            Ok((reference, _)) => Ok(reference),
            Err(_) => Ok(text.parse()?),
        }
    }

    /// Returns the options of a client that reads: with mirrors, rewritten locations, certificates and credentials.
    ///
    /// With these options, writes to a rewritten repository also go to the new location: write with
    /// [`push_options`](Self::push_options). Whether any certificate of a server is accepted is decided per host: it
    /// is if every table that leads to the host says so. Tables without a location, below a wildcard, are ignored.
    /// For a single reference, [`tls_options_for`](Self::tls_options_for) is exact.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): certificates or credentials cannot be read.
    pub fn pull_options(&self) -> Result<ClientOptions> {
        Ok(self.options()?.with_endpoints(self.pull_endpoints()))
    }

    /// Returns the options of a client that writes: to the registry that was named, without mirrors, unless it is
    /// blocked.
    ///
    /// # Errors
    ///
    /// As for [`pull_options`](Self::pull_options).
    pub fn push_options(&self) -> Result<ClientOptions> {
        Ok(self.options()?.with_endpoints(self.push_endpoints()))
    }

    fn options(&self) -> Result<ClientOptions> {
        let credentials = EnvironmentCredentials::detect();
        let credentials =
            credentials.map_err(|error| Error::refused("the credentials of this machine", error))?;
        let options = ClientOptions::default().with_credentials(Arc::new(credentials));
        #[cfg(feature = "tls")]
        let options = {
            let transport = options.transport.clone();
            options.with_transport(transport.with_tls(self.tls_options(TlsOptions::default())?))
        };
        Ok(options)
    }

    /// Returns the endpoints for reads. Opening a blocked repository is
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused).
    ///
    /// A table whose prefix has a tag or digest applies if the handle was opened with that tag or digest.
    pub fn pull_endpoints(&self) -> Arc<dyn Endpoints> {
        Arc::new(Pulls(Arc::clone(&self.config)))
    }

    /// Returns the endpoints for writes: the registry that was named. Opening a blocked repository is
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused).
    pub fn push_endpoints(&self) -> Arc<dyn Endpoints> {
        Arc::new(Pushes(Arc::clone(&self.config)))
    }

    /// Adds the certificates of all hosts to `tls`, each for its host alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): a file cannot be read. An invalid folder of a host is
    /// reported only when that host is contacted.
    #[cfg(feature = "tls")]
    pub fn tls_options(&self, tls: TlsOptions) -> Result<TlsOptions> {
        tls::of_all(&self.config, tls)
    }

    /// Adds the certificates of the servers that `reference` is read from and written to, each for its host alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): a file or folder cannot be read, or the reference is blocked.
    #[cfg(feature = "tls")]
    pub fn tls_options_for(&self, tls: TlsOptions, reference: &Reference) -> Result<TlsOptions> {
        tls::of_one(&self.config, tls, reference)
    }

    /// Returns a verifier that admits copies from `reference` as `policy.json` and `blocked` permit.
    ///
    /// `reference` is the one that the user named, before mirrors replace it. If a copy names another tag, the policy
    /// for that tag decides. A digest in place of the tag is what the tag resolved to, so the policy for the tag
    /// decides.
    pub fn verifier(&self, reference: &Reference) -> Arc<dyn Verifier> {
        Arc::new(Gate {
            config: Arc::clone(&self.config),
            signatures: self.signatures.clone(),
            reference: reference.clone(),
        })
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("config", &self.config)
            .field("verifies_signatures", &self.signatures.is_some())
            .finish()
    }
}
