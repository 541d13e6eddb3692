//! Hints: what the user can do about a failure. They derive from the types of errors, never from their texts.

mod machine;

use std::fmt;
use std::io;

use oras::auth::{Error as AuthError, RealmReason};
use oras::config::Error as ConfigError;
use oras::content::{ErrorSubject, StoreName};
use oras::copy::Operation;
use oras::environment::PolicyError;
use oras::registry::ResponseError;
use oras::transport::Origin;
use oras::{CopyError, Error, ErrorKind};

use self::machine::{is_writing, system_hint, transport_hint};
use crate::causes::{CannotServe, LoginFailed, find, transport};
use crate::deadline::TimedOut;
use crate::place::{Place, token_server};
use crate::secrets::were_given;

/// The hint for a missing digest, whether it was typed or read from a manifest.
const ABSENT_DIGEST: &str = "check the digest; its content was never pushed, or was deleted";

/// The hint for a file that does not match the command line.
pub(crate) const OTHER_FILE: &str = "check the file name, and the digest and size given for it";

/// Advice that only the command can give. It adds nothing to the text of the error.
#[derive(Debug)]
struct Advice(String);

impl fmt::Display for Advice {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// Adds advice to `error`.
pub(crate) fn advised(error: impl Into<anyhow::Error>, advice: impl Into<String>) -> anyhow::Error {
    error.into().context(Advice(advice.into()))
}

/// The side that an error concerns, for commands with two. It adds nothing to the text of the error.
#[derive(Debug)]
struct About {
    /// The prefix of that side's flags.
    flags: &'static str,
    has_credential: bool,
}

impl fmt::Display for About {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// Adds to `error` the place that it concerns.
pub(crate) fn about(place: &Place, error: impl Into<anyhow::Error>) -> anyhow::Error {
    error.into().context(About {
        flags: place.flags,
        has_credential: place.password.is_some() || place.password_stdin,
    })
}

/// Returns the hint for an error.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(Advice(advice)) = error.downcast_ref() {
        return Some(advice.clone());
    }
    if error.downcast_ref::<TimedOut>().is_some() {
        return Some("allow more time with --timeout; what was transferred stays".to_owned());
    }
    if let Some(hint) = system_config_hint(error) {
        return Some(hint);
    }
    if error.downcast_ref::<CannotServe>().is_some() && find::<io::Error>(error).is_some() {
        return Some("choose another address with --addr".to_owned());
    }
    if let Some(auth) = find::<AuthError>(error)
        && let Some(hint) = credentials_hint(auth, flags(error))
    {
        return Some(hint);
    }
    if let Some(system) = find::<io::Error>(error)
        && let Some(hint) = system_hint(system, is_writing(error))
    {
        return Some(hint.to_owned());
    }
    if let Some(transport) = transport(error)
        && let Some(hint) = transport_hint(transport, flags(error))
    {
        return Some(hint);
    }
    if let Some(auth) = find::<AuthError>(error)
        && let Some(hint) = auth_hint(auth, flags(error))
    {
        return Some(hint);
    }
    if let Some(copy) = find::<CopyError>(error)
        && let Some(hint) = copy_hint(copy)
    {
        return Some(hint.to_owned());
    }
    let store = find::<Error>(error)?;
    if error.downcast_ref::<LoginFailed>().is_some()
        && matches!(store.kind(), ErrorKind::Unauthenticated | ErrorKind::Denied)
    {
        return Some("check the user name and the password or token".to_owned());
    }
    let has_credential = match error.downcast_ref::<About>() {
        Some(about) => about.has_credential,
        None => were_given(),
    };
    store_hint(store, has_credential)
}

/// Returns the prefix of the flags for the place that an error concerns.
fn flags(error: &anyhow::Error) -> &'static str {
    error.downcast_ref().map_or("", |about: &About| about.flags)
}

/// Returns the hint if the files of podman or docker forbid something, or cannot be followed.
fn system_config_hint(error: &anyhow::Error) -> Option<String> {
    let hint = match find(error) {
        Some(PolicyError::Unverified { .. }) => {
            "pull it with podman or skopeo, which verify signatures, or change what the file requires"
        }
        Some(_) => "ask whoever maintains the file",
        None => match find(error)? {
            ConfigError::Blocked { .. } => "ask whoever maintains the file",
            ConfigError::ShortName { .. } | ConfigError::Reference(_) => return None,
            _ => "correct the file; other programs read it, too",
        },
    };
    Some(format!("{hint}; --system-config=false ignores it"))
}

/// The hint if the place where credentials are kept cannot be used.
fn credentials_hint(error: &AuthError, flags: &str) -> Option<String> {
    match error {
        AuthError::Helper {
            name,
            source: Some(source),
            ..
        } if source.kind() == io::ErrorKind::NotFound => Some(format!(
            "install docker-credential-{name}, or remove {name} from credsStore and credHelpers in the configuration file"
        )),
        AuthError::Config { source, .. }
            if !source.as_ref().is_some_and(|source| source.is::<io::Error>()) =>
        {
            Some(format!(
                "correct the file, or name another with --{flags}registry-config"
            ))
        }
        _ => None,
    }
}

fn auth_hint(error: &AuthError, flags: &str) -> Option<String> {
    Some(match error {
        AuthError::RealmRefused {
            realm,
            reason: RealmReason::Untrusted,
            ..
        } => {
            let server = token_server_of(realm)?;
            format!("use --{flags}trust-token-server {server} if it may see the credential")
        }
        AuthError::PlainHttp { .. } => {
            format!("use --{flags}plain-http if the credential may be sent without TLS")
        }
        _ => return None,
    })
}

