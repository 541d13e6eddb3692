//! A client that was built without TLS.

use std::net::TcpListener;

use oras_transport::{Error, TransportOptions, base};
use tower::ServiceExt;

use crate::double::request;
use crate::server::{Server, reply};

#[tokio::test]
async fn plain_http_is_spoken_and_https_dials_nobody() {
    let server = Server::start(|_, _| reply(200, &[], b"")).await;
    let http = base(&TransportOptions::default()).unwrap();
    let get = request("GET", &server.url("/"), &[]);
    assert_eq!(http.clone().oneshot(get).await.unwrap().status(), 200);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let error = http.oneshot(request("GET", &url, &[])).await.unwrap_err();
    assert!(matches!(error, Error::WithoutTls { .. }), "{error:?}");
    let said = format!("cannot connect to {url}: this program was built without TLS");
    assert_eq!(error.to_string(), said);
    assert!(!error.is_transient());
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody connected");
}
