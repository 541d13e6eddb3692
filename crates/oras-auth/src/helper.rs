//! `Helper`: runs a credential helper.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::error::Error;
use crate::helper_program::{Output, find, run};
use crate::token_answer::one_line;

/// The user name that marks a secret as a refresh token.
const TOKEN_USER: &str = "<token>";

/// The message of helpers without a credential, among other words.
const NOT_FOUND: &str = "credentials not found";

/// The folders to search for helpers, and their timeout.
#[derive(Clone, Debug)]
pub(crate) struct HelperOptions {
    pub(crate) folders: Option<Vec<PathBuf>>,
    pub(crate) timeout: Duration,
}

/// The program `docker-credential-<name>`.
///
/// Spec: docker credential helpers, "Credential helper protocol": `get`, `store` and `erase`, with JSON.
pub(crate) struct Helper<'a> {
    name: &'a str,
    options: &'a HelperOptions,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "ServerURL")]
    server_url: &'a str,
    #[serde(rename = "Username")]
    username: &'a str,
    #[serde(rename = "Secret")]
    secret: &'a str,
}

impl<'a> Helper<'a> {
    /// Creates the helper `name`, which may have letters, digits, `.`, `_` and `-`.
    pub(crate) fn new(name: &'a str, options: &'a HelperOptions) -> Result<Self, Error> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_plain) {
            return Err(Error::helper(
                &one_line(name),
                "the name holds characters that are not allowed",
            ));
        }
        Ok(Self { name, options })
    }

    /// The credential under the first of `names` that has one.
    pub(crate) async fn get_first(&self, names: &[String]) -> Result<Option<Credential>, Error> {
        for name in names {
            if let Some(found) = self.get(name).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn get(&self, name: &str) -> Result<Option<Credential>, Error> {
        let output = self.call("get", self.server(name)?.as_bytes()).await?;
        if !output.success {
            return if is_not_found(&output) {
                Ok(None)
            } else {
                Err(self.failure(&output, ""))
            };
        }
        let answer = answered(&output.printed);
        let credential =
            answer.ok_or_else(|| Error::helper(self.name, "its answer is not the expected JSON"))?;
        credential.check()?;
        Ok((!credential.is_anonymous()).then_some(credential))
    }

    pub(crate) async fn store(&self, name: &str, credential: &Credential) -> Result<(), Error> {
        let (username, secret) = match credential {
            Credential::Basic { username, password } => (username.as_str(), password),
            Credential::RefreshToken(token) => (TOKEN_USER, token),
            Credential::AccessToken(_) | Credential::Anonymous => {
                return Err(Error::InvalidCredential {
                    what: "a credential helper cannot keep an access token",
                });
            }
        };
        let entry = Entry {
            server_url: self.server(name)?,
            username,
            secret: secret.expose(),
        };
        let input = serde_json::to_vec(&entry)
            .map(Zeroizing::new)
            .map_err(|error| Error::helper_from(self.name, "its input cannot be written", error.into()))?;
        let output = self.call("store", &input).await?;
        if output.success {
            Ok(())
        } else {
            Err(self.failure(&output, secret.expose()))
        }
    }

    /// Erases the credentials under all `names`. All but the first are erased only if present, because some helpers
    /// fail otherwise.
    pub(crate) async fn erase_all(&self, names: &[String]) -> Result<(), Error> {
        for (at, name) in names.iter().enumerate() {
            if at == 0 || self.get(name).await?.is_some() {
                self.erase(name).await?;
            }
        }
        Ok(())
    }

    async fn erase(&self, name: &str) -> Result<(), Error> {
        let output = self.call("erase", self.server(name)?.as_bytes()).await?;
        if output.success || is_not_found(&output) {
            Ok(())
        } else {
            Err(self.failure(&output, ""))
        }
    }

    /// Checks the name of a registry, which must be one line, because helpers read lines.
    fn server<'r>(&self, name: &'r str) -> Result<&'r str, Error> {
        if name.chars().any(char::is_control) {
            return Err(Error::helper(
                self.name,
                "the registry's name holds a control character",
            ));
        }
        Ok(name)
    }

    async fn call(&self, verb: &str, input: &[u8]) -> Result<Output, Error> {
        let program = format!("docker-credential-{}", self.name);
        let path = find(&program, self.options.folders.as_deref()).ok_or_else(|| {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            Error::helper_from(self.name, format!("cannot find {program}"), missing)
        })?;
        tracing::debug!(helper = self.name, verb, "running a credential helper");
        run(&path, verb, input, self.options.timeout)
            .await
            .map_err(|error| Error::helper_from(self.name, format!("cannot {verb} a credential"), error))
    }

    /// The helper's own message, unless it may hold a secret: the one that was sent, or a response.
    fn failure(&self, output: &Output, secret: &str) -> Error {
        let said = one_line(&String::from_utf8_lossy(&output.printed));
        let is_told = !secret.is_empty() && said.contains(secret);
        match said.is_empty() || is_told || said.contains('{') {
            true => Error::helper(self.name, "it reported a failure without saying why"),
            false => Error::helper(self.name, said),
        }
    }
}

/// The credential in the output. It need not be valid.
pub(crate) fn answered(printed: &[u8]) -> Option<Credential> {
    // A list of two would be accepted as a response, too.
    if !printed.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let answer: Answer = serde_json::from_slice(printed).ok()?;
    Some(match answer.username.as_str() {
        TOKEN_USER => Credential::RefreshToken(answer.secret.into()),
        _ => Credential::Basic {
            username: answer.username,
            password: answer.secret.into(),
        },
    })
}

fn is_not_found(output: &Output) -> bool {
    String::from_utf8_lossy(&output.printed)
        .to_ascii_lowercase()
        .contains(NOT_FOUND)
}
