//! Talking to token servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use oras_auth::{AuthOptions, AuthUsed, Credential, Error, NoCredentials};
use oras_transport::{ConnectReason, Phase, Response, ResponseBody, RetryLayer, Transient};
use tower::{Layer, ServiceExt};

use crate::double::{Counting, Double, Seen, alice, challenge, reply, request, with_header};

const URL: &str = "https://reg.example/v2/a/manifests/x";
const TOKEN: &str = "https://reg.example/token";

/// A registry that takes `Bearer t`, with a token server that answers like this.
fn with_token_server(answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Double {
    with_challenge(
        r#"Bearer realm="/token",service="s",scope="repository:a:pull,push repository:b:pull""#,
        answer,
    )
}

fn with_challenge(field: &'static str, answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Double {
    Double::new(move |seen| match seen.authorization.as_deref() {
        _ if seen.is_at(TOKEN) => answer(seen),
        Some("Bearer t") => reply(200, ""),
        _ => challenge(field),
    })
}

#[tokio::test(start_paused = true)]
async fn both_names_of_a_token_are_taken() {
    for body in [
        r#"{"token":"t"}"#,
        r#"{"access_token":"t","refresh_token":"r"}"#,
        r#"{"token":"","access_token":"t"}"#,
    ] {
        let double = with_token_server(move |_| reply(200, body));
        assert_eq!(
            double
                .with(Arc::new(NoCredentials))
                .get(URL)
                .await
                .unwrap()
                .status(),
            StatusCode::OK,
            "{body}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_posted_in_a_form() {
    let double = with_token_server(|_| reply(200, r#"{"access_token":"t"}"#));
    let provider = Counting::new(Some(Credential::RefreshToken("r+/=&x".into())));
    let options = AuthOptions::default().with_client_id("my tool");
    let response = double.with_options(provider, options).get(URL).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&AuthUsed::Token));

    let asked = double.last(TOKEN);
    assert_eq!(
        (
            asked.method.clone(),
            asked.url.as_str(),
            asked.authorization.clone()
        ),
        (Method::POST, TOKEN, None)
    );
    for (name, value) in [
        ("grant_type", "refresh_token"),
        ("refresh_token", "r+/=&x"),
        ("service", "s"),
        ("client_id", "my tool"),
        ("scope", "repository:a:pull,push repository:b:pull"),
    ] {
        assert_eq!(asked.values(name), [value]);
    }
}

/// Q40: not every token server knows `POST`.
#[tokio::test(start_paused = true)]
async fn a_refresh_token_goes_by_get_where_post_is_unknown() {
    for status in [404, 405] {
        let double = with_token_server(move |seen| match seen.method {
            Method::POST => reply(status, ""),
            _ => reply(200, r#"{"token":"t"}"#),
        });
        let client = double.with(Counting::new(Some(Credential::RefreshToken("r".into()))));
        assert_eq!(client.get(URL).await.unwrap().status(), StatusCode::OK);
        assert_eq!(double.last(TOKEN).authorization.as_deref(), Some("Basic OnI="));
    }
}

/// S18: what a challenge says cannot add parameters.
#[tokio::test(start_paused = true)]
async fn values_are_escaped_one_by_one() {
    let field = r#"Bearer realm="/token",service="s&account=root#x",scope="repository:a:pull&scope=repository:b:push""#;
    let double = with_challenge(field, |_| reply(200, r#"{"token":"t"}"#));
    double.with(Counting::new(alice())).get(URL).await.unwrap();
    let asked = double.last(TOKEN);
    assert_eq!(asked.values("account"), ["alice"]);
    assert_eq!(asked.values("service"), ["s&account=root#x"]);
    assert_eq!(
        asked.values("scope"),
        ["repository:a:pull&scope=repository:b:push"]
    );
}

#[tokio::test(start_paused = true)]
async fn each_scope_is_a_parameter_of_its_own() {
    let double = with_token_server(|_| reply(200, r#"{"token":"t"}"#));
    double.with(Arc::new(NoCredentials)).get(URL).await.unwrap();
    assert_eq!(
        double.last(TOKEN).values("scope"),
        ["repository:a:pull,push", "repository:b:pull"]
    );
}

/// S32: an endless answer is given up after one mebibyte, whatever its status.
#[tokio::test(start_paused = true)]
async fn an_endless_answer_is_given_up() {
    const FRAME: usize = 64 * 1024;
    for status in [200, 401] {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let double = with_token_server(move |_| {
            let counter = Arc::clone(&counter);
            let frames = futures_util::stream::repeat_with(move || {
                counter.fetch_add(FRAME, Ordering::SeqCst);
                Ok(Bytes::from_static(&[b' '; FRAME]))
            });
            let mut response = Response::new(ResponseBody::from_stream(Box::pin(frames)));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response
        });
        let error = double.with(Arc::new(NoCredentials)).get(URL).await.unwrap_err();
        assert!(matches!(error, Error::TokenUnusable { .. }), "{error}");
        assert!(read.load(Ordering::SeqCst) <= 1024 * 1024 + 2 * FRAME);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_usable_token_is_said_to_be_that() {
    for (body, what) in [
        ("", "not the expected JSON"),
        ("<html>", "not the expected JSON"),
        ("{}", "holds no token"),
        (r#"{"token":"a b"}"#, "cannot be sent"),
        (r#"{"token":"a\r\nX: y"}"#, "cannot be sent"),
    ] {
        let double = with_token_server(move |_| reply(200, body));
        let error = double.with(Arc::new(NoCredentials)).get(URL).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert!(!error.is_transient());
    }
}

/// S35: coded answers were not asked for and are not decoded.
#[tokio::test(start_paused = true)]
async fn a_coded_answer_is_not_decoded() {
    let double = with_token_server(|_| with_header(reply(200, "\u{1f}\u{8b}"), "content-encoding", "gzip"));
    let error = double.with(Arc::new(NoCredentials)).get(URL).await.unwrap_err();
    assert!(matches!(error, Error::TokenUnusable { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_told_from_a_busy_server() {
    for (status, transient) in [(401, false), (403, false), (429, true), (503, true)] {
        let double = with_token_server(move |_| reply(status, r#"{"details":"said"}"#));
        let error = double.with(Counting::new(alice())).get(URL).await.unwrap_err();
        assert!(
            matches!(&error, Error::TokenRefused { status: refused, message, .. }
                if refused.as_u16() == status && message == "said"),
            "{error}"
        );
        assert_eq!(error.is_transient(), transient, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_token_server_says_how_long_to_wait() {
    let double = with_token_server(|_| with_header(reply(429, ""), "retry-after", "7"));
    let error = double.with(Arc::new(NoCredentials)).get(URL).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)), "{error}");
    let silent = with_token_server(|_| reply(503, ""));
    let error = silent.with(Arc::new(NoCredentials)).get(URL).await.unwrap_err();
    assert_eq!(error.retry_after(), None);

    let asked = AtomicUsize::new(0);
    let busy = with_token_server(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => with_header(reply(429, ""), "retry-after", "7"),
        _ => reply(200, r#"{"token":"t"}"#),
    });
    let client = busy.with(Arc::new(NoCredentials));
    let started = tokio::time::Instant::now();
    let retrying = RetryLayer::default().layer(client.0);
    let answered = retrying.oneshot(request(Method::GET, URL, None)).await.unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    assert!(started.elapsed() >= Duration::from_secs(7));
    assert_eq!(busy.count(TOKEN), 2);
}

/// Silence is silence, whether it is the registry's or its token server's.
#[test]
fn a_token_server_that_is_silent_or_refuses_is_known_as_such() {
    let origin = || "https://reg.example".parse().unwrap();
    let exchange = |source| Error::TokenExchange {
        registry: "reg.example".to_owned(),
        realm: TOKEN.to_owned(),
        source: Arc::new(source),
    };
    let silence = exchange(oras_transport::Error::TimedOut {
        origin: origin(),
        phase: Phase::Head,
        after: Duration::from_secs(60),
    });
    let refusal = exchange(oras_transport::Error::Connect {
        origin: origin(),
        reason: ConnectReason::Refused,
        source: "refused".into(),
    });
    assert!(silence.is_silence() && !silence.is_refused());
    assert!(refusal.is_refused() && !refusal.is_silence());
    assert!(silence.is_transient() && refusal.is_transient());
}
