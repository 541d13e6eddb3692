//! Access: users with passwords, users with tokens, and what each may do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oras_content::{Digest, Verified};
use oras_server::{Permission, ServerOptions, User, Users};
use serde_json::json;

use crate::client::{Call, Reply};
use crate::on_every_backend;
use crate::setup::{Kind, OCI_INDEX, Registry, document, start_with};

on_every_backend!(
    without_a_login_nothing_is_told,
    a_wrong_login_is_no_login,
    a_user_may_do_what_the_rules_say,
    anybody_may_do_what_is_left_to_anybody,
    the_catalog_hides_what_may_not_be_pulled,
    a_tag_that_is_there_is_overwritten_only_by_who_may_push,
);

pub(crate) fn users() -> Users {
    Users::new()
        .with_user(User::new("root", "s3:cret"))
        .with_user(User::new("reader", "pw").with_rule("*", Permission::Pull))
        .with_user(
            User::new("ci", "pw")
                .with_rule("*", Permission::None)
                .with_rule("team/*", Permission::Push),
        )
}

pub(crate) fn basic(login: &str) -> String {
    format!("Basic {}", STANDARD.encode(login))
}

pub(crate) const ROOT: &str = "root:s3:cret";

/// A registry with a blob in `team/app` and in `other`.
pub(crate) async fn filled(kind: Kind, options: ServerOptions) -> Registry {
    let registry = start_with(kind, options).await;
    let digest = Digest::sha256(b"hello");
    for repository in ["team/app", "other"] {
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let post = registry.call("POST", path).body("hello");
        let authorization = match token_of(&registry, ROOT, &[&format!("repository:{repository}:push")]).await
        {
            Some(token) => format!("Bearer {token}"),
            None => basic(ROOT),
        };
        post.header("authorization", authorization)
            .send()
            .await
            .expect(201);
    }
    registry
}

pub(crate) async fn token_of(registry: &Registry, login: &str, scopes: &[&str]) -> Option<String> {
    let scopes: String = scopes.iter().map(|scope| format!("&scope={scope}")).collect();
    let call = registry.call("GET", format!("/token?service=x{scopes}"));
    let got = match login {
        "" => call.send().await,
        login => call.header("authorization", basic(login)).send().await,
    };
    match got.status {
        200 => Some(got.json()["token"].as_str().unwrap().to_owned()),
        _ => None,
    }
}

pub(crate) async fn as_user(call: Call, login: &str) -> Reply {
    call.header("authorization", basic(login)).send().await
}

async fn without_a_login_nothing_is_told(kind: Kind) {
    let registry = filled(kind, ServerOptions::default().with_users(users())).await;
    let digest = Digest::sha256(b"hello");
    for path in [
        "/v2/",
        "/v2/_catalog",
        "/v2/other/tags/list",
        "/v2/none/tags/list",
        &format!("/v2/other/blobs/{digest}"),
    ] {
        let got = registry.get(path).await.expect_error(401, "UNAUTHORIZED");
        assert_eq!(
            got.header("www-authenticate"),
            Some("Basic realm=\"oras-server\""),
            "{path}"
        );
    }
    let post = registry.call("POST", "/v2/new/blobs/uploads/").send().await;
    post.expect_error(401, "UNAUTHORIZED");
    let catalog = as_user(registry.call("GET", "/v2/_catalog"), ROOT).await;
    assert_eq!(catalog.json()["repositories"], json!(["other", "team/app"]));
}

async fn a_wrong_login_is_no_login(kind: Kind) {
    let registry = filled(kind, ServerOptions::default().with_users(users())).await;
    for login in ["root:", "root:s3:cre", "root:s3:cret2", "nobody:pw", ":", "root"] {
        as_user(registry.call("GET", "/v2/"), login)
            .await
            .expect_error(401, "UNAUTHORIZED");
    }
    for header in [
        "Basic",
        "Basic !",
        "Bearer x",
        "Digest x",
        &basic(ROOT).replace("Basic ", "Basic"),
    ] {
        let got = registry
            .call("GET", "/v2/")
            .header("authorization", header)
            .send()
            .await;
        got.expect_error(401, "UNAUTHORIZED");
    }
    as_user(registry.call("GET", "/v2/"), ROOT).await.expect(200);
}

async fn a_user_may_do_what_the_rules_say(kind: Kind) {
    let registry = filled(kind, ServerOptions::default().with_users(users())).await;
    let digest = Digest::sha256(b"hello");
    for (login, repository, pull, push, delete) in [
        ("reader:pw", "other", 200, 403, 403),
        ("ci:pw", "other", 403, 403, 403),
        ("ci:pw", "team/app", 200, 202, 403),
        (ROOT, "team/app", 200, 202, 202),
    ] {
        let blob = format!("/v2/{repository}/blobs/{digest}");
        for (method, path, status) in [
            ("GET", blob.clone(), pull),
            ("POST", format!("/v2/{repository}/blobs/uploads/"), push),
            ("DELETE", blob, delete),
        ] {
            let got = as_user(registry.call(method, &path), login).await.expect(status);
            if status == 403 {
                assert_eq!(got.code(), "DENIED");
            }
        }
    }
}

async fn anybody_may_do_what_is_left_to_anybody(kind: Kind) {
    let options = ServerOptions::default().with_users(users().with_anonymous(Permission::Pull));
    let registry = filled(kind, options).await;
    registry.get("/v2/").await.expect(200);
    registry
        .get(format!("/v2/other/blobs/{}", Digest::sha256(b"hello")))
        .await
        .expect(200);
    let post = registry.call("POST", "/v2/other/blobs/uploads/").send().await;
    post.expect_error(401, "UNAUTHORIZED");
}

async fn the_catalog_hides_what_may_not_be_pulled(kind: Kind) {
    let registry = filled(kind, ServerOptions::default().with_users(users())).await;
    for path in ["/v2/_catalog", "/v2/_catalog?n=1"] {
        let got = as_user(registry.call("GET", path), "ci:pw").await.expect(200);
        assert_eq!(
            (got.json()["repositories"].clone(), got.header("link")),
            (json!(["team/app"]), None)
        );
    }
}

async fn a_tag_that_is_there_is_overwritten_only_by_who_may_push(kind: Kind) {
    let registry = filled(kind, ServerOptions::default().with_users(users())).await;
    let put = |manifest: &Verified, reference: &str| {
        registry
            .call("PUT", format!("/v2/other/manifests/{reference}"))
            .header("content-type", OCI_INDEX)
            .body(manifest.bytes().clone())
    };
    let (first, second) = (
        document(OCI_INDEX, &index_text(1)),
        document(OCI_INDEX, &index_text(2)),
    );
    as_user(put(&first, "latest"), ROOT).await.expect(201);
    for reference in [
        "latest".to_owned(),
        format!("{}?tag=latest", second.descriptor().digest),
        format!("{}?tag=latest", first.descriptor().digest),
    ] {
        as_user(put(&second, &reference), "reader:pw")
            .await
            .expect_error(403, "DENIED");
        put(&second, &reference)
            .send()
            .await
            .expect_error(401, "UNAUTHORIZED");
    }
    let get = registry.call("GET", "/v2/other/manifests/latest");
    let got = as_user(get.header("accept", OCI_INDEX), "reader:pw").await;
    assert_eq!(got.expect(200).body, *first.bytes());
}

fn index_text(number: u8) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[],"annotations":{{"number":"{number}"}}}}"#
    )
}
