//! Hints for failures of the machine and the network.

use std::io;

use oras::transport::{ConnectReason, Error as TransportError};

use crate::causes::find;

/// Whether a file was being written: all writes go through one crate.
pub(super) fn is_writing(error: &anyhow::Error) -> bool {
    find::<oras_fs::Error>(error).is_some()
}

pub(super) fn system_hint(error: &io::Error, is_writing: bool) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if is_writing => {
            Some("choose a place that you can write to, or change its permissions")
        }
        io::ErrorKind::PermissionDenied => Some("change its permissions, or run it as a user with access"),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Some("check the path"),
        io::ErrorKind::IsADirectory => Some("name a file, not a folder"),
        io::ErrorKind::AlreadyExists => Some("something with that name is in the way; choose another place"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("make room on the disk, or choose another place, and run it again")
        }
        _ => None,
    }
}

pub(super) fn transport_hint(error: &TransportError, flags: &str) -> Option<String> {
    let hint = match error {
        TransportError::Connect { reason, .. } => match reason {
            ConnectReason::Certificate => {
                return Some(format!(
                    "trust its certificate with --{flags}ca-file, or check the name of the registry"
                ));
            }
            ConnectReason::Dns | ConnectReason::DnsTemporary => {
                "check the name of the registry and the network"
            }
            ConnectReason::Proxy
            | ConnectReason::ProxyDns
            | ConnectReason::ProxyRefused
            | ConnectReason::ProxyScheme => {
                "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment, and that the proxy allows it"
            }
            _ => "check the name and the port of the registry, and that it is running",
        },
        TransportError::AnsweredInPlainHttp { .. } => {
            return Some(format!("use --{flags}plain-http to connect without TLS"));
        }
        TransportError::ExpectsTls { .. } => return Some(format!("remove --{flags}plain-http")),
        TransportError::TimedOut { .. } | TransportError::TooSlow { .. } => "check the network and try again",
        _ => return None,
    };
    Some(hint.to_owned())
}
