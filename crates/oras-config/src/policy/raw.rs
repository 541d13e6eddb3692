//! The document `policy.json` as written, without unknown or repeated members.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::scope::DockerScope;
use super::{Requirement, SignedIdentity};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    pub(super) default: Requirements,
    #[serde(default)]
    pub(super) transports: Transports,
}

/// A non-empty list of requirements.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<Requirement>")]
pub(super) struct Requirements(pub(super) Vec<Requirement>);

impl TryFrom<Vec<Requirement>> for Requirements {
    type Error = &'static str;

    fn try_from(requirements: Vec<Requirement>) -> Result<Self, &'static str> {
        match requirements.is_empty() {
            true => Err("a list of requirements is empty"),
            false => Ok(Self(requirements)),
        }
    }
}

/// The scopes of `docker`. Those of other transports are parsed, to find errors, and discarded.
#[derive(Debug, Default)]
pub(super) struct Transports(Unique<DockerScope, Requirements>);

impl Transports {
    pub(super) fn docker(self) -> BTreeMap<String, Vec<Requirement>> {
        let scopes = self.0.0.into_iter();
        scopes
            .map(|(scope, requirements)| (scope.0, requirements.0))
            .collect()
    }
}

impl<'de> Deserialize<'de> for Transports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TransportsVisitor)
    }
}

struct TransportsVisitor;

impl<'de> Visitor<'de> for TransportsVisitor {
    type Value = Transports;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("transports with their scopes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Transports, A::Error> {
        let mut docker = None;
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("{name:?} is given twice")));
            }
            if name == "docker" {
                docker = Some(map.next_value()?);
            } else {
                map.next_value::<Unique<String, Requirements>>()?;
            }
        }
        Ok(Transports(docker.unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RequirementVisitor)
    }
}

/// Checks a requirement while its object is parsed, so that the error has the line of that object.
struct RequirementVisitor;

impl<'de> Visitor<'de> for RequirementVisitor {
    type Value = Requirement;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a requirement")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Requirement, A::Error> {
        let raw = RawRequirement::deserialize(MapAccessDeserializer::new(map))?;
        raw.try_into().map_err(A::Error::custom)
    }
}

/// A map without repeated keys.
#[derive(Debug)]
struct Unique<K, V>(BTreeMap<K, V>);

impl<K, V> Default for Unique<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, K: Deserialize<'de> + Ord + AsRef<str>, V: Deserialize<'de>> Deserialize<'de> for Unique<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor(PhantomData))
    }
}

struct UniqueVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + Ord + AsRef<str>, V: Deserialize<'de>> Visitor<'de> for UniqueVisitor<K, V> {
    type Value = Unique<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scopes with their requirements")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique<K, V>, A::Error> {
        let mut found = BTreeMap::new();
        while let Some(key) = map.next_key::<K>()? {
            if found.contains_key(&key) {
                return Err(A::Error::custom(format!("{:?} is given twice", key.as_ref())));
            }
            found.insert(key, map.next_value()?);
        }
        Ok(Unique(found))
    }
}

/// The members of all kinds of requirements.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawRequirement {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) key_type: Option<String>,
    pub(super) key_path: Option<PathBuf>,
    pub(super) key_paths: Option<Vec<PathBuf>>,
    pub(super) key_data: Option<String>,
    pub(super) key_datas: Option<Vec<String>>,
    pub(super) fulcio: Option<RawFulcio>,
    pub(super) rekor_public_key_path: Option<PathBuf>,
    pub(super) rekor_public_key_paths: Option<Vec<PathBuf>>,
    pub(super) rekor_public_key_data: Option<String>,
    pub(super) rekor_public_key_datas: Option<Vec<String>>,
    pub(super) signed_identity: Option<SignedIdentity>,
}

impl RawRequirement {
    /// Checks that the kind is known, and that all given members belong to it.
    pub(super) fn check_members(&self) -> Result<(), String> {
        let signed_by = ["keyType", "keyPath", "keyPaths", "keyData", "signedIdentity"];
        let allowed = |member: &str| match self.kind.as_str() {
            "signedBy" => signed_by.contains(&member),
            "sigstoreSigned" => member != "keyType",
            _ => false,
        };
        let known = ["insecureAcceptAnything", "reject", "signedBy", "sigstoreSigned"];
        if !known.contains(&self.kind.as_str()) {
            return Err(format!("unknown requirement {:?}", self.kind));
        }
        match self.given().find(|member| !allowed(member)) {
            Some(member) => Err(format!("{member} is no member of {}", self.kind)),
            None => Ok(()),
        }
    }

    fn given(&self) -> impl Iterator<Item = &'static str> {
        let members = [
            ("keyType", self.key_type.is_some()),
            ("keyPath", self.key_path.is_some()),
            ("keyPaths", self.key_paths.is_some()),
            ("keyData", self.key_data.is_some()),
            ("keyDatas", self.key_datas.is_some()),
            ("fulcio", self.fulcio.is_some()),
            ("rekorPublicKeyPath", self.rekor_public_key_path.is_some()),
            ("rekorPublicKeyPaths", self.rekor_public_key_paths.is_some()),
            ("rekorPublicKeyData", self.rekor_public_key_data.is_some()),
            ("rekorPublicKeyDatas", self.rekor_public_key_datas.is_some()),
            ("signedIdentity", self.signed_identity.is_some()),
        ];
        members
            .into_iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| name)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawFulcio {
    pub(super) ca_path: Option<PathBuf>,
    pub(super) ca_data: Option<String>,
    pub(super) oidc_issuer: String,
    pub(super) subject_email: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawIdentity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) docker_reference: Option<String>,
    pub(super) docker_repository: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) signed_prefix: Option<String>,
}
