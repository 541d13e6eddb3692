//! Challenges and tokens.

use oras_server_faults::Quirk;

use super::{BASIC, with_tokens};
use crate::client::Reply;
use crate::setup::Registry;

const UPLOADS: &str = "/v2/team/app/blobs/uploads/";

/// What asks for a login at a push.
async fn challenge(quirk: Quirk) -> (Registry, String) {
    let registry = with_tokens([quirk]).await;
    let refused = registry.call("POST", UPLOADS).send().await.expect(401);
    let challenge = refused.header("www-authenticate").unwrap().to_owned();
    (registry, challenge)
}

fn parameter<'a>(challenge: &'a str, name: &str) -> &'a str {
    let (_, rest) = challenge.split_once(&format!("{name}=\"")).unwrap();
    rest.split('"').next().unwrap()
}

/// Does what the challenge says, and asks once more.
async fn log_in(registry: &Registry, challenge: &str, method: &str, path: &str) -> Reply {
    let realm = parameter(challenge, "realm");
    let realm = realm.strip_prefix(&registry.server.url()).unwrap_or(realm);
    let mut query = format!(
        "{realm}?scope={}",
        parameter(challenge, "scope").replace(' ', "%20")
    );
    if challenge.contains("service=") {
        query = format!("{query}&service={}", parameter(challenge, "service"));
    }
    let got = registry
        .call("GET", &query)
        .header("authorization", BASIC)
        .send()
        .await
        .expect(200);
    let document = got.json();
    let token = document
        .get("token")
        .or_else(|| document.get("access_token"))
        .unwrap();
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    registry
        .call(method, path)
        .header("authorization", bearer)
        .send()
        .await
}

#[tokio::test]
async fn the_scope_can_be_anything_and_is_good() {
    for (quirk, scope) in [
        (Quirk::ScopeOfAnother, "repository:app:pull,push"),
        (Quirk::ScopeOrder, "repository:team/app:push,pull"),
        (Quirk::ScopeStar, "*"),
        (Quirk::ScopeAny, "repository:team/app:any"),
        (
            Quirk::ScopeTwice,
            "repository:team/app:pull repository:team/app:pull,push",
        ),
    ] {
        let (registry, challenge) = challenge(quirk).await;
        assert_eq!(parameter(&challenge, "scope"), scope, "{quirk}");
        log_in(&registry, &challenge, "POST", UPLOADS).await.expect(202);
    }
}

#[tokio::test]
async fn a_challenge_can_lack_its_service() {
    let (registry, challenge) = challenge(Quirk::NoService).await;
    assert!(!challenge.contains("service"), "{challenge}");
    log_in(&registry, &challenge, "POST", UPLOADS).await.expect(202);
}

#[tokio::test]
async fn a_realm_can_be_elsewhere() {
    let (registry, challenge) = challenge(Quirk::RelativeRealm).await;
    assert_eq!(parameter(&challenge, "realm"), "/token");
    log_in(&registry, &challenge, "POST", UPLOADS).await.expect(202);
    let (registry, challenge) = self::challenge(Quirk::Oauth2TokenPath).await;
    assert!(
        parameter(&challenge, "realm").ends_with("/oauth2/token"),
        "{challenge}"
    );
    log_in(&registry, &challenge, "POST", UPLOADS).await.expect(202);
}