/// Returns the `host` or `host:port` of a token server, given its URL. A registry chose it, and users paste hints into
/// shells, so anything that is not a plain name is not repeated.
fn token_server_of(realm: &str) -> Option<String> {
    let url = realm.split('?').next().unwrap_or(realm).parse().ok()?;
    token_server(&Origin::of(&url).ok()?.host_port()).ok()
}

fn copy_hint(error: &CopyError) -> Option<&'static str> {
    match (error.operation, error.source.kind()) {
        (Operation::Fetch, ErrorKind::NotFound) => {
            Some("the artifact is incomplete there: copy it again from a complete source")
        }
        (Operation::SelectPlatform, kind) => platform_hint(kind),
        _ => None,
    }
}

fn platform_hint(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Unsupported => Some("remove --platform"),
        ErrorKind::NotFound => Some("choose one of its platforms: 'oras manifest fetch' shows the index"),
        _ => None,
    }
}

/// Converts the error of selecting a platform at a place. An error without a store concerns the manifest from which the
/// platform was selected.
pub(crate) fn of_platform(error: Error) -> anyhow::Error {
    let is_named = error.subject().and_then(ErrorSubject::store).is_some();
    match platform_hint(error.kind()).filter(|_| !is_named) {
        Some(hint) => advised(error, hint),
        None => error.into(),
    }
}

fn store_hint(error: &Error, has_credential: bool) -> Option<String> {
    if let Some(inner) = error.inner() {
        let hint = store_hint(inner, has_credential);
        return match error.kind() {
            ErrorKind::NotListed => {
                let more = hint.unwrap_or_else(|| "run it again".to_owned());
                Some(format!("{more}; run it again to have it listed"))
            }
            _ => hint,
        };
    }
    match error.subject().and_then(ErrorSubject::store) {
        Some(StoreName::Registry(registry)) => registry_hint(error, registry, has_credential),
        Some(StoreName::Layout(layout)) => layout_hint(error, layout),
        _ => general_hint(error).map(str::to_owned),
    }
}

fn registry_hint(error: &Error, registry: &str, has_credential: bool) -> Option<String> {
    Some(match error.kind() {
        ErrorKind::Unauthenticated if has_credential => {
            "check the user name and the password or token".to_owned()
        }
        ErrorKind::Unauthenticated => format!("log in first with 'oras login {registry}'"),
        ErrorKind::Denied => {
            format!("log in with an account that may do this: 'oras login {registry}'")
        }
        ErrorKind::NotFound if is_of_no_repository(error) => {
            format!("check the name; 'oras repo ls {registry}' lists the repositories of the registry")
        }
        ErrorKind::NotFound if is_by_digest(error) => ABSENT_DIGEST.to_owned(),
        ErrorKind::NotFound => "check the name; 'oras repo tags' lists the tags of a repository".to_owned(),
        ErrorKind::Protocol | ErrorKind::InvalidManifest => {
            "check that the address is that of a registry, and that the content is an artifact".to_owned()
        }
        ErrorKind::Rejected => "see what the registry says about it".to_owned(),
        ErrorKind::RateLimited { .. } => "wait, and try again; a login often raises the limit".to_owned(),
        ErrorKind::Unavailable { .. } => "try again later".to_owned(),
        ErrorKind::MissingContent => "copy the artifact again from a complete source".to_owned(),
        _ => return general_hint(error).map(str::to_owned),
    })
}

fn layout_hint(error: &Error, layout: &str) -> Option<String> {
    Some(match error.kind() {
        ErrorKind::NotFound if is_by_digest(error) => ABSENT_DIGEST.to_owned(),
        ErrorKind::NotFound => {
            format!(
                "check the path and the tag; 'oras repo tags --oci-layout {layout}' lists the tags of a layout"
            )
        }
        ErrorKind::InvalidManifest => "restore the file from a copy, or choose another layout".to_owned(),
        _ => return general_hint(error).map(str::to_owned),
    })
}

/// Whether the registry reports that the repository does not exist, and not only the tag or digest.
fn is_of_no_repository(error: &Error) -> bool {
    let answer = error.cause::<ResponseError>();
    answer.is_some_and(|answer| answer.errors.iter().any(|one| one.code == "NAME_UNKNOWN"))
}

fn is_by_digest(error: &Error) -> bool {
    error.subject().is_some_and(|subject| subject.digest().is_some())
}

fn general_hint(error: &Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::NotFound => "check the name",
        ErrorKind::Verify => "the content was altered or cut off in transit; try again, or tell its owner",
        ErrorKind::SizeExceedsLimit { .. } => {
            "check that the reference names an artifact; nothing this large is one"
        }
        ErrorKind::InvalidDigest => "write sha256: and 64 hexadecimal digits",
        ErrorKind::MissingName => "add :<tag> or @<digest>",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_server_is_named_by_host_and_port_alone() {
        for (realm, expected) in [
            ("https://tokens.example/token?…", Some("tokens.example")),
            ("https://tokens.example:8443", Some("tokens.example:8443")),
            ("http://[fd00::1]:5000/token", Some("[fd00::1]:5000")),
            ("https://a;reboot/token", None),
            ("https://a$(reboot)/token", None),
            ("an unusable address", None),
        ] {
            assert_eq!(token_server_of(realm).as_deref(), expected, "{realm}");
        }
    }
}
