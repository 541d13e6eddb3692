//! Names that registries and layouts know: repositories and tags, where they can be had before anybody waits.

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

/// How long a registry may take. What it told until then is used.
const WAIT: Duration = Duration::from_millis(300);

/// The most candidates that are of use.
const MOST: usize = 500;

/// Whose flags say how a place is reached.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Only,
    From,
    To,
    /// A registry alone, or a namespace of it.
    Registry,
}

/// The names that start with what was typed.
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
    // Neither an error nor the end of the wait is told: what was found before is still good.
    let _ = runtime.block_on(async { tokio::time::timeout(WAIT, asked).await });
    runtime.shutdown_background();
    found.sort();
    found
        .into_iter()
        .map(|(name, what)| CompletionCandidate::new(name).help(kind(what)))
        .collect()
}

/// The place that the flags say, as far as they are typed.
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
    // A command without these flags works in no place.
    matches.try_contains_id(flag).ok()?;
    let place = match side {
        Side::Only | Side::Registry => PlaceArgs::from_arg_matches(matches).ok().map(Place::from),
        Side::From => FromArgs::from_arg_matches(matches).ok().map(Place::from),
        Side::To => ToArgs::from_arg_matches(matches).ok().map(Place::from),
    };
    // What is on stdin by now is the line that is being typed, and no password.
    place.filter(|place| !place.password_stdin)
}

type Found = Vec<(String, &'static str)>;

/// Whether a name is safe to put on a command line: a registry chose it, and shells take what they are told as typed.
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
    // Of several tags, only the last is being typed.
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
