//! Requests to a registry that takes tokens.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Method, StatusCode};
use oras_auth::{AuthUsed, Credential, Error, NoCredentials, Scopes};
use oras_transport::Body;

use crate::double::{ALICE, Counting, Double, alice, challenge, reply, request};
use crate::fake::{Fake, REGISTRY, Rules, TOKEN};

const PULL_A: &str = "repository:a:pull";
const BLOB_A: &str = "https://reg.example/v2/a/blobs/x";

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_with_an_anonymous_token() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    let response = client.get(BLOB_A).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.extensions().get(), Some(&AuthUsed::AnonymousToken));
    assert_eq!(response.into_body().read_limited(100).await.unwrap(), "content");

    let asked = fake.double.last(TOKEN);
    assert_eq!(asked.method, Method::GET);
    assert_eq!(asked.authorization, None);
    assert_eq!(asked.values("service"), ["reg.example"]);
    assert_eq!(asked.values("scope"), [PULL_A]);
    assert!(asked.values("account").is_empty());
    assert_eq!(fake.double.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_password_goes_to_the_token_server_and_not_to_the_registry() {
    let fake = Fake::new(Rules {
        password: Some(ALICE),
        ..Rules::default()
    });
    let client = fake.double.with(Counting::new(alice()));
    let response = client.get(BLOB_A).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&AuthUsed::Token));

    let asked = fake.double.last(TOKEN);
    assert_eq!(asked.authorization.as_deref(), Some(ALICE));
    assert_eq!(asked.values("account"), ["alice"]);
    assert_eq!(
        fake.double.last(BLOB_A).authorization.as_deref(),
        Some("Bearer token-1")
    );
}

/// A known registry is not asked twice: the token is there before the body is.
#[tokio::test(start_paused = true)]
async fn a_hint_spares_the_challenge_once_the_registry_is_known() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    client.get(BLOB_A).await.unwrap();
    let (requests, tokens) = (fake.requests(), fake.token_requests());

    let upload = "https://reg.example/v2/b/blobs/uploads/1";
    let mut put = request(Method::PUT, upload, Some("repository:b:pull,push"));
    *put.body_mut() = Body::once(
        Some(4),
        Box::pin(futures_util::stream::iter([Ok(Bytes::from("body"))])),
    );
    assert_eq!(client.send(put).await.unwrap().status(), StatusCode::OK);
    assert_eq!(fake.requests(), requests + 1);
    assert_eq!(fake.token_requests(), tokens + 1);
    assert_eq!(fake.double.last(upload).body, "body");
}

/// A mount needs `pull` on the source as well.
#[tokio::test(start_paused = true)]
async fn a_hint_may_span_repositories() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    client.get(BLOB_A).await.unwrap();
    let scopes = "repository:target:pull,push repository:source:pull";
    let mount = request(
        Method::POST,
        "https://reg.example/v2/target/blobs/uploads/",
        Some(scopes),
    );
    client.send(mount).await.unwrap();
    assert_eq!(
        fake.double.last(TOKEN).values("scope"),
        ["repository:source:pull", "repository:target:pull,push"]
    );
}

/// Without a hint the challenge decides; with one, both are asked for.
#[tokio::test(start_paused = true)]
async fn hint_and_challenge_are_asked_for_together() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    client
        .get_for(BLOB_A, "repository:a:delete repository:z:pull")
        .await
        .unwrap();
    assert_eq!(
        fake.double.last(TOKEN).values("scope"),
        ["repository:a:delete,pull", "repository:z:pull"]
    );
}

/// S25: what a challenge asks for beyond the operation is not remembered for the next request.
#[tokio::test(start_paused = true)]
async fn foreign_scopes_of_a_challenge_do_not_stick() {
    let fake = Fake::new(Rules {
        also_asks: "repository:other:push",
        ..Rules::default()
    });
    let client = fake.double.with(Arc::new(NoCredentials));
    client.get(BLOB_A).await.unwrap();
    assert_eq!(
        fake.double.last(TOKEN).values("scope"),
        [PULL_A, "repository:other:push"]
    );
    client
        .get_for("https://reg.example/v2/b/x", "repository:b:pull")
        .await
        .unwrap();
    assert_eq!(fake.double.last(TOKEN).values("scope"), ["repository:b:pull"]);
}

/// A token server that refuses the whole set may give what the registry asks for.
#[tokio::test(start_paused = true)]
async fn a_refused_scope_does_not_take_the_others_along() {
    let fake = Fake::new(Rules {
        forbids: Some("repository:secret:pull"),
        ..Rules::default()
    });
    let client = fake.double.with(Arc::new(NoCredentials));
    let mount = "repository:a:pull repository:secret:pull";
    let response = client.get_for(BLOB_A, mount).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(fake.double.last(TOKEN).values("scope"), [PULL_A]);
    assert_eq!((fake.requests(), fake.token_requests()), (2, 2));

    // Once the registry is known, the refusal comes first; the challenge then says what is enough.
    let response = client.get_for(BLOB_A, mount).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        (fake.requests(), fake.token_requests()),
        (4, 3),
        "the narrow token was kept"
    );
}

