//! Completion of repositories and tags that registries and layouts list quickly enough.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _};
use clap_complete::engine::CompletionCandidate;
use futures_util::{StreamExt, TryStreamExt};
use oras::StoreExt;
use oras::content::TagListOptions;
use oras::registry::CatalogOptions;

use super::kind;
use crate::cli::Cli;
use crate::place::{FromArgs, Place, PlaceArgs, ToArgs};
use crate::store::{Target, client, options};
use crate::system::{Access, Server};

/// Time limit for the registry. Names received until then are used.
const WAIT: Duration = Duration::from_millis(300);

/// Maximum number of candidates.
const MOST: usize = 500;

/// The group of flags that configures the place.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Only,
    From,
    To,
    /// A registry without repository, or a namespace of it.
    Registry,
}

/// Returns the names that start with the typed text.
pub(super) fn complete(side: Side, words: &[OsString], typed: &OsStr) -> Vec<CompletionCandidate> {
    let (Some(typed), Some(place)) = (typed.to_str(), place(side, words)) else {
        return Vec::new();
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let asked = ask(side, &place, typed, &mut found);
    // Errors and the timeout are ignored: names found before are still valid.
    let _ = runtime.block_on(async { tokio::time::timeout(WAIT, asked).await });
    runtime.shutdown_background();
    found.sort();
    found
        .into_iter()
        .map(|(name, what)| CompletionCandidate::new(name).help(kind(what)))
        .collect()
}

/// Returns the place configured by the flags typed so far.
fn place(side: Side, words: &[OsString]) -> Option<Place> {
    let matches = Cli::command()
        .ignore_errors(true)
        .try_get_matches_from(words)
        .ok()?;
    let mut matches = &matches;
    while let Some((_, inner)) = matches.subcommand() {
        matches = inner;
    }
    let flag = match side {
        Side::Only | Side::Registry => "oci-layout",
        Side::From => "from-oci-layout",
        Side::To => "to-oci-layout",
    };
    // A command without these flags does not take a place.
    matches.try_contains_id(flag).ok()?;
    let place = match side {
        Side::Only | Side::Registry => PlaceArgs::from_arg_matches(matches).ok().map(Place::from),
        Side::From => FromArgs::from_arg_matches(matches).ok().map(Place::from),
        Side::To => ToArgs::from_arg_matches(matches).ok().map(Place::from),
    };
    // Stdin now has the line being typed, and not a password.
    place.filter(|place| !place.password_stdin)
}

type Found = Vec<(String, &'static str)>;

/// Whether a name is safe on a command line: a registry chose it, and shells treat it as typed text.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/+-".contains(&byte);
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(is_plain)
}

async fn ask(side: Side, place: &Place, typed: &str, found: &mut Found) -> anyhow::Result<()> {
    let name_start = typed.rfind('/').map_or(0, |slash| slash + 1);
    let colon = typed[name_start..].find(':').map(|at| name_start + at);
    match (side, colon) {
        (Side::Only | Side::From | Side::To, Some(colon)) if place.oci_layout || name_start > 0 => {
            let (name, tag) = (&typed[..colon], &typed[colon + 1..]);
            tags(place, name, tag, found).await
        }
        _ if place.oci_layout || name_start == 0 => Ok(()),
        _ => repositories(place, typed, found).await,
    }
}

async fn tags(place: &Place, name: &str, typed: &str, found: &mut Found) -> anyhow::Result<()> {
    // If there are several tags, only the last one is being typed.
    let (before, tag) = typed
        .rsplit_once(',')
        .map_or(("", typed), |(before, tag)| (before, tag));
    let before = match before {
        "" => format!("{name}:"),
        before => format!("{name}:{before},"),
    };
    let target = Target::open(place, name).await?;
    let mut listed = target
        .store
        .as_tag_lister()?
        .tags(TagListOptions::default())
        .boxed();
    while let Some(next) = listed.try_next().await? {
        if next.starts_with(tag) && is_plain(&next) && found.len() < MOST {
            found.push((format!("{before}{next}"), "tag"));
        }
    }
    Ok(())
}

async fn repositories(place: &Place, typed: &str, found: &mut Found) -> anyhow::Result<()> {
    let (name, typed) = typed.split_once('/').unwrap_or((typed, ""));
    let server = Server::whole(name, Access::Pull)?;
    let registry = client(place, &server)?.registry_with(name, options(place, &server))?;
    let mut listed = registry.repositories(CatalogOptions::default());
    while let Some(repository) = listed.try_next().await? {
        if repository.starts_with(typed) && is_plain(&repository) && found.len() < MOST {
            found.push((format!("{name}/{repository}"), "repository"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_name_that_means_something_to_a_shell_is_not_plain() {
        assert!(is_plain("ns/app_1.x-y") && is_plain("v1+2"));
        for name in [
            "", "-rf", "a b", "$(x)", "a;b", "`x`", "a\nb", "a'b", "a&b", "~", "a*", "ü",
        ] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
