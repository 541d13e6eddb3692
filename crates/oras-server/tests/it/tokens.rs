//! Tokens: what a client shows instead of a password.

use std::time::Duration;

use oras_content::Digest;
use oras_server::{Permission, ServerOptions, Users};
use serde_json::json;

use crate::access::{ROOT, as_user, filled, token_of, users};
use crate::client::{Call, Reply};
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start_with};

on_every_backend!(
    a_token_is_asked_for_and_given,
    a_token_covers_what_was_asked_for,
    a_mount_is_granted_by_the_scopes_of_its_challenge,
    a_token_never_grants_more_than_its_user_may,
    anonymous_tokens_pull_what_is_public,
    a_token_ends,
    texts_that_are_no_token_are_refused,
    a_token_of_another_registry_is_none,
);

async fn bearing(call: Call, token: &str) -> Reply {
    call.header("authorization", format!("Bearer {token}"))
        .send()
        .await
}

fn with_tokens(users: Users) -> ServerOptions {
    ServerOptions::default().with_users(users).with_tokens(true)
}

async fn a_token_is_asked_for_and_given(kind: Kind) {
    let registry = filled(kind, with_tokens(users())).await;
    let host = registry.server.registry();
    let realm = format!("Bearer realm=\"http://{host}/token\",service=\"{host}\"");
    for (method, path, scope) in [
        ("GET", "/v2/", ""),
        ("GET", "/v2/_catalog", ",scope=\"registry:catalog:*\""),
        (
            "GET",
            "/v2/team/app/tags/list",
            ",scope=\"repository:team/app:pull\"",
        ),
        (
            "POST",
            "/v2/team/app/blobs/uploads/",
            ",scope=\"repository:team/app:pull,push\"",
        ),
        (
            "POST",
            "/v2/team/app/blobs/uploads/?mount=x&from=other",
            ",scope=\"repository:team/app:pull,push repository:other:pull\"",
        ),
        (
            "POST",
            "/v2/team/app/blobs/uploads/?mount=x&from=%22",
            ",scope=\"repository:team/app:pull,push\"",
        ),
        (
            "DELETE",
            "/v2/team/app/manifests/x",
            ",scope=\"repository:team/app:delete\"",
        ),
    ] {
        let got = registry
            .call(method, path)
            .send()
            .await
            .expect_error(401, "UNAUTHORIZED");
        assert_eq!(
            got.header("www-authenticate"),
            Some(format!("{realm}{scope}").as_str())
        );
    }
    let call = registry.call(
        "GET",
        format!("/token?service={host}&scope=repository:team/app:pull"),
    );
    let got = as_user(call, ROOT).await.expect(200).json();
    assert_eq!(
        (got["expires_in"].as_u64(), &got["access_token"]),
        (Some(300), &got["token"])
    );
    let token = got["token"].as_str().unwrap();
    bearing(registry.call("GET", "/v2/team/app/tags/list"), token)
        .await
        .expect(200);
    bearing(registry.call("GET", "/v2/"), token).await.expect(200);
    as_user(registry.call("GET", "/token?service=x"), "root:wrong")
        .await
        .expect_error(401, "UNAUTHORIZED");
}

async fn a_token_covers_what_was_asked_for(kind: Kind) {
    let registry = filled(kind, with_tokens(users())).await;
    for space in ["%20", "+"] {
        let several = format!("repository:new:pull,push{space}registry:catalog:*");
        let scopes = ["repository:team/app:pull", &several];
        let token = token_of(&registry, ROOT, &scopes).await.unwrap();
        covers_both(&registry, &token).await;
    }
}

/// The challenge of a mount has two scopes in one text, which clients pass on as one parameter.
async fn a_mount_is_granted_by_the_scopes_of_its_challenge(kind: Kind) {
    let digest = Digest::sha256(b"hello");
    for space in ["%20", "+"] {
        let registry = filled(kind, with_tokens(users())).await;
        let path = format!("/v2/new/blobs/uploads/?mount={digest}&from=team/app");
        let refused = registry.call("POST", &path).send().await.expect(401);
        let challenge = refused.header("www-authenticate").unwrap();
        let scopes = challenge.split("scope=\"").nth(1).unwrap().trim_end_matches('"');
        assert_eq!(scopes, "repository:new:pull,push repository:team/app:pull");
        let token = token_of(&registry, ROOT, &[&scopes.replace(' ', space)]).await;
        let mounted = bearing(registry.call("POST", &path), &token.unwrap()).await;
        assert_eq!(mounted.status, 201, "{space}");
    }
}

