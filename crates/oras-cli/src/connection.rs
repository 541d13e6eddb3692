//! Connections: from flags to transport options.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context;
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use http::{HeaderMap, HeaderName, HeaderValue};
use oras::transport::{Origin, TlsOptions, TransportOptions};

use crate::place::Place;
use crate::progress::tell_waiting;
use crate::secrets::hide;
use crate::system::{Server, environment};
use crate::usage::Usage;

/// Time after which a silent registry is reported, shorter on a terminal.
const WAITING: Duration = Duration::from_secs(10);
const WAITING_AT_A_TERMINAL: Duration = Duration::from_secs(2);

/// The limit for silence on the command line.
static STALL_LIMIT: OnceLock<Duration> = OnceLock::new();

/// Sets how long a registry may be silent.
pub(crate) fn set_stall_limit(limit: Duration) {
    // The command line is parsed only once.
    let _ = STALL_LIMIT.set(limit);
}

/// Minimum rate of a registry in bytes per second; anything slower counts as silence.
const LEAST_RATE: u64 = 1024;

/// A custom header.
pub(crate) type Header = (HeaderName, HeaderValue);

/// Parses `Name: value`.
fn header(text: &str) -> Result<Header, String> {
    let wrong = || "write a header as 'Name: value'".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name = name.trim().parse().map_err(|_| wrong())?;
    let value = value.trim();
    hide(value);
    let mut value: HeaderValue = value.parse().map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Parses a header without repeating an invalid one, which may still be a secret.
#[derive(Clone, Copy)]
pub(crate) struct Headers;

impl TypedValueParser for Headers {
    type Value = Header;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Header, clap::Error> {
        header(&value.to_string_lossy()).map_err(|what| {
            let argument = argument.map_or_else(String::new, Arg::to_string);
            let told = format!("invalid value for '{argument}': {what}\n");
            clap::Error::raw(ErrorKind::ValueValidation, told).with_cmd(command)
        })
    }
}

/// A fixed address for a host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostAddress {
    host: String,
    port: u16,
    address: SocketAddr,
}

/// Parses `HOST:PORT:ADDRESS[:PORT]`.
pub(crate) fn host_address(text: &str) -> Result<HostAddress, String> {
    let read = || {
        let (host, rest) = text.split_once(':')?;
        let (port, address) = rest.split_once(':')?;
        let port = port.parse().ok()?;
        let ip = address
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        let address = match ip {
            Ok(ip) => SocketAddr::new(ip, port),
            Err(_) => address.parse().ok()?,
        };
        let host = host.to_owned();
        (!host.is_empty()).then_some(HostAddress { host, port, address })
    };
    read()
        .ok_or_else(|| "write HOST:PORT:ADDRESS[:PORT], as in registry.example:443:192.0.2.7:5000".to_owned())
}

/// Returns the transport options for a registry and its mirrors.
pub(crate) fn transport(place: &Place, server: &Server) -> anyhow::Result<TransportOptions> {
    let mut transport = TransportOptions::default()
        .with_tls(tls(place, server)?)
        .with_on_waiting(waiting_after(), tell_waiting);
    if let Some(limit) = STALL_LIMIT.get() {
        transport = stalling(transport, *limit);
    }
    if !place.headers.is_empty() {
        for scheme in ["https", "http"] {
            let headers: HeaderMap = place.headers.iter().cloned().collect();
            let hook = move |_: &Origin| headers.clone();
            transport = transport.with_headers(origin(scheme, server)?, hook);
        }
    }
    for HostAddress { host, port, address } in &place.addresses {
        transport = transport.with_address(host, *port, *address);
    }
    Ok(transport)
}

/// Sets the limit for silence of each attempt.
fn stalling(transport: TransportOptions, limit: Duration) -> TransportOptions {
    transport
        .with_connect_timeout(limit)
        .with_head_timeout(limit)
        .with_idle_timeout(limit)
        .with_least_rate(LEAST_RATE, limit)
}

fn waiting_after() -> Duration {
    match std::io::stderr().is_terminal() {
        true => WAITING_AT_A_TERMINAL,
        false => WAITING,
    }
}

fn origin(scheme: &str, server: &Server) -> anyhow::Result<Origin> {
    let url = format!("{scheme}://{}", server.host).parse();
    let url = url.map_err(|_| Usage::error(format!("invalid registry {}", server.reference.registry())))?;
    Ok(Origin::of(&url)?)
}

/// Combines the configuration of this machine with the flags.
fn tls(place: &Place, server: &Server) -> anyhow::Result<TlsOptions> {
    let mut tls = TlsOptions::default();
    if let Some(environment) = environment()? {
        tls = environment.tls_options_for(tls, &server.reference)?;
    }
    if let Some(file) = &place.ca_file {
        tls = tls.with_extra_roots(read("certificates", file)?);
    }
    if let Some((certificate, key)) = &place.identity {
        let (certificate, key) = (read("certificate", certificate)?, read("key", key)?);
        tls = tls.with_identity(origin("https", server)?, certificate, key);
    }
    if place.insecure {
        tls = tls.with_insecure(origin("https", server)?);
    }
    Ok(tls)
}

fn read(what: &str, file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read the {what} in {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{header, host_address};

    #[test]
    fn a_host_has_the_address_that_is_written() {
        let address =
            |text: &str| host_address(text).map(|read| (read.host, read.port, read.address.to_string()));
        let read = |port, address: &str| Ok(("r.example".to_owned(), port, address.to_owned()));
        assert_eq!(address("r.example:443:192.0.2.7"), read(443, "192.0.2.7:443"));
        assert_eq!(
            address("r.example:443:192.0.2.7:5000"),
            read(443, "192.0.2.7:5000")
        );
        assert_eq!(address("r.example:80:[::1]:5000"), read(80, "[::1]:5000"));
        assert_eq!(address("r.example:80:::1"), read(80, "[::1]:80"));
        for wrong in [
            "",
            "r.example",
            "r.example:x:1.2.3.4",
            "r.example:1:here",
            ":1:1.2.3.4",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_header_has_a_name_and_a_value() {
        let (name, value) = header("X-Tenant:  blue: 1 ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-tenant", "blue: 1"));
        for wrong in ["X-Tenant", "a b: c", ": c", "a: b\nc"] {
            assert!(header(wrong).is_err(), "{wrong}");
        }
    }
}
