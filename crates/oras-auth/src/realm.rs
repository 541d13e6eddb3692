//! `Realm`: a token server, and whether it is trusted.

use http::Uri;
use oras_transport::{InvalidUri, Origin, SafeUrl, resolve};

use crate::error::{Error, RealmReason};
use crate::registry_name::is_docker_hub;

/// Token servers that are known to belong to a registry on another host.
const KNOWN_PAIRS: [(&str, &str); 2] = [
    ("registry.gitlab.com", "gitlab.com"),
    ("nvcr.io", "authn.nvidia.com"),
];

const DOCKER_HUB_REALM: &str = "auth.docker.io";

/// A token server that may be used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Realm {
    pub(crate) uri: Uri,
    pub(crate) origin: Origin,
    /// Whether it may receive the registry's credential.
    pub(crate) trusted: bool,
}

impl Realm {
    /// Checks the realm that `registry` named in a response to a request for `asked`. `trusted` are the hosts that the
    /// caller trusts.
    pub(crate) fn check(
        named: &str,
        asked: &Uri,
        registry: &Origin,
        trusted: &[String],
    ) -> Result<Self, Error> {
        let refused = |realm: String, reason| Error::RealmRefused {
            registry: registry.host_port(),
            realm,
            reason,
        };
        let parsed = if named.contains('#') {
            Err(InvalidUri::Syntax)
        } else {
            resolve(asked, named)
        };
        let (uri, origin) = parsed
            .and_then(|uri| Origin::of(&uri).map(|origin| (uri, origin)))
            .map_err(|_| refused("an unusable address".to_owned(), RealmReason::Unusable))?;
        if registry.is_https() && !origin.is_https() {
            return Err(refused(SafeUrl(&uri).to_string(), RealmReason::Downgrade));
        }
        if origin.is_private_literal() && !registry.is_private_literal() {
            return Err(refused(SafeUrl(&uri).to_string(), RealmReason::PrivateAddress));
        }
        let trusted = is_trusted(registry, &origin, trusted);
        Ok(Self { uri, origin, trusted })
    }

    /// The URL for messages.
    pub(crate) fn shown(&self) -> String {
        SafeUrl(&self.uri).to_string()
    }
}

fn is_trusted(registry: &Origin, realm: &Origin, trusted: &[String]) -> bool {
    if registry == realm || (registry.is_loopback() && realm.is_loopback()) {
        return true;
    }
    let realm_name = realm.host_port();
    if trusted.contains(&realm_name) {
        return true;
    }
    let known = KNOWN_PAIRS.contains(&(registry.host(), &realm_name))
        || (is_docker_hub(registry.host()) && realm_name == DOCKER_HUB_REALM);
    known && realm.is_https()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(registry: &str, named: &str) -> Result<Realm, RealmReason> {
        let asked: Uri = format!("{registry}/v2/x/manifests/y").parse().unwrap();
        let origin = Origin::of(&asked).unwrap();
        Realm::check(named, &asked, &origin, &[]).map_err(|error| match error {
            Error::RealmRefused { reason, .. } => reason,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn odd_realms_are_refused() {
        for (named, why) in [
            ("http://reg.example/token", RealmReason::Downgrade),
            ("file:///etc/passwd", RealmReason::Unusable),
            ("ftp://reg.example/", RealmReason::Unusable),
            ("https://u:p@reg.example/", RealmReason::Unusable),
            ("https://reg.example/#x", RealmReason::Unusable),
            ("https://169.254.169.254/", RealmReason::PrivateAddress),
            ("https://[::ffff:10.0.0.1]/", RealmReason::PrivateAddress),
            ("https://0x7f000001/", RealmReason::PrivateAddress),
            ("https://localhost./", RealmReason::PrivateAddress),
        ] {
            assert_eq!(check("https://reg.example", named), Err(why), "{named}");
        }
    }

    #[test]
    fn relative_realms_resolve_against_the_request() {
        let realm = check("https://reg.example", "/token?a=b").unwrap();
        assert_eq!(realm.uri.to_string(), "https://reg.example/token?a=b");
        assert!(realm.trusted);
        assert!(
            !check("https://reg.example", "//other.example/token")
                .unwrap()
                .trusted
        );
    }

    #[test]
    fn only_known_pairs_and_the_own_origin_are_trusted() {
        for (registry, realm, trusted) in [
            (
                "https://registry-1.docker.io",
                "https://auth.docker.io/token",
                true,
            ),
            ("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", true),
            ("https://nvcr.io", "https://authn.nvidia.com/token", true),
            ("https://reg.example", "https://auth.docker.io/token", false),
            ("https://reg.example", "https://reg.example:444/token", false),
            ("http://reg.example", "http://reg.example/token", true),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", true),
            ("http://10.0.0.1:5000", "http://10.0.0.2:5000/token", false),
            (
                "http://registry-1.docker.io",
                "http://auth.docker.io/token",
                false,
            ),
        ] {
            assert_eq!(
                check(registry, realm).map(|realm| realm.trusted),
                Ok(trusted),
                "{registry} {realm}"
            );
        }
    }
}
