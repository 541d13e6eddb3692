//! Tag selections: which tags of a repository are kept the same.

use jiff::Timestamp;
use oras_content::{Digest, Tag};

use crate::{Moment, Names, Version, VersionRange};

/// Which tags of a repository are meant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TagSelection {
    /// These tags, which have to be there. Nothing is listed.
    These(Vec<Tag>),
    /// Those of the tags that are there.
    Filter(TagFilter),
}

/// Which of the tags that a repository has are meant. By default all are, but for those that belong to other artifacts: lists
/// of referrers, and what cosign keeps under tags such as `sha256-….sig`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TagFilter {
    /// How the tags are called.
    pub names: Names,
    /// One of these ranges has the version that the tag says; tags that say none are left out. Any tag where there is none.
    pub versions: Vec<VersionRange>,
    /// Only tags of what was made after this, as [`Dates`](crate::Dates) tell; those of which that is not known are left out.
    /// Any where `None`.
    pub newer_than: Option<Moment>,
    /// Only tags of what was made before this; those of which that is not known are left out. Any where `None`.
    pub older_than: Option<Moment>,
    /// Of those that are left, only so many; all where `None`.
    pub newest: Option<Newest>,
}

/// The newest of some tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// How many.
    pub count: usize,
    /// What makes a tag newer than another.
    pub by: Age,
}

/// What makes a tag newer than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Age {
    /// The version that it says. Tags that say none are left out, and prereleases that no range names.
    #[default]
    Version,
    /// When what it stands for was made: its manifest is read, and its configuration where need be. Tags of which that is not
    /// known are left out.
    Created,
}

impl Default for TagSelection {
    fn default() -> Self {
        Self::Filter(TagFilter::default())
    }
}

impl TagFilter {
    /// Takes tags that are called so.
    #[must_use]
    pub fn with_names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// Takes tags of these versions.
    #[must_use]
    pub fn with_versions(mut self, versions: impl IntoIterator<Item = VersionRange>) -> Self {
        self.versions = versions.into_iter().collect();
        self
    }

    /// Takes tags of what was made after this.
    #[must_use]
    pub fn with_newer_than(mut self, moment: Moment) -> Self {
        self.newer_than = Some(moment);
        self
    }

    /// Takes tags of what was made before this.
    #[must_use]
    pub fn with_older_than(mut self, moment: Moment) -> Self {
        self.older_than = Some(moment);
        self
    }

    /// Takes only the newest.
    #[must_use]
    pub fn with_newest(mut self, count: usize, by: Age) -> Self {
        self.newest = Some(Newest { count, by });
        self
    }

    /// Whether a tag is meant, but for how new or old it is: where the version tells that, it has to be one.
    pub fn fits(&self, tag: &str) -> bool {
        if !self.names.fits(tag) {
            return false;
        }
        let is_aged = self.newest.is_some_and(|newest| newest.by == Age::Version);
        if self.versions.is_empty() && !is_aged {
            return true;
        }
        let Ok(version) = tag.parse::<Version>() else {
            return false;
        };
        match self.versions.is_empty() {
            true => !version.is_prerelease(),
            false => self.versions.iter().any(|range| range.contains(&version)),
        }
    }

    /// Whether it has to be known when something was made.
    pub(crate) fn needs_dates(&self) -> bool {
        let is_aged = self.newest.is_some_and(|newest| newest.by == Age::Created);
        is_aged || self.newer_than.is_some() || self.older_than.is_some()
    }

    /// Tags that say a version, the newest first.
    pub(crate) fn by_version(tags: Vec<Tag>) -> Vec<Tag> {
        let version = |tag: Tag| Some((tag.as_str().parse::<Version>().ok()?, tag));
        let mut versions: Vec<(Version, Tag)> = tags.into_iter().filter_map(version).collect();
        versions.sort_by(|(one, _), (other, _)| other.cmp(one));
        versions.into_iter().map(|(_, tag)| tag).collect()
    }
}

/// When something has to have been made.
pub(crate) struct Between {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl Between {
    pub(crate) fn of(filter: &TagFilter, now: Timestamp) -> Self {
        let seen = |moment: Option<Moment>| moment.map(|moment| moment.seen_from(now));
        Self {
            after: seen(filter.newer_than),
            before: seen(filter.older_than),
        }
    }

    pub(crate) fn has(&self, created: Timestamp) -> bool {
        self.after.is_none_or(|after| created > after) && !self.is_too_new(created)
    }

    /// Whether it is a matter of time that something fits.
    pub(crate) fn is_too_new(&self, created: Timestamp) -> bool {
        self.before.is_some_and(|before| created >= before)
    }

    /// Whether nothing can fit.
    pub(crate) fn is_empty(&self) -> bool {
        matches!((self.after, self.before), (Some(after), Some(before)) if after >= before)
    }
}

/// The digest of the artifact that a tag belongs to, where it belongs to one: `sha256-…` and what may follow.
pub(crate) fn owner(tag: &str) -> Option<Digest> {
    let (algorithm, rest) = tag.split_once('-')?;
    let ends = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    let digest: Digest = format!("{algorithm}:{}", &rest[..ends]).parse().ok()?;
    digest.algorithm().is_some().then_some(digest)
}

/// Whether a tag lists referrers, which every registry does for itself.
///
/// Spec: distribution-spec v1.1, "Referrers Tag Schema".
pub(crate) fn lists_referrers(tag: &str) -> bool {
    owner(tag).is_some_and(|owner| owner.as_str().len() == tag.len())
}

#[cfg(test)]
mod tests {
    use oras_content::Digest;

    use super::{lists_referrers, owner};

    #[test]
    fn tags_that_belong_to_artifacts_are_known() {
        let digest = Digest::sha256(b"x");
        let tag = digest.as_str().replace(':', "-");
        assert!(lists_referrers(&tag));
        for tag in [tag.clone(), format!("{tag}.sig"), format!("{tag}.att")] {
            assert_eq!(owner(&tag), Some(digest.clone()), "{tag}");
        }
        assert!(!lists_referrers(&format!("{tag}.sig")));
        for tag in ["v1-abc", "sha256-abc", "latest", "sha256-", &tag[..70]] {
            assert_eq!(owner(tag), None, "{tag}");
        }
    }
}
