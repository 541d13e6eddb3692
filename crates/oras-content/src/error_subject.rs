//! `ErrorSubject`: what an error is about.

use std::fmt;

use crate::{Descriptor, Digest};

/// What an error is about: the words that name it, and the store that it is in where that is known.
///
/// The words are for people; programs look at the [`store`](Self::store).
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
pub struct ErrorSubject {
    words: Box<str>,
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
    /// Files in this folder.
    Folder(Box<str>),
}

impl ErrorSubject {
    /// Says which store it is in.
    #[must_use]
    pub fn in_store(mut self, store: StoreName) -> Self {
        self.store = Some(store);
        self
    }

    /// Says which store it is in, unless that is known.
    pub(crate) fn set_store(&mut self, store: &StoreName) {
        self.store.get_or_insert_with(|| store.clone());
    }

    /// The same store, named by other words.
    #[must_use]
    pub fn reworded(&self, words: impl Into<Box<str>>) -> Self {
        Self {
            words: words.into(),
            store: self.store.clone(),
        }
    }

    /// The words that name it.
    pub fn as_str(&self) -> &str {
        &self.words
    }

    /// The store that it is in, where that is known.
    pub fn store(&self) -> Option<&StoreName> {
        self.store.as_ref()
    }

    /// The registry that it is in, where it is known to be in one.
    pub fn registry(&self) -> Option<&str> {
        match &self.store {
            Some(StoreName::Registry(registry)) => Some(registry),
            _ => None,
        }
    }
}

impl fmt::Display for ErrorSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl From<&str> for ErrorSubject {
    fn from(words: &str) -> Self {
        Self {
            words: words.into(),
            store: None,
        }
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
        digest.as_str().into()
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

impl From<std::path::Display<'_>> for ErrorSubject {
    fn from(path: std::path::Display<'_>) -> Self {
        path.to_string().into()
    }
}
