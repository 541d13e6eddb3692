//! `Requirement`: a condition for accepting an image.

use std::fmt;
use std::path::PathBuf;

use super::SignedIdentity;
use super::raw::{RawFulcio, RawRequirement};

/// A condition for accepting an image.
///
/// Spec: containers-policy.json(5), "Policy Requirements".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// Every image is accepted.
    InsecureAcceptAnything,
    /// No image is accepted.
    Reject,
    /// The image must be signed.
    Signed(Box<SignedRequirement>),
}

/// A required signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequirement {
    /// The kind of signature.
    pub kind: SignatureKind,
    /// The keys of accepted signers.
    pub keys: KeySource,
    /// The keys of the transparency log that must contain the signature. [`SignatureKind::Sigstore`] only.
    pub rekor: Option<KeySource>,
    /// The name the signature must be for.
    pub identity: SignedIdentity,
}

/// The kind of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureKind {
    /// OpenPGP: `signedBy`.
    SignedBy,
    /// sigstore: `sigstoreSigned`.
    Sigstore,
}

impl fmt::Display for SignatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignedBy => "signedBy",
            Self::Sigstore => "sigstoreSigned",
        })
    }
}

/// The source of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// Files, at least one. They are not read.
    Files(Vec<PathBuf>),
    /// Keys in the policy, in base64, at least one. They are not decoded.
    Data(Vec<String>),
    /// A certificate issued by Fulcio.
    Fulcio {
        /// The certificate of the authority, as one file or in base64.
        authority: Box<Self>,
        /// The issuer that must have identified the signer.
        oidc_issuer: String,
        /// The e-mail address of the signer.
        subject_email: String,
    },
}

impl TryFrom<RawRequirement> for Requirement {
    type Error = String;

    fn try_from(raw: RawRequirement) -> Result<Self, String> {
        raw.check_members()?;
        let kind = match raw.kind.as_str() {
            "insecureAcceptAnything" => return Ok(Self::InsecureAcceptAnything),
            "reject" => return Ok(Self::Reject),
            "signedBy" => SignatureKind::SignedBy,
            _ => SignatureKind::Sigstore,
        };
        if kind == SignatureKind::SignedBy && raw.key_type.as_deref() != Some("GPGKeys") {
            return Err("signedBy needs the keyType GPGKeys".to_owned());
        }
        SignedRequirement::new(kind, raw).map(|signed| Self::Signed(Box::new(signed)))
    }
}

impl SignedRequirement {
    fn new(kind: SignatureKind, raw: RawRequirement) -> Result<Self, String> {
        let fulcio = raw.fulcio.map(fulcio).transpose()?;
        let keys = [
            file(raw.key_path),
            raw.key_paths.map(KeySource::Files),
            data(raw.key_data),
            raw.key_datas.map(KeySource::Data),
            fulcio,
        ];
        let rekor = [
            file(raw.rekor_public_key_path),
            raw.rekor_public_key_paths.map(KeySource::Files),
            data(raw.rekor_public_key_data),
            raw.rekor_public_key_datas.map(KeySource::Data),
        ];
        let keys =
            one_of(keys)?.ok_or_else(|| format!("{kind} needs a key: keyPath, keyPaths or keyData"))?;
        let rekor = one_of(rekor)?;
        if matches!(keys, KeySource::Fulcio { .. }) && rekor.is_none() {
            return Err("fulcio needs a key of Rekor: rekorPublicKeyPath or rekorPublicKeyData".to_owned());
        }
        Ok(Self {
            kind,
            keys,
            rekor,
            identity: raw.signed_identity.unwrap_or_default(),
        })
    }
}

fn fulcio(raw: RawFulcio) -> Result<KeySource, String> {
    let authority = one_of([file(raw.ca_path), data(raw.ca_data)])?;
    Ok(KeySource::Fulcio {
        authority: Box::new(authority.ok_or("fulcio needs caPath or caData")?),
        oidc_issuer: raw.oidc_issuer,
        subject_email: raw.subject_email,
    })
}

fn file(path: Option<PathBuf>) -> Option<KeySource> {
    path.map(|path| KeySource::Files(vec![path]))
}

fn data(data: Option<String>) -> Option<KeySource> {
    data.map(|data| KeySource::Data(vec![data]))
}

/// The only source given, if any.
fn one_of<const N: usize>(sources: [Option<KeySource>; N]) -> Result<Option<KeySource>, String> {
    let mut given = sources.into_iter().flatten();
    let first = given.next();
    if given.next().is_some() {
        return Err("more than one member says where the keys are".to_owned());
    }
    let is_empty = match &first {
        Some(KeySource::Files(files)) => files.is_empty(),
        Some(KeySource::Data(data)) => data.is_empty(),
        _ => false,
    };
    match is_empty {
        true => Err("a list of keys is empty".to_owned()),
        false => Ok(first),
    }
}
