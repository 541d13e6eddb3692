//! Commands of other programs, and their names here.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The typed command, and the right one.
const INSTEAD: [(&str, &str); 16] = [
    ("list", "repo tags"),
    ("ls", "repo ls"),
    ("tags", "repo tags"),
    ("catalog", "repo ls"),
    ("inspect", "manifest fetch"),
    ("show", "manifest fetch"),
    ("config", "manifest fetch-config"),
    ("delete", "manifest delete"),
    ("remove", "manifest delete"),
    ("rm", "manifest delete"),
    ("serve", "registry serve"),
    ("index", "manifest index"),
    ("save", "backup"),
    ("load", "restore"),
    ("untag", "repo delete"),
    ("prune", "repo prune"),
];

/// Adds a suggestion to the error, if the table has a better one than similar spelling.
pub(super) fn explained(mut error: Error) -> Error {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let typed = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(typed)) => typed.clone(),
        _ => return error,
    };
    if let Some((_, instead)) = INSTEAD.iter().find(|(wrong, _)| *wrong == typed) {
        let suggestion = StyledStr::from(format!("this is 'oras {instead}' here"));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![suggestion]));
        error.remove(ContextKind::SuggestedSubcommand);
    }
    error
}
