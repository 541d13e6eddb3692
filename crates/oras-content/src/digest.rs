//! Digests: names derived from content.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Algorithm;

/// Upper bound on a digest's length, in bytes.
const MAX_LEN: usize = 255;

const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// A content digest, `algorithm:encoded`. Always valid.
///
/// sha256, sha384, sha512 and blake3 are checked for length and lower-case hexadecimal digits. Content can be verified
/// against the first three, and against blake3 with the feature of that name. Other algorithms of the grammar parse, so
/// that documents mentioning them can be read, but content never passes verification against them. Neither part
/// contains `/` or `..`, so both are safe as path components.
///
/// Spec: image-spec v1.1, `descriptor.md`, "Digests" and "Registered Algorithms".
///
/// ```
/// use oras_content::{Algorithm, Digest};
///
/// let digest = Digest::sha256(b"hello");
/// assert_eq!(digest.algorithm(), Some(Algorithm::Sha256));
/// assert_eq!(digest, digest.to_string().parse()?);
/// assert!("sha256:../../etc/passwd".parse::<Digest>().is_err());
/// # Ok::<(), oras_content::InvalidDigest>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    text: Arc<str>,
}

impl Digest {
    /// Computes the sha256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Algorithm::Sha256.digest(bytes)
    }

    /// Encodes a sha256 `hash`.
    pub fn from_sha256_hash(hash: &[u8; 32]) -> Self {
        Self::of_hash(Algorithm::Sha256, hash)
    }

    /// Decodes the hash of a sha256 digest: a third of the size of the text. Returns `None` for other algorithms.
    ///
    /// ```
    /// use oras_content::Digest;
    ///
    /// let digest = Digest::sha256(b"hello");
    /// let hash = digest.sha256_hash().expect("it is sha256");
    /// assert_eq!(Digest::from_sha256_hash(&hash), digest);
    /// ```
    pub fn sha256_hash(&self) -> Option<[u8; 32]> {
        if self.algorithm() != Some(Algorithm::Sha256) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(self.encoded().as_bytes().chunks_exact(2)) {
            *byte = digit(digits[0]) << 4 | digit(digits[1]);
        }
        Some(hash)
    }

    /// Returns the algorithm, if it can be verified.
    pub fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::from_name(self.algorithm_name())
    }

    /// Returns the part before the colon.
    pub fn algorithm_name(&self) -> &str {
        self.parts().0
    }

    /// Returns the part after the colon.
    pub fn encoded(&self) -> &str {
        self.parts().1
    }

    /// Returns the whole text, `algorithm:encoded`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Encodes a hash computed with `algorithm`.
    pub(crate) fn of_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        let name = algorithm.name();
        let mut text = String::with_capacity(name.len() + 1 + hash.len() * 2);
        text.push_str(name);
        text.push(':');
        for byte in hash {
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
        }
        Self { text: text.into() }
    }

    fn parts(&self) -> (&str, &str) {
        self.text
            .split_once(':')
            .expect("a digest was parsed with its colon")
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        check(text).map_err(|reason| InvalidDigest {
            text: shorten(text),
            reason,
        })?;
        Ok(Self { text: text.into() })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The error for text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid digest {text:?}: {reason}")]
pub struct InvalidDigest {
    text: String,
    reason: &'static str,
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_LEN {
        return Err("it is longer than 255 characters");
    }
    let (algorithm, encoded) = text.split_once(':').ok_or("it has no colon")?;
    check_algorithm(algorithm)?;
    match hex_digits(algorithm) {
        Some(digits) => check_hex(encoded, digits),
        None => check_encoded(encoded),
    }
}

fn check_algorithm(name: &str) -> Result<(), &'static str> {
    let component =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if name.split(['+', '.', '_', '-']).all(component) {
        Ok(())
    } else {
        Err("the algorithm is not made of lower-case letters and digits")
    }
}

/// The number of hexadecimal digits of the registered algorithm `name`, whether or not it can be verified: which text
/// parses as a digest does not depend on features.
fn hex_digits(name: &str) -> Option<usize> {
    match name {
        "sha256" | "blake3" => Some(64),
        "sha384" => Some(96),
        "sha512" => Some(128),
        _ => None,
    }
}

fn check_hex(encoded: &str, digits: usize) -> Result<(), &'static str> {
    if encoded.len() != digits {
        return Err("the number of hexadecimal digits does not fit the algorithm");
    }
    if encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(())
    } else {
        Err("it is not made of lower-case hexadecimal digits")
    }
}

/// The value of a lower-case hexadecimal digit.
fn digit(digit: u8) -> u8 {
    match digit {
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'0'),
    }
}

fn check_encoded(encoded: &str) -> Result<(), &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-');
    if !encoded.is_empty() && encoded.bytes().all(allowed) {
        Ok(())
    } else {
        Err("the encoded part is not made of letters, digits, '=', '_' and '-'")
    }
}

/// Shortens text of any length to its first 80 characters, for messages.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(SHOWN).collect();
    short.push('…');
    short
}
