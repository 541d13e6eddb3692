//! Requests to a registry that takes user name and password.

use std::sync::Arc;

use http::{Method, StatusCode};
use oras_auth::{
    AuthOptions, AuthUsed, Credential, CredentialStore, Error, MemoryCredentials, NoCredentials,
};
use oras_transport::Body;

use crate::double::{ALICE, Counting, Double, alice, challenge, reply, request, with_header};

const URL: &str = "https://reg.example/v2/a/blobs/x";

fn registry(accepted: &'static str) -> Double {
    Double::new(move |seen| match seen.authorization.as_deref() {
        Some(given) if given == accepted => reply(200, ""),
        _ => challenge(r#"Basic realm="reg""#),
    })
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_and_not_waited_for_again() {
    let double = registry(ALICE);
    let provider = Counting::new(alice());
    let client = double.with(provider.clone());
    for requests in [2, 3] {
        let mut post = request(Method::POST, URL, None);
        *post.body_mut() = Body::from("body");
        let response = client.send(post).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&AuthUsed::Basic));
        assert_eq!(double.count(URL), requests);
        assert_eq!(double.last(URL).body, "body");
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_challenge_nobody_is_asked_for_a_credential() {
    let double = Double::new(|_| reply(200, ""));
    let provider = Counting::new(alice());
    let response = double.with(provider.clone()).get(URL).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&AuthUsed::Nothing));
    assert_eq!(provider.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_credential_is_said() {
    let error = registry(ALICE)
        .with(Arc::new(NoCredentials))
        .get(URL)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "reg.example asks for a credential and there is none"
    );
}

/// A wrong password is sent once, and not tried again by itself.
#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_not_repeated() {
    let double = registry("Basic other");
    let client = double.with(Counting::new(alice()));
    assert_eq!(client.get(URL).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(double.count(URL), 2);
    assert_eq!(client.get(URL).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(double.count(URL), 3);
}

/// Somebody who logs in again while a program runs need not start it again.
#[tokio::test(start_paused = true)]
async fn a_changed_password_is_found_after_a_refusal() {
    let double = registry(ALICE);
    let store = Arc::new(MemoryCredentials::new());
    let client = double.with(store.clone());
    assert!(matches!(client.get(URL).await, Err(Error::NoCredential { .. })));
    store
        .put(&"reg.example".into(), &Credential::basic("alice", "old").unwrap())
        .await
        .unwrap();
    assert_eq!(client.get(URL).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    store.put(&"reg.example".into(), &alice().unwrap()).await.unwrap();
    assert_eq!(client.get(URL).await.unwrap().status(), StatusCode::OK);
}

/// S53: over plain HTTP a credential goes to this machine alone, unless the caller says otherwise for that registry.
#[tokio::test(start_paused = true)]
async fn plain_http_carries_no_credential_by_default() {
    let url = "http://reg.example:5000/v2/";
    let double = registry(ALICE);
    for options in [
        AuthOptions::default(),
        AuthOptions::default().with_plain_http("other.example:5000"),
        AuthOptions::default().with_plain_http("reg.example"),
    ] {
        let client = double.with_options(Counting::new(alice()), options);
        let error = client.get(url).await.unwrap_err();
        assert!(
            matches!(&error, Error::PlainHttp { registry, server }
                if registry == "reg.example:5000" && server == registry),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("with_plain_http(\"reg.example:5000\")"),
            "{error}"
        );
    }
    assert!(double.seen().iter().all(|seen| seen.authorization.is_none()));

    let client = double.with(Counting::new(alice()));
    for safe in ["http://localhost:5000/v2/", "https://reg.example/v2/"] {
        assert_eq!(client.get(safe).await.unwrap().status(), StatusCode::OK, "{safe}");
    }
    let allowed = AuthOptions::default().with_plain_http("REG.example:5000");
    let client = double.with_options(Counting::new(alice()), allowed);
    assert_eq!(client.get(url).await.unwrap().status(), StatusCode::OK);
}

/// S53: so does a token that is a credential.
#[tokio::test(start_paused = true)]
async fn plain_http_carries_no_access_token_by_default() {
    let double = Double::new(|_| challenge(r#"Bearer realm="/token""#));
    let client = double.with(Counting::new(Some(Credential::AccessToken("hunter2".into()))));
    let error = client.get("http://reg.example/v2/").await.unwrap_err();
    assert!(matches!(error, Error::PlainHttp { .. }), "{error}");
    assert_eq!(double.seen().len(), 1);
}

/// S19: a credential that would change the header's meaning is not sent.
#[tokio::test(start_paused = true)]
async fn a_credential_that_cannot_be_sent_is_an_error() {
    for (username, password) in [("a:b", "p"), ("a\r\nX: y", "p"), ("a", "p\nq")] {
        let double = registry(ALICE);
        let bad = Credential::Basic {
            username: username.into(),
            password: password.into(),
        };
        let error = double.with(Counting::new(Some(bad))).get(URL).await.unwrap_err();
        assert!(matches!(error, Error::InvalidCredential { .. }), "{error}");
        assert_eq!(double.seen().len(), 1);
    }
}

/// A registry that offers both gets a token, unless its token server cannot be used.
#[tokio::test(start_paused = true)]
async fn of_several_challenges_a_usable_token_server_wins() {
    for (realm, used) in [
        ("https://reg.example/token", AuthUsed::Token),
        ("ftp://reg.example/", AuthUsed::Basic),
    ] {
        let double = Double::new(move |seen| match seen.authorization.as_deref() {
            _ if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"t"}"#),
            Some("Bearer t" | ALICE) => reply(200, ""),
            _ => with_header(
                challenge(r#"Negotiate, Basic realm="x""#),
                "www-authenticate",
                &format!(r#"Bearer realm="{realm}""#),
            ),
        });
        let response = double.with(Counting::new(alice())).get(URL).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&used));
    }
}
