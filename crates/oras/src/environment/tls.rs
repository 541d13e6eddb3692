//! TLS: the certificates of `certs.d`, and the servers whose certificates are not verified.

use oras_config::{Environment as Config, HostCerts};

use crate::{Error, Result};

/// Returns the certificates of a registry. Several client certificates are an error.
pub(super) fn certs(config: &Config, registry: &str) -> Result<HostCerts> {
    let found = config.certs(registry);
    let found = found.map_err(|error| Error::refused(registry, error))?;
    match (&found.folder, found.clients.len()) {
        (Some(folder), clients @ 2..) => {
            let folder = folder.display();
            let reason = format!("{folder} has {clients} client certificates, and one can be presented");
            Err(Error::refused(registry, reason))
        }
        _ => Ok(found),
    }
}

#[cfg(feature = "tls")]
pub(super) use self::bound::{of_all, of_one};

#[cfg(feature = "tls")]
mod bound {
    use std::collections::BTreeMap;
    use std::path::Path;

    use oras_config::{Environment as Config, HostCerts};

    use super::certs;
    use crate::content::BoxError;
    use crate::environment::endpoints::plan;
    use crate::{Error, Origin, Reference, Result, TlsOptions};

    const BEGIN: &[u8] = b"-----BEGIN ";

    /// Registries, and whether every table that leads to them is `insecure`.
    #[derive(Default)]
    struct Insecure(BTreeMap<String, bool>);

    impl Insecure {
        fn note(&mut self, registry: &str, insecure: bool) {
            *self.0.entry(registry.to_owned()).or_insert(true) &= insecure;
        }

        fn bind(self, tls: TlsOptions) -> Result<TlsOptions> {
            let insecure = self.0.into_iter().filter(|(_, insecure)| *insecure);
            insecure
                .map(|(registry, _)| origin(&registry))
                .try_fold(tls, |tls, origin| Ok(tls.with_insecure(origin?)))
        }
    }

    pub(in crate::environment) fn of_all(config: &Config, mut tls: TlsOptions) -> Result<TlsOptions> {
        let all = config.all_certs();
        let all = all.map_err(|error| Error::refused("the certificates of this machine", error))?;
        for registry in all.into_keys() {
            // A broken folder is reported when its host is contacted.
            if let Ok(found) = certs(config, &registry) {
                tls = bind(tls, &registry, &found)?;
            }
        }
        let mut insecure = Insecure::default();
        for registry in config.registries().registries() {
            insecure.note(host(&registry.location), registry.insecure);
            for mirror in &registry.mirrors {
                insecure.note(host(&mirror.location), mirror.insecure);
            }
        }
        insecure.0.remove("");
        insecure.bind(tls)
    }

    pub(in crate::environment) fn of_one(
        config: &Config,
        mut tls: TlsOptions,
        reference: &Reference,
    ) -> Result<TlsOptions> {
        let mut insecure = Insecure::default();
        for place in plan(config, reference)?.endpoints {
            let registry = place.reference.registry();
            tls = bind(tls, registry, &certs(config, registry)?)?;
            insecure.note(registry, place.insecure);
            // If the location is rewritten, writes still go to the registry that was named.
            if !place.is_mirror && registry != reference.registry() {
                let own = reference.registry();
                tls = bind(tls, own, &certs(config, own)?)?;
                insecure.note(own, place.insecure);
            }
        }
        insecure.bind(tls)
    }

    fn bind(mut tls: TlsOptions, registry: &str, certs: &HostCerts) -> Result<TlsOptions> {
        for file in &certs.roots {
            tls = tls.with_roots_for(origin(registry)?, read(file)?);
        }
        for client in &certs.clients {
            tls = tls.with_identity(origin(registry)?, read(&client.certificate)?, read(&client.key)?);
        }
        Ok(tls)
    }

    /// Reads a file that must have PEM in it; other errors in it surface when a client is created.
    fn read(file: &Path) -> Result<Vec<u8>> {
        let refused = |reason: BoxError| Error::refused(file.display().to_string(), reason);
        let pem = std::fs::read(file).map_err(|error| refused(error.into()))?;
        match pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
            true => Ok(pem),
            false => Err(refused("it has no PEM".into())),
        }
    }

    fn host(location: &str) -> &str {
        location.split('/').next().unwrap_or(location)
    }

    /// Returns the origin of a registry: Docker Hub's host differs from its name.
    fn origin(registry: &str) -> Result<Origin> {
        let any = Reference::of_registry(registry)?;
        let url = format!("https://{}", any.host()).parse();
        let url = url.map_err(|error| Error::refused(registry, format!("it is not a host: {error}")))?;
        Origin::of(&url).map_err(|error| Error::refused(registry, error))
    }
}