#[tokio::test]
async fn there_can_be_several_challenges() {
    let all = |quirk| async move {
        let registry = with_tokens([quirk]).await;
        let refused = registry.get("/v2/").await.expect(401);
        let values = refused.headers.get_all("www-authenticate");
        values
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let both = all(Quirk::BasicAndBearer).await;
    assert!(
        both.len() == 2 && both[0].starts_with("Basic ") && both[1].starts_with("Bearer "),
        "{both:?}"
    );
    let joined = all(Quirk::BasicAndBearerInOne).await;
    assert!(
        joined.len() == 1 && joined[0].starts_with("Basic ") && joined[0].contains(", Bearer "),
        "{joined:?}"
    );
    let first = all(Quirk::NegotiateFirst).await;
    assert!(
        first.len() == 2 && first[0] == "Negotiate" && first[1].starts_with("Bearer "),
        "{first:?}"
    );
}

#[tokio::test]
async fn a_page_has_all_the_challenges_of_the_error_that_it_stands_for() {
    let registry = with_tokens([Quirk::HtmlErrors, Quirk::NegotiateFirst]).await;
    let page = registry.get("/v2/").await.expect(401);
    let challenges = page.headers.get_all("www-authenticate");
    assert_eq!(challenges.iter().count(), 2, "{challenges:?}");
}

#[tokio::test]
async fn only_the_base_can_say_how_to_log_in() {
    let registry = with_tokens([Quirk::BareUnauthorized]).await;
    assert_eq!(
        registry
            .get("/v2/a/tags/list")
            .await
            .expect(401)
            .header("www-authenticate"),
        None
    );
    assert!(
        registry
            .get("/v2/")
            .await
            .expect(401)
            .header("www-authenticate")
            .is_some()
    );
}

#[tokio::test]
async fn the_base_can_be_open_where_nothing_else_is() {
    let registry = with_tokens([Quirk::OpenPing]).await;
    assert_eq!(registry.get("/v2/").await.expect(200).body, "{}");
    registry.get("/v2/a/tags/list").await.expect(401);
}

#[tokio::test]
async fn a_token_can_have_other_names_and_say_less() {
    for (quirk, there, missing) in [
        (Quirk::TokenOnly, "token", &["access_token"][..]),
        (Quirk::AccessTokenOnly, "access_token", &["token"]),
        (Quirk::NoExpiresIn, "token", &["expires_in", "issued_at"]),
    ] {
        let registry = with_tokens([quirk]).await;
        let got = registry
            .call("GET", "/token?service=x")
            .header("authorization", BASIC)
            .send()
            .await;
        let document = got.expect(200).json();
        assert!(document[there].is_string(), "{document}");
        assert!(
            missing.iter().all(|name| document.get(name).is_none()),
            "{document}"
        );
    }
}

#[tokio::test]
async fn a_token_can_be_had_by_get_alone() {
    let registry = with_tokens([Quirk::NoTokenPost]).await;
    let form = "grant_type=password&service=x&client_id=y&username=ann&password=secret";
    let post = registry
        .call("POST", "/token")
        .header("content-type", "application/x-www-form-urlencoded");
    post.body(form).send().await.expect(404);
}

/// The status of a POST of an upload with a token for these scopes.
async fn push_with(registry: &Registry, scopes: &str) -> u16 {
    let got = registry
        .call("GET", format!("/token?service=x&{scopes}"))
        .header("authorization", BASIC);
    let document = got.send().await.expect(200).json();
    let bearer = format!("Bearer {}", document["token"].as_str().unwrap());
    registry
        .call("POST", UPLOADS)
        .header("authorization", bearer)
        .send()
        .await
        .status
}

#[tokio::test]
async fn the_first_scope_can_be_the_only_one() {
    let registry = with_tokens([Quirk::FirstScopeOnly]).await;
    let (own, other) = ("scope=repository:team/app:pull,push", "scope=repository:b:pull");
    assert_eq!(push_with(&registry, &format!("{other}&{own}")).await, 401);
    assert_eq!(push_with(&registry, &format!("{own}&{other}")).await, 202);
}

#[tokio::test]
async fn a_token_can_be_refused_for_its_scope() {
    let token = |registry: &Registry, scope: &str| {
        let path = format!("/token?service=x&scope={scope}");
        registry.call("GET", path).header("authorization", BASIC).send()
    };
    let registry = with_tokens([Quirk::NoDeleteScope]).await;
    token(&registry, "repository:a:pull,delete").await.expect(400);
    token(&registry, "repository:a:pull,push").await.expect(200);
    let registry = with_tokens([Quirk::TokenUnknownScope]).await;
    let both = "repository:a:pull,push%20repository:nowhere:pull";
    token(&registry, both).await.expect(403);
    token(&registry, "repository:nowhere:pull").await.expect(200);
}

#[tokio::test]
async fn tags_can_need_a_right_of_their_own() {
    let registry = with_tokens([Quirk::TagsMetadataRead]).await;
    let with = |scope: &str| {
        let path = format!("/token?service=x&scope={scope}");
        registry.call("GET", path).header("authorization", BASIC).send()
    };
    let document = with("repository:team/app:pull,push").await.expect(200).json();
    let bearer = format!("Bearer {}", document["token"].as_str().unwrap());
    registry
        .call("POST", UPLOADS)
        .header("authorization", &bearer)
        .send()
        .await
        .expect(202);
    let tags = "/v2/team/app/tags/list";
    let refused = registry
        .call("GET", tags)
        .header("authorization", &bearer)
        .send()
        .await
        .expect(401);
    let challenge = refused.header("www-authenticate").unwrap().to_owned();
    assert_eq!(
        parameter(&challenge, "scope"),
        "repository:team/app:metadata_read"
    );
    log_in(&registry, &challenge, "GET", tags).await.expect(200);
}

#[tokio::test]
async fn each_chunk_can_be_challenged() {
    let registry = with_tokens([Quirk::PatchChallenged]).await;
    let path = "/token?service=x&scope=repository:team/app:pull,push";
    let document = registry
        .call("GET", path)
        .header("authorization", BASIC)
        .send()
        .await
        .expect(200)
        .json();
    let bearer = format!("Bearer {}", document["token"].as_str().unwrap());
    let session = registry
        .call("POST", UPLOADS)
        .header("authorization", &bearer)
        .send()
        .await
        .location();
    let patch = registry
        .call("PATCH", &session)
        .header("authorization", &bearer)
        .body("hello");
    for status in [401, 202, 401, 202] {
        patch.clone().send().await.expect(status);
    }
}
