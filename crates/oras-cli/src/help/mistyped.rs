//! Commands that other programs have, and what they are called here.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What is typed, and what to type instead.
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

/// The error, with a suggestion where the program knows better than the spelling.
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
