//! `Credential`: a credential for a registry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::config_file::credential_of_entry;
use crate::error::Error;
use crate::secret::Secret;

/// A credential for a registry.
///
/// Spec: RFC 7617, section 2, for user name and password; RFC 6749, section 1.5, for refresh tokens; RFC 6750, section
/// 2.1, for access tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// No credential.
    #[default]
    Anonymous,
    /// User name and password.
    Basic {
        /// The user name, without `:` and control characters.
        username: String,
        /// The password, or a personal access token.
        password: Secret,
    },
    /// A refresh token (identity token), which is exchanged for access tokens.
    RefreshToken(Secret),
    /// An access token, which is sent to the registry as it is.
    AccessToken(Secret),
}

impl Credential {
    /// Creates a credential from user name and password.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: see [`Self::check`].
    pub fn basic(username: impl Into<String>, password: impl Into<Secret>) -> Result<Self, Error> {
        let credential = Self::Basic {
            username: username.into(),
            password: password.into(),
        };
        credential.check()?;
        Ok(credential)
    }

    /// Parses one entry of `auths` of Docker's `config.json`, given as JSON. Returns `None` if it has no credential.
    ///
    /// The member `registrytoken` takes precedence over `identitytoken`, that over `auth`, and that over `username` and
    /// `password`. Other members are ignored.
    ///
    /// ```
    /// use oras_auth::{Credential, Error};
    ///
    /// # fn main() -> Result<(), Error> {
    /// let entry = r#"{"auth": "YW5uOnNlY3JldA=="}"#;
    /// assert_eq!(Credential::from_docker_entry(entry)?, Some(Credential::basic("ann", "secret")?));
    /// assert_eq!(Credential::from_docker_entry("{}")?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spec: docker login, "Credential stores", for `auths`.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: the text is not such an entry (the error does not quote it), or the credential
    ///   is invalid, see [`Self::check`].
    pub fn from_docker_entry(entry: &str) -> Result<Option<Self>, Error> {
        let found = credential_of_entry(entry).map_err(|what| Error::InvalidCredential { what })?;
        found.as_ref().map_or(Ok(()), Self::check)?;
        Ok(found)
    }

    /// Returns `true` if the credential is empty.
    pub fn is_anonymous(&self) -> bool {
        match self {
            Self::Anonymous => true,
            Self::Basic { username, password } => username.is_empty() && password.is_empty(),
            Self::RefreshToken(token) | Self::AccessToken(token) => token.is_empty(),
        }
    }

    /// Checks that the credential can be sent unchanged.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: the user name has a `:`, there is a control character, or a token is not visible
    ///   ASCII.
    pub fn check(&self) -> Result<(), Error> {
        let what = match self {
            Self::Anonymous => return Ok(()),
            Self::Basic { username, .. } if username.contains(':') => "the user name contains a colon",
            Self::Basic { username, .. } if username.chars().any(char::is_control) => {
                "the user name contains a control character"
            }
            Self::Basic { password, .. } if password.expose().chars().any(char::is_control) => {
                "the password contains a control character, such as a line end"
            }
            Self::RefreshToken(token) | Self::AccessToken(token) if !is_token(token) => {
                "the token is not visible ASCII"
            }
            _ => return Ok(()),
        };
        Err(Error::InvalidCredential { what })
    }
}

/// `Authorization: Basic …`, marked as sensitive to hide it in debug output.
pub(crate) fn basic_header(username: &str, password: &Secret) -> HeaderValue {
    let pair = Zeroizing::new(format!("{username}:{}", password.expose()));
    let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let mut header = HeaderValue::from_str(&value).expect("base64 is visible ASCII");
    header.set_sensitive(true);
    header
}

/// `Authorization: Bearer …`, or `None` if the token cannot be sent in a header.
pub(crate) fn bearer_header(token: &Secret) -> Option<HeaderValue> {
    if !is_token(token) {
        return None;
    }
    let value = Zeroizing::new(format!("Bearer {}", token.expose()));
    let mut header = HeaderValue::from_str(&value).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn is_token(token: &Secret) -> bool {
    !token.is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_its_meaning_on_the_way_is_refused() {
        for (username, password) in [("a:b", "p"), ("a\r\nb", "p"), ("a", "p\n"), ("a\0", "p")] {
            assert!(Credential::basic(username, password).is_err(), "{username:?}");
        }
        assert!(Credential::basic("alice@example.org", "pa:ss wörd").is_ok());
        assert!(Credential::RefreshToken("a\nb".into()).check().is_err());
    }

    #[test]
    fn an_entry_that_is_none_is_refused_without_being_repeated() {
        for entry in [
            "hunter2",
            "[\"hunter2\"]",
            r#"{"auth": 1, "x": "hunter2"}"#,
            r#"{"auth": "hunter2"}"#,
            r#"{"username": "a:b", "password": "hunter2"}"#,
            r#"{"identitytoken": "hunter2\n"}"#,
        ] {
            let error = Credential::from_docker_entry(entry).unwrap_err();
            assert!(matches!(error, Error::InvalidCredential { .. }), "{entry}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        for empty in ["null", "{}", r#"{"auth": "", "email": "a@b"}"#] {
            assert_eq!(Credential::from_docker_entry(empty).unwrap(), None, "{empty}");
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let basic = Credential::basic("alice", "hunter2").unwrap();
        let shown = format!(
            "{basic:?} {:?} {:?}",
            Credential::AccessToken("hunter2".into()),
            basic_header("alice", &"hunter2".into())
        );
        assert!(
            !shown.contains("hunter2") && !shown.contains(&STANDARD.encode("alice:hunter2")),
            "{shown}"
        );
    }
}
