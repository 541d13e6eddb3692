//! Namespaces: repositories of other registries that this one mirrors.

use hyper::Method;

use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::route::repository_name;

/// The parameter with the registry that the client means.
pub(crate) const NS: &str = "ns";

/// Turns a call for `NAME` with `ns=HOST` into one for the repository `HOST/NAME`; other calls are unchanged.
///
/// The colon before a port becomes an underscore, because repository names have no colons.
///
/// Spec: distribution-spec v1.1, "Registry Proxying".
///
/// # Errors
///
/// The value is not a host, or the call is a write.
pub(crate) fn enter(call: &mut Call) -> Result<()> {
    let Some(host) = call.query.get(NS).filter(|_| !call.repository.is_empty()) else {
        return Ok(());
    };
    let component = host.to_ascii_lowercase().replace(':', "_");
    let name = format!("{component}/{}", call.repository);
    // A slash would make it a host and part of a name.
    if component.contains('/') || repository_name(&name).is_err() {
        return Err(Failure::new(
            Code::NameUnknown,
            "ns is not the host of a registry",
        ));
    }
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(call.not_allowed("GET, HEAD"));
    }
    call.repository = name;
    Ok(())
}
