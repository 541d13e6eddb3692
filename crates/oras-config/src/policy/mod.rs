//! `Policy`: the rules for pulls.

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

/// The rules of `policy.json` for images in registries.
///
/// The whole file is checked, but of its transports only `docker` is used. A file with a member that the manual page
/// does not document is refused, because the member may be a restriction that is not understood.
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

/// The decision of a policy about one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the reference may be pulled.
    pub decision: Decision,
    /// The part of the policy that decided.
    pub scope: Scope,
    /// The file of the policy.
    pub file: PathBuf,
}

/// Whether a reference may be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It may be pulled, even without a signature.
    Accept,
    /// It may not be pulled, whatever its signature.
    Reject,
    /// It may be pulled if it is signed as the policy requires. This crate does not verify signatures: without a
    /// verifier the pull must be refused.
    NeedsVerifier {
        /// The kind of the first signature required.
        kind: SignatureKind,
        /// The file of the policy.
        file: PathBuf,
    },
}

impl Policy {
    /// Reads the file of the user, else of the system. Returns `None` if there is neither.
    ///
    /// # Errors
    ///
    /// - [`Error::Read`]: the file cannot be read.
    /// - [`Error::Syntax`]: the file is not valid.
    pub fn load(roots: &Roots) -> Result<Option<Self>, Error> {
        for path in roots.containers("policy.json") {
            if let Some(text) = files::read(&path)? {
                return Self::parse(path, &text).map(Some);
            }
        }
        Ok(None)
    }

    /// Parses a policy. `file` is its name in errors and verdicts.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`]: the text is not JSON, or has a member that is unknown, repeated, missing or of the wrong
    /// type.
    pub fn parse(file: impl AsRef<Path>, text: &str) -> Result<Self, Error> {
        let file = file.as_ref();
        let raw: RawPolicy = serde_json::from_str(text).map_err(|error| syntax(file, &error))?;
        Ok(Self {
            file: file.to_owned(),
            default: raw.default.0,
            docker: raw.transports.docker(),
        })
    }

    /// Returns the file of the policy.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Decides whether `reference` may be pulled. Only the most specific scope is used, and all its requirements apply.
    ///
    /// The reference is the one the user names, before it is rewritten for mirrors.
    pub fn decide(&self, reference: &Reference) -> Verdict {
        let (scope, requirements) = self.requirements(reference);
        Verdict {
            decision: self.all_of(requirements),
            scope,
            file: self.file.clone(),
        }
    }

    /// Returns the scope for `reference`, and its requirements, of which there is at least one.
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
