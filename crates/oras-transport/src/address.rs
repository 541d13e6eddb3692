//! Hosts written as IP addresses, in every spelling that resolvers accept.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How a host is written.
pub(crate) enum Literal {
    Name,
    Address(IpAddr),
    /// In brackets, but not a valid address.
    Unreadable,
}

/// Parses a host; an IPv6 address must be in brackets. An IPv4 address embedded in an IPv6 address is returned as IPv4.
///
/// Spec: RFC 3986, section 3.2.2, "Host"; RFC 6874, zones; RFC 4291, section 2.5.5, embedded IPv4 addresses.
pub(crate) fn literal(host: &str) -> Literal {
    let Some(inside) = host.strip_prefix('[') else {
        return match legacy_ipv4(host) {
            Some(address) => Literal::Address(address.into()),
            None => Literal::Name,
        };
    };
    let inside = inside.strip_suffix(']').unwrap_or(inside);
    let without_zone = inside.split('%').next().unwrap_or(inside);
    match without_zone.parse::<Ipv6Addr>() {
        Ok(address) => Literal::Address(embedded_v4(address).map_or(address.into(), IpAddr::from)),
        Err(_) => Literal::Unreadable,
    }
}

/// Parses the forms that `inet_aton` accepts, because resolvers do: one to four numbers, decimal, octal or hexadecimal.
fn legacy_ipv4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u64> = host.split('.').map(legacy_number).collect::<Option<_>>()?;
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|part| *part > 255) {
        return None;
    }
    let free_bits = 32 - 8 * leading.len() as u32;
    if *last >= 1 << free_bits {
        return None;
    }
    let high = leading.iter().fold(0, |value, part| (value << 8) | part);
    u32::try_from((high << free_bits) | last).ok().map(Ipv4Addr::from)
}

fn legacy_number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some("") => Some(0),
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let low = || {
        let [.., a, b, c, d] = address.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, _, _] => Some(low()),
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(low()),
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => Some(low()),
        [0x2002, high, low, ..] => Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))),
        _ => None,
    }
}

/// Whether an address is not publicly reachable.
///
/// Spec: RFC 6890, special-purpose addresses.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
        || first & 0xffc0 == 0xfec0
}
