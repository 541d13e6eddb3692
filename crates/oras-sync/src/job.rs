//! Jobs: a source, a destination, and what to copy.

use std::fmt;
use std::path::PathBuf;

use oras_content::{MediaType, Platform};

use crate::overlap::Address;
use crate::{Names, Rename, TagSelection};

/// A source or destination.
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
    /// Returns `true` if both are the same place under different names: a layout by any path, a registry with or without its
    /// default port. Paths are resolved through the file system.
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

/// The referrers that are copied with a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Referrers {
    /// No referrers.
    #[default]
    None,
    /// All referrers, recursively.
    All,
    /// Only referrers of these artifact types, recursively.
    Types(Vec<MediaType>),
}

/// A set of tags that is kept in sync between a source and a destination.
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
    /// The source.
    pub from: Place,
    /// The destination: a repository or a layout; if the source is a registry, a registry, below which each repository keeps
    /// its name.
    pub to: Place,
    /// The repositories of a registry, by their names below `from`. Default: all.
    pub repositories: Names,
    /// The selected tags. Default: all.
    pub tags: TagSelection,
    /// The names of tags at the destination. Default: as at the source.
    pub rename: Rename,
    /// The selected platforms, as in [`CopyOptions::platforms`](oras_copy::CopyOptions::platforms). Default: all.
    pub platforms: Vec<Platform>,
    /// The referrers to copy with the manifests of the tags. Default: none.
    pub referrers: Referrers,
    /// Whether to copy the tags by which cosign attaches signatures and other artifacts, such as `sha256-….sig`. Default:
    /// no.
    pub digest_tags: bool,
    /// Whether to delete tags at the destination that match the names and versions but are not selected at the source. Tags
    /// of other names are kept, and content always is. No other job may write to this destination. Default: no.
    pub delete: bool,
}

impl Job {
    /// Creates a job that copies all tags of `from`.
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

    /// Selects these repositories of a registry.
    #[must_use]
    pub fn with_repositories(mut self, repositories: Names) -> Self {
        self.repositories = repositories;
        self
    }

    /// Selects these tags.
    #[must_use]
    pub fn with_tags(mut self, tags: TagSelection) -> Self {
        self.tags = tags;
        self
    }

    /// Renames tags at the destination.
    #[must_use]
    pub fn with_rename(mut self, rename: Rename) -> Self {
        self.rename = rename;
        self
    }

    /// Selects these platforms.
    #[must_use]
    pub fn with_platforms(mut self, platforms: impl IntoIterator<Item = Platform>) -> Self {
        self.platforms = platforms.into_iter().collect();
        self
    }

    /// Copies these referrers, too.
    #[must_use]
    pub fn with_referrers(mut self, referrers: Referrers) -> Self {
        self.referrers = referrers;
        self
    }

    /// Sets whether the tags of cosign are copied.
    #[must_use]
    pub fn with_digest_tags(mut self, digest_tags: bool) -> Self {
        self.digest_tags = digest_tags;
        self
    }

    /// Sets whether tags that are not selected at the source are deleted.
    #[must_use]
    pub fn with_delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }
}
