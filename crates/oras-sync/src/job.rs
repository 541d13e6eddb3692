//! Jobs: from where to where, and what.

use std::fmt;
use std::path::PathBuf;

use oras_content::{MediaType, Platform};

use crate::overlap::Address;
use crate::{Names, Rename, TagSelection};

/// A place that is read or written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// A repository: `registry.example/team/app`.
    Repository(String),
    /// All repositories of a registry, or those below a path: `registry.example`, `registry.example/team`.
    Registry(String),
    /// An OCI image layout in a folder, or in an archive.
    Layout(PathBuf),
}

impl Place {
    /// Whether both are the same, whatever they are called: a layout by any path, a registry with or without its default port.
    /// Asks the file system what paths lead to.
    ///
    /// ```
    /// use oras_sync::Place;
    ///
    /// let layout = |path: &str| Place::Layout(path.into());
    /// assert!(layout("saved").is_same_as(&layout("./saved")));
    /// assert!(!layout("saved").is_same_as(&layout("saved.tar")));
    /// ```
    pub fn is_same_as(&self, other: &Self) -> bool {
        Address::of(self) == Address::of(other)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(name) | Self::Registry(name) => f.write_str(name),
            Self::Layout(path) => path.display().fmt(f),
        }
    }
}

/// What comes along with a manifest because it refers to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Referrers {
    /// Nothing.
    #[default]
    None,
    /// All referrers, and theirs.
    All,
    /// Only referrers of these artifact types, and theirs of these types.
    Types(Vec<MediaType>),
}

/// Tags that are kept the same at two places.
///
/// ```
/// use oras_sync::{Glob, Job, NamePattern, Names, Place, TagFilter, TagSelection};
///
/// let releases = NamePattern::Glob("v1.*".parse::<Glob>().unwrap());
/// let tags = TagFilter::default().with_names(Names::default().with_include([releases]));
/// let from = Place::Repository("registry.example/app".to_owned());
/// let to = Place::Repository("mirror.example/app".to_owned());
/// let job = Job::new(from, to).with_tags(TagSelection::Filter(tags));
/// assert!(!job.delete);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// What is read.
    pub from: Place,
    /// What is written: a repository or a layout; where a registry is read, a registry, below which each repository has the
    /// name that it has below the other.
    pub to: Place,
    /// Of a registry, which repositories: how they are called below `from`. Default: all.
    pub repositories: Names,
    /// Which tags. Default: all.
    pub tags: TagSelection,
    /// What the tags are called at the destination. Default: as at the source.
    pub rename: Rename,
    /// Only what is for these platforms, as [`CopyOptions::platforms`](oras_copy::CopyOptions::platforms). Default: all.
    pub platforms: Vec<Platform>,
    /// What refers to the tags' manifests. Default: nothing.
    pub referrers: Referrers,
    /// Whether the tags come along by which cosign attaches signatures and more, such as `sha256-….sig`. Default: no.
    pub digest_tags: bool,
    /// Whether tags go at the destination that the source does not choose, though they fit the names and versions. Tags of
    /// other names stay, and content always does. No other job may write there. Default: no.
    pub delete: bool,
}

impl Job {
    /// All tags of `from`.
    pub fn new(from: Place, to: Place) -> Self {
        Self {
            from,
            to,
            repositories: Names::default(),
            tags: TagSelection::default(),
            rename: Rename::default(),
            platforms: Vec::new(),
            referrers: Referrers::None,
            digest_tags: false,
            delete: false,
        }
    }

    /// Takes these repositories of a registry.
    #[must_use]
    pub fn with_repositories(mut self, repositories: Names) -> Self {
        self.repositories = repositories;
        self
    }

    /// Takes these tags.
    #[must_use]
    pub fn with_tags(mut self, tags: TagSelection) -> Self {
        self.tags = tags;
        self
    }

    /// Calls the tags so at the destination.
    #[must_use]
    pub fn with_rename(mut self, rename: Rename) -> Self {
        self.rename = rename;
        self
    }

    /// Takes only what is for these platforms.
    #[must_use]
    pub fn with_platforms(mut self, platforms: impl IntoIterator<Item = Platform>) -> Self {
        self.platforms = platforms.into_iter().collect();
        self
    }

    /// Takes these referrers along.
    #[must_use]
    pub fn with_referrers(mut self, referrers: Referrers) -> Self {
        self.referrers = referrers;
        self
    }

    /// Takes the tags of cosign along, or not.
    #[must_use]
    pub fn with_digest_tags(mut self, digest_tags: bool) -> Self {
        self.digest_tags = digest_tags;
        self
    }

    /// Removes tags that the source does not choose, or not.
    #[must_use]
    pub fn with_delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }
}
