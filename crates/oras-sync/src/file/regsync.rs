//! The format of regsync: `sync`, as far as it can be mapped.

use oras_content::{MediaType, Tag};

use super::fields::Field;
use super::reading::{Image, patterns};
use super::{Connection, FileError, FileNotice, SyncFile, Tls};
use crate::{Job, NamePattern, Names, Place, Referrers, Rename, TagFilter, TagSelection};

/// Members that affect when or how fast something is copied, but not what.
const PASSED_OVER: &[(&str, &str)] = &[
    (
        "interval",
        "is passed over: one run is one pass; let cron or a timer start it",
    ),
    (
        "schedule",
        "is passed over: one run is one pass; let cron or a timer start it",
    ),
    (
        "ratelimit",
        "is passed over: requests that a registry limits are repeated when it says so",
    ),
    ("parallel", "is passed over: give --concurrency"),
    (
        "mediaTypes",
        "is passed over: manifests of all media types are copied",
    ),
    (
        "fastCheck",
        "is passed over: what is the same is always found out by two questions a tag",
    ),
    (
        "forceRecursive",
        "is passed over: what is damaged is replaced by 'oras cp --verify'",
    ),
    (
        "referrerSlow",
        "is passed over: how a registry keeps referrers is found out",
    ),
    (
        "includeExternal",
        "is passed over: layers that their registry does not distribute stay where they are",
    ),
    ("cacheCount", "is passed over"),
    ("cacheTime", "is passed over"),
    ("blobLimit", "is passed over: blobs of any size are copied"),
    (
        "skipDockerConfig",
        "is passed over: give --registry-config for other credentials",
    ),
    ("userAgent", "is passed over"),
];

/// Unsupported members whose absence would be noticed too late.
const REFUSED: &[(&str, &str)] = &[
    (
        "backup",
        "is not done: copy what you want to keep with 'oras cp' first, and leave it out",
    ),
    (
        "hooks",
        "are not run: run them before or after, and leave them out",
    ),
    (
        "referrerSource",
        "is not known: referrers are read where the tags are",
    ),
    (
        "referrerTarget",
        "is not known: referrers are written where the tags are",
    ),
];

const SYNC: &[&str] = &[
    "source",
    "target",
    "type",
    "tags",
    "tagSets",
    "repos",
    "platform",
    "platforms",
    "digestTags",
    "referrers",
    "referrerFilters",
];
const DEFAULTS: &[&str] = &["digestTags", "referrers", "referrerFilters"];

pub(super) fn read(root: Field<'_>) -> Result<SyncFile, FileError> {
    let mut file = SyncFile::default();
    for (name, field) in root.members()? {
        match name.as_str() {
            "version" => version(&field)?,
            "creds" => creds(&field, &mut file)?,
            "defaults" => check(&field, DEFAULTS, &mut file.warnings)?,
            "sync" => {}
            // Keys for YAML anchors.
            name if name.starts_with("x-") => {}
            _ => return Err(field.error("is not known: there may be version, creds, defaults, sync")),
        }
    }
    let defaults = root.member("defaults");
    for item in root.required("sync")?.items() {
        check(&item, SYNC, &mut file.warnings)?;
        file.plan.jobs.extend(jobs(&item, defaults.as_ref())?);
    }
    Ok(file)
}

fn version(field: &Field<'_>) -> Result<(), FileError> {
    match field.parsed::<u32>()? {
        1 => Ok(()),
        _ => Err(field.error("is not 1, which is all that is known")),
    }
}

/// Warns about unsupported members, and fails for those that matter.
fn check(field: &Field<'_>, known: &[&str], warnings: &mut Vec<FileNotice>) -> Result<(), FileError> {
    for (name, member) in field.members()? {
        let says = |list: &[(&str, &'static str)]| {
            let found = list.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| *text)
        };
        if let Some(text) = says(REFUSED) {
            return Err(member.error(text));
        }
        match says(PASSED_OVER) {
            Some(text) => warnings.push(member.notice(text)),
            None if known.contains(&name.as_str()) => {}
            None => return Err(member.error(format!("is not known: there may be {}", known.join(", ")))),
        }
    }
    Ok(())
}

/// Reads the connection settings of registries. Credentials are refused, because the file may be shared.
fn creds(field: &Field<'_>, file: &mut SyncFile) -> Result<(), FileError> {
    for item in field.items() {
        let registry = item.required("registry")?.text()?;
        let mut connection = Connection {
            registry: registry.to_owned(),
            tls: Tls::Verified,
            ca_file: None,
        };
        for (name, member) in item.members()? {
            match name.as_str() {
                "registry" => {}
                "user" | "pass" | "token" | "credHelper" | "clientCert" | "clientKey" => {
                    let text =
                        format!("is not read from this file: take it out, and run 'oras login {registry}'");
                    return Err(member.error(text));
                }
                "tls" => connection.tls = tls(&member)?,
                "hostname" if member.text()? == registry => {}
                "hostname" | "pathPrefix" | "mirrors" | "regcert" => {
                    return Err(member.error(
                        "is not known here: write a file with jobs, whose registries may have plainHttp, insecure and caFile",
                    ));
                }
                _ => file.warnings.push(member.notice("is passed over")),
            }
        }
        file.connections.push(connection);
    }
    Ok(())
}

