//! The interpretation of members that several formats share.

use std::path::PathBuf;

use regex::Error;

use super::FileError;
use super::fields::Field;
use crate::{NamePattern, Place};

/// Reads the patterns of a member with one item or several.
pub(super) fn patterns(
    field: &Field<'_>,
    read: impl Fn(&str) -> Result<NamePattern, Error>,
) -> Result<Vec<NamePattern>, FileError> {
    let pattern = |item: &Field<'_>| {
        let text = item.text()?;
        read(text).map_err(|_| item.error(format!("is no regular expression: {text}")))
    };
    field.items().iter().map(pattern).collect()
}

/// Reads the globs of a member with one item or several.
pub(super) fn globs(field: &Field<'_>) -> Result<Vec<NamePattern>, FileError> {
    Ok(field.all_parsed()?.into_iter().map(NamePattern::Glob).collect())
}

/// An image as container tools name it: without a registry, it is on Docker Hub.
pub(super) struct Image {
    pub(super) place: Place,
    pub(super) tag: Option<String>,
}

impl Image {
    /// Reads `[registry/]repository[:tag]`, or `ocidir://PATH[:tag]`.
    pub(super) fn read(field: &Field<'_>) -> Result<Self, FileError> {
        let text = field.text()?;
        if text.contains("{{") {
            return Err(field.error("is a template, and templates are not expanded: write the value"));
        }
        if text.contains('@') {
            return Err(field.error("has a digest: tags are kept the same; copy a digest with 'oras cp'"));
        }
        let name_starts = text.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match text[name_starts..].split_once(':') {
            Some((name, tag)) => (&text[..name_starts + name.len()], Some(tag.to_owned())),
            None => (text, None),
        };
        let place = match name.strip_prefix("ocidir://") {
            Some(path) => Place::Layout(PathBuf::from(path)),
            None => Place::Repository(normalized(name)),
        };
        Ok(Self { place, tag })
    }
}

/// Returns the full name of a repository, with its registry.
pub(super) fn normalized(name: &str) -> String {
    let is_registry = |part: &str| part.contains(['.', ':']) || part == "localhost";
    match name.split_once('/') {
        Some(("docker.io" | "index.docker.io", path)) => hub(path),
        Some((registry, _)) if is_registry(registry) => name.to_owned(),
        _ => hub(name),
    }
}

fn hub(path: &str) -> String {
    match path.contains('/') {
        true => format!("docker.io/{path}"),
        false => format!("docker.io/library/{path}"),
    }
}
