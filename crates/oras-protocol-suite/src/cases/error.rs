//! Errors: their form, and the code for each error.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::{Blob, OCI_MANIFEST};
use crate::session::Session;
use crate::trial::Trial;

/// A situation: its name, the expected code, and how to cause it.
type Situation = (
    &'static str,
    &'static str,
    for<'a> fn(&'a Trial) -> BoxFuture<'a, Checked<Answer>>,
);

const SITUATIONS: [Situation; 12] = [
    ("blob-unknown", "BLOB_UNKNOWN", |t| blob_unknown(t).boxed()),
    ("manifest-unknown", "MANIFEST_UNKNOWN", |t| {
        manifest_unknown(t).boxed()
    }),
    ("name-unknown", "NAME_UNKNOWN", |t| name_unknown(t).boxed()),
    ("name-invalid", "NAME_INVALID", |t| name_invalid(t).boxed()),
    ("digest-invalid", "DIGEST_INVALID", |t| digest_invalid(t).boxed()),
    ("digest-syntax", "DIGEST_INVALID", |t| digest_syntax(t).boxed()),
    ("manifest-invalid", "MANIFEST_INVALID", |t| {
        manifest_invalid(t).boxed()
    }),
    ("upload-unknown", "BLOB_UPLOAD_UNKNOWN", |t| {
        upload_unknown(t).boxed()
    }),
    ("upload-invalid", "BLOB_UPLOAD_INVALID", |t| {
        upload_invalid(t).boxed()
    }),
    ("size-invalid", "SIZE_INVALID", |t| size_invalid(t).boxed()),
    ("unsupported", "UNSUPPORTED", |t| unsupported(t).boxed()),
    ("unauthorized", "UNAUTHORIZED", |t| unauthorized(t).boxed()),
];

pub(super) fn cases() -> Vec<Case> {
    let mut section = Section::of("Error Codes");
    for (what, code, make) in SITUATIONS {
        section = section
            .must(format!("error/form/{what}"), move |t| {
                async move { has_form(make(t).await?) }.boxed()
            })
            .should(format!("error/code/{what}"), move |t| {
                async move { has_code(make(t).await?, code) }.boxed()
            });
    }
    section
        .must("error/head-has-no-body", |t| head(t).boxed())
        .cases()
}

/// Spec: the body may be anything; if it is JSON, it has this form.
fn has_form(answer: Answer) -> Checked {
    let answer = answer.expect_refusal()?;
    let Ok(document) = answer.json() else {
        return skip("the body is not JSON");
    };
    let errors = document["errors"].as_array();
    let errors = errors
        .filter(|errors| !errors.is_empty())
        .ok_or_else(|| answer.wrong("a list of errors"))?;
    for error in errors {
        let code = error["code"].as_str().unwrap_or_default();
        let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        answer.check(is_code, "a code of capital letters and underscores")?;
        answer.check(
            matches!(error["message"], Value::Null | Value::String(_)),
            "a message that is text",
        )?;
    }
    answer.expect_type("application/json")
}

fn has_code(answer: Answer, code: &str) -> Checked {
    let answer = answer.expect_refusal()?;
    match answer.json() {
        Ok(_) => answer.check(answer.code()? == code, format!("the code {code}")),
        Err(_) => skip("the body is not JSON"),
    }
}

async fn blob_unknown(t: &Trial) -> Checked<Answer> {
    t.push_blob(&Blob::random(20)).await?;
    t.get(t.blob(&Blob::random(20).digest)).await
}

async fn manifest_unknown(t: &Trial) -> Checked<Answer> {
    t.push_image("v1").await?;
    t.get(t.manifest("v2")).await
}

async fn name_unknown(t: &Trial) -> Checked<Answer> {
    t.get(t.path("tags/list")).await
}

async fn name_invalid(t: &Trial) -> Checked<Answer> {
    t.get(format!("/v2/{}/Upper/tags/list", t.repository)).await
}

async fn digest_invalid(t: &Trial) -> Checked<Answer> {
    let session = Session::open(t).await?;
    session
        .put(&Blob::random(20).digest, Blob::random(20).bytes)
        .await
}

async fn digest_syntax(t: &Trial) -> Checked<Answer> {
    t.get(t.path("blobs/sha256:baddigest")).await
}

async fn manifest_invalid(t: &Trial) -> Checked<Answer> {
    let put = t
        .request("PUT", t.manifest("v1"))
        .header("content-type", OCI_MANIFEST);
    put.body("<html>").send().await
}

async fn upload_unknown(t: &Trial) -> Checked<Answer> {
    let session = Session::open(t).await?;
    let blob = Blob::random(20);
    session.put(&blob.digest, blob.bytes.clone()).await?.expect(201)?;
    session.status().await
}

async fn upload_invalid(t: &Trial) -> Checked<Answer> {
    let session = Session::open(t).await?;
    session.patch(100, Blob::random(20).bytes).await
}

async fn size_invalid(t: &Trial) -> Checked<Answer> {
    let session = Session::open(t).await?;
    let patch = t
        .request("PATCH", &session.address)
        .header("content-range", "0-9");
    patch.body("four").send().await
}

async fn unsupported(t: &Trial) -> Checked<Answer> {
    let image = t.push_image("v1").await?;
    let answer = t
        .request("PATCH", t.manifest(&image.digest))
        .body("x")
        .send()
        .await?;
    answer.expect_any(&[404, 405])
}

async fn unauthorized(t: &Trial) -> Checked<Answer> {
    let answer = t.request("GET", "/v2/").without_login().send().await?;
    match answer.status {
        200 => skip("nobody has to log in here"),
        _ => answer.expect(401),
    }
}

async fn head(t: &Trial) -> Checked {
    t.head(t.path("tags/list"))
        .await?
        .expect_any(&[404, 405])?
        .expect_body(b"")
}
