//! Digests: the names that content gives itself.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use ::digest::Digest as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest digest text that parses, in bytes.
const MAX_LEN: usize = 255;

/// A content digest, `algorithm:encoded`, that is valid for as long as it lives.
///
/// sha256, sha384 and sha512 are checked for length and lower-case hexadecimal digits and can be verified. Other
/// algorithms of the grammar parse, so that documents which mention them can be read, but content never passes
/// verification against them. Both parts are free of `/` and of `..`, so that they can be path components.
///
/// Spec: image-spec v1.1, `descriptor.md`, "Digests".
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
    /// The sha256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Algorithm::Sha256.digest(bytes)
    }

    /// The algorithm, where it is one that can be verified.
    pub fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::from_name(self.algorithm_name())
    }

    /// The part before the colon.
    pub fn algorithm_name(&self) -> &str {
        self.parts().0
    }

    /// The part after the colon.
    pub fn encoded(&self) -> &str {
        self.parts().1
    }

    /// The whole text, `algorithm:encoded`.
    pub fn as_str(&self) -> &str {
        &self.text
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

/// A hash algorithm that this library verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, the algorithm of nearly all content.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The algorithm that a digest's text calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The name in a digest's text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Digest {
        let mut hasher = Hasher::new(self);
        hasher.update(bytes);
        hasher.finish()
    }

    fn encoded_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }
}

/// A digest in the making.
#[derive(Clone)]
pub struct Hasher {
    state: State,
}

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// Starts a digest.
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha384 => State::Sha384(sha2::Sha384::new()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
        };
        Self { state }
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Sha256(hasher) => hasher.update(bytes),
            State::Sha384(hasher) => hasher.update(bytes),
            State::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Digest {
        match self.state {
            State::Sha256(hasher) => render("sha256", &hasher.finalize()),
            State::Sha384(hasher) => render("sha384", &hasher.finalize()),
            State::Sha512(hasher) => render("sha512", &hasher.finalize()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

/// A text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid digest {text:?}: {reason}")]
pub struct InvalidDigest {
    text: String,
    reason: &'static str,
}

fn render(algorithm: &str, hash: &[u8]) -> Digest {
    let mut text = String::with_capacity(algorithm.len() + 1 + hash.len() * 2);
    text.push_str(algorithm);
    text.push(':');
    for byte in hash {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    Digest { text: text.into() }
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_LEN {
        return Err("it is longer than 255 characters");
    }
    let (algorithm, encoded) = text.split_once(':').ok_or("it has no colon")?;
    check_algorithm(algorithm)?;
    match Algorithm::from_name(algorithm) {
        Some(known) => check_hex(encoded, known),
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

fn check_hex(encoded: &str, algorithm: Algorithm) -> Result<(), &'static str> {
    if encoded.len() != algorithm.encoded_len() {
        return Err("the number of hexadecimal digits does not fit the algorithm");
    }
    if encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(())
    } else {
        Err("it is not made of lower-case hexadecimal digits")
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

/// At most the first 80 characters, for a message about text of any length.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(SHOWN).collect();
    short.push('…');
    short
}
