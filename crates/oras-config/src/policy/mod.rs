//! `Policy`: what may be pulled.

mod identity;
mod raw;
mod requirement;
mod scope;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oras_content::Reference;

pub use self::identity::SignedIdentity;
use self::raw::RawPolicy;
pub use self::requirement::{KeySource, Requirement, SignatureKind, SignedRequirement};
pub use self::scope::Scope;
pub(crate) use self::scope::names as scope_names;
use crate::registries::qualified;
use crate::{Error, Origin, Roots, files};

/// What `policy.json` says about images in registries.
///
/// The whole file is checked; of its transports, `docker` alone decides here. A file with a member that the manual page
/// does not name is refused, since it may ask for something that is not understood.
///
/// Spec: containers-policy.json(5).
///
/// ```
/// use oras_config::{Decision, Policy};
///
/// let policy = Policy::parse("policy.json", r#"{
///     "default": [{"type": "reject"}],
///     "transports": {"docker": {"registry.example.com/team": [{"type": "insecureAcceptAnything"}]}}
/// }"#)?;
/// let ours = policy.decide(&"registry.example.com/team/app:v1".parse()?);
/// assert_eq!(ours.decision, Decision::Accept);
/// let other = policy.decide(&"registry.example.com/other/app:v1".parse()?);
/// assert_eq!(other.decision, Decision::Reject);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    file: PathBuf,
    default: Vec<Requirement>,
    docker: BTreeMap<String, Vec<Requirement>>,
}

/// What a policy says about one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be pulled.
    pub decision: Decision,
    /// The part of the policy that decides.
    pub scope: Scope,
    /// The file of the policy.
    pub file: PathBuf,
}

/// Whether something may be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It may, whoever signed it.
    Accept,
    /// It may not, whoever signed it.
    Reject,
    /// It may if it is signed as the policy says. Nothing here verifies signatures: without a verifier it may not.
    NeedsVerifier {
        /// The first kind of signature that is asked for.
        kind: SignatureKind,
        /// The file of the policy.
        file: PathBuf,
    },
}

impl Policy {
    /// Reads the user's file, else the system's; `None` where there is neither.
    ///
    /// # Errors
    ///
    /// - [`Error::Read`]: the file cannot be read.
    /// - [`Error::Syntax`]: it is not valid.
    pub fn load(roots: &Roots) -> Result<Option<Self>, Error> {
        for path in roots.containers("policy.json") {
            if let Some(text) = files::read(&path)? {
                return Self::parse(path, &text).map(Some);
            }
        }
        Ok(None)
    }

    /// Reads a policy; `file` is its name in errors and verdicts.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`]: the text is not JSON, or has a member that is unknown, given twice, missing or of another type.
    pub fn parse(file: impl AsRef<Path>, text: &str) -> Result<Self, Error> {
        let file = file.as_ref();
        let raw: RawPolicy = serde_json::from_str(text).map_err(|error| syntax(file, &error))?;
        Ok(Self {
            file: file.to_owned(),
            default: raw.default.0,
            docker: raw.transports.docker(),
        })
    }

    /// The file that the policy was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Says whether `reference` may be pulled. The most specific scope counts, alone, and all its requirements do.
    ///
    /// The reference is what a person names, before mirrors take its place.
    pub fn decide(&self, reference: &Reference) -> Verdict {
        let (scope, requirements) = self.requirements(reference);
        Verdict {
            decision: self.all_of(requirements),
            scope,
            file: self.file.clone(),
        }
    }

    /// The scope that counts for `reference`, and what it requires; never empty.
    pub fn requirements(&self, reference: &Reference) -> (Scope, &[Requirement]) {
        let names = scope::names(&qualified(reference));
        let found = names
            .into_iter()
            .find_map(|name| Some((self.docker.get(&name)?, name)));
        match found {
            Some((requirements, name)) if name.is_empty() => (Scope::Transport, requirements),
            Some((requirements, name)) => (Scope::Name(name), requirements),
            None => (Scope::Default, &self.default),
        }
    }

    fn all_of(&self, requirements: &[Requirement]) -> Decision {
        if requirements.contains(&Requirement::Reject) {
            return Decision::Reject;
        }
        let kind = requirements.iter().find_map(|requirement| match requirement {
            Requirement::Signed(signed) => Some(signed.kind),
            Requirement::InsecureAcceptAnything | Requirement::Reject => None,
        });
        kind.map_or(Decision::Accept, |kind| Decision::NeedsVerifier {
            kind,
            file: self.file.clone(),
        })
    }
}

fn syntax(file: &Path, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    Error::Syntax {
        at: Origin::line(file, error.line().max(1)),
        reason: text.strip_suffix(&place).unwrap_or(&text).to_owned(),
    }
}
