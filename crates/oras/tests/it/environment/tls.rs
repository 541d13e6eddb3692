//! TLS: certificates, each for its host alone.

use oras::{ErrorKind, TlsOptions};

use super::{environment, told};

const PEM: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

const INSECURE: &str = r#"
[[registry]]
location = "both.test/a"
insecure = true
[[registry.mirror]]
location = "mirror.test/a"
insecure = true

[[registry]]
location = "both.test/b"

[[registry]]
prefix = "*.wild.test"
insecure = true
"#;

/// The text of the options, which tells hosts and counts, and no content.
fn text(tls: &TlsOptions) -> String {
    format!("{tls:?}")
}

fn has(tls: &TlsOptions, part: &str) {
    assert!(text(tls).contains(part), "{part} is not in {}", text(tls));
}

#[test]
fn all_hosts_get_their_own_certificates() {
    let (environment, _etc) = environment(&[
        ("docker/certs.d/r.test:5000/ca.crt", PEM),
        ("docker/certs.d/r.test:5000/me.cert", PEM),
        ("docker/certs.d/r.test:5000/me.key", PEM),
        ("docker/certs.d/docker.io/ca.crt", PEM),
        ("docker/certs.d/half.test/me.cert", PEM),
    ]);
    let tls = environment.tls_options(TlsOptions::default()).unwrap();
    has(&tls, "extra_roots: 0, roots_by_origin: 2,");
    has(&tls, "r.test:5000");
    let one =
        |reference: &str| environment.tls_options_for(TlsOptions::default(), &reference.parse().unwrap());
    has(
        &one("docker.io/alpine").unwrap(),
        "roots_by_origin: 1, only_extra_roots: false, identities: []",
    );
    has(&one("other.test/x").unwrap(), "roots_by_origin: 0,");
    let error = one("half.test/x").unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Refused);
    assert!(told(&error).contains("me.cert has no key"), "{}", told(&error));
    let opened = environment
        .pull_endpoints()
        .endpoints(&"half.test/x".parse().unwrap());
    assert!(told(&opened.unwrap_err()).contains("me.cert has no key"));
}

#[test]
fn several_client_certificates_are_refused() {
    let (environment, _etc) = environment(&[
        ("docker/certs.d/r.test/a.cert", PEM),
        ("docker/certs.d/r.test/a.key", PEM),
        ("docker/certs.d/r.test/b.cert", PEM),
        ("docker/certs.d/r.test/b.key", PEM),
    ]);
    let reference = "r.test/x".parse().unwrap();
    for error in [
        environment.pull_endpoints().endpoints(&reference).unwrap_err(),
        environment.push_endpoints().endpoints(&reference).unwrap_err(),
    ] {
        assert!(told(&error).contains("2 client certificates"), "{}", told(&error));
    }
}

#[test]
fn any_certificate_is_accepted_where_all_tables_say_so() {
    let (environment, _etc) = environment(&[("containers/registries.conf", INSECURE)]);
    let insecure = |tls: &TlsOptions| text(tls).split("insecure: ").nth(1).unwrap().to_owned();
    let all = insecure(&environment.tls_options(TlsOptions::default()).unwrap());
    assert!(all.contains("mirror.test") && !all.contains("both.test"), "{all}");
    let one = |reference: &str| {
        let tls = environment.tls_options_for(TlsOptions::default(), &reference.parse().unwrap());
        insecure(&tls.unwrap())
    };
    assert!(one("both.test/a").contains("both.test"));
    assert!(!one("both.test/b").contains("both.test"));
    assert!(one("r.wild.test/x").contains("r.wild.test"));
    assert!(!one("other.test/x").contains("other.test"));
}
