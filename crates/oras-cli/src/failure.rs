//! Failures, as one line that names the thing and says what to do.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use oras::Error;
use oras::transport::{ConnectReason, Error as TransportError};

/// Why a command ends without success.
pub(crate) enum Failure {
    /// It was told to stop; the exit code to end with.
    Interrupted(u8),
    Error(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Error(error) = self else {
            return f.write_str("interrupted");
        };
        let mut said: Vec<String> = Vec::new();
        for cause in error.chain() {
            let text = one_line(&cause.to_string());
            // A transparent layer says what its cause says.
            if said.last() != Some(&text) {
                said.push(text);
            }
        }
        f.write_str(&said.join(": "))?;
        match hint(error) {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split(['\r', '\n'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn find<T: StdError + 'static>(error: &anyhow::Error) -> Option<&T> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

/// What a person can do about it.
fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(system) = find::<io::Error>(error)
        && let Some(hint) = system_hint(system)
    {
        return Some(hint.to_owned());
    }
    if let Some(transport) = transport(error)
        && let Some(hint) = transport_hint(transport)
    {
        return Some(hint.to_owned());
    }
    store_hint(find::<Error>(error)?)
}

/// The transport's error, which may be shared behind a pointer.
fn transport(error: &anyhow::Error) -> Option<&TransportError> {
    error.chain().find_map(|cause| {
        let shared = cause.downcast_ref::<std::sync::Arc<TransportError>>();
        shared.map(|shared| &**shared).or_else(|| cause.downcast_ref())
    })
}

fn system_hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("choose a place that you may write to, or change its permissions")
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Some("check the path"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("make room on the disk, or choose another place, and run it again")
        }
        _ => None,
    }
}

fn transport_hint(error: &TransportError) -> Option<&'static str> {
    match error {
        TransportError::Connect { reason, .. } => Some(match reason {
            ConnectReason::Certificate => {
                "trust its certificate with --ca-file, or check the name of the registry"
            }
            ConnectReason::Dns | ConnectReason::DnsTemporary => {
                "check the name of the registry and the network"
            }
            ConnectReason::Proxy | ConnectReason::ProxyScheme => {
                "check the proxy settings of the environment"
            }
            _ => "check the name and the port of the registry, and that it is running",
        }),
        TransportError::AnsweredInPlainHttp { .. } => Some("add --plain-http if that is meant"),
        TransportError::ExpectsTls { .. } => Some("leave --plain-http out"),
        TransportError::TimedOut { .. } => Some("check the network and try again"),
        _ => None,
    }
}

fn store_hint(error: &Error) -> Option<String> {
    let hint = match error {
        Error::Payload { source } => return store_hint(source),
        Error::Unauthenticated { what, .. } => {
            let registry = what.registry()?;
            return Some(format!("log in first with 'oras login {registry}'"));
        }
        Error::Denied { what, .. } => {
            let registry = what.registry()?;
            return Some(format!(
                "log in with an account that may do this: 'oras login {registry}'"
            ));
        }
        Error::NotFound { .. } => "check the name; 'oras repo tags' lists the tags of a repository",
        Error::Verify { .. } => "the content was altered or cut off on its way; try again, or tell its owner",
        Error::SizeExceedsLimit { .. } => {
            "check that the reference names an artifact; nothing this large is one"
        }
        Error::Protocol { .. } | Error::InvalidManifest { .. } => {
            "check that the address is the one of a registry and the content an artifact"
        }
        Error::RateLimited { .. } => "wait, and try again; a login often raises the limit",
        Error::Unavailable { .. } => "try again later",
        Error::InvalidDigest(_) => "write sha256: and 64 hexadecimal digits",
        Error::MissingReference { .. } => "add :<tag> or @<digest>",
        Error::MissingContent { .. } => "copy the artifact again from a place that has all of it",
        _ => return None,
    };
    Some(hint.to_owned())
}
