//! The policy of this machine, as a verifier for copies.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use oras_config::{
    Decision, Environment as Config, Policy, Requirement, Scope, SignatureKind, SignedRequirement,
};
use oras_copy::{Subject, Verifier};

use super::endpoints::plan;
use crate::{Error, Name, Reference, Result};

/// Verifies signatures that a policy requires.
#[async_trait]
pub trait SignatureVerifier: Send + Sync {
    /// Verifies that `subject` is signed as `requirement` says, for the name `reference`. It is called for each
    /// requirement, and all must hold.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) if there is no such signature. Any error ends the copy.
    async fn verify(
        &self,
        requirement: &SignedRequirement,
        reference: &Reference,
        subject: &Subject<'_>,
    ) -> Result<()>;
}

/// The reason why the policy of this machine refuses content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The policy rejects everything in this scope.
    #[error("the {scope} of {} rejects it", file.display())]
    Rejected {
        /// The part of the policy that decides.
        scope: Scope,
        /// The policy file.
        file: PathBuf,
    },
    /// A signature is required, and there is no [`SignatureVerifier`].
    #[error(
        "the {scope} of {} asks for a {kind} signature, which nothing verifies: plug in a verifier of signatures, or \
         change what the file requires",
        file.display()
    )]
    Unverified {
        /// The first kind of signature that is required.
        kind: SignatureKind,
        /// The part of the policy that decides.
        scope: Scope,
        /// The policy file.
        file: PathBuf,
    },
}

/// Admits what the configuration permits.
pub(super) struct Gate {
    pub(super) config: Arc<Config>,
    pub(super) signatures: Option<Arc<dyn SignatureVerifier>>,
    /// The reference that the user named.
    pub(super) reference: Reference,
}

#[async_trait]
impl Verifier for Gate {
    async fn verify(&self, subject: &Subject<'_>) -> Result<()> {
        let reference = self.named(subject.name)?;
        plan(&self.config, &reference)?;
        match self.config.policy() {
            Some(policy) => self.decide(policy, &reference, subject).await,
            None => Ok(()),
        }
    }
}

impl Gate {
    /// Returns the reference that a copy under `name` copies.
    fn named(&self, name: &Name) -> Result<Reference> {
        match name {
            Name::Tag(tag) if self.reference.tag() != Some(tag) => {
                Ok(self.reference.with_tag(tag.as_str())?)
            }
            Name::Digest(digest) if self.reference.name().is_none() => {
                Ok(self.reference.with_digest(digest.clone()))
            }
            _ => Ok(self.reference.clone()),
        }
    }

    async fn decide(&self, policy: &Policy, reference: &Reference, subject: &Subject<'_>) -> Result<()> {
        let verdict = policy.decide(reference);
        let (scope, file) = (verdict.scope, verdict.file);
        let error = match (verdict.decision, &self.signatures) {
            (Decision::Accept, _) => return Ok(()),
            (Decision::NeedsVerifier { .. }, Some(verifier)) => {
                return signed(&**verifier, policy, reference, subject).await;
            }
            (Decision::NeedsVerifier { kind, .. }, None) => PolicyError::Unverified { kind, scope, file },
            _ => PolicyError::Rejected { scope, file },
        };
        Err(Error::refused(reference.to_string(), error))
    }
}

async fn signed(
    verifier: &dyn SignatureVerifier,
    policy: &Policy,
    reference: &Reference,
    subject: &Subject<'_>,
) -> Result<()> {
    for requirement in policy.requirements(reference).1 {
        if let Requirement::Signed(signed) = requirement {
            verifier.verify(signed, reference, subject).await?;
        }
    }
    Ok(())
}
