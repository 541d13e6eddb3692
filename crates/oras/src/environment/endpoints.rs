//! Endpoints: the servers that `registries.conf` names for a registry.

use std::sync::Arc;

use oras_config::{Endpoint as Place, Environment as Config, Plan, PullFromMirror};

use super::tls::certs;
use crate::{Endpoint, Endpoints, Error, Reference, Result, Serves};

/// Endpoints for reads.
pub(super) struct Pulls(pub(super) Arc<Config>);

/// Endpoints for writes.
pub(super) struct Pushes(pub(super) Arc<Config>);

impl Endpoints for Pulls {
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
        let plan = plan(&self.0, reference)?;
        let endpoints = plan.endpoints.iter();
        endpoints
            .map(|place| endpoint(&self.0, reference, &plan, place))
            .collect()
    }
}

impl Endpoints for Pushes {
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
        plan(&self.0, reference)?;
        certs(&self.0, reference.registry())?;
        Ok(vec![Endpoint::of(reference)])
    }
}

/// Returns the endpoints that `reference` is read from, or an error if it is blocked.
pub(super) fn plan(config: &Config, reference: &Reference) -> Result<Plan> {
    let plan = config.registries().resolve_all(reference);
    plan.map_err(|error| Error::refused(reference.to_string(), error))
}

fn endpoint(config: &Config, reference: &Reference, plan: &Plan, place: &Place) -> Result<Endpoint> {
    let found = certs(config, place.reference.registry())?;
    if place.decided_by.is_none() {
        return Ok(Endpoint::of(reference));
    }
    if place.reference.name() != plan.reference.name() {
        let reason = format!(
            "{} has another tag or digest, which is not followed",
            place.reference
        );
        return Err(Error::refused(reference.to_string(), reason));
    }
    let endpoint = Endpoint::new(place.reference.host())
        .with_repository(place.reference.repository())
        .with_serves(serves(place.pull_from));
    Ok(match place.is_mirror && found.folder.is_some() {
        true => endpoint.with_plain_http(false),
        false => endpoint,
    })
}

fn serves(pull_from: PullFromMirror) -> Serves {
    match pull_from {
        PullFromMirror::All => Serves::All,
        PullFromMirror::DigestOnly => Serves::Digests,
        PullFromMirror::TagOnly => Serves::Tags,
    }
}
