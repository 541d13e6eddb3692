//! `Origin`: scheme, host and port, the unit that secrets, limits and certificates are bound to.

use std::fmt;

use http::Uri;

use crate::address::{Literal, is_private, literal};
use crate::invalid_uri::InvalidUri;

/// The scheme of an origin.
///
/// Spec: RFC 9110, section 4.2, "HTTP-Related URI Schemes".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// Returns the port of URLs that name none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// Returns `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Scheme, host and port of a URL.
///
/// The host is in lower case, without the dot that may end a fully qualified name. A missing port is the scheme's
/// default. Two URLs have the same origin exactly if their `Origin`s are equal.
///
/// Spec: RFC 9110, section 4.3.1, "URI Origin".
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    scheme: Scheme,
    host: Box<str>,
    port: u16,
}

impl Origin {
    /// Returns the origin of an absolute URL.
    ///
    /// # Errors
    ///
    /// - [`InvalidUri::Scheme`]: the scheme is missing, or neither `http` nor `https`.
    /// - [`InvalidUri::Host`]: there is no host, or the port is invalid.
    /// - [`InvalidUri::UserInfo`]: there is a user or password before the host.
    pub fn of(uri: &Uri) -> Result<Self, InvalidUri> {
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => return Err(InvalidUri::Scheme),
        };
        let authority = uri.authority().ok_or(InvalidUri::Host)?;
        if authority.as_str().contains('@') {
            return Err(InvalidUri::UserInfo);
        }
        let host = authority.host();
        let port = match authority.as_str()[host.len()..].strip_prefix(':') {
            None | Some("") => scheme.default_port(),
            Some(port) => port.parse().map_err(|_| InvalidUri::Host)?,
        };
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if host.is_empty() || port == 0 {
            return Err(InvalidUri::Host);
        }
        Ok(Self {
            scheme,
            host: host.into(),
            port,
        })
    }

    /// Returns the scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the host in lower case. IPv6 addresses keep their brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, or the scheme's default if the URL had none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns `host`, or `host:port` if the port is not the scheme's default.
    pub fn host_port(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Returns `true` if the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Returns `true` if the host is this machine, by name or address: `localhost`, `*.localhost`, `127.0.0.0/8`,
    /// `::1`.
    ///
    /// Spec: RFC 6761, section 6.3, "localhost"; RFC 6890, loopback addresses.
    pub fn is_loopback(&self) -> bool {
        match literal(&self.host) {
            Literal::Name => self.host.as_ref() == "localhost" || self.host.ends_with(".localhost"),
            Literal::Address(address) => address.is_loopback(),
            Literal::Unreadable => false,
        }
    }

    /// Returns `true` if the host is an address that is not publicly reachable, or if [`Self::is_loopback`] is true.
    ///
    /// Covers loopback, private, shared, link-local (with cloud metadata), unspecified, multicast and reserved ranges.
    /// IPv4 addresses are recognised also as one number, in octal or hexadecimal, and embedded in IPv6. A name that
    /// resolves to such an address is not recognised.
    pub fn is_private_literal(&self) -> bool {
        match literal(&self.host) {
            Literal::Name => self.is_loopback(),
            Literal::Address(address) => is_private(address),
            Literal::Unreadable => true,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host_port())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

impl std::str::FromStr for Origin {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let uri: Uri = text.parse().map_err(|_| InvalidUri::Syntax)?;
        Self::of(&uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn default_ports_case_and_final_dot_make_no_difference() {
        assert_eq!(
            origin("https://Host.Example/x"),
            origin("https://host.example:443/y?z")
        );
        assert_eq!(origin("http://host.example./"), origin("http://host.example:80"));
        assert_ne!(origin("http://host.example"), origin("https://host.example"));
        assert_ne!(origin("http://host.example"), origin("http://host.example:81"));
        assert_eq!(origin("https://host:443").to_string(), "https://host");
        assert_eq!(origin("https://[::1]:5000").to_string(), "https://[::1]:5000");
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "ftp://host/",
            "/path",
            "https://u:p@host/",
            "https://host:0/",
            "https://host:70000/",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn private_addresses_are_seen_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "localhost",
            "localhost.",
            "LOCALHOST",
            "a.localhost",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0x7f.1",
            "127.1",
            "0",
            "100.64.0.1",
            "[::1]",
            "[::]",
            "[::ffff:10.0.0.1]",
            "[::ffff:7f00:1]",
            "[fe80::1]",
            "[fd00::1]",
            "[64:ff9b::a9fe:a9fe]",
            "[::127.0.0.1]",
            "[2002:7f00:1::]",
            "255.255.255.255",
        ] {
            assert!(origin(&format!("http://{host}/")).is_private_literal(), "{host}");
        }
    }

    #[test]
    fn public_hosts_are_not_private() {
        for host in [
            "ghcr.io",
            "8.8.8.8",
            "localhost.example",
            "[2606:4700::1]",
            "127.0.0.1.example",
            "1.2.3.4.5",
        ] {
            assert!(
                !origin(&format!("https://{host}/")).is_private_literal(),
                "{host}"
            );
        }
    }

    #[test]
    fn loopback_is_narrower_than_private() {
        assert!(origin("http://127.9.9.9:5000").is_loopback());
        assert!(origin("http://[::ffff:127.0.0.1]").is_loopback());
        assert!(!origin("http://10.0.0.1").is_loopback());
    }
}
