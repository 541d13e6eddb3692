//! `Fallbacks`: several sources of credentials.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::found::{FoundCredential, first_found};
use crate::provider::{CredentialProvider, CredentialStore};
use crate::query::CredentialQuery;

/// A store, and further providers to query in order if it has no credential.
///
/// Credentials are stored in and deleted from the store only. A provider that fails is an error, and later ones are not
/// queried.
///
/// ```
/// use std::sync::Arc;
///
/// use oras_auth::{DockerConfig, Fallbacks, MemoryCredentials};
///
/// let credentials = Fallbacks::new(Arc::new(MemoryCredentials::new()))
///     .or(Arc::new(DockerConfig::at("team.json")))
///     .or(Arc::new(DockerConfig::at("everybody.json")));
/// # let _ = credentials;
/// ```
#[derive(Clone)]
pub struct Fallbacks {
    store: Arc<dyn CredentialStore>,
    others: Vec<Arc<dyn CredentialProvider>>,
}

impl Fallbacks {
    /// Creates the store without fallbacks.
    pub fn new(store: Arc<dyn CredentialStore>) -> Self {
        Self {
            store,
            others: Vec::new(),
        }
    }

    /// Also queries `other` if none before it has a credential.
    #[must_use]
    pub fn or(mut self, other: Arc<dyn CredentialProvider>) -> Self {
        self.others.push(other);
        self
    }
}

#[async_trait]
impl CredentialProvider for Fallbacks {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let store: &dyn CredentialProvider = self.store.as_ref();
        let others = self.others.iter().map(AsRef::as_ref);
        first_found(std::iter::once(store).chain(others), query).await
    }
}

#[async_trait]
impl CredentialStore for Fallbacks {
    async fn put(&self, key: &CredentialKey, credential: &Credential) -> Result<(), Error> {
        self.store.put(key, credential).await
    }

    async fn delete(&self, key: &CredentialKey) -> Result<(), Error> {
        self.store.delete(key).await
    }
}

impl fmt::Debug for Fallbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fallbacks = self.others.len();
        f.debug_struct("Fallbacks")
            .field("fallbacks", &fallbacks)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Fallbacks;
    use crate::config_text::DockerConfigText;
    use crate::credential::Credential;
    use crate::memory_credentials::MemoryCredentials;
    use crate::provider::{CredentialProvider, CredentialStore};
    use crate::query::CredentialQuery;

    // ann:secret
    const TEAM: &str = r#"{"auths": {"r.example": {"auth": "YW5uOnNlY3JldA=="}}}"#;
    // bob:secret
    const ALL: &str = r#"{"auths": {"r.example": {"auth": "Ym9iOnNlY3JldA=="}, "s.example": {"auth": "Ym9iOnNlY3JldA=="}}}"#;

    async fn user(fallbacks: &Fallbacks, host: &str) -> Option<String> {
        let found = fallbacks.credential(&CredentialQuery::new(host)).await.unwrap()?;
        match found.credential {
            Credential::Basic { username, .. } => Some(username),
            other => panic!("{other:?}"),
        }
    }

    fn fallbacks() -> Fallbacks {
        Fallbacks::new(Arc::new(MemoryCredentials::new()))
            .or(Arc::new(DockerConfigText::parse("team", TEAM).unwrap()))
            .or(Arc::new(DockerConfigText::parse("all", ALL).unwrap()))
    }

    #[tokio::test]
    async fn the_first_that_has_a_credential_serves() {
        let fallbacks = fallbacks();
        assert_eq!(user(&fallbacks, "r.example").await.as_deref(), Some("ann"));
        assert_eq!(user(&fallbacks, "s.example").await.as_deref(), Some("bob"));
        assert_eq!(user(&fallbacks, "t.example").await, None);
    }

    #[tokio::test]
    async fn only_the_store_is_written_to() {
        let fallbacks = fallbacks();
        let key = CredentialQuery::new("r.example").registry_key();
        let mine = Credential::basic("me", "secret").unwrap();
        fallbacks.put(&key, &mine).await.unwrap();
        assert_eq!(user(&fallbacks, "r.example").await.as_deref(), Some("me"));
        fallbacks.delete(&key).await.unwrap();
        assert_eq!(user(&fallbacks, "r.example").await.as_deref(), Some("ann"));
        fallbacks.delete(&key).await.unwrap();
        assert_eq!(user(&fallbacks, "r.example").await.as_deref(), Some("ann"));
    }

    #[tokio::test]
    async fn one_that_fails_hides_those_after_it() {
        let broken =
            DockerConfigText::parse("broken", r#"{"auths": {"r.example": {"auth": "secret!"}}}"#).unwrap();
        let fallbacks = Fallbacks::new(Arc::new(MemoryCredentials::new()))
            .or(Arc::new(broken))
            .or(Arc::new(DockerConfigText::parse("all", ALL).unwrap()));
        let asked = fallbacks.credential(&CredentialQuery::new("r.example")).await;
        let error = asked.unwrap_err().to_string();
        assert!(error.contains("broken") && !error.contains("secret!"), "{error}");
        assert_eq!(user(&fallbacks, "s.example").await.as_deref(), Some("bob"));
    }

    #[tokio::test]
    async fn a_text_that_is_no_configuration_is_not_repeated() {
        for text in ["[]", "{\"auths\": 1, \"x\": \"secret\"}", "secret"] {
            let error = DockerConfigText::parse("$LOGINS", text).unwrap_err().to_string();
            assert!(error.contains("$LOGINS") && !error.contains("secret"), "{error}");
        }
        assert!(DockerConfigText::parse("$LOGINS", "").is_ok());
    }
}
