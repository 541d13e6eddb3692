//! Names of registries in credential stores, with the aliases of Docker Hub.

/// The key under which Docker stores the credential of its own registry.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// Whether a host belongs to Docker Hub.
pub(crate) fn is_docker_hub(host: &str) -> bool {
    DOCKER_HUB.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// The key to store a registry's credential under, and to request from helpers.
pub(crate) fn storage_key(registry: &str) -> &str {
    if is_docker_hub(host_port(registry)) {
        DOCKER_HUB_KEY
    } else {
        registry
    }
}

/// The names under which a helper may have stored a registry's credential: without the port 443, and with it, depending
/// on what the user typed at login.
pub(crate) fn helper_names(registry: &str) -> Vec<String> {
    let name = without_default_port(storage_key(registry));
    match is_docker_hub(host_port(registry)) || has_port(name) {
        true => vec![name.to_owned()],
        false => vec![name.to_owned(), format!("{name}:443")],
    }
}

/// Whether there is a port. The colons of an IPv6 address are in brackets.
fn has_port(host_port: &str) -> bool {
    host_port
        .rsplit(']')
        .next()
        .is_some_and(|rest| rest.contains(':'))
}

/// Whether a stored key matches this registry: host and port are equal, and port 443 equals none. If the key is a URL,
/// its scheme and path are ignored. A path without a scheme means a part of a registry only.
pub(crate) fn same_registry(key: &str, registry: &str) -> bool {
    let is_url = key.contains("://");
    let (key, registry) = if is_url {
        (host_port(key), host_port(registry))
    } else {
        (key, host_port(registry))
    };
    let (key, registry) = (without_default_port(key), without_default_port(registry));
    key.eq_ignore_ascii_case(registry) || (is_docker_hub(key) && is_docker_hub(registry))
}

/// Removes the default port of `https`, which origins omit but users may have written.
pub(crate) fn without_default_port(host_port: &str) -> &str {
    host_port.strip_suffix(":443").unwrap_or(host_port)
}

/// The `host[:port]` of a key that may have a scheme and a path.
pub(crate) fn host_port(key: &str) -> &str {
    let rest = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_hub_has_many_names() {
        for name in [
            "docker.io",
            "index.docker.io",
            "registry-1.docker.io",
            "https://index.docker.io/v1/",
        ] {
            assert_eq!(storage_key(name), "https://index.docker.io/v1/");
            assert!(same_registry("https://index.docker.io/v1/", name));
        }
        assert_eq!(storage_key("ghcr.io"), "ghcr.io");
    }

    #[test]
    fn helpers_know_a_registry_with_and_without_the_default_port() {
        for (registry, names) in [
            ("ghcr.io", &["ghcr.io", "ghcr.io:443"][..]),
            ("ghcr.io:443", &["ghcr.io", "ghcr.io:443"]),
            ("ghcr.io:5000", &["ghcr.io:5000"]),
            ("[::1]", &["[::1]", "[::1]:443"]),
            ("[::1]:5000", &["[::1]:5000"]),
            ("docker.io", &["https://index.docker.io/v1/"]),
        ] {
            assert_eq!(helper_names(registry), names, "{registry}");
        }
    }

    #[test]
    fn only_the_very_host_and_port_match() {
        assert!(same_registry("https://ghcr.io/v2/", "ghcr.io"));
        assert!(same_registry("GHCR.io", "ghcr.io"));
        assert!(same_registry("ghcr.io:443", "ghcr.io") && same_registry("https://ghcr.io:443/", "ghcr.io"));
        assert!(same_registry("ghcr.io", "ghcr.io:443"));
        for key in [
            "evil-ghcr.io",
            "ghcr.io.evil",
            "ghcr.io:444",
            "ghcr.io:4443",
            "ghcr.io:443/org",
            "https://ghcr.io:444/",
            "ghcr.i",
            "x/ghcr.io",
            "ghcr.io/org",
        ] {
            assert!(!same_registry(key, "ghcr.io"), "{key}");
        }
    }
}
