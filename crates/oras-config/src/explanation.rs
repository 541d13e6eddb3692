//! `Explanation`: each decision about a reference, and the file behind it.

use std::error::Error as _;
use std::fmt;
use std::path::Path;

use oras_content::Reference;

use crate::{Decision, Endpoint, Environment, Error, HostCerts, Lookaside, Origin, Plan, Policy, Said};

/// The decisions of the configuration about a reference.
///
/// Displayed as one decision a line, with the file and line behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The reference, with the namespace `library` if Docker Hub implies it.
    pub reference: Reference,
    /// The decisions, in the order in which a pull needs them.
    pub decisions: Vec<Explained>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The topic of the decision.
    pub topic: Topic,
    /// The decision, as text for people.
    pub text: String,
    /// The file behind the decision. `None` if it is a default.
    pub decided_by: Option<Origin>,
}

/// The topic of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topic {
    /// The target of a short name.
    Alias,
    /// Whether the reference may be pulled at all.
    Policy,
    /// The location of signatures.
    Signatures,
    /// Pulls from the location are blocked, or it cannot be resolved.
    Refused,
    /// A mirror to try.
    Mirror,
    /// The location to try last.
    Location,
    /// The certificates for the preceding location.
    Certificates,
    /// An ignored member.
    Warning,
}

impl Topic {
    /// Returns the topic as one lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::Policy => "policy",
            Self::Signatures => "signatures",
            Self::Refused => "refused",
            Self::Mirror => "mirror",
            Self::Location => "location",
            Self::Certificates => "certificates",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decisions
            .iter()
            .try_for_each(|decision| writeln!(f, "{decision}"))
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.topic.as_str(), self.text)?;
        match &self.decided_by {
            Some(origin) => write!(f, " ({origin})"),
            None => f.write_str(" (by default)"),
        }
    }
}

pub(crate) fn explain(environment: &Environment, reference: &Reference) -> Explanation {
    let reference = crate::registries::qualified(reference).into_owned();
    let mut decisions = vec![policy(environment.policy(), &reference)];
    match environment.lookasides() {
        Ok(lookasides) => decisions.extend(signatures(&lookasides.find(&reference))),
        Err(error) => decisions.push(refused(&error)),
    }
    match environment.registries().resolve(&reference) {
        Ok(plan) => decisions.extend(places(environment, &plan)),
        Err(error) => decisions.push(refused(&error)),
    }
    let warnings = environment.warnings().iter().map(|warning| Explained {
        topic: Topic::Warning,
        text: format!("unknown member {:?} is ignored", warning.member),
        decided_by: Some(warning.at.clone()),
    });
    decisions.extend(warnings);
    Explanation { reference, decisions }
}

pub(crate) fn explain_name(environment: &Environment, text: &str) -> Result<Explanation, Error> {
    let (reference, alias) = environment.registries().expand(text)?;
    let mut explanation = explain(environment, &reference);
    if let Some(alias) = alias {
        let alias = Explained {
            topic: Topic::Alias,
            text: alias.target.to_string(),
            decided_by: Some(alias.at.clone()),
        };
        explanation.decisions.insert(0, alias);
    }
    Ok(explanation)
}

fn policy(policy: Option<&Policy>, reference: &Reference) -> Explained {
    let Some(policy) = policy else {
        return Explained {
            topic: Topic::Policy,
            text: "accepted: there is no policy.json".to_owned(),
            decided_by: None,
        };
    };
    let verdict = policy.decide(reference);
    let decision = match &verdict.decision {
        Decision::Accept => "accepted without a signature".to_owned(),
        Decision::Reject => "rejected".to_owned(),
        Decision::NeedsVerifier { kind, .. } => {
            format!("rejected unless a verifier accepts a {kind} signature")
        }
    };
    Explained {
        topic: Topic::Policy,
        text: format!("{decision}, by the {}", verdict.scope),
        decided_by: Some(Origin::file(&verdict.file)),
    }
}

/// The decisions of `registries.d`, if any.
fn signatures(found: &Lookaside) -> Vec<Explained> {
    let place = |how: &str, said: &Said<String>| (format!("{how} below {}", said.value), said.at.clone());
    let attachments = found.attachments.as_ref().map(|said| {
        let used = if said.value { "used" } else { "not used" };
        (format!("attachments of sigstore are {used}"), said.at.clone())
    });
    let read = found.read.as_ref().map(|said| place("read", said));
    let write = found.write.as_ref().map(|said| place("written", said));
    let told = [read, write, attachments].into_iter().flatten();
    told.map(|(text, at)| Explained {
        topic: Topic::Signatures,
        text,
        decided_by: Some(at),
    })
    .collect()
}

/// Each endpoint, followed by its certificates if there are any.
fn places(environment: &Environment, plan: &Plan) -> Vec<Explained> {
    let mut decisions = Vec::new();
    for endpoint in &plan.endpoints {
        decisions.push(place(endpoint));
        decisions.extend(certificates(environment.certs(endpoint.reference.registry())));
    }
    decisions
}

fn place(endpoint: &Endpoint) -> Explained {
    let insecure = match endpoint.insecure {
        true => ", insecure: plain HTTP and any certificate",
        false => "",
    };
    Explained {
        topic: match endpoint.is_mirror {
            true => Topic::Mirror,
            false => Topic::Location,
        },
        text: format!("{}{insecure}", endpoint.reference),
        decided_by: endpoint.decided_by.clone(),
    }
}

fn certificates(certs: Result<HostCerts, Error>) -> Option<Explained> {
    let certs = match certs {
        Ok(certs) => certs,
        Err(error) => return Some(refused(&error)),
    };
    let roots = certs.roots.iter().map(|path| format!("root {}", name(path)));
    let clients = certs.clients.iter();
    let clients = clients.map(|client| format!("client certificate {}", name(&client.certificate)));
    let files: Vec<_> = roots.chain(clients).collect();
    Some(Explained {
        topic: Topic::Certificates,
        text: match files.is_empty() {
            true => "none".to_owned(),
            false => files.join(", "),
        },
        decided_by: Some(Origin::file(certs.folder.as_deref()?)),
    })
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn refused(error: &Error) -> Explained {
    let cause = error
        .source()
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default();
    Explained {
        topic: Topic::Refused,
        text: format!("{}{cause}", reason(error)),
        decided_by: error.origin(),
    }
}

/// The message of an error, without the file that caused it.
fn reason(error: &Error) -> String {
    match error {
        Error::Blocked {
            reference, prefix, ..
        } => {
            format!("{reference} is blocked by the registry {prefix:?}")
        }
        Error::Rewrite { reference, .. } => {
            format!("the location turns {reference} into an invalid reference")
        }
        Error::Read { .. } => "it cannot be read".to_owned(),
        Error::MissingKey { certificate, key } => missing(certificate, "key", key),
        Error::MissingCertificate { key, certificate } => missing(key, "certificate", certificate),
        other => other.to_string(),
    }
}

fn missing(there: &Path, what: &str, expected: &Path) -> String {
    format!("{} has no {what}: expected {}", name(there), name(expected))
}
