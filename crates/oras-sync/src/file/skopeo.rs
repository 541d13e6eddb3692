//! The format of `skopeo sync`: registries and their images.

use std::collections::HashMap;

use oras_content::{Digest, Tag};

use super::fields::Field;
use super::reading::{normalized, patterns};
use super::{Connection, FileError, FileOptions, SyncFile, Tls};
use crate::{Job, NamePattern, Names, Place, TagFilter, TagSelection, VersionRange};

const MEMBERS: &[&str] = &[
    "images",
    "images-by-tag-regex",
    "images-by-semver",
    "tls-verify",
    "credentials",
    "cert-dir",
];

pub(super) fn read(root: Field<'_>, options: &FileOptions) -> Result<SyncFile, FileError> {
    let mut file = SyncFile::default();
    let registries = root.members()?;
    if registries.is_empty() {
        return Err(root.error("says nothing: write jobs"));
    }
    for (_, field) in &registries {
        if !field.is_map() {
            return Err(field.error("is neither jobs nor sync, and no registry with images"));
        }
        field.only(MEMBERS)?;
    }
    let Some(to) = &options.to else {
        return Err(root.error("does not say where to, as those of skopeo: give the destination with --to"));
    };
    let mut images = Images {
        to: to.trim_end_matches('/'),
        scoped: options.scoped,
        taken: HashMap::new(),
    };
    for (registry, field) in registries {
        connection(&registry, &field, &mut file)?;
        let jobs = images.of(&registry, &field)?;
        if jobs.is_empty() {
            file.warnings
                .push(field.notice("has no images, and nothing of it is copied"));
        }
        file.plan.jobs.extend(jobs);
    }
    Ok(file)
}

fn connection(registry: &str, field: &Field<'_>, file: &mut SyncFile) -> Result<(), FileError> {
    if let Some(credentials) = field.member("credentials") {
        let text = format!("are not read from this file: take them out, and run 'oras login {registry}'");
        return Err(credentials.error(text));
    }
    if let Some(folder) = field.member("cert-dir") {
        return Err(folder.error("is not read: write a file with jobs, whose registries may have caFile"));
    }
    let verifies = field
        .member("tls-verify")
        .map_or(Ok(true), |member| member.bool())?;
    if !verifies {
        file.connections.push(Connection {
            registry: registry.to_owned(),
            tls: Tls::Unverified,
            ca_file: None,
        });
    }
    Ok(())
}

/// The images of a file, and their destinations.
struct Images<'a> {
    to: &'a str,
    scoped: bool,
    /// The source of each destination.
    taken: HashMap<String, String>,
}

impl Images<'_> {
    fn of(&mut self, registry: &str, field: &Field<'_>) -> Result<Vec<Job>, FileError> {
        let mut jobs = Vec::new();
        for (member, read) in [
            (
                "images",
                named as fn(&Field<'_>) -> Result<TagSelection, FileError>,
            ),
            ("images-by-tag-regex", by_regex),
            ("images-by-semver", by_version),
        ] {
            let Some(images) = field.member(member) else {
                continue;
            };
            for (name, image) in images.members()? {
                jobs.push(self.job(registry, &name, &image)?.with_tags(read(&image)?));
            }
        }
        Ok(jobs)
    }

    fn job(&mut self, registry: &str, name: &str, image: &Field<'_>) -> Result<Job, FileError> {
        let from = normalized(&format!("{registry}/{name}"));
        let last = name.rsplit('/').next().unwrap_or(name);
        let to = match self.scoped {
            true => format!("{}/{from}", self.to),
            false => format!("{}/{last}", self.to),
        };
        let taken = self.taken.entry(to.clone()).or_insert_with(|| from.clone());
        if *taken != from {
            let text = format!("would go to {to}, where {taken} goes: give --scoped to keep whole names");
            return Err(image.error(text));
        }
        Ok(Job::new(Place::Repository(from), Place::Repository(to)))
    }
}

/// Reads a list of tags; an empty list means all.
fn named(field: &Field<'_>) -> Result<TagSelection, FileError> {
    let mut tags: Vec<Tag> = Vec::new();
    for item in field.items() {
        if item.text()?.parse::<Digest>().is_ok() {
            return Err(item.error("is a digest, and tags are kept the same: copy it with 'oras cp'"));
        }
        tags.push(item.parsed()?);
    }
    Ok(match tags.is_empty() {
        true => TagSelection::default(),
        false => TagSelection::These(tags),
    })
}

fn by_regex(field: &Field<'_>) -> Result<TagSelection, FileError> {
    let names = Names::default().with_include(patterns(field, NamePattern::anywhere)?);
    Ok(TagSelection::Filter(TagFilter::default().with_names(names)))
}

fn by_version(field: &Field<'_>) -> Result<TagSelection, FileError> {
    let ranges = field.all_parsed::<VersionRange>()?;
    match ranges.is_empty() {
        true => Err(field.error("names no version")),
        false => Ok(TagSelection::Filter(TagFilter::default().with_versions(ranges))),
    }
}
