//! `ConfigFile`: the content of Docker's configuration file.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::json_object::Object;
use crate::registry_name::{helper_names, same_registry, storage_key};
use crate::secret::Secret;

/// Decodes with and without padding, because files have both.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The members of an entry of `auths` that can hold a credential.
const HELD: [&str; 5] = ["auth", "identitytoken", "registrytoken", "username", "password"];

/// The content of Docker's configuration file.
///
/// Spec: docker login, "Credential stores" and "Credential helpers", for `auths`, `credsStore` and `credHelpers`.
#[derive(Default)]
pub(crate) struct ConfigFile {
    members: Object,
    auths: Object,
    helpers: Object,
    helper: Option<String>,
}

/// What is wrong with a file. Without the parser's message, which quotes the content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) String);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

/// The member `auth` is not base64 of `user:password`.
struct UnreadableAuth;

impl Entry {
    fn credential(self) -> Result<Option<Credential>, UnreadableAuth> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(token) = given(self.registrytoken) {
            return Ok(Some(Credential::AccessToken(token.into())));
        }
        if let Some(token) = given(self.identitytoken) {
            return Ok(Some(Credential::RefreshToken(token.into())));
        }
        let (username, password) = match given(self.auth) {
            Some(auth) => decode(&auth).ok_or(UnreadableAuth)?,
            None => (
                self.username.unwrap_or_default(),
                self.password.unwrap_or_default().into(),
            ),
        };
        let credential = Credential::Basic { username, password };
        Ok((!credential.is_anonymous()).then_some(credential))
    }
}

/// The credential in an entry of `auths`, or what is wrong with the entry.
pub(crate) fn credential_of_entry(text: &str) -> Result<Option<Credential>, &'static str> {
    let form = "it is not an entry of auths in the configuration of docker";
    let object: Option<Object> = serde_json::from_str(text).map_err(|_| form)?;
    let entry: Option<Entry> = object
        .map(|_| serde_json::from_str(text))
        .transpose()
        .map_err(|_| form)?;
    let credential = entry.unwrap_or_default().credential();
    credential.map_err(|UnreadableAuth| "its field auth is no base64 of user:password")
}

impl ConfigFile {
    /// Parses the file. An empty text is an empty configuration.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Fault> {
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let members: Object = serde_json::from_slice(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Fault(format!(
                "it is not a JSON object, see line {line}, column {column}"
            ))
        })?;
        Ok(Self {
            auths: member(&members, "auths")?,
            helpers: member(&members, "credHelpers")?,
            helper: member(&members, "credsStore")?,
            members,
        })
    }

    /// Formats the file.
    pub(crate) fn into_text(mut self) -> Result<String, Fault> {
        let text = self.auths.to_raw(1).and_then(|auths| {
            self.members.set("auths", auths);
            self.members.to_text(0)
        });
        text.map(|text| text + "\n")
            .map_err(|_| Fault("it cannot be written as JSON".to_owned()))
    }

    /// The helper for this registry. An empty name disables helpers.
    pub(crate) fn helper(&self, registry: &str) -> Result<Option<String>, Fault> {
        let own = match matching(&self.helpers, registry) {
            Some(name) => Some(member::<Option<String>>(&self.helpers, name)?.unwrap_or_default()),
            None => None,
        };
        Ok(own
            .or_else(|| self.helper.clone())
            .filter(|name| !name.is_empty()))
    }

    /// Whether the file configures where credentials are stored. An empty `credsStore` means: in the file itself.
    pub(crate) fn is_configured(&self) -> bool {
        self.members.get("credsStore").is_some() || !self.helpers.is_empty() || !self.auths.is_empty()
    }

    /// Sets the helper for the credentials of all registries.
    pub(crate) fn set_store(&mut self, name: &str) -> Result<(), Fault> {
        let value = serde_json::value::to_raw_value(name)
            .map_err(|_| Fault("the field credsStore cannot be written".to_owned()))?;
        self.members.set("credsStore", value);
        self.helper = Some(name.to_owned());
        Ok(())
    }

    /// The names to request from a helper, in order. The name of the registry in the file comes first, because the
    /// helper probably stored the credential under it.
    pub(crate) fn helper_names(&self, registry: &str) -> Vec<String> {
        let mut names = helper_names(registry);
        let written = matching(&self.helpers, registry).or_else(|| matching(&self.auths, registry));
        if let Some(written) = written {
            names.sort_by_key(|name| !name.eq_ignore_ascii_case(written));
        }
        names
    }

    /// The credential in the file itself under exactly this key.
    pub(crate) fn credential(&self, key: &CredentialKey) -> Result<Option<Credential>, Fault> {
        let Some(key) = entry_of(&self.auths, key) else {
            return Ok(None);
        };
        let entry = member::<Option<Entry>>(&self.auths, key)?.unwrap_or_default();
        entry
            .credential()
            .map_err(|UnreadableAuth| Fault(format!("the field auth of {key} is no base64 of user:password")))
    }

    /// Stores a credential in the file itself.
    pub(crate) fn put(&mut self, key: &CredentialKey, credential: &Credential) -> Result<(), Fault> {
        let key = match (entry_of(&self.auths, key), key.namespace()) {
            (Some(name), _) => name.to_owned(),
            (None, None) => storage_key(key.registry()).to_owned(),
            (None, Some(_)) => key.to_string(),
        };
        let mut entry: Object = member(&self.auths, &key)?;
        entry.remove(|name| HELD.contains(&name));
        let (name, value) = match credential {
            Credential::Anonymous => return Ok(()),
            Credential::RefreshToken(token) => ("identitytoken", Zeroizing::new(token.expose().to_owned())),
            Credential::AccessToken(token) => ("registrytoken", Zeroizing::new(token.expose().to_owned())),
            Credential::Basic { username, password } => {
                let pair = Zeroizing::new(format!("{username}:{}", password.expose()));
                ("auth", Zeroizing::new(STANDARD.encode(pair.as_bytes())))
            }
        };
        let unwritable = |_| Fault(format!("the entry of {key} cannot be written"));
        entry.set(
            name,
            serde_json::value::to_raw_value(value.as_str()).map_err(unwritable)?,
        );
        let entry = entry.to_raw(2).map_err(unwritable)?;
        self.auths.set(&key, entry);
        Ok(())
    }

    /// Removes a credential from the file itself. Returns whether there was one.
    pub(crate) fn delete(&mut self, key: &CredentialKey) -> bool {
        self.auths.remove(|name| means(name, key))
    }
}

