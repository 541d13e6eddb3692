//! Challenges: what a client without a login is told, and what it may show then.

use oras_server::{Challenges, Scheme, ServerOptions, TokenRealm};

use crate::access::{ROOT, as_user, basic, token_of, users};
use crate::client::{Call, call};
use crate::setup::{Kind, Registry, start_with};

fn options() -> ServerOptions {
    ServerOptions::default().with_users(users()).with_tokens(true)
}

async fn serving(options: ServerOptions) -> Registry {
    start_with(Kind::Memory, options).await
}

/// The challenges that a call without a login is answered with, with `HOST` for the registry.
async fn challenges(registry: &Registry, path: &str) -> Vec<String> {
    let got = registry.get(path).await.expect_error(401, "UNAUTHORIZED");
    let texts = got.headers.get_all("www-authenticate").iter();
    let host = registry.server.registry();
    texts
        .map(|text| text.to_str().unwrap().replace(&host, "HOST"))
        .collect()
}

async fn bearing(call: Call, token: &str) -> u16 {
    let call = call.header("authorization", format!("Bearer {token}"));
    call.send().await.status
}

const BASIC: &str = "Basic realm=\"oras-server\"";
const BEARER: &str = "Bearer realm=\"http://HOST/token\",service=\"HOST\",scope=\"repository:a:pull\"";

#[tokio::test]
async fn several_challenges_come_in_any_order_and_either_is_met() {
    let joined = |one: &str, other: &str| vec![format!("{one}, {other}")];
    let both = |one: &str, other: &str| vec![one.to_owned(), other.to_owned()];
    for (asked, expected) in [
        (Challenges::Both(Scheme::Basic), both(BASIC, BEARER)),
        (Challenges::Both(Scheme::Bearer), both(BEARER, BASIC)),
        (Challenges::Joined(Scheme::Basic), joined(BASIC, BEARER)),
        (Challenges::Joined(Scheme::Bearer), joined(BEARER, BASIC)),
    ] {
        let registry = serving(options().with_challenges(asked)).await;
        assert_eq!(challenges(&registry, "/v2/a/tags/list").await, expected);
        let post = || registry.call("POST", "/v2/a/blobs/uploads/");
        as_user(post(), ROOT).await.expect(202);
        as_user(post(), "root:wrong").await.expect(401);
        let token = token_of(&registry, ROOT, &["repository:a:push"]).await.unwrap();
        assert_eq!(bearing(post(), &token).await, 202);
        assert_eq!(bearing(post(), "wrong").await, 401);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said_where_tokens_are_asked_for() {
    let registry = serving(options().with_challenges(Challenges::Joined(Scheme::Bearer))).await;
    let token = token_of(&registry, ROOT, &[]).await.unwrap();
    let call = registry.call("GET", "/v2/a/tags/list");
    let got = call
        .header("authorization", format!("Bearer {token}"))
        .send()
        .await;
    let text = got.header("www-authenticate").unwrap();
    assert!(
        text.ends_with(",error=\"insufficient_scope\", Basic realm=\"oras-server\""),
        "{text}"
    );
}

#[tokio::test]
async fn without_tokens_there_is_one_challenge() {
    let asked = options()
        .with_tokens(false)
        .with_challenges(Challenges::Both(Scheme::Bearer));
    let registry = serving(asked).await;
    assert_eq!(challenges(&registry, "/v2/a/tags/list").await, [BASIC]);
}

#[tokio::test]
async fn two_logins_are_none() {
    let registry = serving(options().with_challenges(Challenges::Both(Scheme::Basic))).await;
    let call = registry.call("GET", "/v2/").header("authorization", basic(ROOT));
    call.clone().send().await.expect(200);
    call.header("authorization", basic(ROOT)).send().await.expect(401);
}

#[tokio::test]
async fn a_realm_can_be_relative_or_any_text() {
    for (realm, text) in [
        (TokenRealm::Relative, "/token"),
        (
            TokenRealm::Text("https://user@elsewhere/a b".to_owned()),
            "https://user@elsewhere/a b",
        ),
    ] {
        let registry = serving(options().with_token_realm(realm)).await;
        let expected = format!("Bearer realm=\"{text}\",service=\"HOST\"");
        assert_eq!(challenges(&registry, "/v2/").await, [expected]);
        assert!(token_of(&registry, ROOT, &[]).await.is_some());
    }
}

#[test]
#[should_panic(expected = "fit into a header")]
fn a_realm_that_no_header_can_carry_is_refused() {
    let _ = options().with_token_realm(TokenRealm::Text("/\r\nx: y".to_owned()));
}

#[tokio::test]
async fn tokens_of_the_second_origin_are_good_at_the_first() {
    let registry = serving(options().with_token_realm(TokenRealm::SecondOrigin)).await;
    let second = registry.server.second_origin().unwrap();
    let realm = format!("Bearer realm=\"{}/token\",service=\"HOST\"", second.url());
    assert_eq!(challenges(&registry, "/v2/").await, [realm]);
    assert!(
        token_of(&registry, ROOT, &[]).await.is_none(),
        "none at the first"
    );
    let get = call(second.addr(), "GET", "/token?service=x&scope=repository:a:push");
    let document = as_user(get, ROOT).await.expect(200).json();
    let token = document["token"].as_str().unwrap();
    let post = registry.call("POST", "/v2/a/blobs/uploads/");
    assert_eq!(bearing(post, token).await, 202);
    assert_eq!(bearing(call(second.addr(), "GET", "/v2/"), token).await, 404);
    let asked = second.journal().entries();
    assert_eq!(asked[0].request_headers["authorization"], basic(ROOT).as_str());
    let shown = |entry: &oras_server_faults::Entry| {
        let header = entry.request_headers.get("authorization");
        header.is_some_and(|header| header == basic(ROOT).as_str())
    };
    assert_eq!(
        registry
            .server
            .journal()
            .count(|entry| shown(entry) && entry.status == 200),
        0
    );
}
