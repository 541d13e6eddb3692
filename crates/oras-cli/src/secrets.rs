//! Secrets: what the user gave as a password or token, so that no error shows it.

use std::sync::{Mutex, PoisonError};

static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The shortest secret that is looked for: shorter ones are part of too many words.
const MIN_SECRET: usize = 4;

/// Keeps a secret out of every error.
pub(crate) fn hide(secret: &str) {
    let mut secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    secrets.push(secret.to_owned());
}

/// Whether the user gave a password or token.
pub(crate) fn were_given() -> bool {
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    !secrets.is_empty()
}

/// `text` without what the user gave as a password or token.
pub(crate) fn without_secrets(text: &str) -> String {
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = secrets.iter().filter(|secret| secret.len() >= MIN_SECRET);
    shown.fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
}
