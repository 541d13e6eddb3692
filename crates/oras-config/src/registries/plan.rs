//! `Plan`: the servers that a reference is pulled from, in order.

use oras_content::{InvalidReference, Reference};

use super::{PullFromMirror, RegistriesConfig, Registry, qualified};
use crate::{Error, Origin};

/// Where a reference is pulled from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What was asked for, with the namespace `library` where Docker Hub implies it.
    pub reference: Reference,
    /// The table that decides, where there is one.
    pub matched: Option<Match>,
    /// The places to ask, in order; never empty. The last one is the location itself, all others are mirrors.
    pub endpoints: Vec<Endpoint>,
}

/// The `[[registry]]` table that a reference matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its prefix.
    pub prefix: String,
    /// Where it is.
    pub at: Origin,
}

/// One place to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What to ask for there.
    pub reference: Reference,
    /// Whether plain HTTP and certificates that nobody vouches for are allowed.
    pub insecure: bool,
    /// Whether this is a mirror.
    pub is_mirror: bool,
    /// What it is asked for; everything, unless it is a mirror.
    pub pull_from: PullFromMirror,
    /// The table that says so; `None` where no table matches.
    pub decided_by: Option<Origin>,
}

impl RegistriesConfig {
    /// Says where `reference` is pulled from. Pushes are not redirected: they go to `reference` itself.
    ///
    /// The table with the longest prefix counts. A reference with a digest counts as one by digest, even if it has a tag.
    ///
    /// Spec: containers-registries.conf(5), "Choosing a `[[registry]]` TOML table", "Remapping and mirroring registries".
    ///
    /// # Errors
    ///
    /// - [`Error::Blocked`]: pulls from there are forbidden.
    /// - [`Error::Rewrite`]: a location does not make a reference.
    pub fn resolve(&self, reference: &Reference) -> Result<Plan, Error> {
        let mut plan = self.resolve_all(reference)?;
        let has_digest = plan.reference.digest().is_some();
        plan.endpoints
            .retain(|endpoint| endpoint.pull_from.allows(has_digest));
        Ok(plan)
    }

    /// As [`resolve`](Self::resolve), with all mirrors, whatever they are asked for: for a client that reads tags and digests
    /// of the repository.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
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

    /// The table that counts for `reference`, and what follows its prefix.
    fn of(&self, reference: &Reference) -> Option<(&Registry, String)> {
        let full = reference.to_string();
        // A prefix with a digest matches whatever tag there is beside it: the digest decides.
        let digest = reference.digest().filter(|_| reference.tag().is_some());
        let digest = digest.map(|digest| reference.with_digest(digest.clone()).to_string());
        let found = [Some(full), digest].into_iter().flatten().filter_map(|text| {
            let (registry, matched) = self.find(&text)?;
            Some((matched, registry, text.get(matched..)?.to_owned()))
        });
        // Where both match as much, the first one keeps the tag.
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

/// `rest` is what follows the prefix.
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
