//! The format of this library: `jobs`.

use std::path::PathBuf;

use jiff::Timestamp;
use oras_content::Tag;

use super::fields::Field;
use super::reading::{globs, patterns};
use super::{Connection, FileError, SyncFile, Tls};
use crate::selection::Between;
use crate::{Age, Job, NamePattern, Names, Newest, Place, Referrers, Rename, TagFilter, TagSelection};

const TOP: &[&str] = &["registries", "defaults", "jobs"];
const DEFAULTS: &[&str] = &["platforms", "referrers", "digestTags", "delete"];
const JOB: &[&str] = &[
    "from",
    "to",
    "repositories",
    "tags",
    "rename",
    "platforms",
    "referrers",
    "digestTags",
    "delete",
];
const TAGS: &[&str] = &[
    "include",
    "regex",
    "exclude",
    "excludeRegex",
    "versions",
    "newerThan",
    "olderThan",
    "newest",
    "by",
];
const REPOSITORIES: &[&str] = &["include", "regex", "exclude", "excludeRegex"];

pub(super) fn read(root: Field<'_>) -> Result<SyncFile, FileError> {
    root.only(TOP)?;
    let defaults = root.member("defaults");
    if let Some(defaults) = &defaults {
        defaults.only(DEFAULTS)?;
    }
    let mut file = SyncFile::default();
    for item in root.required("jobs")?.some_items()? {
        file.plan.jobs.push(job(&item, defaults.as_ref())?);
    }
    if let Some(registries) = root.member("registries") {
        for (registry, field) in registries.members()? {
            if !file.plan.jobs.iter().any(|job| has_registry(job, &registry)) {
                let warning = "is a registry of no job: write it as in from and to, with its port";
                file.warnings.push(field.notice(warning));
            }
            file.connections.push(connection(registry, &field)?);
        }
    }
    Ok(file)
}

/// Whether a job reads or writes a registry of exactly this name, by which its connection settings are looked up.
fn has_registry(job: &Job, registry: &str) -> bool {
    let is = |place: &Place| match place {
        Place::Repository(name) | Place::Registry(name) => name.split('/').next() == Some(registry),
        Place::Layout(_) => false,
    };
    is(&job.from) || is(&job.to)
}

fn connection(registry: String, field: &Field<'_>) -> Result<Connection, FileError> {
    field.only(&["plainHttp", "insecure", "caFile"])?;
    let is = |name: &str| field.member(name).map_or(Ok(false), |member| member.bool());
    let tls = match (is("plainHttp")?, is("insecure")?) {
        (true, true) => {
            return Err(field.error("is plain HTTP, which has no certificate: remove insecure"));
        }
        (true, false) => Tls::Plain,
        (false, true) => Tls::Unverified,
        (false, false) => Tls::Verified,
    };
    let ca_file = field.member("caFile").map(|member| member.text()).transpose()?;
    Ok(Connection {
        registry,
        tls,
        ca_file: ca_file.map(PathBuf::from),
    })
}

fn job(field: &Field<'_>, defaults: Option<&Field<'_>>) -> Result<Job, FileError> {
    field.only(JOB)?;
    let (from, to) = (place(&field.required("from")?)?, place(&field.required("to")?)?);
    let is_registry = |place: &Place| matches!(place, Place::Registry(_));
    if is_registry(&from) != is_registry(&to) {
        let to = field.required("to")?;
        return Err(
            to.error("does not fit from: a registry goes to a registry, and one repository or layout to one")
        );
    }
    let mut job = Job::new(from, to);
    if let Some(repositories) = field.member("repositories") {
        if !is_registry(&job.from) {
            return Err(repositories.error("is for a job from a registry: write from: {registry: NAME}"));
        }
        repositories.only(REPOSITORIES)?;
        job.repositories = names(&repositories)?;
    }
    if let Some(tags) = field.member("tags") {
        job.tags = selection(&tags)?;
    }
    if let Some(rename) = field.member("rename") {
        job.rename = self::rename(&rename)?;
    }
    let member = |name: &str| field.member(name).or_else(|| defaults?.member(name));
    if let Some(platforms) = member("platforms") {
        job.platforms = platforms.all_parsed()?;
    }
    if let Some(referrers) = member("referrers") {
        job.referrers = kinds(&referrers)?;
    }
    job.digest_tags = member("digestTags").map_or(Ok(false), |member| member.bool())?;
    job.delete = member("delete").map_or(Ok(false), |member| member.bool())?;
    match (&job.tags, field.member("delete")) {
        (TagSelection::These(_), Some(delete)) if job.delete => {
            Err(delete.error("is for tags that are chosen by patterns or versions, and these are named"))
        }
        _ => Ok(job),
    }
}

