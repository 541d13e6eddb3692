//! Names: the tags of a layout, grouped by the repository in their names.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use oras::content::TagListOptions;
use oras::sync::Glob;
use oras::{Error, Reference, Store, StoreExt, Tag};

/// The tags of a layout. In a layout of several repositories, a tag is a whole reference, `registry/repository:tag`.
///
/// Spec: image-spec v1.1, `annotations.md`, `org.opencontainers.image.ref.name`, whose grammar permits this.
#[derive(Default)]
pub(crate) struct Named {
    /// Tags without a repository in their names.
    pub(crate) plain: Vec<Tag>,
    /// The other tags by repository, without it.
    pub(crate) repositories: BTreeMap<String, Vec<Tag>>,
}

impl Named {
    /// Reads the tags of a layout.
    pub(crate) async fn read(layout: &dyn Store) -> anyhow::Result<Self> {
        let listed = layout.as_tag_lister()?.tags(TagListOptions::default());
        let listed: Vec<String> = listed.try_collect().await?;
        let tags = listed.iter().map(|tag| tag.parse());
        Ok(tags.collect::<Result<Vec<Tag>, _>>()?.into_iter().collect())
    }

    /// Returns one of the tags as it is in the layout.
    pub(crate) fn example(&self) -> Option<String> {
        let (repository, tags) = self.repositories.iter().next()?;
        Some(full(repository, tags.first()?))
    }

    /// Lists the repositories for the user to choose from, shortened if there are many.
    pub(crate) fn few(&self) -> String {
        const FEW: usize = 5;
        let names: Vec<&str> = self.repositories.keys().map(String::as_str).collect();
        match names.len() > FEW {
            true => format!("{}, and {} more", names[..FEW].join(", "), names.len() - FEW),
            false => names.join(", "),
        }
    }
}

impl FromIterator<Tag> for Named {
    fn from_iter<T: IntoIterator<Item = Tag>>(tags: T) -> Self {
        let mut named = Self::default();
        for tag in tags {
            match split(&tag) {
                Some((repository, tag)) => named.repositories.entry(repository).or_default().push(tag),
                None => named.plain.push(tag),
            }
        }
        named
    }
}

/// Whether a repository, with or without its registry, matches one of the patterns; without patterns, any does.
pub(crate) fn fits(patterns: &[Glob], repository: &str) -> bool {
    let path = repository.split_once('/').map_or(repository, |(_, path)| path);
    let fits = |pattern: &Glob| pattern.fits(repository) || pattern.fits(path);
    patterns.is_empty() || patterns.iter().any(fits)
}

/// Returns the error that no repository matches.
pub(crate) fn none_like(patterns: &[Glob], place: &str) -> Error {
    let patterns: Vec<String> = patterns.iter().map(Glob::to_string).collect();
    Error::not_found(format!("a repository like {} in {place}", patterns.join(" or ")))
}

/// Returns the name of a repository's tag in a layout of several.
pub(crate) fn full(repository: &str, tag: &Tag) -> String {
    format!("{repository}:{tag}")
}

/// Splits a tag of a layout into repository and tag, if it has both.
fn split(tag: &Tag) -> Option<(String, Tag)> {
    let reference: Reference = tag.as_str().parse().ok()?;
    let (repository, tag) = tag.as_str().rsplit_once(':')?;
    let named = reference.tag().filter(|named| named.as_str() == tag)?;
    Some((repository.to_owned(), named.clone()))
}

#[cfg(test)]
mod tests {
    use oras::Tag;

    use super::{full, split};

    #[test]
    fn a_name_is_split_into_what_it_was_made_of() {
        for repository in ["localhost:5000/app", "reg.example/team/app", "[::1]:5000/a"] {
            let tag: Tag = "v1".parse().unwrap();
            let name: Tag = full(repository, &tag).parse().unwrap();
            assert_eq!(split(&name), Some((repository.to_owned(), tag)));
        }
    }

    #[test]
    fn a_name_without_a_repository_or_a_tag_is_plain() {
        let digest = oras::Digest::sha256(b"");
        for plain in [
            "v1",
            "app:v1",
            "localhost:5000",
            "localhost:5000/app",
            "a/b:v1:v2",
        ] {
            assert_eq!(split(&plain.parse().unwrap()), None, "{plain}");
        }
        let pinned = format!("localhost:5000/app:v1@{digest}");
        assert_eq!(split(&pinned.parse().unwrap()), None);
    }
}