/// Where less than the whole set is not enough either, the refusal is the answer.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_all_that_is_needed_is_an_error() {
    let fake = Fake::new(Rules {
        forbids: Some(PULL_A),
        ..Rules::default()
    });
    let client = fake.double.with(Arc::new(NoCredentials));
    for (requests, tokens) in [(1, 1), (2, 2)] {
        let error = client.get_for(BLOB_A, PULL_A).await.unwrap_err();
        assert!(matches!(error, Error::TokenRefused { .. }), "{error}");
        assert_eq!((fake.requests(), fake.token_requests()), (requests, tokens));
    }
}

/// A registry that never takes the token sees the request twice and no more.
#[tokio::test(start_paused = true)]
async fn a_refused_token_ends_the_request() {
    let double = Double::new(|seen| match seen.is_at(TOKEN) {
        true => reply(200, r#"{"token":"useless"}"#),
        false => challenge(r#"Bearer realm="/token",scope="repository:a:pull""#),
    });
    let client = double.with(Arc::new(NoCredentials));
    for requests in [2, 3] {
        let response = client.get_for(BLOB_A, PULL_A).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.into_body().read_limited(100).await.unwrap(), "{}");
        assert_eq!(
            double.count(BLOB_A),
            requests,
            "the second call starts with a fresh token, and asks once"
        );
    }
    assert_eq!(double.count(TOKEN), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_sent_once_is_not_sent_again() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    let url = format!("{REGISTRY}/v2/a/blobs/uploads/1");
    let mut put = request(Method::PUT, &url, None);
    *put.body_mut() = Body::once(
        None,
        Box::pin(futures_util::stream::iter([Ok(Bytes::from("body"))])),
    );
    let error = client.send(put).await.unwrap_err();
    assert!(matches!(error, Error::BodyNotReplayable { .. }), "{error}");
    assert_eq!(fake.double.count(&url), 1);

    let mut put = request(Method::PUT, &url, None);
    *put.body_mut() = Body::from("body");
    assert_eq!(client.send(put).await.unwrap().status(), StatusCode::OK);
    assert_eq!(fake.double.last(&url).body, "body");
}

#[tokio::test(start_paused = true)]
async fn an_access_token_is_sent_as_it_is() {
    let double = Double::new(|seen| match seen.authorization.as_deref() {
        Some("Bearer mine") => reply(200, ""),
        _ => challenge(r#"Bearer realm="https://reg.example/token""#),
    });
    let client = double.with(Counting::new(Some(Credential::AccessToken("mine".into()))));
    for _ in 0..2 {
        let response = client.get(BLOB_A).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&AuthUsed::Token));
    }
    assert_eq!((double.count(TOKEN), double.count(BLOB_A)), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn a_header_of_the_caller_is_left_alone() {
    let double = Double::new(|_| challenge(r#"Bearer realm="https://reg.example/token""#));
    let provider = Counting::new(alice());
    let client = double.with(provider.clone());
    let mut given = request(Method::GET, BLOB_A, None);
    given
        .headers_mut()
        .insert(AUTHORIZATION, HeaderValue::from_static("Bearer own"));
    let response = client.send(given).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.extensions().get(), Some(&AuthUsed::Given));
    assert_eq!(double.seen().len(), 1);
    assert_eq!(provider.asked(), 0);
}

/// A registry may challenge only at its base (Q38).
#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_challenge_is_answered_as_the_base_says() {
    let double = Double::new(|seen| match (seen.url.as_str(), &seen.authorization) {
        ("https://reg.example/v2/", None) => challenge(r#"Bearer realm="https://reg.example/token""#),
        (url, _) if url.starts_with(TOKEN) => reply(200, r#"{"token":"t"}"#),
        (_, Some(_)) => reply(200, ""),
        (_, None) => reply(401, ""),
    });
    let client = double.with(Arc::new(NoCredentials));
    let response = client.get_for(BLOB_A, PULL_A).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(double.seen().len(), 4);
    client.get_for(BLOB_A, PULL_A).await.unwrap();
    assert_eq!(double.seen().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_nothing_explains_is_handed_on() {
    let double = Double::new(|seen| match seen.url.as_str() {
        "https://reg.example/v2/" => reply(200, "{}"),
        _ => reply(401, "no"),
    });
    let client = double.with(Arc::new(NoCredentials));
    let response = client.get_for(BLOB_A, PULL_A).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(double.seen().len(), 3);
    let response = client.get("https://reg.example/v2/").await.unwrap();
    assert_eq!((response.status(), double.seen().len()), (StatusCode::OK, 4));
}

/// An empty hint says that any token will do.
#[tokio::test(start_paused = true)]
async fn an_empty_hint_takes_any_token() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    client.get(BLOB_A).await.unwrap();
    let mut ping = request(Method::GET, BLOB_A, None);
    ping.extensions_mut().insert(Scopes::new());
    client.send(ping).await.unwrap();
    assert_eq!((fake.requests(), fake.token_requests()), (3, 1));
}
