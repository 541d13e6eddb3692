//! The token endpoint: what it takes and what it answers.

use oras_server::{Permission, ServerOptions, TokenField, TokenOptions, TokenPost, User, Users};
use serde_json::{Value, json};

use crate::access::{as_user, users};
use crate::client::Reply;
use crate::setup::{Kind, Registry, start_with};

const PASSWORD: &str = "grant_type=password&service=x&client_id=test&username=root&password=s3%3Acret";

async fn serving(tokens: TokenOptions) -> Registry {
    let options = ServerOptions::default()
        .with_users(users().with_anonymous(Permission::Pull))
        .with_tokens(true)
        .with_token_options(tokens);
    start_with(Kind::Memory, options).await
}

async fn standard() -> Registry {
    serving(TokenOptions::default()).await
}

async fn post(registry: &Registry, form: impl Into<String>) -> Reply {
    registry
        .call("POST", "/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into())
        .send()
        .await
}

/// The status of a push to `new` with a token.
async fn push(registry: &Registry, token: &Value) -> u16 {
    let token = token.as_str().unwrap();
    let post = registry
        .call("POST", "/v2/new/blobs/uploads/")
        .header("authorization", format!("Bearer {token}"));
    post.send().await.status
}

/// The names of the members of a document, sorted.
fn names(document: &Value) -> Vec<&str> {
    let members = document.as_object().unwrap();
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_scope_of_no_repository_grants_nothing() {
    let registry = standard().await;
    let names = ["A", "a//b", "..", &"a".repeat(256), "*"];
    for name in names {
        let form = format!("{PASSWORD}&scope=repository:{name}:pull+repository:b:pull");
        let granted = post(&registry, form).await.expect(200).json();
        assert_eq!(granted["scope"], "repository:b:pull", "{name}");
    }
    // As many as a token covers, of names that are as long as they can be, are too many.
    let scopes: String = (100..200)
        .map(|number| format!("+repository:{}{number}:pull", "a".repeat(250)))
        .collect();
    let refused = post(&registry, format!("{PASSWORD}&scope={}", &scopes[1..])).await;
    assert_eq!(refused.expect(400).json()["error"], "invalid_scope");
}

#[tokio::test]
async fn a_token_may_be_valid_for_ever() {
    let options = ServerOptions::default()
        .with_users(users().with_anonymous(Permission::Pull))
        .with_tokens(true)
        .with_token_lifetime(std::time::Duration::MAX);
    let registry = start_with(Kind::Memory, options).await;
    registry.get("/token").await.expect(200);
}

#[tokio::test]
async fn a_form_is_exchanged_for_a_token() {
    let registry = standard().await;
    let got = post(
        &registry,
        format!("{PASSWORD}&scope=repository:new:push,pull+repository(x):b:*"),
    )
    .await;
    let got = got.expect(200);
    assert_eq!(got.header("cache-control"), Some("no-store"));
    let document = got.json();
    assert_eq!(
        names(&document),
        ["access_token", "expires_in", "issued_at", "scope", "token"]
    );
    assert_eq!(
        document["scope"],
        "repository:new:pull,push repository:b:pull,push,delete"
    );
    let issued_at = document["issued_at"].as_str().unwrap();
    assert!(issued_at.starts_with("20") && issued_at.ends_with('Z') && issued_at.len() == 20);
    assert_eq!(push(&registry, &document["access_token"]).await, 202);
}

#[tokio::test]
async fn a_refresh_token_stands_for_the_login() {
    let registry = standard().await;
    let offline = post(&registry, format!("{PASSWORD}&access_type=offline")).await;
    let refresh = offline.expect(200).json()["refresh_token"].clone();
    let form = format!(
        "grant_type=refresh_token&service=x&client_id=test&refresh_token={}&scope=repository:new:push",
        refresh.as_str().unwrap()
    );
    for _ in 0..2 {
        let document = post(&registry, form.clone()).await.expect(200).json();
        assert_eq!(document["refresh_token"], refresh);
        assert_ne!(document["token"], refresh);
        assert_eq!(push(&registry, &document["token"]).await, 202);
    }
    assert_eq!(push(&registry, &refresh).await, 401, "it is no access token");
    let other = standard().await;
    let elsewhere = post(&other, form).await;
    assert_eq!(
        elsewhere.expect_error(401, "UNAUTHORIZED").json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_query_gets_a_refresh_token_when_it_asks_for_one() {
    let registry = standard().await;
    let path = "/token?service=x&account=root&offline_token=true&scope=repository:new:push";
    let document = as_user(registry.call("GET", path), "root:s3:cret")
        .await
        .expect(200)
        .json();
    assert_eq!(
        names(&document),
        [
            "access_token",
            "expires_in",
            "issued_at",
            "refresh_token",
            "token"
        ]
    );
    assert_eq!(push(&registry, &document["token"]).await, 202);
    for (path, login) in [("/token?offline_token=false", "root:s3:cret"), (path, "")] {
        let got = match login {
            "" => registry.get(path.replace("account=root&", "")).await,
            login => as_user(registry.call("GET", path), login).await,
        };
        assert_eq!(
            got.expect(200).json().get("refresh_token"),
            None,
            "nobody has none"
        );
    }
    as_user(registry.call("GET", "/token?account=reader"), "root:s3:cret")
        .await
        .expect_error(400, "UNSUPPORTED");
}

#[tokio::test]
async fn an_account_with_a_space_is_known_however_it_is_written() {
    let users = Users::new().with_user(User::new("a b", "pw"));
    let options = ServerOptions::default().with_users(users).with_tokens(true);
    let registry = start_with(Kind::Memory, options).await;
    for (account, status) in [("a%20b", 200), ("a+b", 200), ("a%2Bc", 400)] {
        let path = format!("/token?service=x&account={account}");
        as_user(registry.call("GET", path), "a b:pw").await.expect(status);
    }
}

#[tokio::test]
async fn wrong_logins_are_401_in_both_forms_of_error() {
    let registry = standard().await;
    let refresh = "grant_type=refresh_token&service=x&client_id=test&refresh_token=";
    for form in [
        PASSWORD.replace("s3%3Acret", "wrong"),
        PASSWORD.replace("root", "nobody"),
        format!("{refresh}{}", "0".repeat(32)),
    ] {
        let got = post(&registry, form).await.expect_error(401, "UNAUTHORIZED");
        assert_eq!(got.json()["error"], "invalid_grant");
        assert!(got.json()["error_description"].is_string());
        assert_eq!(
            got.header("www-authenticate"),
            Some("Basic realm=\"oras-server\"")
        );
    }
    for header in ["Basic !", "Bearer x", "Basic"] {
        let get = registry.call("GET", "/token").header("authorization", header);
        get.send().await.expect_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn forms_that_are_none_are_400() {
    let registry = standard().await;
    for (form, error) in [
        ("", "invalid_request"),
        ("grant_type=&service=x&client_id=y", "invalid_request"),
        (
            "grant_type=authorization_code&service=x&client_id=y",
            "unsupported_grant_type",
        ),
        (&PASSWORD.replace("&username=root", ""), "invalid_request"),
        (&PASSWORD.replace("&service=x", ""), "invalid_request"),
        (&PASSWORD.replace("&client_id=test", ""), "invalid_request"),
        (&format!("{PASSWORD}&password=other"), "invalid_request"),
        (&format!("{PASSWORD}&scope=a&scope=b"), "invalid_request"),
        (&format!("{PASSWORD}&access_type=other"), "invalid_request"),
        (&format!("{PASSWORD}&x=%ff"), "invalid_request"),
    ] {
        let got = post(&registry, form).await.expect_error(400, "UNSUPPORTED");
        assert_eq!(got.json()["error"], error, "{form}");
    }
    let json = registry
        .call("POST", "/token")
        .header("content-type", "application/json");
    json.body(PASSWORD).send().await.expect_error(400, "UNSUPPORTED");
    let large = format!("{PASSWORD}&x={}", "y".repeat(64 * 1024));
    post(&registry, large).await.expect_error(413, "SIZE_INVALID");
    let put = registry.call("PUT", "/token").send().await;
    assert_eq!(
        put.expect_error(405, "UNSUPPORTED").header("allow"),
        Some("GET, POST")
    );
}

#[tokio::test]
async fn a_token_covers_so_many_repositories() {
    let registry = standard().await;
    let scopes = |count: usize| -> String { (0..count).map(|n| format!("repository:r{n}:pull+")).collect() };
    post(&registry, format!("{PASSWORD}&scope={}", scopes(100)))
        .await
        .expect(200);
    let many = post(&registry, format!("{PASSWORD}&scope={}", scopes(101))).await;
    assert_eq!(many.expect(400).json()["error"], "invalid_scope");
}

#[tokio::test]
async fn a_user_who_may_only_pull_gets_tokens_to_pull() {
    let registry = standard().await;
    let reader = PASSWORD.replace("root", "reader").replace("s3%3Acret", "pw");
    let form = format!("{reader}&scope=repository:new:pull,push,delete+repository:b:push");
    let document = post(&registry, form).await.expect(200).json();
    assert_eq!(document["scope"], "repository:new:pull");
    assert_eq!(push(&registry, &document["token"]).await, 403);
}

#[tokio::test]
async fn answers_are_as_the_options_say() {
    for (options, members) in [
        (
            TokenOptions::default().with_field(TokenField::Token),
            vec!["expires_in", "issued_at", "token"],
        ),
        (
            TokenOptions::default()
                .with_field(TokenField::AccessToken)
                .with_issued_at(false),
            vec!["access_token", "expires_in"],
        ),
        (
            TokenOptions::default()
                .with_expires_in(false)
                .with_refresh_tokens(false),
            vec!["access_token", "issued_at", "token"],
        ),
    ] {
        let registry = serving(options).await;
        let path = "/token?offline_token=true&scope=repository:new:push";
        let mut document = as_user(registry.call("GET", path), "root:s3:cret")
            .await
            .expect(200)
            .json();
        document.as_object_mut().unwrap().remove("refresh_token");
        assert_eq!(names(&document), members);
        let token = document.get("token").unwrap_or(&document["access_token"]);
        assert_eq!(push(&registry, token).await, 202);
    }
    let registry = serving(TokenOptions::default().with_refresh_tokens(false)).await;
    let offline = post(&registry, format!("{PASSWORD}&access_type=offline")).await;
    assert_eq!(offline.expect(200).json().get("refresh_token"), None);
}

#[tokio::test]
async fn a_post_can_be_unsupported() {
    for (post_is, status, allow) in [
        (TokenPost::NotFound, 404, None),
        (TokenPost::NotAllowed, 405, Some("GET")),
    ] {
        let registry = serving(TokenOptions::default().with_post(post_is)).await;
        let got = post(&registry, PASSWORD)
            .await
            .expect_error(status, "UNSUPPORTED");
        assert_eq!(got.header("allow"), allow);
        registry.get("/token").await.expect(200);
    }
}

#[tokio::test]
async fn only_the_first_scope_can_count() {
    let registry = serving(TokenOptions::default().with_first_scope_only(true)).await;
    for (form, scope) in [
        ("repository:a:pull+repository:b:pull", "repository:a:pull"),
        ("registry:catalog:*+repository:b:pull", "registry:catalog:*"),
    ] {
        let got = post(&registry, format!("{PASSWORD}&scope={form}")).await;
        assert_eq!(got.expect(200).json()["scope"], scope);
    }
    let path = "/token?scope=repository:a:push&scope=repository:new:push";
    let document = as_user(registry.call("GET", path), "root:s3:cret")
        .await
        .expect(200)
        .json();
    assert_eq!(push(&registry, &document["token"]).await, 401);
}

#[tokio::test]
async fn hashed_passwords_get_tokens_too() {
    let hash = "ann:$2b$04$ABCDEFGHIJKLMNOPQRSTUu5Ei5Kj5Gsa0AB1uBn8MIqK1Rhp7zTWC";
    let users = Users::parse_htpasswd(hash)
        .unwrap()
        .with_user(User::new("bob", "pw"));
    let options = ServerOptions::default().with_users(users).with_tokens(true);
    let registry = start_with(Kind::Memory, options).await;
    for login in ["ann:pw", "bob:pw"] {
        let path = "/token?scope=repository:new:push";
        let document = as_user(registry.call("GET", path), login)
            .await
            .expect(200)
            .json();
        assert_eq!(push(&registry, &document["token"]).await, 202);
    }
    let catalog = registry.get("/v2/_catalog").await.expect(401);
    assert_ne!(catalog.json(), json!({}));
}
