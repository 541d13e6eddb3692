//! The provider of the cryptography of TLS.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// AWS-LC where both are there: `ring` is on by default, and whoever adds the other one wants it.
///
/// It is handed to all that needs one. The default of the process is neither asked nor set: another library may have
/// set it, and without one rustls panics where it was built with two providers.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(chosen())
}

#[cfg(feature = "aws-lc-rs")]
fn chosen() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn chosen() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!(
    "TLS needs a provider of cryptography: turn on the feature `ring` or `aws-lc-rs` in place of `tls`"
);

/// So that the error above is the only one.
#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn chosen() -> CryptoProvider {
    unreachable!("it does not compile")
}
