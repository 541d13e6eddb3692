//! `Plan`: the servers to pull a reference from, in order.

use oras_content::{InvalidReference, Reference};

use super::{PullFromMirror, RegistriesConfig, Registry, qualified};
use crate::{Error, Origin};

/// The servers to pull a reference from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The reference, with the namespace `library` if Docker Hub implies it.
    pub reference: Reference,
    /// The table that decided, if any.
    pub matched: Option<Match>,
    /// The endpoints to try, in order. The last one is the location itself, and all others are mirrors. Never empty.
    pub endpoints: Vec<Endpoint>,
}

/// The `[[registry]]` table that matches a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The prefix of the table.
    pub prefix: String,
    /// The position of the table.
    pub at: Origin,
}

/// One endpoint to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The reference to request there.
    pub reference: Reference,
    /// Whether plain HTTP and unverified certificates are allowed.
    pub insecure: bool,
    /// Whether this is a mirror.
    pub is_mirror: bool,
    /// The references to request there. All, unless it is a mirror.
    pub pull_from: PullFromMirror,
    /// The table behind the endpoint. `None` if no table matches.
    pub decided_by: Option<Origin>,
}

impl RegistriesConfig {
    /// Returns the endpoints to pull `reference` from. Pushes are not redirected: they go to `reference` itself.
    ///
    /// The table with the longest matching prefix is used. A reference with a digest counts as one by digest, even if
    /// it also has a tag.
    ///
    /// Spec: containers-registries.conf(5), "Choosing a `[[registry]]` TOML table", "Remapping and mirroring
    /// registries".
    ///
    /// # Errors
    ///
    /// - [`Error::Blocked`]: pulls from this location are forbidden.
    /// - [`Error::Rewrite`]: replacing the prefix by a location does not result in a valid reference.
    pub fn resolve(&self, reference: &Reference) -> Result<Plan, Error> {
        let mut plan = self.resolve_all(reference)?;
        let has_digest = plan.reference.digest().is_some();
        plan.endpoints
            .retain(|endpoint| endpoint.pull_from.allows(has_digest));
        Ok(plan)
    }

    /// Like [`resolve`](Self::resolve), but with all mirrors, whatever their `pull_from`: for a client that reads both
    /// tags and digests of the repository.
    ///
    /// # Errors
    ///
    /// As for [`resolve`](Self::resolve).
    pub fn resolve_all(&self, reference: &Reference) -> Result<Plan, Error> {
        let reference = qualified(reference).into_owned();
        let Some((registry, rest)) = self.of(&reference) else {
            return Ok(direct(reference));
        };
        if registry.blocked {
            return Err(Error::Blocked {
                reference: Box::new(reference),
                prefix: registry.prefix.clone(),
                at: registry.at.clone(),
            });
        }
        Ok(Plan {
            endpoints: endpoints(registry, &reference, &rest)?,
            matched: Some(Match {
                prefix: registry.prefix.clone(),
                at: registry.at.clone(),
            }),
            reference,
        })
    }

    /// The table for `reference`, and the text after its prefix.
    fn of(&self, reference: &Reference) -> Option<(&Registry, String)> {
        let full = reference.to_string();
        // A prefix with a digest also matches a reference that has a tag before it, because the digest decides.
        let digest = reference.digest().filter(|_| reference.tag().is_some());
        let digest = digest.map(|digest| reference.with_digest(digest.clone()).to_string());
        let found = [Some(full), digest].into_iter().flatten().filter_map(|text| {
            let (registry, matched) = self.find(&text)?;
            Some((matched, registry, text.get(matched..)?.to_owned()))
        });
        // If both match the same length, the first one keeps the tag.
        let (_, registry, rest) = found.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
        Some((registry, rest))
    }
}

fn direct(reference: Reference) -> Plan {
    Plan {
        endpoints: vec![Endpoint {
            reference: reference.clone(),
            insecure: false,
            is_mirror: false,
            pull_from: PullFromMirror::All,
            decided_by: None,
        }],
        matched: None,
        reference,
    }
}

/// `rest` is the text after the prefix.
fn endpoints(registry: &Registry, reference: &Reference, rest: &str) -> Result<Vec<Endpoint>, Error> {
    let mirrors = registry.mirrors.iter().map(|mirror| {
        Ok(Endpoint {
            reference: rewrite(reference, &mirror.location, rest, &mirror.at)?,
            insecure: mirror.insecure,
            is_mirror: true,
            pull_from: mirror.pull_from,
            decided_by: Some(mirror.at.clone()),
        })
    });
    let mut endpoints = mirrors.collect::<Result<Vec<_>, Error>>()?;
    endpoints.push(Endpoint {
        reference: match registry.location.as_str() {
            "" => reference.clone(),
            location => rewrite(reference, location, rest, &registry.at)?,
        },
        insecure: registry.insecure,
        is_mirror: false,
        pull_from: PullFromMirror::All,
        decided_by: Some(registry.at.clone()),
    });
    Ok(endpoints)
}

fn rewrite(reference: &Reference, location: &str, rest: &str, at: &Origin) -> Result<Reference, Error> {
    let rewritten = format!("{location}{rest}").parse();
    rewritten.map_err(|source: InvalidReference| Error::Rewrite {
        reference: Box::new(reference.clone()),
        at: at.clone(),
        source,
    })
}
