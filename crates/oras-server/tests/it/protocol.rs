//! The protocol as a whole: the ping, paths, methods and error answers.

use oras_content::{Algorithm, Digest};
use oras_server::{ServerOptions, User, Users};

use crate::client::raw;
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};

on_every_backend!(
    the_ping_says_that_this_is_a_registry,
    every_answer_names_the_api,
    a_path_that_is_none_is_404,
    names_that_do_not_follow_the_grammar_are_refused,
    methods_that_a_route_lacks_are_405,
    an_error_reaches_a_client_that_is_still_sending,
    a_body_that_is_not_wanted_is_not_asked_for,
    head_is_get_without_the_body,
    every_answer_with_content_names_its_digest,
);

async fn the_ping_says_that_this_is_a_registry(kind: Kind) {
    let registry = start(kind).await;
    for path in ["/v2/", "/v2"] {
        let ping = registry.get(path).await.expect(200);
        assert_eq!(
            (ping.header("content-type"), &*ping.body),
            (Some("application/json"), &b"{}"[..])
        );
    }
}

async fn every_answer_names_the_api(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"x");
    for path in [
        "/v2/".into(),
        "/".into(),
        "/v2/a/tags/list".into(),
        format!("/v2/a/referrers/{digest}"),
    ] {
        let got = registry.get(&path).await;
        assert_eq!(
            got.header("docker-distribution-api-version"),
            Some("registry/2.0"),
            "{path}"
        );
    }
}

async fn a_path_that_is_none_is_404(kind: Kind) {
    let registry = start(kind).await;
    for path in [
        "/",
        "/v1/",
        "/v2/a",
        "/v2/a/",
        "/v2/a/tags",
        "/v2/a/tags/list/",
        "/v2/a/other/b",
        "/v2/a%2Fb/tags/list",
    ] {
        registry.get(path).await.expect_error(404, "UNSUPPORTED");
    }
    registry.get("/token").await.expect_error(404, "UNSUPPORTED");
}

async fn names_that_do_not_follow_the_grammar_are_refused(kind: Kind) {
    let registry = start(kind).await;
    let long = "a".repeat(256);
    for name in [
        "A", "a/../b", "..", ".", "a..b", "-a", "a_", "a___b", "a/", "a//b", "%41", &long,
    ] {
        let path = format!("/v2/{name}/tags/list");
        registry.get(&path).await.expect_error(400, "NAME_INVALID");
    }
    registry
        .call("POST", "/v2/A/blobs/uploads/")
        .send()
        .await
        .expect_error(400, "NAME_INVALID");
    registry
        .get("/v2/a/manifests/.x")
        .await
        .expect_error(400, "TAG_INVALID");
    registry
        .get(format!("/v2/a/manifests/{}", "x".repeat(129)))
        .await
        .expect_error(400, "TAG_INVALID");
    registry
        .get("/v2/a/blobs/sha256:ABC")
        .await
        .expect_error(400, "DIGEST_INVALID");
    let answer = raw(
        registry.server.addr(),
        "GET /v2/../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    assert!(answer.await.starts_with("HTTP/1.1 404 "));
}

async fn methods_that_a_route_lacks_are_405(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"x");
    let session = registry.open_upload("a").await;
    for (method, path, allowed) in [
        ("POST", "/v2/".to_owned(), "GET, HEAD"),
        ("DELETE", "/v2/_catalog".to_owned(), "GET, HEAD"),
        ("POST", "/v2/a/tags/list".to_owned(), "GET, HEAD"),
        ("PUT", format!("/v2/a/referrers/{digest}"), "GET, HEAD"),
        ("PUT", format!("/v2/a/blobs/{digest}"), "GET, HEAD, DELETE"),
        ("POST", "/v2/a/manifests/v1".to_owned(), "GET, HEAD, PUT, DELETE"),
        ("GET", "/v2/a/blobs/uploads/".to_owned(), "POST"),
        ("POST", session, "GET, HEAD, PATCH, PUT, DELETE"),
    ] {
        let got = registry
            .call(method, &path)
            .send()
            .await
            .expect_error(405, "UNSUPPORTED");
        assert_eq!(got.header("allow"), Some(allowed), "{method} {path}");
    }
}

async fn an_error_reaches_a_client_that_is_still_sending(kind: Kind) {
    let registry = start(kind).await;
    let body = vec![0; 4 * 1024 * 1024];
    let put = registry.call("PUT", "/v2/A/manifests/v1").body(body);
    put.send().await.expect_error(400, "NAME_INVALID");
}

async fn a_body_that_is_not_wanted_is_not_asked_for(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    let request = |path: &str| {
        let head = "host: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 5";
        raw(
            registry.server.addr(),
            format!("PATCH {path} HTTP/1.1\r\n{head}\r\n\r\nhello"),
        )
    };
    assert!(request(&session).await.starts_with("HTTP/1.1 100 "));
    let elsewhere = session.replace("/a/", "/b/");
    assert!(request(&elsewhere).await.starts_with("HTTP/1.1 404 "));
}

