//! Parses PEM certificates and keys.

use oras_content::BoxError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Error;

/// Parses the certificates in a text, at least one.
pub(super) fn certificates(name: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| unusable(name, error))?;
    match found.is_empty() {
        false => Ok(found),
        true => Err(unusable(name, "there is no PEM certificate in it")),
    }
}

/// Parses the first private key in a text.
pub(super) fn key(name: &str, pem: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    use rustls::pki_types::pem::Error::NoItemsFound;

    let marker = b"ENCRYPTED";
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        NoItemsFound if pem.windows(marker.len()).any(|window| window == marker) => {
            unusable(name, "the key is encrypted; decrypt it first")
        }
        NoItemsFound => unusable(name, "there is no PEM private key in it"),
        other => unusable(name, other),
    })
}

pub(super) fn unusable(name: &str, source: impl Into<BoxError>) -> Error {
    Error::Tls {
        what: name.to_owned(),
        source: source.into(),
    }
}