fn tls(field: &Field<'_>) -> Result<Tls, FileError> {
    match field.text()? {
        "enabled" => Ok(Tls::Verified),
        "insecure" => Ok(Tls::Unverified),
        "disabled" => Ok(Tls::Plain),
        _ => Err(field.error("is none of enabled, insecure, disabled")),
    }
}

/// Reads one job, or one for each of several sets of tags.
fn jobs(field: &Field<'_>, defaults: Option<&Field<'_>>) -> Result<Vec<Job>, FileError> {
    let kind = field.required("type")?;
    let kind_text = kind.text()?;
    let mut job = match kind_text {
        "registry" => registry(field)?,
        "repository" => repository(field)?,
        "image" => image(field)?,
        _ => return Err(kind.error("is none of registry, repository, image")),
    };
    let member = |name: &str| field.member(name).or_else(|| defaults?.member(name));
    let is = |name: &str| member(name).map_or(Ok(false), |member| member.bool());
    job.digest_tags = is("digestTags")?;
    if is("referrers")? {
        job.referrers = referrers(member("referrerFilters"))?;
    }
    for name in ["platform", "platforms"] {
        if let Some(platforms) = field.member(name) {
            job.platforms
                .extend(platforms.all_parsed::<oras_content::Platform>()?);
        }
    }
    let sets = field.member("tags").into_iter();
    let sets: Vec<Field<'_>> = sets
        .chain(field.member("tagSets").iter().flat_map(Field::items))
        .collect();
    match (kind_text, sets.first()) {
        ("image", Some(set)) => Err(set.error("is for repositories and registries, and an image is one tag")),
        (_, None) => Ok(vec![job]),
        _ => sets
            .iter()
            .map(|set| Ok(job.clone().with_tags(tags(set)?)))
            .collect(),
    }
}

fn registry(field: &Field<'_>) -> Result<Job, FileError> {
    let name = |name: &str| {
        let text = field.required(name)?.text()?;
        Ok(Place::Registry(text.trim_end_matches('/').to_owned()))
    };
    let mut job = Job::new(name("source")?, name("target")?);
    if let Some(repos) = field.member("repos") {
        repos.only(&["allow", "deny"])?;
        job.repositories = names(&repos)?;
    }
    Ok(job)
}

fn repository(field: &Field<'_>) -> Result<Job, FileError> {
    let place = |name: &str| {
        let field = field.required(name)?;
        let image = Image::read(&field)?;
        match image.tag {
            None => Ok(image.place),
            Some(_) => Err(field.error("has a tag: write type: image for one tag")),
        }
    };
    Ok(Job::new(place("source")?, place("target")?))
}

fn image(field: &Field<'_>) -> Result<Job, FileError> {
    let (source, target) = (field.required("source")?, field.required("target")?);
    let (from, to) = (Image::read(&source)?, Image::read(&target)?);
    let tag = |text: &str, field: &Field<'_>| {
        let tag: Result<Tag, _> = text.parse();
        tag.map_err(|_| field.error("has no tag after the colon"))
    };
    let from_tag = tag(from.tag.as_deref().unwrap_or("latest"), &source)?;
    let to_tag = match &to.tag {
        Some(text) => tag(text, &target)?,
        None => from_tag.clone(),
    };
    let mut job = Job::new(from.place, to.place);
    if from_tag != to_tag {
        let rename = Rename::new([(from_tag.as_str(), to_tag.as_str())]);
        job.rename = rename.map_err(|error| target.error(format!("is wrong: {error}")))?;
    }
    Ok(job.with_tags(TagSelection::These(vec![from_tag])))
}

fn referrers(filters: Option<Field<'_>>) -> Result<Referrers, FileError> {
    let Some(filters) = filters else {
        return Ok(Referrers::All);
    };
    let mut types: Vec<MediaType> = Vec::new();
    for filter in filters.items() {
        if let Some(annotations) = filter.member("annotations") {
            return Err(annotations.error("is not known: referrers are chosen by their artifact type alone"));
        }
        filter.only(&["artifactType"])?;
        types.push(filter.required("artifactType")?.parsed()?);
    }
    Ok(match types.is_empty() {
        true => Referrers::All,
        false => Referrers::Types(types),
    })
}

fn tags(field: &Field<'_>) -> Result<TagSelection, FileError> {
    field.only(&["allow", "deny", "semverRange"])?;
    let mut filter = TagFilter::default().with_names(names(field)?);
    if let Some(ranges) = field.member("semverRange") {
        filter = filter.with_versions(ranges.all_parsed::<crate::VersionRange>()?);
    }
    Ok(TagSelection::Filter(filter))
}

/// Reads `allow` and `deny`: regular expressions that must match the whole name.
fn names(field: &Field<'_>) -> Result<Names, FileError> {
    let read = |name: &str| match field.member(name) {
        Some(member) => patterns(&member, NamePattern::whole),
        None => Ok(Vec::new()),
    };
    Ok(Names::default()
        .with_include(read("allow")?)
        .with_exclude(read("deny")?))
}
