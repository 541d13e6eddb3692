//! `HostCerts`: the roots and client certificates of one host.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use oras_content::check_registry_name;

use crate::{Error, Roots, files};

/// What `certs.d` holds for one host: names of files, whose content is not read.
///
/// Spec: containers-certs.d(5), and Docker's "Verify repository client with certificates".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCerts {
    /// The folder that counts; `None` where no folder is for the host.
    pub folder: Option<PathBuf>,
    /// The files `*.crt`, sorted by name: certificates that vouch for the host, besides those of the system.
    pub roots: Vec<PathBuf>,
    /// The pairs `*.cert` and `*.key`, sorted by name.
    pub clients: Vec<ClientCertificate>,
}

/// A certificate to present to the host, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The file `*.cert`.
    pub certificate: PathBuf,
    /// The file `*.key` of the same name.
    pub key: PathBuf,
}

impl HostCerts {
    /// Looks for the folder of `host`, a name or address and perhaps a port.
    ///
    /// The first folder that there is counts, alone: `containers/certs.d/HOST` of the user, of the system, then
    /// `docker/certs.d/HOST` of the system. One that this user may not look into is not there, as for podman.
    ///
    /// # Errors
    ///
    /// - [`Error::Reference`]: `host` is not a host.
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
        // A host that is checked has no slash, and is not `..`.
        check_registry_name(host)?;
        for folder in folders(roots) {
            if let Some(certs) = Self::read(folder.join(host))? {
                return Ok(certs);
            }
        }
        Ok(Self::default())
    }

    /// What there is for each host that has a folder: what [`find`](Self::find) says of it. Folders that are not named like a
    /// host do not count.
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

/// A folder that may not be looked into is none: without it nobody more is trusted.
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
