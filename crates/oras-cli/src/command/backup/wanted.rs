//! The repositories to back up, and their selected tags.

use oras::Tag;
use oras::sync::{Glob, NamePattern, Names, TagFilter, TagSelection};

use crate::names::repository_name;
use crate::place::Place;
use crate::store::{Target, named};
use crate::system::Access;
use crate::tags;
use crate::usage::Usage;

/// A repository or layout with its selected tags; all tags if none is named.
pub(super) struct Wanted {
    /// The normalised name.
    pub(super) name: String,
    /// The text on the command line, without the patterns.
    text: String,
    tags: Vec<Tag>,
    patterns: Vec<Glob>,
}

impl Wanted {
    /// Parses a layout and the tags named in it.
    pub(super) fn of_layout(place: &Place, text: &str) -> Self {
        let (text, patterns) = match place.oci_layout_path {
            // With this flag, the whole text is one name.
            Some(_) => (text.to_owned(), Vec::new()),
            None => without_patterns(text),
        };
        Self {
            name: text.clone(),
            text,
            tags: Vec::new(),
            patterns,
        }
    }

    /// Parses repositories, and merges duplicates.
    pub(super) fn of_repositories(place: &Place, texts: &[String]) -> anyhow::Result<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for text in texts {
            let new = Self::of_repository(place, text)?;
            match all.iter_mut().find(|known| known.name == new.name) {
                Some(known) => known.join(new),
                None => all.push(new),
            }
        }
        Ok(all)
    }

    fn of_repository(place: &Place, typed: &str) -> anyhow::Result<Self> {
        let (text, patterns) = without_patterns(typed);
        if text.contains(['*', '?']) {
            let (registry, path) = text.split_once('/').unwrap_or((&text, "*"));
            let path = path.split(':').next().unwrap_or(path);
            return Err(Usage::error(format!(
                "{typed} is not a repository: to choose repositories by a pattern, write --all {registry} --repository '{path}'"
            )));
        }
        let (reference, names) = named(Access::Pull, place, &text)?;
        let name = repository_name(&reference);
        let tags = tags::named(&name, &names)?;
        Ok(Self {
            name,
            text,
            tags,
            patterns,
        })
    }

    /// Selects all tags of a repository.
    pub(super) fn whole(name: String) -> Self {
        Self {
            text: name.clone(),
            name,
            tags: Vec::new(),
            patterns: Vec::new(),
        }
    }

    fn is_all(&self) -> bool {
        self.tags.is_empty() && self.patterns.is_empty()
    }

    fn join(&mut self, other: Self) {
        let is_all = self.is_all() || other.is_all();
        self.tags.extend(other.tags);
        self.patterns.extend(other.patterns);
        if is_all {
            self.tags.clear();
            self.patterns.clear();
        }
        let tags: Vec<&str> = self.tags.iter().map(Tag::as_str).collect();
        self.text = match tags.is_empty() {
            true => self.name.clone(),
            false => format!("{}:{}", self.name, tags.join(",")),
        };
    }

    /// Returns its name as on the command line, without the patterns.
    pub(super) fn text(&self) -> String {
        self.text.clone()
    }

    /// Returns the selected tags of `source`.
    pub(super) async fn tags(&self, source: &Target) -> anyhow::Result<Vec<Tag>> {
        if self.patterns.is_empty() {
            return tags::wanted(source, &*source.store, &source.name).await;
        }
        let mut wanted = tags::named(&source.name, source.names())?;
        let listed = tags::all(&*source.store, &source.name).await?;
        let mut fitting = tags::like(listed, &self.patterns, &source.name)?;
        fitting.retain(|tag| !wanted.contains(tag));
        wanted.append(&mut fitting);
        Ok(wanted)
    }

    /// Returns the same selection for a copy of many repositories.
    pub(super) fn selections(&self) -> Vec<TagSelection> {
        let mut selections = Vec::new();
        if !self.tags.is_empty() {
            selections.push(TagSelection::These(self.tags.clone()));
        }
        if !self.patterns.is_empty() || self.tags.is_empty() {
            let is_named = |tag: &Tag| tag.as_str().parse().map(NamePattern::Glob);
            let named: Result<Vec<_>, _> = self.tags.iter().map(is_named).collect();
            let Ok(named) = named;
            let patterns = self.patterns.iter().cloned().map(NamePattern::Glob);
            let names = Names::default().with_include(patterns).with_exclude(named);
            selections.push(TagSelection::Filter(TagFilter::default().with_names(names)));
        }
        selections
    }

    /// Describes the selection for the error that nothing matches it.
    pub(super) fn described(&self) -> String {
        let patterns: Vec<String> = self.patterns.iter().map(Glob::to_string).collect();
        match patterns.is_empty() {
            true => format!("a tag in {}", self.name),
            false => format!("a tag like {} in {}", patterns.join(" or "), self.name),
        }
    }
}

/// Splits the tags that are patterns from `text`.
fn without_patterns(text: &str) -> (String, Vec<Glob>) {
    let name_start = text.rfind('/').map_or(0, |slash| slash + 1);
    let colon = text[name_start..].find(':').map(|colon| name_start + colon);
    let Some(colon) = colon.filter(|_| !text.contains('@')) else {
        return (text.to_owned(), Vec::new());
    };
    let is_pattern = |tag: &&str| tag.contains(['*', '?']);
    let (patterns, tags): (Vec<&str>, Vec<&str>) = text[colon + 1..].split(',').partition(is_pattern);
    let patterns = patterns.into_iter().map(str::parse).collect::<Result<_, _>>();
    let Ok(patterns) = patterns;
    match tags.is_empty() {
        true => (text[..colon].to_owned(), patterns),
        false => (format!("{}:{}", &text[..colon], tags.join(",")), patterns),
    }
}

#[cfg(test)]
mod tests {
    use super::without_patterns;

    #[test]
    fn patterns_are_told_from_tags() {
        let split = |text| {
            let (text, patterns) = without_patterns(text);
            let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            (text, patterns.join(" "))
        };
        let are = |text: &str, patterns: &str| (text.to_owned(), patterns.to_owned());
        assert_eq!(split("reg:5000/app"), are("reg:5000/app", ""));
        assert_eq!(split("reg:5000/app:v1,v2"), are("reg:5000/app:v1,v2", ""));
        assert_eq!(
            split("reg:5000/app:v1,v2.*,w?"),
            are("reg:5000/app:v1", "v2.* w?")
        );
        assert_eq!(split("reg/app:*"), are("reg/app", "*"));
        assert_eq!(split("reg/app:v*@x"), are("reg/app:v*@x", ""));
        assert_eq!(split("lay:v?"), are("lay", "v?"));
    }
}
