//! `ErrorSubject`: what an error is about.

use std::fmt;

use crate::{Descriptor, Digest, Name, Tag};

/// The subject of an error: its name as text, and its digest and store, if known.
///
/// The text is for people; programs use [`digest`](Self::digest) and [`store`](Self::store).
///
/// ```
/// use oras_content::{Error, ErrorSubject, StoreName};
///
/// let store = StoreName::Registry("localhost:5000".into());
/// let subject = ErrorSubject::from("localhost:5000/app:v1").in_store(store.clone());
/// let error = Error::not_found(subject);
/// assert_eq!(error.to_string(), "localhost:5000/app:v1 not found");
/// assert_eq!(error.subject().and_then(ErrorSubject::store), Some(&store));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorSubject(Box<Named>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    words: Box<str>,
    digest: Option<Digest>,
    tag: Option<Tag>,
    store: Option<StoreName>,
}

/// The name of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreName {
    /// A registry, as the caller named it: `host` or `host:port`.
    Registry(Box<str>),
    /// An OCI image layout: its folder or archive.
    Layout(Box<str>),
    /// A folder of files.
    Folder(Box<str>),
    /// Any other store, as it names itself.
    Other(Box<str>),
}

impl ErrorSubject {
    /// Sets the digest that names the subject.
    #[must_use]
    pub fn with_digest(mut self, digest: Digest) -> Self {
        self.0.digest = Some(digest);
        self
    }

    /// Sets the tag that names the subject.
    #[must_use]
    pub fn with_tag(mut self, tag: Tag) -> Self {
        self.0.tag = Some(tag);
        self
    }

    /// Sets the store of the subject.
    #[must_use]
    pub fn in_store(mut self, store: StoreName) -> Self {
        self.0.store = Some(store);
        self
    }

    /// Sets the store of the subject, unless one is set already.
    pub(crate) fn set_store(&mut self, store: &StoreName) {
        self.0.store.get_or_insert_with(|| store.clone());
    }

    /// Replaces the text; the digest, tag and store stay.
    #[must_use]
    pub fn reworded(&self, words: impl Into<Box<str>>) -> Self {
        let mut reworded = self.clone();
        reworded.0.words = words.into();
        reworded
    }

    /// Returns the text that names the subject.
    pub fn as_str(&self) -> &str {
        &self.0.words
    }

    /// Returns the tag, if the subject is named by one.
    pub fn tag(&self) -> Option<&Tag> {
        self.0.tag.as_ref()
    }

    /// Returns the digest, if the subject is named by one; `None` for tags, repositories, files and everything else.
    pub fn digest(&self) -> Option<&Digest> {
        self.0.digest.as_ref()
    }

    /// Returns the store of the subject, if known.
    pub fn store(&self) -> Option<&StoreName> {
        self.0.store.as_ref()
    }

    /// Returns the registry of the subject, if it is known to be in one.
    pub fn registry(&self) -> Option<&str> {
        match &self.0.store {
            Some(StoreName::Registry(registry)) => Some(registry),
            _ => None,
        }
    }
}

impl fmt::Display for ErrorSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.words)
    }
}

impl From<&str> for ErrorSubject {
    fn from(words: &str) -> Self {
        Self(Box::new(Named {
            words: words.into(),
            digest: None,
            tag: None,
            store: None,
        }))
    }
}

impl From<String> for ErrorSubject {
    fn from(words: String) -> Self {
        words.as_str().into()
    }
}

impl From<&String> for ErrorSubject {
    fn from(words: &String) -> Self {
        words.as_str().into()
    }
}

impl From<&Self> for ErrorSubject {
    fn from(subject: &Self) -> Self {
        subject.clone()
    }
}

impl From<&Digest> for ErrorSubject {
    fn from(digest: &Digest) -> Self {
        Self::from(digest.as_str()).with_digest(digest.clone())
    }
}

impl From<Digest> for ErrorSubject {
    fn from(digest: Digest) -> Self {
        (&digest).into()
    }
}

impl From<&Descriptor> for ErrorSubject {
    fn from(descriptor: &Descriptor) -> Self {
        (&descriptor.digest).into()
    }
}

impl From<&Name> for ErrorSubject {
    fn from(name: &Name) -> Self {
        match name {
            Name::Tag(tag) => tag.into(),
            Name::Digest(digest) => digest.into(),
        }
    }
}

impl From<&Tag> for ErrorSubject {
    fn from(tag: &Tag) -> Self {
        let mut subject = Self::from(tag.as_str());
        subject.0.tag = Some(tag.clone());
        subject
    }
}

impl From<std::path::Display<'_>> for ErrorSubject {
    fn from(path: std::path::Display<'_>) -> Self {
        path.to_string().into()
    }
}
