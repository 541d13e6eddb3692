//! Short names: references without a registry, and their aliases.

use oras_content::{Reference, check_repository_name};

use super::{RegistriesConfig, qualified};
use crate::toml_table::{Source, Taken};
use crate::{Error, Origin};

/// An entry of `[aliases]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The repository it means, without a tag or digest.
    pub target: Reference,
    /// The position of the entry.
    pub at: Origin,
}

/// How a tool may resolve a short name that has no alias: `short-name-mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShortNameMode {
    /// Asks the user for the registry, and fails if it cannot.
    Enforcing,
    /// Asks the user for the registry, and tries all search registries if it cannot. The default.
    #[default]
    Permissive,
    /// Tries all search registries.
    Disabled,
}

impl ShortNameMode {
    pub(super) fn parse(source: Source<'_>, text: &Taken<String>) -> Result<Self, Error> {
        match text.value.as_str() {
            "enforcing" => Ok(Self::Enforcing),
            "permissive" | "" => Ok(Self::Permissive),
            "disabled" => Ok(Self::Disabled),
            other => {
                let reason = format!("expected enforcing, permissive or disabled, not {other:?}");
                Err(source.refuse(&text.span, "short-name-mode", reason))
            }
        }
    }
}

impl RegistriesConfig {
    /// Expands `text` to a reference. If `text` is a short name, its alias is returned, too.
    ///
    /// A text is a short name if the part before its first slash is not a host: it has no dot and no port, and is not
    /// `localhost`. A tag or digest is kept.
    ///
    /// Spec: containers-registries.conf(5), "Short-Name Aliasing".
    ///
    /// ```
    /// use oras_config::RegistriesConfig;
    ///
    /// let config = RegistriesConfig::parse("registries.conf", r#"
    /// [aliases]
    /// "tools" = "registry.example.com/team/tools"
    /// "#)?;
    /// let (reference, alias) = config.expand("tools:v2")?;
    /// assert_eq!(reference.to_string(), "registry.example.com/team/tools:v2");
    /// assert_eq!(alias.expect("a short name").at.line, Some(3));
    /// # Ok::<(), oras_config::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::ShortName`]: there is no alias. The error lists the name in each search registry, but none is chosen.
    /// - [`Error::Reference`]: `text` is not a valid reference.
    pub fn expand(&self, text: &str) -> Result<(Reference, Option<&Alias>), Error> {
        if !is_short(text) {
            return Ok((text.parse()?, None));
        }
        let (name, rest) = split(text);
        let Some(alias) = self.aliases.get(name) else {
            return Err(self.no_alias(text, name));
        };
        let full = format!("{}{rest}", alias.target);
        Ok((full.parse()?, Some(alias)))
    }

    fn no_alias(&self, text: &str, name: &str) -> Error {
        if let Err(invalid) = check_repository_name(name) {
            return Error::Reference(invalid);
        }
        let in_registry = |registry: &String| format!("{registry}/{text}").parse::<Reference>();
        let candidates = self
            .search
            .iter()
            .filter_map(|registry| in_registry(registry).ok());
        Error::ShortName {
            name: text.to_owned(),
            candidates: candidates.map(|it| qualified(&it).to_string()).collect(),
        }
    }
}

/// Parses an entry. Returns no target if the entry removes an alias.
pub(super) fn alias(source: Source<'_>, name: &str, value: &Taken<String>) -> Result<Option<Alias>, Error> {
    let refuse = |reason: &str| source.refuse(&value.span, &format!("aliases.{name:?}"), reason);
    if !is_short(name) || check_repository_name(name).is_err() {
        return Err(refuse("an alias is a name without a registry, a tag or a digest"));
    }
    if value.value.is_empty() {
        return Ok(None);
    }
    let target = value.value.parse::<Reference>().ok();
    let target = target.filter(|target| target.name().is_none() && !is_short(&value.value));
    let target =
        target.ok_or_else(|| refuse("expected a registry and a repository, without a tag or a digest"))?;
    Ok(Some(Alias {
        target: qualified(&target).into_owned(),
        at: source.at(&value.span),
    }))
}

fn is_short(text: &str) -> bool {
    match text.split_once('/') {
        Some((first, _)) => !first.contains(['.', ':', '[']) && first != "localhost",
        None => true,
    }
}

/// Splits off the tag or digest, with its separator.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find([':', '@']).unwrap_or(text.len()))
}
