//! `Addresses`: fixed addresses that replace name resolution.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use http::Uri;

use crate::origin::Origin;

/// Fixed addresses by host and port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses(Arc<HashMap<(String, u16), SocketAddr>>);

impl Addresses {
    pub(crate) fn insert(&mut self, host: &str, port: u16, address: SocketAddr) {
        Arc::make_mut(&mut self.0).insert((host.to_ascii_lowercase(), port), address);
    }

    /// The URL to connect to for `uri`.
    pub(crate) fn of(&self, uri: Uri) -> Uri {
        let address = Origin::of(&uri).ok().and_then(|origin| {
            let key = (origin.host().to_ascii_lowercase(), origin.port());
            self.0.get(&key)
        });
        let Some(address) = address else {
            return uri;
        };
        let scheme = uri.scheme_str().unwrap_or("https");
        let direct = format!("{scheme}://{address}").parse();
        direct.expect("an address is an authority")
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn one_host_and_port_has_another_address() {
        let mut addresses = Addresses::default();
        addresses.insert("A.example", 443, "[::1]:5000".parse().unwrap());
        let of = |uri: &str| addresses.of(uri.parse().unwrap()).to_string();
        assert_eq!(of("https://a.example/v2/"), "https://[::1]:5000/");
        assert_eq!(of("https://a.example:8443/v2/"), "https://a.example:8443/v2/");
        assert_eq!(of("http://a.example/v2/"), "http://a.example/v2/");
    }
}
