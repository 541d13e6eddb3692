//! `TlsOptions`: trusted roots and client certificates.

use std::fmt;

use crate::origin::Origin;

/// Trusted roots and client certificates. By default the roots of the platform are trusted, with TLS 1.2 or 1.3.
///
/// Needs the feature `ring`, which is on by default, or `aws-lc-rs`.
///
/// Spec: RFC 8446, "TLS 1.3"; RFC 5280, section 6, certification paths; RFC 9110, section 4.3.4, "https Certificate
/// Verification".
#[derive(Clone, Default)]
pub struct TlsOptions {
    pub(super) extra_roots: Vec<Vec<u8>>,
    pub(super) roots_by_origin: Vec<(Origin, Vec<u8>)>,
    pub(super) only_extra_roots: bool,
    pub(super) identities: Vec<(Origin, Identity)>,
    pub(super) insecure: Vec<Origin>,
}

#[derive(Clone)]
pub(super) struct Identity {
    pub(super) certificates: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl TlsOptions {
    /// Also trusts the certificates in `pem`. May be called repeatedly.
    #[must_use]
    pub fn with_extra_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// Also trusts the certificates in `pem`, for `origin` only. May be called repeatedly.
    #[must_use]
    pub fn with_roots_for(mut self, origin: Origin, pem: impl Into<Vec<u8>>) -> Self {
        self.roots_by_origin.push((origin, pem.into()));
        self
    }

    /// Sets whether only the extra roots are trusted, not those of the platform. Default: no.
    #[must_use]
    pub fn with_only_extra_roots(mut self, only: bool) -> Self {
        self.only_extra_roots = only;
        self
    }

    /// Presents a client certificate to `origin`, and to no other. Both arguments are PEM. The chain starts with the
    /// certificate itself. The key is PKCS#8, PKCS#1 or SEC1.
    ///
    /// Spec: RFC 8446, section 4.4.2, "Certificate".
    #[must_use]
    pub fn with_identity(
        mut self,
        origin: Origin,
        certificates: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        let identity = Identity {
            certificates: certificates.into(),
            key: key.into(),
        };
        self.identities.push((origin, identity));
        self
    }

    /// Accepts any certificate of `origin`. Does not apply to the targets of its redirects.
    #[must_use]
    pub fn with_insecure(mut self, origin: Origin) -> Self {
        self.insecure.push(origin);
        self
    }

    /// The extra roots for all origins, and those for `origin`, as PEM.
    pub(super) fn extra_roots(&self, origin: Option<&Origin>) -> impl Iterator<Item = &[u8]> {
        let own = self
            .roots_by_origin
            .iter()
            .filter(move |(owner, _)| Some(owner) == origin);
        self.extra_roots
            .iter()
            .chain(own.map(|(_, pem)| pem))
            .map(Vec::as_slice)
    }

    /// The last identity set for `origin`.
    pub(super) fn identity(&self, origin: &Origin) -> Option<&Identity> {
        let mut given = self.identities.iter().rev();
        given
            .find(|(owner, _)| owner == origin)
            .map(|(_, identity)| identity)
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identities: Vec<_> = self.identities.iter().map(|(origin, _)| origin).collect();
        f.debug_struct("TlsOptions")
            .field("extra_roots", &self.extra_roots.len())
            .field("roots_by_origin", &self.roots_by_origin.len())
            .field("only_extra_roots", &self.only_extra_roots)
            .field("identities", &identities)
            .field("insecure", &self.insecure)
            .finish()
    }
}
