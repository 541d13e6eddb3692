//! Namespaces: repositories of other registries that this one has, too.

use hyper::Method;

use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::route::repository_name;

/// The parameter that names the registry that the client means.
pub(crate) const NS: &str = "ns";

/// Turns a call about `NAME` with `ns=HOST` into one about the repository `HOST/NAME`; any other call stays as it is.
///
/// The colon before a port becomes an underscore, as names of repositories have none.
///
/// Spec: distribution-spec v1.1, "Registry Proxying".
///
/// # Errors
///
/// The value is not a host, or the call is one that writes.
pub(crate) fn enter(call: &mut Call) -> Result<()> {
    let Some(host) = call.query.get(NS).filter(|_| !call.repository.is_empty()) else {
        return Ok(());
    };
    let component = host.to_ascii_lowercase().replace(':', "_");
    let name = format!("{component}/{}", call.repository);
    // With a slash it would be a host and a part of a name.
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
