//! Redirects, and what goes along.

use std::sync::{Arc, OnceLock};

use oras_transport::{
    Body, Error, RedirectLayer, RedirectReason, Request, Response, TransportOptions,
    answered_by_requested_origin, base,
};
use tower::{Layer, ServiceExt};

use crate::body::Parts;
use crate::double::{Double, answer, request};
use crate::server::{Server, bare};

const REGISTRY: &str = "https://reg.example/v2/a/blobs/x";

async fn send(
    double: &Double,
    request: Request,
    script: impl Fn(usize) -> Response + Send + Sync + 'static,
) -> Result<Response, Error> {
    let service = RedirectLayer::new().layer(double.answering(move |number, _| Ok(script(number))));
    service.oneshot(request).await
}

fn secrets() -> [(&'static str, &'static str); 5] {
    [
        ("authorization", "Bearer secret"),
        ("cookie", "secret"),
        ("proxy-authorization", "secret"),
        ("x-own", "secret"),
        ("range", "bytes=1-"),
    ]
}

/// S01: only what a read needs goes to another origin, and it stays so when a later hop leads back.
#[tokio::test]
async fn another_origin_sees_no_secret() {
    for status in [301, 302, 303, 307, 308] {
        for method in ["GET", "HEAD"] {
            for other in ["https://reg.example:444/x", "https://storage.example/x"] {
                let double = Double::default();
                let answered = send(
                    &double,
                    request(method, REGISTRY, &secrets()),
                    move |number| match number {
                        0 => answer(status, &[("location", other)]),
                        1 => answer(status, &[("location", REGISTRY)]),
                        _ => answer(200, &[]),
                    },
                );
                answered.await.unwrap();
                let seen = double.seen();
                assert_eq!(seen.len(), 3);
                assert!(seen[0].headers.contains_key("authorization"));
                for hop in &seen[1..] {
                    assert_eq!(
                        hop.headers.keys().map(|name| name.as_str()).collect::<Vec<_>>(),
                        ["range"],
                        "{hop:?}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn the_same_origin_sees_everything() {
    let double = Double::default();
    let answered = send(
        &double,
        request("GET", REGISTRY, &secrets()),
        |number| match number {
            0 => answer(307, &[("location", "https://reg.example:443/other?x=1")]),
            _ => answer(200, &[]),
        },
    );
    answered.await.unwrap();
    assert!(double.seen()[1].headers.contains_key("authorization"));
    assert_eq!(double.seen()[1].url, "https://reg.example:443/other?x=1");
}

async fn refused(method: &str, url: &str, status: u16, location: &'static str) -> RedirectReason {
    let double = Double::default();
    let answered = send(&double, request(method, url, &[]), move |_| {
        answer(status, &[("location", location)])
    });
    let error = answered.await.unwrap_err();
    assert_eq!(double.seen().len(), 1, "{location}");
    match error {
        Error::RedirectRefused { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

/// S03, S06: a redirect leads neither out of TLS nor to a private address.
#[tokio::test]
async fn a_redirect_to_less_protection_is_refused() {
    assert_eq!(
        refused("GET", REGISTRY, 307, "http://reg.example/x").await,
        RedirectReason::Downgrade
    );
    for private in [
        "https://127.0.0.1/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://169.254.169.254/x",
        "https://0x7f000001/x",
        "https://localhost./x",
    ] {
        assert_eq!(
            refused("GET", REGISTRY, 302, private).await,
            RedirectReason::PrivateAddress,
            "{private}"
        );
    }
    for odd in [
        "https://user:secret@reg.example/",
        "ftp://reg.example/",
        "https:evil",
    ] {
        assert_eq!(
            refused("GET", REGISTRY, 302, odd).await,
            RedirectReason::Location,
            "{odd}"
        );
    }
}

#[tokio::test]
async fn only_reads_are_redirected_elsewhere() {
    for (status, location) in [(302, "/other"), (307, "https://storage.example/x")] {
        assert_eq!(
            refused("PUT", REGISTRY, status, location).await,
            RedirectReason::Method
        );
    }
    let double = Double::default();
    let answered = send(&double, request("PUT", REGISTRY, &[]), |number| match number {
        0 => answer(307, &[("location", "/other")]),
        _ => answer(201, &[]),
    });
    assert_eq!(answered.await.unwrap().status(), 201);
    assert_eq!(double.seen()[1].method, "PUT");
}

#[tokio::test]
async fn a_body_that_can_be_sent_once_is_not_redirected() {
    let double = Double::default();
    let mut put = request("PUT", REGISTRY, &[]);
    *put.body_mut() = Body::once(Some(0), Box::pin(futures_util::stream::empty()));
    let error = send(&double, put, |_| answer(307, &[("location", "/other")]))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::RedirectRefused {
                reason: RedirectReason::Body,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn redirects_end() {
    let double = Double::default();
    let error = send(&double, request("GET", REGISTRY, &[]), |_| {
        answer(307, &[("location", "/again")])
    })
    .await;
    assert!(matches!(error, Err(Error::TooManyRedirects { limit: 10, .. })));
    assert_eq!(double.seen().len(), 11);
}

/// S01, S28: between two ports of one machine, and back: nothing but what a read needs, and no referrer.
#[tokio::test]
async fn another_port_sees_no_secret_on_the_wire() {
    for status in [301, 302, 303, 307, 308] {
        for method in ["GET", "HEAD"] {
            let back = Arc::new(OnceLock::<String>::new());
            let target = {
                let back = Arc::clone(&back);
                Server::start(move |_, _| bare(status, &[("location", back.get().unwrap())])).await
            };
            let there = target.url("/there");
            let registry = Server::start(move |number, _| match number {
                0 => bare(status, &[("location", &there)]),
                _ => bare(200, &[]),
            })
            .await;
            back.set(registry.url("/back")).unwrap();
            let asked = request(method, &registry.url("/asked?token=secret"), &secrets());
            let answered = base(&TransportOptions::default()).unwrap().oneshot(asked).await;
            assert_eq!(answered.unwrap().status(), 200);

            let (first, other) = (registry.received(), target.received());
            assert_eq!((first.len(), other.len()), (2, 1));
            assert_eq!(first[0].header("authorization"), Some("bearer secret"));
            assert_eq!(first[0].header("x-own"), Some("secret"));
            for hop in [&other[0], &first[1]] {
                assert!(!hop.head.contains("secret"), "{}", hop.head);
                assert_eq!(hop.header("referer"), None);
                assert_eq!(hop.header("range"), Some("bytes=1-"));
                assert!(hop.head.starts_with(&method.to_lowercase()), "{}", hop.head);
            }
        }
    }
}

/// S01: an upload goes on within its origin, from its beginning, and never to another port.
#[tokio::test]
async fn an_upload_follows_within_its_origin_only() {
    let other = Server::start(|_, _| bare(201, &[])).await;
    for status in [307, 308] {
        for method in ["PUT", "POST", "PATCH"] {
            let elsewhere = other.url("/x");
            let server = Server::start(move |_, seen| match seen.head.split(' ').nth(1) {
                Some("/asked") => bare(status, &[("location", "/moved")]),
                Some("/moved") => bare(201, &[]),
                _ => bare(status, &[("location", &elsewhere)]),
            })
            .await;
            let upload = |path| {
                let mut upload = request(method, &server.url(path), &secrets());
                *upload.body_mut() = Body::replayable(Some(6), Parts::new(&["abc", "def"]));
                base(&TransportOptions::default()).unwrap().oneshot(upload)
            };
            assert_eq!(upload("/asked").await.unwrap().status(), 201);
            for hop in server.received() {
                assert_eq!((hop.body.as_slice(), hop.complete), (&b"abcdef"[..], true));
                assert_eq!(hop.header("authorization"), Some("bearer secret"));
            }
            let error = upload("/away").await.unwrap_err();
            assert!(matches!(
                error,
                Error::RedirectRefused {
                    reason: RedirectReason::Method,
                    ..
                }
            ));
        }
    }
    assert!(other.received().is_empty());
}

/// S02: a challenge can be told from one of a redirect's target.
#[tokio::test]
async fn an_answer_knows_whether_it_is_of_the_requested_origin() {
    for (location, expected) in [
        ("/other", true),
        ("https://REG.example.:443/x", true),
        ("https://reg.example:444/x", false),
        ("https://storage.example/x", false),
    ] {
        let double = Double::default();
        let answered = send(
            &double,
            request("GET", REGISTRY, &[]),
            move |number| match number {
                0 => answer(302, &[("location", location)]),
                _ => answer(401, &[("www-authenticate", "Basic")]),
            },
        );
        let answered = answered.await.unwrap();
        assert_eq!(answered_by_requested_origin(&answered), expected, "{location}");
    }
}

/// S19: a location with characters that do not belong into a URL is not followed.
#[tokio::test]
async fn a_location_that_is_no_text_is_refused() {
    for odd in [&b"/a\tb"[..], b"/a\xff\xfe", b"//reg.example:0/", b"https://"] {
        let double = Double::default();
        let answered = send(&double, request("GET", REGISTRY, &[]), move |_| {
            let mut response = answer(302, &[]);
            let location = http::HeaderValue::from_bytes(odd).unwrap();
            response.headers_mut().insert("location", location);
            response
        });
        let error = answered.await.unwrap_err();
        assert!(matches!(
            error,
            Error::RedirectRefused {
                reason: RedirectReason::Location,
                ..
            }
        ));
        assert_eq!(double.seen().len(), 1);
    }
}
