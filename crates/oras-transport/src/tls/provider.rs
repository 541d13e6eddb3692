//! The cryptography provider of TLS.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// AWS-LC if both are built in, because `ring` is on by default and the other is an explicit choice.
///
/// It is passed explicitly. The default provider of the process is neither read nor set: another library may have set
/// it, and without one rustls panics if it was built with two providers.
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

/// Avoids further errors besides the one above.
#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn chosen() -> CryptoProvider {
    unreachable!("it does not compile")
}
