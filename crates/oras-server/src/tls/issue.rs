//! Generates certificates, and the root that signs them.

use std::fmt;
use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};

use super::Tls;
use super::pem::unusable;
use crate::Error;
use crate::access::Secret;
use crate::time::rfc3339;

/// The default names of a certificate.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A generated root.
pub(super) struct Issuer {
    root: String,
    issuer: rcgen::Issuer<'static, KeyPair>,
}

/// A certificate for a client, and its key.
#[derive(Clone)]
pub struct ClientIdentity {
    certificate: String,
    key: Secret,
}

impl Tls {
    /// Uses a certificate for this machine (`localhost`, `127.0.0.1` and `::1`) that is generated now, with its root:
    /// [`Server::trust_root`](crate::Server::trust_root). Both are valid for at least a year and are never written to a
    /// file.
    ///
    /// # Errors
    ///
    /// [`Error::Tls`]: the system has no randomness.
    pub fn self_signed() -> Result<Self, Error> {
        Self::self_signed_for(LOCAL)
    }

    /// Like [`self_signed`](Self::self_signed), for these host names and addresses.
    ///
    /// # Errors
    ///
    /// [`Error::Tls`]: the system has no randomness, or a name is invalid in a certificate.
    pub fn self_signed_for<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, Error> {
        let failed = |error| unusable("a certificate made on the spot", error);
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let issuer = Issuer::new().map_err(failed)?;
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let (certificate, key) = issuer.issue(params, "oras-server").map_err(failed)?;
        Ok(Self {
            issuer: Some(std::sync::Arc::new(issuer)),
            ..Self::from_pem(certificate, key.expose())?
        })
    }

    /// Generates a client certificate with this name, signed by the root of this certificate, for use with
    /// [`with_client_ca`](Self::with_client_ca).
    ///
    /// ```
    /// use oras_server::{ClientCertificates, Tls};
    ///
    /// let tls = Tls::self_signed()?;
    /// let ann = tls.client_identity("ann")?;
    /// let root = tls.trust_root().expect("it was made on the spot").to_owned();
    /// let tls = tls.with_client_ca(root, ClientCertificates::Required)?;
    /// # drop((ann, tls));
    /// # Ok::<_, oras_server::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Tls`]: the server's certificate was given, so that there is no root to sign with; or the system has no randomness.
    pub fn client_identity(&self, name: &str) -> Result<ClientIdentity, Error> {
        let what = "a client certificate";
        let issuer = self.issuer.as_ref();
        let issuer = issuer.ok_or_else(|| unusable(what, "only a root made on the spot can vouch for it"))?;
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let issued = issuer.issue(params, name);
        let (certificate, key) = issued.map_err(|error| unusable(what, error))?;
        Ok(ClientIdentity { certificate, key })
    }
}

impl ClientIdentity {
    /// Returns the certificate as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Returns its key as PEM.
    pub fn key(&self) -> &str {
        self.key.expose()
    }
}

impl Issuer {
    fn new() -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        name_and_date(&mut params, "oras-server root");
        Ok(Self {
            root: params.self_signed(&key)?.pem(),
            issuer: rcgen::Issuer::new(params, key),
        })
    }

    pub(super) fn root(&self) -> &str {
        &self.root
    }

    fn issue(&self, mut params: CertificateParams, name: &str) -> Result<(String, Secret), rcgen::Error> {
        let key = KeyPair::generate()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        name_and_date(&mut params, name);
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok((certificate, Secret::new(key.serialize_pem())))
    }
}

/// Valid this year and next year: some clients refuse certificates that are valid for longer than 825 days.
fn name_and_date(params: &mut CertificateParams, name: &str) {
    let now = rfc3339(SystemTime::now());
    let year = now[..4].parse().expect("a time begins with its year");
    params.not_before = rcgen::date_time_ymd(year, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + 2, 1, 1);
    params.distinguished_name.push(DnType::CommonName, name);
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}