/// Reads a place: a repository, `{registry: NAME}` or `{layout: PATH}`.
fn place(field: &Field<'_>) -> Result<Place, FileError> {
    if !field.is_map() {
        let text = field.text()?;
        let (first, rest) = text.split_once('/').unwrap_or((text, ""));
        let has_tag = rest.contains([':', '@']);
        return match first.is_empty() || rest.is_empty() || has_tag || text.contains("://") {
            true => Err(field.error(
                "is not a repository: write registry/repository and the tags in tags, {layout: PATH}, or {registry: NAME}",
            )),
            false => Ok(Place::Repository(text.to_owned())),
        };
    }
    field.only(&["layout", "registry"])?;
    match (field.member("layout"), field.member("registry")) {
        (Some(layout), None) => Ok(Place::Layout(PathBuf::from(layout.text()?))),
        (None, Some(registry)) => Ok(Place::Registry(registry.text()?.trim_end_matches('/').to_owned())),
        _ => Err(field.error("is one place: a layout or a registry")),
    }
}

fn names(field: &Field<'_>) -> Result<Names, FileError> {
    let mut names = Names::default();
    for (member, is_included) in [("include", true), ("exclude", false)] {
        if let Some(field) = field.member(member) {
            field.some_items()?;
            names = add(names, globs(&field)?, is_included);
        }
    }
    for (member, is_included) in [("regex", true), ("excludeRegex", false)] {
        if let Some(field) = field.member(member) {
            field.some_items()?;
            names = add(names, patterns(&field, NamePattern::whole)?, is_included);
        }
    }
    Ok(names)
}

fn add(names: Names, patterns: Vec<NamePattern>, is_included: bool) -> Names {
    match is_included {
        true => names.with_include(patterns),
        false => names.with_exclude(patterns),
    }
}

fn selection(field: &Field<'_>) -> Result<TagSelection, FileError> {
    if !field.is_map() {
        let tags: Vec<Tag> = field.all_parsed()?;
        return match tags.is_empty() {
            true => Err(field.error("names no tag: remove it for all tags")),
            false => Ok(TagSelection::These(tags)),
        };
    }
    field.only(TAGS)?;
    let mut filter = TagFilter::default().with_names(names(field)?);
    if let Some(versions) = field.member("versions") {
        versions.some_items()?;
        filter = filter.with_versions(versions.all_parsed::<crate::VersionRange>()?);
    }
    ages(field, &mut filter)?;
    let by = match field.member("by") {
        None => Age::Version,
        Some(by) => match by.text()? {
            "version" => Age::Version,
            "created" => Age::Created,
            _ => return Err(by.error("is neither version nor created")),
        },
    };
    if let Some(newest) = field.member("newest") {
        let count = newest.parsed::<usize>()?;
        if count == 0 {
            return Err(newest.error("is at least 1"));
        }
        filter.newest = Some(Newest { count, by });
    } else if let Some(by) = field.member("by") {
        return Err(by.error("says what is newer, and newest is missing"));
    }
    Ok(TagSelection::Filter(filter))
}

/// Reads a map of tag patterns to new names.
fn rename(field: &Field<'_>) -> Result<Rename, FileError> {
    let mut rename = Rename::default();
    for (from, to) in field.members()? {
        let added = rename.add(&from, to.text()?);
        added.map_err(|error| to.error(format!("is wrong: {error}")))?;
    }
    match rename.is_empty() {
        true => Err(field.error("names no tag: remove it, and tags keep their names")),
        false => Ok(rename),
    }
}

fn ages(field: &Field<'_>, filter: &mut TagFilter) -> Result<(), FileError> {
    let moment = |name: &str| field.member(name).map(|member| member.parsed()).transpose();
    filter.newer_than = moment("newerThan")?;
    filter.older_than = moment("olderThan")?;
    match field.member("newerThan") {
        Some(newer) if Between::of(filter, Timestamp::now()).is_empty() => {
            Err(newer.error("is not before olderThan, and nothing is between them"))
        }
        _ => Ok(()),
    }
}

/// Reads `true`, `false`, or a list of artifact types.
fn kinds(field: &Field<'_>) -> Result<Referrers, FileError> {
    Ok(match field.as_bool() {
        Some(true) => Referrers::All,
        Some(false) => Referrers::None,
        None => {
            field.some_items()?;
            Referrers::Types(field.all_parsed()?)
        }
    })
}
