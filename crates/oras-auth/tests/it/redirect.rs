//! What redirects do to credentials.

use std::sync::Arc;

use http::StatusCode;
use oras_auth::NoCredentials;

use crate::double::{ALICE, Counting, Double, alice, challenge, reply, with_header};

const BLOB: &str = "https://reg.example/v2/a/blobs/x";

fn to(location: &str) -> oras_transport::Response {
    with_header(reply(307, ""), "location", location)
}

/// S01: the storage behind a registry sees neither password nor token.
#[tokio::test(start_paused = true)]
async fn a_redirect_target_sees_no_authorization() {
    for field in [r#"Basic realm="x""#, r#"Bearer realm="/token""#] {
        let double = Double::new(move |seen| match seen.authorization.as_deref() {
            _ if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"t"}"#),
            _ if seen.is_at("https://reg.example:444/") => reply(200, "blob"),
            Some(ALICE | "Bearer t") => to("https://reg.example:444/storage?sig=1"),
            _ => challenge(field),
        });
        let client = double.with(Counting::new(alice()));
        for _ in 0..2 {
            let response = client.get_for(BLOB, "repository:a:pull").await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
        }
        assert_eq!(double.count("https://reg.example:444/"), 2);
        let leaked = double
            .seen()
            .into_iter()
            .find(|seen| seen.is_at("https://reg.example:444/") && seen.authorization.is_some());
        assert_eq!(leaked, None);
    }
}

/// S02: a challenge of a redirect target is not answered, and nobody is asked for a credential.
#[tokio::test(start_paused = true)]
async fn a_challenge_of_a_redirect_target_is_handed_on() {
    for field in [
        r#"Basic realm="x""#,
        r#"Bearer realm="https://evil.example/token""#,
        r#"Bearer realm="/token""#,
    ] {
        let double = Double::new(move |seen| match seen.is_at("https://evil.example/") {
            true => challenge(field),
            false => to("https://evil.example/blob"),
        });
        let provider = Counting::new(alice());
        let response = double.with(provider.clone()).get(BLOB).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!((provider.asked(), double.seen().len()), (0, 2), "{field}");
    }
}

/// A redirect within the registry keeps the challenge the registry's own, relative to where it was met.
#[tokio::test(start_paused = true)]
async fn a_challenge_after_a_redirect_within_the_registry_is_answered() {
    let double = Double::new(|seen| match (seen.url.as_str(), seen.authorization.as_deref()) {
        (BLOB, _) => to("/elsewhere/blob"),
        ("https://reg.example/elsewhere/token", _) => reply(200, r#"{"token":"t"}"#),
        (_, Some("Bearer t")) => reply(200, ""),
        _ => challenge(r#"Bearer realm="token""#),
    });
    let response = double.with(Arc::new(NoCredentials)).get(BLOB).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

/// S08: a token server that redirects gets no password to the other host.
#[tokio::test(start_paused = true)]
async fn a_redirecting_token_server_does_not_pass_the_password_on() {
    let double = Double::new(|seen| match seen.authorization.as_deref() {
        _ if seen.is_at("https://reg.example/token") => to("https://evil.example/token"),
        _ if seen.is_at("https://evil.example/") => reply(200, r#"{"token":"t"}"#),
        Some("Bearer t") => reply(200, ""),
        _ => challenge(r#"Bearer realm="/token""#),
    });
    double.with(Counting::new(alice())).get(BLOB).await.unwrap();
    assert_eq!(
        double.last("https://reg.example/token").authorization.as_deref(),
        Some(ALICE)
    );
    let asked = double.last("https://evil.example/");
    assert_eq!((asked.authorization, asked.body), (None, String::new()));
    assert!(!asked.url.contains("alice"));
}

/// S08: a form that holds a refresh token is not sent to another host.
#[tokio::test(start_paused = true)]
async fn a_redirecting_token_server_does_not_pass_the_refresh_token_on() {
    let double = Double::new(|seen| match seen.is_at("https://reg.example/token") {
        true => to("https://evil.example/token"),
        false => challenge(r#"Bearer realm="/token""#),
    });
    let refresh = oras_auth::Credential::RefreshToken("hunter2".into());
    double
        .with(Counting::new(Some(refresh)))
        .get(BLOB)
        .await
        .unwrap_err();
    assert_eq!(double.count("https://evil.example/"), 0);
}