/// The name in `auths` that matches `key`.
fn entry_of<'a>(auths: &'a Object, key: &CredentialKey) -> Option<&'a str> {
    match key.namespace() {
        None => matching(auths, key.registry()),
        Some(_) => auths.names().find(|name| means(name, key)),
    }
}

fn means(name: &str, key: &CredentialKey) -> bool {
    match key.namespace() {
        None => same_registry(name, key.registry()),
        Some(_) => CredentialKey::from(name) == *key,
    }
}

/// The key of `object` that matches `registry`: the usual one if present, else the first match.
fn matching<'a>(object: &'a Object, registry: &str) -> Option<&'a str> {
    let usual = storage_key(registry);
    object
        .names()
        .find(|key| *key == usual)
        .or_else(|| object.names().find(|key| same_registry(key, registry)))
}

fn member<T: Default + for<'de> Deserialize<'de>>(object: &Object, name: &str) -> Result<T, Fault> {
    let Some(value) = object.get(name) else {
        return Ok(T::default());
    };
    serde_json::from_str(value.get()).map_err(|_| Fault(format!("the field {name} has an unexpected form")))
}

/// Decodes base64 of `user:password`. Some tools pad the password with zero bytes.
fn decode(auth: &str) -> Option<(String, Secret)> {
    let bytes = Zeroizing::new(LENIENT.decode(auth.trim()).ok()?);
    let (username, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((username.to_owned(), Secret::from(password.trim_matches('\0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(username: &str, password: &str) -> Option<Credential> {
        Some(Credential::basic(username, password).unwrap())
    }

    #[test]
    fn every_form_of_an_entry_is_read() {
        let file = ConfigFile::parse(
            br#"{"auths": {
                "a": {"auth": "YWxpY2U6cGE6c3M="}, "b": {"auth": "YWxpY2U6cA"},
                "c": {"auth": "Og==", "identitytoken": "i"}, "d": {"registrytoken": "r", "identitytoken": "i"},
                "e": {"username": "u", "password": "p"}, "f": {}, "g": null, "h": {"auth": "***"}
            }}"#,
        )
        .unwrap();
        for (registry, expected) in [
            ("a", basic("alice", "pa:ss")),
            ("b", basic("alice", "p")),
            ("c", Some(Credential::RefreshToken("i".into()))),
            ("d", Some(Credential::AccessToken("r".into()))),
            ("e", basic("u", "p")),
            ("f", None),
            ("g", None),
            ("nobody", None),
        ] {
            assert_eq!(file.credential(&registry.into()).unwrap(), expected, "{registry}");
        }
        assert!(file.credential(&"h".into()).is_err());
    }

    #[test]
    fn the_helper_of_a_registry_goes_before_the_general_one() {
        let file = ConfigFile::parse(br#"{"credsStore":"g","credHelpers":{"a":"own","b":""}}"#).unwrap();
        assert_eq!(file.helper("a").unwrap().as_deref(), Some("own"));
        assert_eq!(file.helper("b").unwrap(), None);
        assert_eq!(file.helper("c").unwrap().as_deref(), Some("g"));
        assert_eq!(ConfigFile::parse(b" \n").unwrap().helper("a").unwrap(), None);
    }
}
