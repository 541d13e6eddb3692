//! What is sent again, and what is not.

use std::time::Duration;

use oras_transport::{
    Attempts, Body, ConnectReason, Error, NoRetry, Phase, Repeatable, Response, RetryLayer, RetryOptions,
    TransportOptions, WaitingFor, client,
};
use tower::{Layer, ServiceExt};

use crate::double::{Double, answer, request};
use crate::server::{Reply, Server, bare};

const URL: &str = "https://reg.example/v2/a/manifests/x";

async fn send(
    double: &Double,
    request: oras_transport::Request,
    statuses: &'static [u16],
) -> Result<Response, Error> {
    let service = double.answering(move |number, _| {
        let status = statuses.get(number).or(statuses.last()).unwrap();
        Ok(answer(*status, &[]))
    });
    RetryLayer::new(RetryOptions::default())
        .layer(service)
        .oneshot(request)
        .await
}

async fn attempts(method: &str, statuses: &'static [u16]) -> usize {
    let double = Double::default();
    let answered = send(&double, request(method, URL, &[]), statuses).await.unwrap();
    let sent = double.seen().len();
    assert_eq!(
        answered.extensions().get(),
        Some(&Attempts(u32::try_from(sent).unwrap()))
    );
    sent
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_sent_again_and_what_may_not_is_not() {
    for status in [
        &[408, 200][..],
        &[429, 200],
        &[500, 200],
        &[502, 200],
        &[503, 200],
        &[504, 200],
        &[499, 200],
        &[522, 200],
    ] {
        assert_eq!(attempts("GET", status).await, 2, "{status:?}");
    }
    for status in [&[400][..], &[401], &[403], &[404], &[405], &[416], &[501]] {
        assert_eq!(attempts("GET", status).await, 1, "{status:?}");
    }
    assert_eq!(attempts("GET", &[503]).await, 6);
}

/// A `PATCH` appends: only an answer that says that nothing was done lets it be repeated.
#[tokio::test(start_paused = true)]
async fn a_patch_is_repeated_only_when_it_was_turned_away() {
    assert_eq!(attempts("PATCH", &[429, 202]).await, 2);
    assert_eq!(attempts("PATCH", &[503, 202]).await, 2);
    assert_eq!(attempts("PATCH", &[500, 202]).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_sent_once_is_sent_once() {
    let double = Double::default();
    let mut put = request("PUT", URL, &[]);
    *put.body_mut() = Body::once(Some(0), Box::pin(futures_util::stream::empty()));
    assert_eq!(send(&double, put, &[503, 201]).await.unwrap().status(), 503);
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_forbid_it() {
    let double = Double::default();
    let mut get = request("GET", URL, &[]);
    get.extensions_mut().insert(NoRetry);
    assert_eq!(send(&double, get, &[503, 200]).await.unwrap().status(), 503);
    assert_eq!(double.seen().len(), 1);
}

/// The clock is paused: what is waited for shows in it, exactly.
#[tokio::test(start_paused = true)]
async fn the_registry_says_how_long_to_wait() {
    let waited = async |retry_after: &'static str| {
        let double = Double::default();
        let service = double.answering(move |number, _| match number {
            0 => Ok(answer(503, &[("retry-after", retry_after)])),
            _ => Ok(answer(200, &[])),
        });
        let start = tokio::time::Instant::now();
        let options = RetryOptions::default().with_jitter(0.0);
        let answered = RetryLayer::new(options)
            .layer(service)
            .oneshot(request("GET", URL, &[]));
        (answered.await.unwrap().status().as_u16(), start.elapsed())
    };
    assert_eq!(waited("7").await, (200, Duration::from_secs(7)));
    let (status, past) = waited("Sun, 06 Nov 1994 08:49:37 GMT").await;
    assert!(status == 200 && past < Duration::from_secs(1), "{past:?}");
    // Longer than the budget is not waited for.
    assert_eq!(waited("86400").await.0, 503);
}

#[tokio::test(start_paused = true)]
async fn transport_errors_are_repeated_where_that_is_safe() {
    for (method, expected) in [("GET", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1)] {
        let double = Double::default();
        let service = double.answering(|number, _| match number {
            0 => Err(Error::Exchange {
                url: URL.into(),
                transient: true,
                source: "reset".into(),
            }),
            _ => Ok(answer(200, &[])),
        });
        let sent = RetryLayer::default()
            .layer(service)
            .oneshot(request(method, URL, &[]))
            .await;
        assert_eq!(
            (double.seen().len(), sent.is_ok()),
            (expected, expected == 2),
            "{method}"
        );
    }
}

/// The status table and the table of errors agree on what may be carried out twice.
#[tokio::test(start_paused = true)]
async fn a_post_is_repeated_where_it_says_that_it_may_be() {
    assert_eq!(attempts("POST", &[502, 202]).await, 1);
    assert_eq!(attempts("POST", &[503, 202]).await, 2);
    for is_lost in [true, false] {
        let double = Double::default();
        let service = double.answering(move |number, _| match number {
            0 if is_lost => Err(Error::Exchange {
                url: URL.into(),
                transient: true,
                source: "reset".into(),
            }),
            0 => Ok(answer(502, &[])),
            _ => Ok(answer(202, &[])),
        });
        let mut post = request("POST", URL, &[]);
        post.extensions_mut().insert(Repeatable);
        let answered = RetryLayer::default().layer(service).oneshot(post).await.unwrap();
        assert_eq!(answered.extensions().get(), Some(&Attempts(2)));
    }
}

#[tokio::test(start_paused = true)]
async fn silence_and_refusal_are_met_twice_and_no_more() {
    let origin = || "https://reg.example".parse().unwrap();
    let silence = move || Error::TimedOut {
        origin: origin(),
        phase: Phase::Head,
        after: Duration::from_secs(60),
    };
    let refusal = move || Error::Connect {
        origin: origin(),
        reason: ConnectReason::Refused,
        source: "refused".into(),
    };
    let attempts = async |error: &(dyn Fn(usize) -> Error + Sync)| {
        let double = Double::default();
        let errors = std::sync::Mutex::new(Vec::from_iter((0..6).map(error)));
        let service = double.answering(move |_, _| Err(errors.lock().unwrap().remove(0)));
        let sent = RetryLayer::default()
            .layer(service)
            .oneshot(request("GET", URL, &[]))
            .await;
        assert!(sent.is_err());
        double.seen().len()
    };
    assert_eq!(attempts(&|_| silence()).await, 2);
    assert_eq!(attempts(&|_| refusal()).await, 2);
    let reset = || Error::Exchange {
        url: URL.into(),
        transient: true,
        source: "reset".into(),
    };
    let in_turn = |number: usize| {
        if number.is_multiple_of(2) {
            silence()
        } else {
            reset()
        }
    };
    assert_eq!(attempts(&in_turn).await, 6, "neither comes twice in a row");
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_for_the_next_attempt_is_reported_once() {
    let double = Double::default();
    let service = double.answering(|number, _| match number {
        0 => Ok(answer(500, &[])),
        1 | 2 => Ok(answer(503, &[("retry-after", "15")])),
        _ => Ok(answer(200, &[])),
    });
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let layer = RetryLayer::default().with_on_waiting(Duration::from_secs(10), move |waiting| {
        told.send(waiting.clone()).unwrap();
    });
    let retrying = layer.layer(service);
    drop(layer);
    retrying.oneshot(request("GET", URL, &[])).await.unwrap();
    let said = heard.recv().await.unwrap();
    assert_eq!(said.what, WaitingFor::NextAttempt(Duration::from_secs(15)));
    assert_eq!(
        said.to_string(),
        "waiting 15 s before asking https://reg.example again"
    );
    assert_eq!(heard.recv().await, None);
}

/// What never reached the peer may be repeated whatever it would have done.
#[tokio::test(start_paused = true)]
async fn a_post_that_was_not_sent_is_repeated() {
    let double = Double::default();
    let service = double.answering(|number, _| match number {
        0 => Err(Error::Connect {
            origin: "https://reg.example".parse().unwrap(),
            reason: ConnectReason::Refused,
            source: "refused".into(),
        }),
        _ => Ok(answer(202, &[])),
    });
    let post = request("POST", URL, &[]);
    let answered = RetryLayer::default().layer(service).oneshot(post).await.unwrap();
    assert_eq!(answered.extensions().get(), Some(&Attempts(2)));
}

/// The clock is paused: 250 ms and 500 ms fit, another second does not.
#[tokio::test(start_paused = true)]
async fn the_budget_ends_the_attempts() {
    let double = Double::default();
    let options = RetryOptions::default()
        .with_retries(100)
        .with_jitter(0.0)
        .with_budget(Duration::from_secs(1));
    let service = RetryLayer::new(options).layer(double.answering(|_, _| Ok(answer(503, &[]))));
    let answered = service.oneshot(request("GET", URL, &[])).await.unwrap();
    assert_eq!((answered.status().as_u16(), double.seen().len()), (503, 3));
    assert_eq!(answered.extensions().get(), Some(&Attempts(3)));
}

/// A 429 counts for all that talk to its origin, and for no other; the clock is paused.
#[tokio::test(start_paused = true)]
async fn a_registry_that_is_overrun_is_left_alone_by_all() {
    let double = Double::default();
    let service = double.answering(|number, _| match number {
        0 => Ok(answer(429, &[("retry-after", "7")])),
        _ => Ok(answer(200, &[])),
    });
    let service = RetryLayer::new(RetryOptions::default().with_jitter(0.0)).layer(service);
    let start = tokio::time::Instant::now();
    let later = |url| {
        let service = service.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            service.oneshot(request("GET", url, &[])).await.unwrap();
            start.elapsed().as_secs()
        }
    };
    let (first, same, other) = tokio::join!(
        service.clone().oneshot(request("GET", URL, &[])),
        later("https://reg.example/v2/b/manifests/y"),
        later("https://other.example/"),
    );
    assert_eq!(first.unwrap().status(), 200);
    assert_eq!((same, other), (7, 1));
}

/// Sends over a connection that the server resets before it answers the first request to `/reset`.
async fn over_a_reset(
    request_of: impl FnOnce(&str) -> oras_transport::Request,
) -> (Server, Result<Response, Error>) {
    let server = Server::start(|number, seen| match number {
        1 if seen.head.contains(" /reset ") => Reply::Reset,
        _ => bare(200, &[]),
    })
    .await;
    let service = RetryLayer::default().layer(client(&TransportOptions::default()).unwrap());
    // The connection is used before: one that broke while idle is another matter.
    let warm = service
        .clone()
        .oneshot(request("GET", &server.url("/"), &[]))
        .await
        .unwrap();
    warm.into_body().drain().await;
    let result = service.oneshot(request_of(&server.url("/reset"))).await;
    (server, result)
}

#[tokio::test]
async fn a_reset_before_the_answer_is_repeated_for_reads_alone() {
    let (server, answered) = over_a_reset(|url| request("GET", url, &[])).await;
    assert_eq!(answered.unwrap().extensions().get(), Some(&Attempts(2)));
    assert_eq!(server.received().len(), 3);
    for method in ["POST", "PATCH"] {
        let (server, answered) = over_a_reset(|url| request(method, url, &[])).await;
        assert!(matches!(answered, Err(Error::Exchange { .. })), "{answered:?}");
        assert_eq!(server.received().len(), 2, "{method}");
    }
}

#[tokio::test]
async fn a_body_that_can_be_sent_once_does_not_survive_a_reset() {
    let (server, answered) = over_a_reset(|url| {
        let mut put = request("PUT", url, &[]);
        let content = futures_util::stream::iter([Ok(bytes::Bytes::from_static(b"abc"))]);
        *put.body_mut() = Body::once(Some(3), Box::pin(content));
        put
    })
    .await;
    assert!(matches!(answered, Err(Error::Exchange { .. })), "{answered:?}");
    let received = server.received();
    assert_eq!((received.len(), received[1].body.as_slice()), (2, &b"abc"[..]));
}
