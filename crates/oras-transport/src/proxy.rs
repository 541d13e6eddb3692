//! Selects the proxy of a request.

use std::env;
use std::error::Error as StdError;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::origin::Origin;

/// The proxies of the environment.
///
/// Spec: RFC 9110, sections 3.7, "Intermediaries", and 9.3.6, "CONNECT".
///
/// The underlying matcher follows curl. This type adds conventions of Go tools: loopback is never proxied, and
/// `NO_PROXY` may contain `host:port` and `*.domain`.
pub(crate) struct Proxies {
    matcher: Matcher,
    exempt: Vec<Exempt>,
}

/// A `NO_PROXY` entry that the matcher does not support.
enum Exempt {
    HostPort(String, u16),
    Below(String),
}

impl Proxies {
    /// Returns `None` if the environment names no proxy.
    pub(crate) fn from_environment() -> Option<Self> {
        Self::from_variables(|name| env::var(name).ok())
    }

    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let first = |upper: &str, lower: &str| {
            variable(upper)
                .filter(|value| !value.is_empty())
                .or_else(|| variable(lower))
                .unwrap_or_default()
        };
        let all = first("ALL_PROXY", "all_proxy");
        let https = first("HTTPS_PROXY", "https_proxy");
        // In a CGI program `HTTP_PROXY` is the `Proxy` header of the request, which any client can set.
        let http = match variable("REQUEST_METHOD") {
            Some(_) => variable("http_proxy").unwrap_or_default(),
            None => first("HTTP_PROXY", "http_proxy"),
        };
        if all.is_empty() && https.is_empty() && http.is_empty() {
            return None;
        }
        let no = first("NO_PROXY", "no_proxy");
        let mut builder = Matcher::builder().all(all).no(no.clone());
        if !http.is_empty() {
            builder = builder.http(http);
        }
        if !https.is_empty() {
            builder = builder.https(https);
        }
        let exempt = no
            .split(',')
            .filter_map(|entry| Exempt::parse(entry.trim()))
            .collect();
        Some(Self {
            matcher: builder.build(),
            exempt,
        })
    }

    /// The proxy for a request to `uri`, if any.
    pub(crate) fn intercept(&self, uri: &Uri) -> Option<Intercept> {
        let origin = Origin::of(uri).ok()?;
        if origin.is_loopback() || self.exempt.iter().any(|exempt| exempt.matches(&origin)) {
            return None;
        }
        self.matcher.intercept(uri)
    }
}

/// An error of a connection through a proxy.
#[derive(Debug, thiserror::Error)]
#[error("through the proxy {address}")]
pub(crate) struct ThroughProxy<E: StdError + 'static> {
    /// Host and port, without credentials.
    address: String,
    source: E,
}

impl<E: StdError> ThroughProxy<E> {
    pub(crate) fn of(proxy: &Uri) -> impl FnOnce(E) -> Self + use<E> {
        let authority = proxy.authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let address = host.to_owned();
        move |source| Self { address, source }
    }
}

/// A proxy for plain HTTP responded with status 407 instead of the server.
#[derive(Debug, thiserror::Error)]
#[error("it asks for a user name and a password")]
pub(crate) struct AsksForLogin;

impl Exempt {
    fn parse(entry: &str) -> Option<Self> {
        if let Some(domain) = entry.strip_prefix("*.") {
            return Some(Self::Below(format!(".{}", domain.to_ascii_lowercase())));
        }
        let (host, port) = entry.rsplit_once(':')?;
        let is_bare_ipv6 = host.contains(':') && !host.starts_with('[');
        let port = port.parse().ok().filter(|_| !is_bare_ipv6 && !host.is_empty())?;
        Some(Self::HostPort(host.to_ascii_lowercase(), port))
    }

    fn matches(&self, origin: &Origin) -> bool {
        match self {
            Self::HostPort(host, port) => origin.host() == host && origin.port() == *port,
            Self::Below(domain) => origin.host().ends_with(domain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &'static [(&str, &str)]) -> Option<Proxies> {
        Proxies::from_variables(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn goes_through(proxies: &Proxies, uri: &'static str) -> Option<String> {
        proxies
            .intercept(&Uri::from_static(uri))
            .map(|proxy| proxy.uri().to_string())
    }

    #[test]
    fn loopback_is_never_proxied() {
        let proxies = proxies(&[("ALL_PROXY", "http://proxy:3128")]).unwrap();
        for uri in [
            "http://localhost:5000/",
            "http://127.0.0.1/",
            "https://[::1]/",
            "http://a.localhost/",
        ] {
            assert_eq!(goes_through(&proxies, uri), None, "{uri}");
        }
        assert!(goes_through(&proxies, "https://ghcr.io/").is_some());
    }

    #[test]
    fn no_proxy_takes_ports_wildcards_and_domains() {
        let proxies = proxies(&[
            ("HTTPS_PROXY", "http://proxy:3128"),
            ("NO_PROXY", "reg.local:5000, *.star.org,plain.org, 10.0.0.0/8"),
        ])
        .unwrap();
        for uri in [
            "https://reg.local:5000/",
            "https://a.star.org/",
            "https://b.plain.org/",
            "https://plain.org/",
            "https://10.1.2.3/",
        ] {
            assert_eq!(goes_through(&proxies, uri), None, "{uri}");
        }
        for uri in ["https://reg.local/", "https://star.org/", "https://notplain.org/"] {
            assert!(goes_through(&proxies, uri).is_some(), "{uri}");
        }
        assert_eq!(goes_through(&proxies, "http://other.org/"), None);
    }

    #[test]
    fn a_cgi_program_ignores_http_proxy() {
        assert!(proxies(&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil:1")]).is_none());
        assert!(proxies(&[]).is_none());
    }
}