async fn head_is_get_without_the_body(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    registry.put_manifest("a", "v2", &image).await.expect(201);
    for artifact_type in ["one/x", "two/x"] {
        registry.attach("a", image.descriptor(), artifact_type).await;
    }
    let session = registry.open_upload("a").await;
    registry
        .call("PATCH", &session)
        .body("hello")
        .send()
        .await
        .expect(202);
    let (blob, missing) = (Digest::sha256(b"layer"), Digest::sha256(b"missing"));
    let manifest = &image.descriptor().digest;
    let paths = [
        "/v2/".to_owned(),
        "/v2".to_owned(),
        "/v2/_catalog".to_owned(),
        "/v2/_catalog?n=0".to_owned(),
        "/v2/_catalog?n=-1".to_owned(),
        format!("/v2/a/blobs/{blob}"),
        format!("/v2/a/blobs/{missing}"),
        "/v2/a/blobs/sha256:bad".to_owned(),
        "/v2/a/manifests/v1".to_owned(),
        format!("/v2/a/manifests/{manifest}"),
        format!("/v2/a/manifests/{missing}"),
        "/v2/nothing/manifests/v1".to_owned(),
        "/v2/A/manifests/v1".to_owned(),
        "/v2/a/tags/list".to_owned(),
        "/v2/a/tags/list?n=1".to_owned(),
        "/v2/nothing/tags/list".to_owned(),
        format!("/v2/a/referrers/{manifest}"),
        format!("/v2/a/referrers/{manifest}?n=1&artifactType=one/x"),
        format!("/v2/a/referrers/{manifest}?n=1"),
        format!("/v2/a/referrers/{missing}"),
        "/v2/a/blobs/uploads/".to_owned(),
        session.clone(),
        session.replace("/v2/a/", "/v2/b/"),
        "/token".to_owned(),
        "/elsewhere".to_owned(),
    ];
    for path in paths {
        check_head(&registry, &path, None).await;
        check_head(&registry, &path, Some(("if-none-match", "*"))).await;
        check_head(&registry, &path, Some(("if-match", "\"other\""))).await;
    }
    check_heads_of_challenges(kind).await;
}

async fn check_heads_of_challenges(kind: Kind) {
    let users = Users::new().with_user(User::new("ann", "secret"));
    let options = ServerOptions::default().with_users(users).with_tokens(true);
    let registry = start_with(kind, options).await;
    for path in ["/v2/", "/v2/a/tags/list", "/v2/_catalog"] {
        check_head(&registry, path, None).await;
    }
}

async fn check_head(registry: &Registry, path: &str, header: Option<(&'static str, &str)>) {
    let ask = |method| {
        let call = registry.call(method, path);
        match header {
            Some((name, value)) => call.header(name, value).send(),
            None => call.send(),
        }
    };
    let (mut get, mut head) = (ask("GET").await, ask("HEAD").await);
    // The one message that names the method makes the length of the document another one.
    if get.status == 405 {
        get.headers.remove("content-length");
        head.headers.remove("content-length");
    }
    get.headers.remove("date");
    head.headers.remove("date");
    assert_eq!(head.body, "", "{path}");
    assert_eq!((head.status, head.headers), (get.status, get.headers), "{path}");
}

async fn every_answer_with_content_names_its_digest(kind: Kind) {
    let registry = start(kind).await;
    for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
        let blob = algorithm.digest(b"layer");
        check_digest_of_blob(&registry, &blob).await;
        let image = registry.image("a", b"layer").await;
        let digest = algorithm.digest(image.bytes());
        let path = format!("/v2/a/manifests/{digest}");
        let put = registry
            .put_manifest("a", digest.as_str(), &image)
            .await
            .expect(201);
        let tagged = registry.call("PUT", format!("/v2/a/manifests/v1?digest={digest}"));
        let tagged = tagged
            .header("content-type", image.descriptor().media_type.as_str())
            .body(image.bytes().clone());
        let mut replies = vec![put, tagged.send().await.expect(201)];
        for method in ["GET", "HEAD"] {
            replies.push(registry.call(method, &path).send().await.expect(200));
            replies.push(
                registry
                    .call(method, "/v2/a/manifests/v1")
                    .send()
                    .await
                    .expect(200),
            );
            let cached = registry.call(method, &path).header("if-none-match", "*");
            replies.push(cached.send().await.expect(304));
        }
        for reply in replies {
            assert_eq!(
                reply.header("docker-content-digest"),
                Some(digest.as_str()),
                "{reply:?}"
            );
        }
    }
}

async fn check_digest_of_blob(registry: &Registry, blob: &Digest) {
    let uploads = "/v2/a/blobs/uploads/";
    let whole = registry
        .call("POST", format!("{uploads}?digest={blob}"))
        .body("layer");
    let mut replies = vec![whole.send().await.expect(201)];
    let session = registry.open_upload("a").await;
    let put = registry
        .call("PUT", format!("{session}?digest={blob}"))
        .body("layer");
    replies.push(put.send().await.expect(201));
    let other = format!("/v2/b/blobs/uploads/?mount={blob}&from=a");
    replies.push(registry.call("POST", other).send().await.expect(201));
    let path = format!("/v2/a/blobs/{blob}");
    for method in ["GET", "HEAD"] {
        replies.push(registry.call(method, &path).send().await.expect(200));
        for (name, value, status) in [
            ("range", "bytes=0-1", 206),
            ("range", "bytes=0-1,3-3", 206),
            ("if-none-match", "*", 304),
        ] {
            let call = registry.call(method, &path).header(name, value);
            replies.push(call.send().await.expect(status));
        }
    }
    for reply in replies {
        assert_eq!(
            reply.header("docker-content-digest"),
            Some(blob.as_str()),
            "{reply:?}"
        );
        assert_eq!(
            reply.header("etag"),
            Some(format!("\"{blob}\"").as_str()),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn without_a_socket_it_is_a_service_like_any_other() {
    use http_body_util::{BodyExt, Empty};
    use tower::ServiceExt;

    let service = oras_server::RegistryService::new(ServerOptions::default());
    let request = hyper::Request::get("/v2/")
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let answer = ServiceExt::oneshot(service.clone(), request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "{}");
}
