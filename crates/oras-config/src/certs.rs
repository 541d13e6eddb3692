//! `HostCerts`: the root and client certificates of one host.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use oras_content::check_registry_name;

use crate::{Error, Roots, files};

/// The files in `certs.d` for one host. Only their names are read, not their content.
///
/// Spec: containers-certs.d(5), and Docker's "Verify repository client with certificates".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCerts {
    /// The folder in use. `None` if there is none for the host.
    pub folder: Option<PathBuf>,
    /// The files `*.crt`, sorted by name: root certificates to trust for the host, besides those of the system.
    pub roots: Vec<PathBuf>,
    /// The pairs `*.cert` and `*.key`, sorted by name.
    pub clients: Vec<ClientCertificate>,
}

/// A client certificate to present to the host, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The file `*.cert`.
    pub certificate: PathBuf,
    /// The file `*.key` of the same name.
    pub key: PathBuf,
}

impl HostCerts {
    /// Finds the folder of `host`, which is a name or address with an optional port.
    ///
    /// Only the first existing folder is used: `containers/certs.d/HOST` of the user, then of the system, then
    /// `docker/certs.d/HOST` of the system. As in podman, a folder that this user may not read counts as missing.
    ///
    /// # Errors
    ///
    /// - [`Error::Reference`]: `host` is not a valid host.
    /// - [`Error::Read`]: the folder cannot be listed.
    /// - [`Error::MissingKey`], [`Error::MissingCertificate`]: half of a pair is missing.
    ///
    /// ```
    /// use oras_config::{HostCerts, Roots};
    ///
    /// # let etc = tempfile::tempdir()?;
    /// let folder = etc.path().join("docker/certs.d/registry.example.com:5000");
    /// std::fs::create_dir_all(&folder)?;
    /// std::fs::write(folder.join("ca.crt"), "")?;
    ///
    /// let certs = HostCerts::find(&Roots::new(etc.path()), "registry.example.com:5000")?;
    /// assert_eq!(certs.roots, [folder.join("ca.crt")]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find(roots: &Roots, host: &str) -> Result<Self, Error> {
        // A valid host has no slash, and is not `..`.
        check_registry_name(host)?;
        for folder in folders(roots) {
            if let Some(certs) = Self::read(folder.join(host))? {
                return Ok(certs);
            }
        }
        Ok(Self::default())
    }

    /// Returns the result of [`find`](Self::find) for each host that has a folder. Folders whose names are not valid
    /// hosts are skipped.
    ///
    /// # Errors
    ///
    /// [`Error::Read`]: a folder `certs.d` cannot be listed.
    pub fn all(roots: &Roots) -> Result<BTreeMap<String, Result<Self, Error>>, Error> {
        let mut all = BTreeMap::new();
        for folder in folders(roots) {
            for host in visible(files::names(&folder))?.unwrap_or_default() {
                if check_registry_name(&host).is_ok() && !all.contains_key(&host) {
                    let certs = Self::find(roots, &host);
                    all.insert(host, certs);
                }
            }
        }
        Ok(all)
    }

    fn read(folder: PathBuf) -> Result<Option<Self>, Error> {
        let Some(paths) = visible(files::list(&folder, &["crt", "cert", "key"]))? else {
            return Ok(None);
        };
        let mut certs = Self {
            folder: Some(folder),
            ..Self::default()
        };
        for path in &paths {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("crt") => certs.roots.push(path.clone()),
                Some("cert") => certs.clients.push(pair(&paths, path)?),
                _ => has_certificate(&paths, path)?,
            }
        }
        Ok(Some(certs))
    }
}

/// Treats an unreadable folder as missing, which is safe: it only means that fewer certificates are trusted.
fn visible<T>(listed: Result<Option<T>, Error>) -> Result<Option<T>, Error> {
    match listed {
        Err(Error::Read { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        listed => listed,
    }
}

fn folders(roots: &Roots) -> Vec<PathBuf> {
    let mut folders = roots.containers("certs.d");
    folders.push(roots.system().join("docker/certs.d"));
    folders
}

fn pair(paths: &[PathBuf], certificate: &Path) -> Result<ClientCertificate, Error> {
    let certificate = certificate.to_owned();
    let key = certificate.with_extension("key");
    match paths.contains(&key) {
        true => Ok(ClientCertificate { certificate, key }),
        false => Err(Error::MissingKey { certificate, key }),
    }
}

fn has_certificate(paths: &[PathBuf], key: &Path) -> Result<(), Error> {
    let certificate = key.with_extension("cert");
    match paths.contains(&certificate) {
        true => Ok(()),
        false => Err(Error::MissingCertificate {
            key: key.to_owned(),
            certificate,
        }),
    }
}
