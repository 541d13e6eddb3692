//! Detecting a registry, and choosing between HTTP and HTTPS.

use std::net::SocketAddr;

use oras_content::{ErrorKind, Reference, WriterExt};
use oras_registry::{Client, ClientOptions, RegistryOptions};
use oras_transport::TransportOptions;

use crate::hostile::{Scripted, answer};
use crate::place::{Place, client, quick, text};

#[tokio::test]
async fn a_ping_tells_what_is_there() {
    const BASIC: &str = "WWW-Authenticate: Basic realm=\"x\"\r\n";
    for (status, headers, kind) in [
        ("200 OK", "", None),
        ("401 Unauthorized", BASIC, Some(ErrorKind::Unauthenticated)),
        ("401 Unauthorized", "", Some(ErrorKind::Unauthenticated)),
        ("403 Forbidden", "", Some(ErrorKind::Denied)),
        ("404 Not Found", "", Some(ErrorKind::NotFound)),
        ("418 I'm a teapot", "", Some(ErrorKind::Protocol)),
        ("500 Oh", "", Some(ErrorKind::Unavailable { transient: true })),
    ] {
        let server = Scripted::new(move |_| answer(status, headers, "")).await;
        let app = server.repository(RegistryOptions::default());
        let name = app.full_name().strip_suffix("/app").unwrap();
        let pinged = client().registry(name).unwrap().ping().await;
        assert_eq!(
            pinged.err().map(|error| *error.kind()),
            kind,
            "{status} {headers}"
        );
        assert!(server.heads()[0].starts_with("GET /v2/ "), "{:?}", server.heads());
    }
}

/// Pushes to a registry under this name; connections go to the one of `place`.
async fn push(place: &Place, name: &str, options: RegistryOptions) -> Option<ErrorKind> {
    let address: SocketAddr = place.server.registry().parse().unwrap();
    let ports = [80, 443, 5000].into_iter();
    let transport = ports.fold(TransportOptions::default(), |transport, port| {
        transport.with_address("reg.example", port, address)
    });
    let options_of_client = ClientOptions::default()
        .with_transport(transport)
        .with_retry(quick());
    let client = Client::new(options_of_client).unwrap();
    let reference = Reference::new(name, "app").unwrap();
    let app = client.repository_with(&reference, options).unwrap();
    app.push_bytes(text(), "x").await.err().map(|error| *error.kind())
}

/// Spec: the distribution-spec does not mention plain HTTP; RFC 9110, section 4.3.4, defines the obligations of
/// `https`.
#[tokio::test]
async fn plain_http_is_for_this_machine_unless_the_caller_says_otherwise() {
    let place = Place::new().await;
    let local = place.server.registry();
    let (usual, plain) = (RegistryOptions::default, || {
        RegistryOptions::default().with_plain_http(true)
    });
    assert_eq!(push(&place, &local, usual()).await, None);
    for name in ["reg.example", "reg.example:5000"] {
        assert_eq!(push(&place, name, plain()).await, None, "{name}");
        let refused = push(&place, name, usual()).await;
        assert!(
            matches!(refused, Some(ErrorKind::Unavailable { .. })),
            "{name} {refused:?}"
        );
    }
    let with_tls = RegistryOptions::default().with_plain_http(false);
    let refused = push(&place, &local, with_tls).await;
    assert!(
        matches!(refused, Some(ErrorKind::Unavailable { .. })),
        "{refused:?}"
    );
}
