//! `SignedIdentity`: the name a signature must be for.

use serde::Deserialize;

use super::raw::RawIdentity;

/// The name a signature must be for.
///
/// Spec: containers-policy.json(5), "`signedBy`", `signedIdentity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawIdentity")]
#[non_exhaustive]
pub enum SignedIdentity {
    /// The exact reference.
    MatchExact,
    /// The exact reference, or, for a digest, any tag of its repository. The default.
    #[default]
    MatchRepoDigestOrExact,
    /// Any name in the repository of the reference.
    MatchRepository,
    /// The given reference.
    ExactReference(String),
    /// Any name in the given repository.
    ExactRepository(String),
    /// The reference with its prefix replaced, then as for [`MatchRepoDigestOrExact`](Self::MatchRepoDigestOrExact).
    RemapIdentity {
        /// The prefix of the reference.
        prefix: String,
        /// The prefix in the signature.
        signed_prefix: String,
    },
}

impl TryFrom<RawIdentity> for SignedIdentity {
    type Error = String;

    fn try_from(raw: RawIdentity) -> Result<Self, String> {
        let given = (
            raw.docker_reference,
            raw.docker_repository,
            raw.prefix,
            raw.signed_prefix,
        );
        let identity = match (raw.kind.as_str(), given) {
            ("matchExact", (None, None, None, None)) => Self::MatchExact,
            ("matchRepoDigestOrExact", (None, None, None, None)) => Self::MatchRepoDigestOrExact,
            ("matchRepository", (None, None, None, None)) => Self::MatchRepository,
            ("exactReference", (Some(reference), None, None, None)) => Self::ExactReference(reference),
            ("exactRepository", (None, Some(repository), None, None)) => Self::ExactRepository(repository),
            ("remapIdentity", (None, None, Some(prefix), Some(signed_prefix))) => Self::RemapIdentity {
                prefix,
                signed_prefix,
            },
            (kind, _) => return Err(refusal(kind)),
        };
        Ok(identity)
    }
}

fn refusal(kind: &str) -> String {
    let members = match kind {
        "matchExact" | "matchRepoDigestOrExact" | "matchRepository" => "no member but type",
        "exactReference" => "dockerReference alone",
        "exactRepository" => "dockerRepository alone",
        "remapIdentity" => "prefix and signedPrefix alone",
        _ => return format!("unknown signedIdentity {kind:?}"),
    };
    format!("signedIdentity {kind} takes {members}")
}
