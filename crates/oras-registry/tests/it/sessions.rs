//! Upload sessions at addresses that only an in-memory service can have.

use std::sync::{Arc, Mutex};

use http::Method;
use http::header::{AUTHORIZATION, LOCATION};
use oras_auth::{Credential, StaticCredentials};
use oras_content::{ErrorKind, WriterExt};
use oras_registry::{Client, ClientOptions};
use oras_transport::{Request, Response, ResponseBody};

use crate::place::text;

/// The targets of requests with bytes, and whether they had the registry's credential.
type Seen = Arc<Mutex<Vec<(String, bool)>>>;

/// A registry that requires a password and redirects uploads to `location`.
fn client(registry: &str, location: &'static str) -> (Client, Seen) {
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let service = tower::service_fn(move |request: Request| {
        let has_credential = request.headers().contains_key(AUTHORIZATION);
        let mut response = Response::new(ResponseBody::from(""));
        if *request.method() == Method::PUT {
            kept.lock()
                .unwrap()
                .push((request.uri().to_string(), has_credential));
            *response.status_mut() = http::StatusCode::CREATED;
        } else if has_credential {
            *response.status_mut() = http::StatusCode::ACCEPTED;
            response.headers_mut().insert(LOCATION, location.parse().unwrap());
        } else {
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
            let challenge = "Basic realm=\"x\"".parse().unwrap();
            response.headers_mut().insert("www-authenticate", challenge);
        }
        std::future::ready(Ok::<_, oras_transport::Error>(response))
    });
    let credential = Credential::basic("ann", "open sesame").unwrap();
    let credentials = Arc::new(StaticCredentials::new(registry, credential));
    let options = ClientOptions::default().with_credentials(credentials);
    (Client::from_service(service, options), seen)
}

async fn push(registry: &str, location: &'static str) -> Result<(String, bool), ErrorKind> {
    let (client, seen) = client(registry, location);
    let app = client.repository(&format!("{registry}/app")).unwrap();
    let pushed = app.push_bytes(text(), "hello").await;
    let mut seen = seen.lock().unwrap().clone();
    match pushed {
        Ok(_) => Ok(seen.pop().unwrap()),
        Err(error) => {
            assert!(seen.is_empty(), "{seen:?}");
            Err(*error.kind())
        }
    }
}

/// Q13, Q14: proxies that terminate TLS, and default ports.
#[tokio::test]
async fn a_location_on_the_registry_keeps_tls_and_the_credential() {
    for (registry, location, goes_to) in [
        (
            "reg.example",
            "http://reg.example/up/1",
            "https://reg.example/up/1",
        ),
        (
            "reg.example",
            "http://reg.example:5000/up/1?a=b",
            "https://reg.example/up/1?a=b",
        ),
        (
            "reg.example:8443",
            "http://reg.example/up/1",
            "https://reg.example:8443/up/1",
        ),
        (
            "reg.example:443",
            "https://reg.example/up/1",
            "https://reg.example/up/1",
        ),
        (
            "reg.example",
            "https://reg.example:443/up/1",
            "https://reg.example:443/up/1",
        ),
        (
            "reg.example",
            "https://REG.example/up/1",
            "https://REG.example/up/1",
        ),
    ] {
        let (url, has_credential) = push(registry, location).await.expect(location);
        let path = url.split("digest=").next().unwrap();
        assert_eq!(path.trim_end_matches(['?', '&']), goes_to, "{location}");
        assert!(has_credential, "{location}");
    }
}

#[tokio::test]
async fn a_location_on_another_server_gets_no_credential() {
    for location in [
        "https://storage.example/up/1",
        "https://reg.example:8443/up/1",
        "//storage.example/up/1",
    ] {
        let (url, has_credential) = push("reg.example", location).await.unwrap();
        assert!(url.contains("/up/1?digest=sha256%3A"), "{url}");
        assert!(!has_credential, "{location}");
    }
}

/// S07: locations with less protection, or on a less public network.
#[tokio::test]
async fn a_location_that_could_do_harm_is_refused() {
    for location in [
        "http://storage.example/up/1",
        "https://10.0.0.1/up/1",
        "https://169.254.169.254/up/1",
        "https://[::1]/up/1",
        "https://2130706433/up/1",
        "https://127.1/up/1",
    ] {
        assert_eq!(
            push("reg.example", location).await,
            Err(ErrorKind::Refused),
            "{location}"
        );
    }
    // A registry at a private address may have its storage at another private address.
    assert!(push("10.0.0.1:5000", "https://10.0.0.2/up/1").await.is_ok());
}
