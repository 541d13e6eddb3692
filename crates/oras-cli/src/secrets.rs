//! Secrets: passwords and tokens of the user, which no error may show.

use std::sync::{Mutex, PoisonError};

static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Minimum length of a secret to hide: shorter ones occur in too many words.
const MIN_SECRET: usize = 4;

/// Hides a secret in every error.
pub(crate) fn hide(secret: &str) {
    let mut secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    secrets.push(secret.to_owned());
}

/// Whether the user gave a password or token.
pub(crate) fn were_given() -> bool {
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    !secrets.is_empty()
}

/// Returns `text` without the user's passwords and tokens.
pub(crate) fn without_secrets(text: &str) -> String {
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = secrets.iter().filter(|secret| secret.len() >= MIN_SECRET);
    shown.fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
}
