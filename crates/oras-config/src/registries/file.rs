//! One file in the format of `registries.conf`.

use std::collections::BTreeSet;
use std::path::Path;

use oras_content::check_registry_name;
use toml::de::DeTable;

use super::registry::Registry;
use super::short_name::{Alias, ShortNameMode, alias};
use crate::toml_table::{Members, Source, Taken, string};
use crate::{Error, Warning};

/// The content of one file, before it is merged with others.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) registries: Vec<Registry>,
    pub(super) search: Option<Vec<String>>,
    pub(super) short_name_mode: Option<ShortNameMode>,
    pub(super) credential_helpers: Option<Vec<String>>,
    /// An alias without a target removes an alias of an earlier file.
    pub(super) aliases: Vec<(String, Option<Alias>)>,
    pub(super) warnings: Vec<Warning>,
}

impl ConfigFile {
    pub(super) fn parse(file: &Path, text: &str) -> Result<Self, Error> {
        let source = Source { file, text };
        let table = source.parse()?;
        let mut members = Members::new(source, &table, "");
        if let Some((key, _)) = table.get_key_value("registries") {
            return Err(Error::Version1 {
                at: source.at(&key.span()),
            });
        }
        let mut warnings = Vec::new();
        let content = Self {
            registries: registries(&mut members, &mut warnings)?,
            search: search(&mut members)?,
            short_name_mode: short_name_mode(&mut members)?,
            credential_helpers: helpers(&mut members)?,
            aliases: aliases(source, members.table("aliases")?)?,
            warnings: Vec::new(),
        };
        warnings.extend(members.unknown());
        warnings.sort_by(|a, b| a.at.cmp(&b.at));
        Ok(Self { warnings, ..content })
    }
}

fn registries(members: &mut Members<'_, '_>, warnings: &mut Vec<Warning>) -> Result<Vec<Registry>, Error> {
    let source = members.source;
    let mut prefixes = BTreeSet::new();
    let mut registries = Vec::new();
    for (table, span) in members.tables("registry")? {
        let registry = Registry::parse(source, table, &span, warnings)?;
        if !prefixes.insert(registry.prefix.clone()) {
            let reason = format!(
                "the prefix {:?} has a table already in this file",
                registry.prefix
            );
            return Err(source.refuse(&span, "registry", reason));
        }
        registries.push(registry);
    }
    Ok(registries)
}

fn search(members: &mut Members<'_, '_>) -> Result<Option<Vec<String>>, Error> {
    const NAME: &str = "unqualified-search-registries";
    let source = members.source;
    let Some(hosts) = members.strings(NAME)? else {
        return Ok(None);
    };
    let host = |host: Taken<String>| match check_registry_name(&host.value) {
        Ok(()) => Ok(host.value),
        Err(_) => {
            let reason = format!("{:?} is not a host, or a host and a port", host.value);
            Err(source.refuse(&host.span, NAME, reason))
        }
    };
    hosts.into_iter().map(host).collect::<Result<_, _>>().map(Some)
}

fn short_name_mode(members: &mut Members<'_, '_>) -> Result<Option<ShortNameMode>, Error> {
    let source = members.source;
    let text = members
        .string("short-name-mode")?
        .filter(|text| !text.value.is_empty());
    text.map(|text| ShortNameMode::parse(source, &text)).transpose()
}

fn helpers(members: &mut Members<'_, '_>) -> Result<Option<Vec<String>>, Error> {
    let names = members.strings("credential-helpers")?;
    Ok(names.map(|names| names.into_iter().map(|name| name.value).collect()))
}

fn aliases(source: Source<'_>, table: Option<&DeTable<'_>>) -> Result<Vec<(String, Option<Alias>)>, Error> {
    let entries = table.into_iter().flatten().map(|(name, value)| {
        let name = name.get_ref();
        let value = string(source, &format!("aliases.{name:?}"), value)?;
        Ok((name.to_string(), alias(source, name, &value)?))
    });
    entries.collect()
}