async fn covers_both(registry: &Registry, token: &str) {
    bearing(registry.call("GET", "/v2/team/app/tags/list"), token)
        .await
        .expect(200);
    bearing(registry.call("POST", "/v2/new/blobs/uploads/"), token)
        .await
        .expect(202);
    let catalog = bearing(registry.call("GET", "/v2/_catalog"), token)
        .await
        .expect(200);
    assert_eq!(
        catalog.json()["repositories"],
        json!(["new", "other", "team/app"])
    );
    for (method, path) in [
        ("GET", "/v2/other/tags/list"),
        ("POST", "/v2/team/app/blobs/uploads/"),
        ("DELETE", "/v2/new/manifests/x"),
    ] {
        let got = bearing(registry.call(method, path), token)
            .await
            .expect_error(401, "UNAUTHORIZED");
        assert!(
            got.header("www-authenticate")
                .unwrap()
                .ends_with(",error=\"insufficient_scope\"")
        );
    }
    let none = token_of(registry, ROOT, &[]).await.unwrap();
    bearing(registry.call("GET", "/v2/_catalog"), &none)
        .await
        .expect_error(401, "UNAUTHORIZED");
}

async fn a_token_never_grants_more_than_its_user_may(kind: Kind) {
    let registry = filled(kind, with_tokens(users())).await;
    let token = token_of(&registry, "reader:pw", &["repository:other:pull,push,delete"])
        .await
        .unwrap();
    bearing(registry.call("GET", "/v2/other/tags/list"), &token)
        .await
        .expect(200);
    let post = bearing(registry.call("POST", "/v2/other/blobs/uploads/"), &token).await;
    post.expect_error(403, "DENIED");
}

async fn anonymous_tokens_pull_what_is_public(kind: Kind) {
    let registry = filled(kind, with_tokens(users().with_anonymous(Permission::Pull))).await;
    registry
        .get("/v2/other/tags/list")
        .await
        .expect_error(401, "UNAUTHORIZED");
    let token = token_of(&registry, "", &["repository:other:pull,push"])
        .await
        .unwrap();
    bearing(registry.call("GET", "/v2/other/tags/list"), &token)
        .await
        .expect(200);
    let post = bearing(registry.call("POST", "/v2/other/blobs/uploads/"), &token).await;
    post.expect_error(401, "UNAUTHORIZED");
}

async fn a_token_ends(kind: Kind) {
    let options = with_tokens(users()).with_token_lifetime(Duration::ZERO);
    let registry = start_with(kind, options).await;
    let token = token_of(&registry, ROOT, &["repository:new:push"]).await.unwrap();
    let post = bearing(registry.call("POST", "/v2/new/blobs/uploads/"), &token).await;
    post.expect_error(401, "UNAUTHORIZED");
}

async fn texts_that_are_no_token_are_refused(kind: Kind) {
    let registry = filled(kind, with_tokens(users())).await;
    let token = token_of(&registry, ROOT, &["repository:other:pull"])
        .await
        .unwrap();
    let changed = token.replace(&token[..1], if token.starts_with('0') { "1" } else { "0" });
    for wrong in [changed.as_str(), &token[1..], "", "eyJhbGciOiJub25lIn0.e30."] {
        let got = bearing(registry.call("GET", "/v2/other/tags/list"), wrong).await;
        got.expect_error(401, "UNAUTHORIZED");
    }
    let basic = as_user(registry.call("GET", "/v2/other/tags/list"), ROOT).await;
    basic.expect_error(401, "UNAUTHORIZED");
}

async fn a_token_of_another_registry_is_none(kind: Kind) {
    let scope = ["repository:other:pull"];
    let registry = filled(kind, with_tokens(users())).await;
    let twin = filled(kind, with_tokens(users())).await;
    let token = token_of(&registry, ROOT, &scope).await.unwrap();
    let path = "/v2/other/tags/list";
    bearing(twin.call("GET", path), &token)
        .await
        .expect_error(401, "UNAUTHORIZED");
    bearing(registry.call("GET", path), &token).await.expect(200);
}
