//! The environment of this machine: what its files tell podman, skopeo and docker, as options of a client.
//!
//! [`Environment::detect`] reads `registries.conf` with its drop-ins, `certs.d`, `policy.json` and the credentials, and
//! gives what a client and a copy take: [`ClientOptions`], and a [`Verifier`]. Needs the feature `config`.
//!
//! | file | what becomes of it |
//! |---|---|
//! | `blocked` | opening the repository is [`ErrorKind::Refused`](crate::ErrorKind::Refused), with file and line, before any request |
//! | mirrors | [`Endpoints`], asked in order, with `digest-only` and `tag-only` as [`Serves`](crate::Serves) |
//! | `prefix`, `location` | the registry itself is another one for reads; writes go to what was named |
//! | `insecure` | any certificate of that server is accepted. Plain HTTP is not fallen back to: [`RegistryOptions::plain_http`](crate::RegistryOptions::plain_http) says it |
//! | `aliases` | [`Environment::expand`], where the caller asks for it |
//! | `certs.d` | roots and the client certificate of the host alone; several client certificates for one host are an error |
//! | `policy.json` | [`Environment::verifier`]; signatures are verified by a [`SignatureVerifier`] of the caller's, or refused |
//!
//! `registries.d`, `credential-helpers` of `registries.conf`, and the requirements of other transports than `docker` are not
//! followed.

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

/// The environment of this machine.
///
/// What was read holds for the life of the value and of all that it gives.
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
    /// Reads the files where podman, skopeo and docker look for them. Those that do not exist say nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): a file cannot be read or is not valid. The cause is an
    /// [`oras_config::Error`], which names file and line.
    pub fn detect() -> Result<Self> {
        let config = Config::detect(&Roots::from_environment());
        let config = config.map_err(|error| Error::refused("the configuration of this machine", error))?;
        Ok(Self::new(config))
    }

    /// The environment that this configuration describes, such as one that was read from other folders.
    pub fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            signatures: None,
        }
    }

    /// Verifies signatures that the policy asks for with this. Without one, what has to be signed is refused.
    #[must_use]
    pub fn with_signature_verifier(mut self, verifier: Arc<dyn SignatureVerifier>) -> Self {
        self.signatures = Some(verifier);
        self
    }

    /// What the files say, which can be explained.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The reference that `text` stands for: that of its alias where it is a short name that has one, or else itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): it is neither.
    pub fn expand(&self, text: &str) -> Result<Reference> {
        match self.config.registries().expand(text) {
            Ok((reference, _)) => Ok(reference),
            Err(_) => Ok(text.parse()?),
        }
    }

    /// How to read from registries: by way of their mirrors, where they are rewritten to, with certificates and
    /// credentials.
    ///
    /// A repository that was rewritten is written where it is read, too: write with
    /// [`push_options`](Self::push_options). Whether a server may show any certificate is decided by host: it may where every
    /// table that leads there says so, and a table without a location, below a wildcard, is not looked at. For one
    /// reference, [`tls_options_for`](Self::tls_options_for) is exact.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): certificates or credentials cannot be read.
    pub fn pull_options(&self) -> Result<ClientOptions> {
        Ok(self.options()?.with_endpoints(self.pull_endpoints()))
    }

    /// How to write to registries: to what is named, without mirrors, unless it is blocked.
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

    /// The servers to read from. Opening a repository that is blocked is [`ErrorKind::Refused`](crate::ErrorKind::Refused).
    ///
    /// A table whose prefix has a tag or digest counts where the handle was opened with that.
    pub fn pull_endpoints(&self) -> Arc<dyn Endpoints> {
        Arc::new(Pulls(Arc::clone(&self.config)))
    }

    /// The servers to write to: what was named. Opening a repository that is blocked is
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused).
    pub fn push_endpoints(&self) -> Arc<dyn Endpoints> {
        Arc::new(Pushes(Arc::clone(&self.config)))
    }

    /// `tls` with the certificates of all hosts, each for its host alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): a file cannot be read. What is wrong with the folder of one host is
    /// an error where that host is about to be asked.
    #[cfg(feature = "tls")]
    pub fn tls_options(&self, tls: TlsOptions) -> Result<TlsOptions> {
        tls::of_all(&self.config, tls)
    }

    /// `tls` with the certificates of the servers that `reference` is read from and written to, each for its host alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused): a file or folder cannot be read, or the reference is blocked.
    #[cfg(feature = "tls")]
    pub fn tls_options_for(&self, tls: TlsOptions, reference: &Reference) -> Result<TlsOptions> {
        tls::of_one(&self.config, tls, reference)
    }

    /// Lets copies from `reference` through as far as `policy.json` and `blocked` do.
    ///
    /// The reference is what a person names, before mirrors take its place; a tag that is copied under decides in place of
    /// its own. A digest in place of its tag is what that resolved to, and does not decide.
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
