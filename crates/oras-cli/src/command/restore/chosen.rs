//! The selected repositories of a backup of several, with their destinations.

use std::collections::BTreeMap;

use oras::Tag;

use super::Restore;
use crate::hint::advised;
use crate::many::{Named, fits, none_like};
use crate::names::repository_name;
use crate::place::Place;
use crate::store::named;
use crate::system::Access;
use crate::tags;
use crate::usage::{Usage, ensure_usage};

/// A repository of a backup, and its destination.
pub(super) struct Chosen {
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) tags: Vec<Tag>,
}

impl Restore {
    /// Returns the repositories to restore; `None` if the backup has only one repository.
    pub(super) fn chosen(&self, place: &Place, mut there: Named) -> anyhow::Result<Option<Vec<Chosen>>> {
        if there.repositories.is_empty() || (self.patterns.is_empty() && !there.plain.is_empty()) {
            self.ensure_one(&there)?;
            return Ok(None);
        }
        let all = there.few();
        there.repositories.retain(|name, _| fits(&self.patterns, name));
        if there.repositories.is_empty() {
            let absent = none_like(&self.patterns, &self.input.display().to_string());
            return Err(advised(absent, format!("it has {all}")));
        }
        match self.is_below() {
            true => self.each_below(place, there).map(Some),
            false => self.only(place, there).map(|one| Some(vec![one])),
        }
    }

    /// Whether the destination is a registry or a namespace, below which each repository keeps its path.
    fn is_below(&self) -> bool {
        !self.name.contains('/') || self.name.ends_with('/')
    }

    /// Refuses options that apply only to a backup of several repositories.
    fn ensure_one(&self, there: &Named) -> anyhow::Result<()> {
        let input = self.input.display();
        ensure_usage!(
            self.patterns.is_empty(),
            "--repository chooses among many repositories, and the tags in {input} name none: leave it out"
        );
        let Some(plain) = there.plain.first().filter(|_| self.is_below()) else {
            return Ok(());
        };
        let name = self.name.trim_end_matches('/');
        let others = match there.example() {
            None => String::new(),
            Some(example) => format!(", or choose tags such as {example} with --repository"),
        };
        Err(Usage::error(format!(
            "{input} has tags without a repository, such as {plain}: name the one to restore them to, as in {name}/<repository>{others}"
        )))
    }

    fn each_below(&self, place: &Place, there: Named) -> anyhow::Result<Vec<Chosen>> {
        let below = self.name.trim_end_matches('/');
        let mut sources: BTreeMap<String, String> = BTreeMap::new();
        let mut chosen = Vec::new();
        for (source, tags) in there.repositories {
            let path = source.split_once('/').map_or("", |(_, path)| path);
            let (reference, _) = named(Access::Push, place, &format!("{below}/{path}"))?;
            let destination = repository_name(&reference);
            if let Some(other) = sources.insert(destination.clone(), source.clone()) {
                let registry = other.split('/').next().unwrap_or(&other);
                return Err(Usage::error(format!(
                    "{other} and {source} would both become {destination}: choose those of one registry with \
                     --repository '{registry}/*', and restore the others below another namespace"
                )));
            }
            chosen.push(Chosen {
                source,
                destination,
                tags,
            });
        }
        Ok(chosen)
    }

    /// Returns the only selected repository, whose destination is the named repository.
    fn only(&self, place: &Place, there: Named) -> anyhow::Result<Chosen> {
        let (reference, names) = named(Access::Push, place, &self.name)?;
        let destination = repository_name(&reference);
        let (count, few) = (there.repositories.len(), there.few());
        let mut repositories = there.repositories.into_iter();
        let (Some((source, all)), None) = (repositories.next(), repositories.next()) else {
            return Err(Usage::error(format!(
                "{} has tags of {count} repositories ({few}), and {destination} is one: write {destination}/ to restore each \
                 below it, or choose one with --repository",
                self.input.display()
            )));
        };
        let named = tags::named(&destination, &names)?;
        let tags = if named.is_empty() { all } else { named };
        Ok(Chosen {
            source,
            destination,
            tags,
        })
    }
}
