//! What the client understands and what it keeps to itself, over plain HTTP.

use oras_transport::{Error, TransportOptions, base, client};
use tower::ServiceExt;

use crate::double::request;
use crate::server::{Server, reply};

#[tokio::test]
async fn a_server_that_says_it_wants_tls_is_understood() {
    let said = b"Client sent an HTTP request to an HTTPS server.\n";
    let server = Server::start(|_, _| reply(400, &[], said)).await;
    let client = client(&TransportOptions::default()).unwrap();
    let error = client
        .clone()
        .oneshot(request("GET", &server.url("/"), &[]))
        .await;
    assert!(matches!(error, Err(Error::ExpectsTls { .. })), "{error:?}");
    // Other answers with this status stay as they are.
    for (kind, content) in [("application/json", &said[..]), ("text/plain", b"name invalid")] {
        let server = Server::start(move |_, _| reply(400, &[("content-type", kind)], content)).await;
        let answered = client
            .clone()
            .oneshot(request("GET", &server.url("/"), &[]))
            .await
            .unwrap();
        assert_eq!(answered.into_body().read_limited(100).await.unwrap(), content);
    }
}

/// S19: a header cannot be smuggled in through the user agent.
#[test]
fn control_characters_in_the_user_agent_are_refused() {
    for odd in ["a\r\nx-own: b", "a\nb", "a\0b"] {
        let options = TransportOptions::default().with_user_agent(odd);
        assert!(
            matches!(client(&options), Err(Error::Configuration { .. })),
            "{odd:?}"
        );
    }
}

/// S01: credentials for a proxy never reach an origin.
#[tokio::test]
async fn an_origin_sees_no_credentials_of_a_proxy() {
    let server = Server::start(|_, _| reply(200, &[], b"")).await;
    let headers = [
        ("proxy-authorization", "Basic secret"),
        ("authorization", "Bearer own"),
    ];
    let get = request("GET", &server.url("/"), &headers);
    base(&TransportOptions::default())
        .unwrap()
        .oneshot(get)
        .await
        .unwrap();
    let received = server.received();
    assert_eq!(received[0].header("proxy-authorization"), None);
    assert_eq!(received[0].header("authorization"), Some("bearer own"));
}
