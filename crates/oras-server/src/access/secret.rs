//! Secrets: passwords and tokens that are not shown.

use std::fmt;

use zeroize::Zeroizing;

/// A password or token. Its `Debug` output does not show it, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<Box<str>>);

impl Secret {
    pub(crate) fn new(text: impl Into<Box<str>>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the text.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_bytes(), other.0.as_bytes());
        let difference = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
        one.len() == other.len() && difference == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn only_the_whole_secret_is_equal() {
        let secret = Secret::new("s3cret");
        assert!(secret.is(&Secret::new("s3cret")));
        for other in ["", "s3cre", "s3cret2", "S3cret"] {
            assert!(!secret.is(&Secret::new(other)), "{other}");
        }
        assert!(!format!("{secret:?}").contains("s3cret"));
    }
}
