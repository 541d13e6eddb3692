//! Names: tags and digests that identify content in a store.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{Algorithm, Digest, InvalidReference};

/// Upper bound on a tag's length, in characters.
const MAX_TAG: usize = 128;

/// A tag: a name in a store that can be moved to other content.
///
/// Any non-empty text is a tag, unless it is a digest that content can be verified against. Registries accept only the
/// tags of distribution-spec; see [`check`](Self::check), which is precomputed when the tag is parsed.
///
/// ```
/// use oras_content::Tag;
///
/// let tag: Tag = "v1".parse()?;
/// assert!(tag.check().is_ok());
/// assert!("with spaces".parse::<Tag>()?.check().is_err());
/// assert!("".parse::<Tag>().is_err());
/// # Ok::<(), oras_content::InvalidReference>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    text: Arc<str>,
    /// The reason why distribution-spec forbids the tag, if it does.
    flaw: Option<&'static str>,
}

impl Tag {
    /// Returns the text of the tag.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Checks that registries accept the tag: a letter, digit or underscore, followed by up to 127 of these, dots and
    /// hyphens.
    ///
    /// Spec: distribution-spec v1.1, "Pulling manifests".
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: registries do not accept it.
    pub fn check(&self) -> Result<(), InvalidReference> {
        match self.flaw {
            None => Ok(()),
            Some(reason) => Err(InvalidReference::new(&self.text, reason)),
        }
    }
}

impl FromStr for Tag {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        if text.is_empty() {
            return Err(InvalidReference::new(text, "a tag has at least one character"));
        }
        if verifiable(text).is_some() {
            return Err(InvalidReference::new(text, "a digest cannot be a tag"));
        }
        if starts_like_a_digest(text) {
            return Err(InvalidReference::new(
                text,
                "it starts like a digest, but is none",
            ));
        }
        Ok(Self {
            text: text.into(),
            flaw: check(text).err(),
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.text)
    }
}

/// A tag or a digest, naming content in a store.
///
/// ```
/// use oras_content::{Digest, Name};
///
/// assert!(matches!("v1".parse()?, Name::Tag(_)));
/// assert!(matches!(Digest::sha256(b"hello").as_str().parse()?, Name::Digest(_)));
/// # Ok::<(), oras_content::InvalidReference>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// The content that the tag currently points to.
    Tag(Tag),
    /// The content with this digest.
    Digest(Digest),
}

impl Name {
    /// Returns the text of the tag or digest.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag(tag) => tag.as_str(),
            Self::Digest(digest) => digest.as_str(),
        }
    }

    /// Returns the digest, if this is one.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) => Some(digest),
        }
    }

    /// Returns the tag, if this is one.
    pub fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Tag(tag) => Some(tag),
            Self::Digest(_) => None,
        }
    }
}

impl FromStr for Name {
    type Err = InvalidReference;

    /// Parses a digest, a tag, or `tag@digest`, in which case the tag is ignored.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let last = text.rsplit_once('@').map_or(text, |(_, digest)| digest);
        match verifiable(last) {
            Some(digest) => Ok(Self::Digest(digest)),
            None => text.parse().map(Self::Tag),
        }
    }
}

/// Whether `text` begins with the name of a supported algorithm and a colon, and so is more likely a malformed digest than
/// a tag.
fn starts_like_a_digest(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(name, _)| Algorithm::from_name(name).is_some())
}

/// Parses `text` as a digest that content can be verified against: `image:v1` looks like a digest of an unknown
/// algorithm.
fn verifiable(text: &str) -> Option<Digest> {
    let digest: Digest = text.parse().ok()?;
    digest.algorithm().is_some().then_some(digest)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Tag> for Name {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}

impl From<Digest> for Name {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

impl From<&Tag> for Name {
    fn from(tag: &Tag) -> Self {
        Self::Tag(tag.clone())
    }
}

impl From<&Digest> for Name {
    fn from(digest: &Digest) -> Self {
        Self::Digest(digest.clone())
    }
}

/// Anything that can name content: text, a [`Name`], a [`Tag`], a [`Digest`] or a [`Reference`](crate::Reference).
pub trait IntoName: Send {
    /// Converts into a name. Returns `None` if there is none, as for empty text or a reference to a whole repository.
    ///
    /// # Errors
    ///
    /// Fails if the text cannot be a name.
    fn into_name(self) -> Result<Option<Name>, InvalidReference>;
}

impl IntoName for &str {
    fn into_name(self) -> Result<Option<Name>, InvalidReference> {
        if self.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.parse()?))
    }
}

impl IntoName for &String {
    fn into_name(self) -> Result<Option<Name>, InvalidReference> {
        self.as_str().into_name()
    }
}

impl IntoName for String {
    fn into_name(self) -> Result<Option<Name>, InvalidReference> {
        self.as_str().into_name()
    }
}

impl IntoName for Option<Name> {
    fn into_name(self) -> Result<Option<Name>, InvalidReference> {
        Ok(self)
    }
}

macro_rules! into_name {
    ($($named:ty),*) => {$(
        impl IntoName for $named {
            fn into_name(self) -> Result<Option<Name>, InvalidReference> {
                Ok(Some(self.into()))
            }
        }

        impl IntoName for &$named {
            fn into_name(self) -> Result<Option<Name>, InvalidReference> {
                Ok(Some(self.clone().into()))
            }
        }
    )*};
}

into_name!(Name, Tag, Digest);

/// Spec: distribution-spec v1.1, "Pulling manifests".
fn check(tag: &str) -> Result<(), &'static str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let starts_well = tag.bytes().next().is_some_and(word);
    if starts_well && tag.len() <= MAX_TAG && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-') {
        Ok(())
    } else {
        Err("a tag is a letter, digit or underscore and up to 127 more of these, dots and hyphens")
    }
}
