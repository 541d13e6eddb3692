//! Tag selections: which tags of a repository are synced.

use jiff::Timestamp;
use oras_content::{Digest, Tag};

use crate::{Moment, Names, Version, VersionRange};

/// A selection of the tags of a repository.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TagSelection {
    /// These tags, all of which must exist. Nothing is listed.
    These(Vec<Tag>),
    /// Existing tags that match a filter.
    Filter(TagFilter),
}

/// A filter for the tags of a repository. By default all tags match, except those that belong to other artifacts: referrers
/// indexes, and tags such as `sha256-….sig`, under which cosign keeps artifacts.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TagFilter {
    /// The names of the tags.
    pub names: Names,
    /// The tag must be a version in one of these ranges. If the list is empty, any tag matches.
    pub versions: Vec<VersionRange>,
    /// Only artifacts created after this moment, as reported by [`Dates`](crate::Dates); those without a date are left out.
    /// `None` means no limit.
    pub newer_than: Option<Moment>,
    /// Only artifacts created before this moment; those without a date are left out. `None` means no limit.
    pub older_than: Option<Moment>,
    /// Only this many of the remaining tags; `None` means all.
    pub newest: Option<Newest>,
}

/// A number of newest tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// The number of tags.
    pub count: usize,
    /// The order of tags.
    pub by: Age,
}

/// The order by which a tag is newer than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Age {
    /// The version in the tag. Tags that are not versions are left out, and so are prereleases that no range names.
    #[default]
    Version,
    /// The creation date of the artifact. Its manifest is read, and its configuration if necessary. Tags without a date are
    /// left out.
    Created,
}

impl Default for TagSelection {
    fn default() -> Self {
        Self::Filter(TagFilter::default())
    }
}

impl TagFilter {
    /// Sets the names of the tags.
    #[must_use]
    pub fn with_names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// Sets the ranges of versions.
    #[must_use]
    pub fn with_versions(mut self, versions: impl IntoIterator<Item = VersionRange>) -> Self {
        self.versions = versions.into_iter().collect();
        self
    }

    /// Selects only artifacts created after this moment.
    #[must_use]
    pub fn with_newer_than(mut self, moment: Moment) -> Self {
        self.newer_than = Some(moment);
        self
    }

    /// Selects only artifacts created before this moment.
    #[must_use]
    pub fn with_older_than(mut self, moment: Moment) -> Self {
        self.older_than = Some(moment);
        self
    }

    /// Selects only the newest tags.
    #[must_use]
    pub fn with_newest(mut self, count: usize, by: Age) -> Self {
        self.newest = Some(Newest { count, by });
        self
    }

    /// Returns `true` if the name and version of a tag match, whatever its age. If the order is by version, the tag must be
    /// one.
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

    /// Whether creation dates are needed.
    pub(crate) fn needs_dates(&self) -> bool {
        let is_aged = self.newest.is_some_and(|newest| newest.by == Age::Created);
        is_aged || self.newer_than.is_some() || self.older_than.is_some()
    }

    /// Returns the tags that are versions, newest first.
    pub(crate) fn by_version(tags: Vec<Tag>) -> Vec<Tag> {
        let version = |tag: Tag| Some((tag.as_str().parse::<Version>().ok()?, tag));
        let mut versions: Vec<(Version, Tag)> = tags.into_iter().filter_map(version).collect();
        versions.sort_by(|(one, _), (other, _)| other.cmp(one));
        versions.into_iter().map(|(_, tag)| tag).collect()
    }
}

/// A period of creation dates.
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

    /// Whether the artifact is too young now but will match later.
    pub(crate) fn is_too_new(&self, created: Timestamp) -> bool {
        self.before.is_some_and(|before| created >= before)
    }

    /// Whether no date can match.
    pub(crate) fn is_empty(&self) -> bool {
        matches!((self.after, self.before), (Some(after), Some(before)) if after >= before)
    }
}

/// Returns the digest of the artifact that a tag belongs to, for tags of the form `sha256-…` with an optional suffix.
pub(crate) fn owner(tag: &str) -> Option<Digest> {
    let (algorithm, rest) = tag.split_once('-')?;
    let ends = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    let digest: Digest = format!("{algorithm}:{}", &rest[..ends]).parse().ok()?;
    digest.algorithm().is_some().then_some(digest)
}

/// Whether a tag is a referrers index, which each registry keeps for itself.
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
