//! `Registry` and `Mirror`: one `[[registry]]` table, and its mirrors.

use std::ops::Range;

use toml::de::DeTable;

use super::prefix::{check_location, check_prefix};
use crate::toml_table::{Members, Source, Taken};
use crate::{Error, Origin, Warning};

/// One `[[registry]]` table.
///
/// Spec: containers-registries.conf(5), "NAMESPACED `[[registry]]` SETTINGS".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// The prefix of matching references, or `*.` and a domain.
    pub prefix: String,
    /// The replacement for the prefix. Empty to keep the reference unchanged, which only a wildcard allows.
    pub location: String,
    /// Whether plain HTTP and unverified certificates are allowed. Default: no.
    pub insecure: bool,
    /// Whether pulls are forbidden. Default: no.
    pub blocked: bool,
    /// The mirrors, in the order to try them.
    pub mirrors: Vec<Mirror>,
    /// The position of the table.
    pub at: Origin,
}

/// One `[[registry.mirror]]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The replacement for the prefix.
    pub location: String,
    /// Whether plain HTTP and unverified certificates are allowed. Default: no.
    pub insecure: bool,
    /// The references to request from the mirror.
    pub pull_from: PullFromMirror,
    /// The position of the table.
    pub at: Origin,
}

/// The references to request from a mirror: `pull-from-mirror`.
///
/// With `mirror-by-digest-only = true` a registry has [`DigestOnly`](Self::DigestOnly) for each of its mirrors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullFromMirror {
    /// All references. The default.
    #[default]
    All,
    /// References with a digest, which are the same everywhere.
    DigestOnly,
    /// References without a digest.
    TagOnly,
}

impl PullFromMirror {
    /// Returns `true` if a reference with or without a digest may be requested.
    pub fn allows(self, has_digest: bool) -> bool {
        match self {
            Self::All => true,
            Self::DigestOnly => has_digest,
            Self::TagOnly => !has_digest,
        }
    }

    fn parse(source: Source<'_>, text: &Taken<String>) -> Result<Self, Error> {
        match text.value.as_str() {
            "" | "all" => Ok(Self::All),
            "digest-only" => Ok(Self::DigestOnly),
            "tag-only" => Ok(Self::TagOnly),
            other => {
                let reason = format!("expected all, digest-only or tag-only, not {other:?}");
                Err(source.refuse(&text.span, "pull-from-mirror", reason))
            }
        }
    }
}

impl Registry {
    pub(super) fn parse<'t>(
        source: Source<'t>,
        table: &DeTable<'t>,
        span: &Range<usize>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let mut members = Members::new(source, table, "registry.");
        let (prefix, location) = names(&mut members, span)?;
        let by_digest = members.boolean("mirror-by-digest-only")?.unwrap_or_default();
        let mut mirrors = Vec::new();
        for (table, span) in members.tables("mirror")? {
            mirrors.push(Mirror::parse(source, table, &span, by_digest, warnings)?);
        }
        let registry = Self {
            prefix,
            location,
            insecure: members.boolean("insecure")?.unwrap_or_default(),
            blocked: members.boolean("blocked")?.unwrap_or_default(),
            mirrors,
            at: source.at(span),
        };
        warnings.extend(members.unknown());
        Ok(registry)
    }
}

/// The prefix and the location. Without a prefix, the location is both.
fn names(members: &mut Members<'_, '_>, span: &Range<usize>) -> Result<(String, String), Error> {
    let source = members.source;
    let location = members.string("location")?;
    let prefix = members
        .string("prefix")?
        .filter(|prefix| !prefix.value.is_empty());
    let prefix = prefix
        .map(|text| checked(source, "prefix", &text, check_prefix))
        .transpose()?;
    let location = location.filter(|location| !location.value.is_empty());
    let location = location
        .map(|text| checked(source, "location", &text, check_location))
        .transpose()?;
    match (prefix, location) {
        (Some(prefix), Some(location)) => Ok((prefix, location)),
        (None, Some(location)) => Ok((location.clone(), location)),
        (Some(prefix), None) if prefix.starts_with("*.") => Ok((prefix, String::new())),
        (Some(_), None) => Err(source.refuse(
            span,
            "registry",
            "location is missing; only a prefix with a wildcard needs none",
        )),
        (None, None) => Err(source.refuse(span, "registry", "location is missing")),
    }
}

impl Mirror {
    fn parse<'t>(
        source: Source<'t>,
        table: &DeTable<'t>,
        span: &Range<usize>,
        by_digest: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let mut members = Members::new(source, table, "registry.mirror.");
        let location = members.string("location")?.filter(|text| !text.value.is_empty());
        let location =
            location.ok_or_else(|| source.refuse(span, "registry.mirror", "location is missing"))?;
        let mirror = Self {
            location: checked(source, "location", &location, check_location)?,
            insecure: members.boolean("insecure")?.unwrap_or_default(),
            pull_from: pull_from(&mut members, by_digest)?,
            at: source.at(span),
        };
        warnings.extend(members.unknown());
        Ok(mirror)
    }
}

fn pull_from(members: &mut Members<'_, '_>, by_digest: bool) -> Result<PullFromMirror, Error> {
    let source = members.source;
    match members.string("pull-from-mirror")? {
        Some(text) if by_digest && !text.value.is_empty() => Err(source.refuse(
            &text.span,
            "pull-from-mirror",
            "not allowed where the registry has mirror-by-digest-only = true",
        )),
        _ if by_digest => Ok(PullFromMirror::DigestOnly),
        Some(text) => PullFromMirror::parse(source, &text),
        None => Ok(PullFromMirror::All),
    }
}

fn checked(
    source: Source<'_>,
    member: &str,
    text: &Taken<String>,
    check: impl FnOnce(&str) -> Result<(), &'static str>,
) -> Result<String, Error> {
    let trimmed = text.value.trim_end_matches('/');
    check(trimmed)
        .map_err(|reason| source.refuse(&text.span, member, format!("{:?}: {reason}", text.value)))?;
    Ok(trimmed.to_owned())
}
