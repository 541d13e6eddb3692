//! Failures: one line with the failing item and what to do, and an exit code. Both derive from the types of errors.

use std::error::Error as StdError;
use std::fmt;

use oras::Error;
use oras::auth::{Error as AuthError, RealmReason};
use oras::content::{ErrorKind, InvalidDigest, InvalidMediaType, InvalidPlatform, InvalidReference};
use oras::environment::PolicyError;
use oras::transport::Error as TransportError;

use crate::causes::{find, transport};
use crate::deadline::TimedOut;
use crate::hint::hint;
use crate::secrets::without_secrets;
use crate::usage::Usage;

/// The reason why a command fails.
pub(crate) enum Failure {
    /// A signal interrupted it; the exit code.
    Interrupted(u8),
    Error(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted(code) => *code,
            Self::Error(error) => kind(error) as u8,
        }
    }
}

/// The kinds of failure with an exit code of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    Denied = 4,
    Unreachable = 5,
    Unverified = 6,
}

fn kind(error: &anyhow::Error) -> Kind {
    if error.downcast_ref::<Usage>().is_some() || is_invalid_text(error) {
        return Kind::Usage;
    }
    if let Some(store) = find::<Error>(error) {
        return kind_of_store(store);
    }
    if error.downcast_ref::<TimedOut>().is_some() {
        return Kind::Unreachable;
    }
    match transport(error) {
        Some(error) => kind_of_transport(error),
        None => Kind::Failed,
    }
}

fn is_invalid_text(error: &anyhow::Error) -> bool {
    use oras::PackError as Pack;

    let is_packed_wrong = matches!(find::<Pack>(error), Some(pack) if !matches!(pack, Pack::Push(_)));
    is_packed_wrong
        || find::<InvalidReference>(error).is_some()
        || find::<InvalidDigest>(error).is_some()
        || find::<InvalidMediaType>(error).is_some()
        || find::<InvalidPlatform>(error).is_some()
}

fn kind_of_store(error: &Error) -> Kind {
    if let Some(inner) = error.inner() {
        return kind_of_store(inner);
    }
    match error.kind() {
        ErrorKind::NotFound => Kind::NotFound,
        ErrorKind::Denied | ErrorKind::Unauthenticated => Kind::Denied,
        ErrorKind::RateLimited { .. } | ErrorKind::Unavailable { .. } => Kind::Unreachable,
        ErrorKind::Verify => Kind::Unverified,
        ErrorKind::MissingName
        | ErrorKind::InvalidReference
        | ErrorKind::InvalidDigest
        | ErrorKind::InvalidMediaType => Kind::Usage,
        _ => Kind::Failed,
    }
}

fn kind_of_transport(error: &TransportError) -> Kind {
    match error {
        TransportError::Configuration { .. } | TransportError::InvalidUrl { .. } => Kind::Usage,
        _ => Kind::Unreachable,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Error(error) = self else {
            return f.write_str("interrupted");
        };
        let mut said: Vec<String> = Vec::new();
        for cause in error.chain() {
            let text = one_line(&words(cause));
            // A transparent error repeats its cause, and some errors have no text, only hints for this program.
            if !text.is_empty() && said.last() != Some(&text) {
                said.push(text);
            }
        }
        let text = without_secrets(&said.join(": "));
        match hint(error) {
            Some(hint) => write!(f, "{text}; {hint}"),
            None => f.write_str(&text),
        }
    }
}

/// Returns the text of an error for users of this program. If the library's text names a method, the hint names a flag
/// instead.
fn words(error: &(dyn StdError + 'static)) -> String {
    if let Some(PolicyError::Unverified { kind, scope, file }) = error.downcast_ref() {
        let file = file.display();
        return format!("the {scope} of {file} asks for a {kind} signature, and this program verifies none");
    }
    match error.downcast_ref() {
        Some(AuthError::RealmRefused {
            registry,
            realm,
            reason: RealmReason::Untrusted,
        }) => format!("{registry} refers to {realm} for a token, which is not trusted with its credential"),
        Some(AuthError::PlainHttp { registry, server }) => {
            format!("the credential for {registry} is not sent to {server} over plain HTTP")
        }
        _ => error.to_string(),
    }
}

fn one_line(text: &str) -> String {
    text.split(['\r', '\n'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
