//! The htpasswd file: users with password hashes.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use oras_content::BoxError;

use super::hash::{Hash, HashError};
use super::users::{User, Users};
use crate::{Error, file};

/// The error in a line.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("it is not 'name:hash'")]
    Malformed,
    #[error("the name is empty")]
    NoName,
    #[error("the name has characters that do not print")]
    Unprintable,
    #[error("{0} is there already")]
    Duplicate(String),
    #[error("the password of {name} {source}")]
    Hash { name: String, source: HashError },
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Users, Error> {
    let what = path.display().to_string();
    let text = text_of(path).map_err(|source| failed(&what, source))?;
    parse(&text, &what)
}

/// Parses the text of a file; `what` names it in errors.
pub(super) fn parse(text: &str, what: &str) -> Result<Users, Error> {
    let mut names = HashSet::new();
    let mut users = Users::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let user = user(line, &mut names).map_err(|error| {
            let line = format!("{what}, line {}", number + 1);
            failed(&line, error)
        })?;
        users = users.with_user(user);
    }
    Ok(users)
}

fn user(line: &str, names: &mut HashSet<String>) -> Result<User, LineError> {
    let (name, hash) = line.split_once(':').ok_or(LineError::Malformed)?;
    if name.is_empty() {
        return Err(LineError::NoName);
    }
    if name.chars().any(char::is_control) {
        return Err(LineError::Unprintable);
    }
    if !names.insert(name.to_owned()) {
        return Err(LineError::Duplicate(name.to_owned()));
    }
    let hash = Hash::parse(hash.trim_end()).map_err(|source| LineError::Hash {
        name: name.to_owned(),
        source,
    })?;
    Ok(User::hashed(name, hash))
}

fn text_of(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(file::read(path)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

fn failed(what: &str, source: impl Into<BoxError>) -> Error {
    Error::Users {
        what: what.to_owned(),
        source: source.into(),
    }
}
