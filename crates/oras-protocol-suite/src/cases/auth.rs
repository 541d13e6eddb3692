//! Authentication: challenges, tokens, and what is refused without them.

use futures_util::FutureExt;

use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::login::{Challenge, Login};
use crate::request::Request;
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    Section::of("Determining Support")
        .must("auth/anonymous", |t| anonymous(t).boxed())
        .must("auth/challenge", |t| challenge_form(t).boxed())
        .must("auth/anonymous-repository", |t| anonymous_repository(t).boxed())
        .must("auth/anonymous-push", |t| anonymous_push(t).boxed())
        .should("auth/anonymous-head", |t| anonymous_head(t).boxed())
        .must("auth/wrong-password", |t| wrong_password(t).boxed())
        .must("auth/nonsense", |t| nonsense(t).boxed())
        .should("auth/denied", |t| denied(t).boxed())
        .should("auth/denied-mount-is-harmless", |t| reader_reads(t).boxed())
        .cases()
}

/// Returns the response to a request without credentials.
pub(super) async fn challenged(request: Request<'_>) -> Checked<Answer> {
    let answer = request.without_login().send().await?;
    match answer.status {
        200..300 | 404 => skip(format!("nobody has to log in here: status {}", answer.status)),
        _ => answer.expect(401),
    }
}

pub(super) fn challenges(answer: &Answer) -> Checked<Vec<Challenge>> {
    let lines = answer.headers.get_all("www-authenticate").iter();
    let lines: Vec<&str> = lines.filter_map(|value| value.to_str().ok()).collect();
    let found = Challenge::parse_all(&lines.join(", "));
    answer.check(!found.is_empty(), "a WWW-Authenticate header")?;
    Ok(found)
}

async fn anonymous(t: &Trial) -> Checked {
    let answer = challenged(t.request("GET", "/v2/")).await?;
    challenges(&answer).map(drop)
}

/// Spec: RFC 7617 and RFC 6750: both schemes name a realm, and a Bearer realm is an address.
async fn challenge_form(t: &Trial) -> Checked {
    let answer = challenged(t.request("GET", "/v2/")).await?;
    for challenge in challenges(&answer)? {
        let realm = challenge.get("realm").unwrap_or_default();
        answer.check(!realm.is_empty(), "a realm in every challenge")?;
        if challenge.scheme == "bearer" {
            answer.check(answer.resolve(realm).is_some(), "a realm that is an address")?;
        }
    }
    Ok(())
}

async fn anonymous_repository(t: &Trial) -> Checked {
    challenged(t.request("GET", "/v2/")).await?;
    t.push_image("v1").await?;
    let answer = challenged(t.request("GET", t.manifest("v1"))).await?;
    challenges(&answer)?;
    challenged(t.request("GET", t.path("tags/list"))).await?;
    Ok(())
}

async fn anonymous_push(t: &Trial) -> Checked {
    let post = t
        .request("POST", t.path("blobs/uploads/"))
        .header("content-length", "0");
    let answer = post.without_login().send().await?;
    match answer.status {
        202 => skip("nobody has to log in here: status 202"),
        _ => answer.expect(401).map(drop),
    }
}

async fn anonymous_head(t: &Trial) -> Checked {
    challenged(t.request("GET", "/v2/")).await?;
    t.push_image("v1").await?;
    let answer = challenged(t.request("HEAD", t.manifest("v1"))).await?;
    challenges(&answer)?;
    answer.expect_body(b"")
}

pub(super) fn own_login(t: &Trial) -> Checked<&Login> {
    t.client
        .login()
        .ok_or_else(|| crate::case::Stop::Skip("the suite has no login here".to_owned()))
}

async fn wrong_password(t: &Trial) -> Checked {
    challenged(t.request("GET", "/v2/")).await?;
    let wrong = own_login(t)?.with_wrong_password();
    let request = t.request("GET", "/v2/").header("authorization", wrong.basic());
    request.without_login().send().await?.expect(401)?;
    Ok(())
}

async fn nonsense(t: &Trial) -> Checked {
    challenged(t.request("GET", "/v2/")).await?;
    for value in [
        "Basic",
        "Basic !!!",
        "Basic Og==",
        "Bearer",
        "Bearer x.y.z",
        "Nothing else",
    ] {
        let request = t.request("GET", "/v2/").header("authorization", value);
        request.without_login().send().await?.expect_any(&[400, 401])?;
    }
    Ok(())
}

/// A known user without the permission is not the same as an unknown user.
async fn denied(t: &Trial) -> Checked {
    let Some(reader) = &t.reader else {
        return skip("the suite has no login here that may only pull");
    };
    t.push_image("v1").await?;
    let client = t.client.with_login(reader.clone());
    client
        .request("GET", t.manifest("v1"))
        .send()
        .await?
        .expect(200)?;
    let post = client
        .request("POST", t.path("blobs/uploads/"))
        .header("content-length", "0");
    let answer = post.send().await?.expect_any(&[401, 403])?;
    let code = answer.code()?;
    let wanted = if answer.status == 403 {
        "DENIED"
    } else {
        "UNAUTHORIZED"
    };
    answer.check(code == wanted, format!("the code {wanted}"))
}

async fn reader_reads(t: &Trial) -> Checked {
    let Some(reader) = &t.reader else {
        return skip("the suite has no login here that may only pull");
    };
    let blob = Blob::random(64);
    t.push_blob(&blob).await?;
    let client = t.client.with_login(reader.clone());
    let path = format!(
        "/v2/{}/blobs/uploads/?mount={}&from={}",
        t.other, blob.digest, t.repository
    );
    let post = client.request("POST", path).header("content-length", "0");
    post.send().await?.expect_any(&[401, 403])?;
    t.get(format!("/v2/{}/blobs/{}", t.other, blob.digest))
        .await?
        .expect(404)?;
    Ok(())
}
