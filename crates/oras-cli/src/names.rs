//! Parses the names of places on the command line.

use std::path::PathBuf;

use oras::{Digest, Name, Reference, Tag};

use crate::place::Place;
use crate::usage::ensure_usage;

/// Refuses an invalid reference, with an error that does not repeat a password.
pub(crate) fn check_reference(place: &Place, text: &str) -> anyhow::Result<()> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let authority = rest.split('/').next().unwrap_or(rest);
    let is_digest = authority.split_once('@').is_some_and(|(_, digest)| {
        let digest = digest.parse::<Digest>();
        digest.is_ok_and(|digest| digest.algorithm().is_some())
    });
    ensure_usage!(
        !authority.contains('@') || is_digest,
        "a reference has no user name and no password: use --{flags}username and --{flags}password-stdin, or log in first",
        flags = place.flags
    );
    ensure_usage!(
        scheme != "http",
        "a reference does not start with http://: write {rest}, and --{flags}plain-http to connect without TLS",
        flags = place.flags
    );
    ensure_usage!(
        scheme.is_empty(),
        "a reference does not start with {scheme}://: write {rest}"
    );
    Ok(())
}

/// Returns a reference without its tag and digest.
pub(crate) fn repository_name(reference: &Reference) -> String {
    format!("{}/{}", reference.registry(), reference.repository())
}

/// Says how to write a reference, if the error does not say so itself.
pub(crate) fn how_to_write(text: &str) -> &'static str {
    match text.rsplit_once('@') {
        _ if !text.contains('/') => "",
        Some((_, digest)) if digest.parse::<Digest>().is_err() => {
            "; write registry/repository@sha256: and 64 hexadecimal digits"
        }
        _ => "; write registry/repository[:tag][@digest]",
    }
}

/// Splits the path of a layout from the names in it. With `--oci-layout-path`, the whole `text` is one name.
pub(crate) fn layout_names(place: &Place, text: &str) -> anyhow::Result<(PathBuf, Vec<Name>)> {
    match &place.oci_layout_path {
        None => split_layout(text),
        Some(path) if text.is_empty() => Ok((path.clone(), Vec::new())),
        Some(path) => Ok((path.clone(), vec![text.parse()?])),
    }
}

/// Splits `folder[:tag[,tag]…|@digest]`.
fn split_layout(text: &str) -> anyhow::Result<(PathBuf, Vec<Name>)> {
    ensure_usage!(
        !text.is_empty() && !text.starts_with([':', '@']),
        "the layout has no name: write <folder>:<tag> or <folder>@<digest>"
    );
    if let Some((folder, digest)) = text.rsplit_once('@') {
        let digest: Digest = digest.parse()?;
        return Ok((folder.into(), vec![digest.into()]));
    }
    // A colon before the last slash does not start a tag.
    let name_start = text.rfind('/').map_or(0, |slash| slash + 1);
    let Some(colon) = text[name_start..].rfind(':') else {
        return Ok((text.into(), Vec::new()));
    };
    let (folder, tags) = text.split_at(name_start + colon);
    let mut names: Vec<Name> = Vec::new();
    for text in tags[1..].split(',') {
        let tag: Tag = text.parse()?;
        tag.check()?;
        let name = Name::from(tag);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok((folder.into(), names))
}

#[cfg(test)]
mod tests {
    use super::split_layout;

    #[test]
    fn a_layout_is_a_folder_and_names_in_it() {
        let split = |text| {
            let (folder, names) = split_layout(text).unwrap();
            let names: Vec<&str> = names.iter().map(oras::Name::as_str).collect();
            (folder.display().to_string(), names.join(" "))
        };
        assert_eq!(split("dir"), ("dir".into(), String::new()));
        assert_eq!(split("a:b/dir:v1"), ("a:b/dir".into(), "v1".into()));
        assert_eq!(split("./dir:v1,v2"), ("./dir".into(), "v1 v2".into()));
        let digest = oras::Digest::sha256(b"");
        assert_eq!(
            split(&format!("dir@{digest}")),
            ("dir".into(), digest.to_string())
        );
        for wrong in ["dir:", "dir@x", "", ":v1", &format!("@{digest}")] {
            assert!(split_layout(wrong).is_err(), "{wrong:?}");
        }
    }
}
