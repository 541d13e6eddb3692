//! Basic authentication: a name and a password in a header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::secret::Secret;

/// A name and a password from a client.
#[derive(Debug)]
pub(crate) struct Login {
    pub(super) name: String,
    pub(super) password: Secret,
}

impl Login {
    /// Parses an `Authorization` header. Returns `None` if it has another scheme or is invalid.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let encoded = strip_scheme(header, "basic")?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let (name, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some(Self {
            name: name.to_owned(),
            password: Secret::new(password),
        })
    }
}

/// Returns the rest of an `Authorization` header after `scheme`, if that is its scheme.
pub(super) fn strip_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = header.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}
