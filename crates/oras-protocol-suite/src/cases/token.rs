//! Tokens: their contents, permissions and lifetime.

use futures_util::FutureExt;

use super::auth::{challenged, challenges, own_login};
use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::login::{Challenge, Login, encode};
use crate::request::Request;
use crate::session::Session;
use crate::trial::Trial;

/// A token that lives longer than this is not waited for.
const PATIENCE_SECONDS: u64 = 5;

pub(super) fn cases() -> Vec<Case> {
    // From the token specification published with distribution: "Token Authentication".
    Section::of("Token Authentication (docker)")
        .must("auth/token/challenge", |t| token_challenge(t).boxed())
        .must("auth/token/challenge-of-push", |t| push_challenge(t).boxed())
        .must("auth/token/document", |t| token_document(t).boxed())
        .must("auth/token/wrong-password", |t| token_wrong_password(t).boxed())
        .must("auth/token/used", |t| token_used(t).boxed())
        .must("auth/token/other-action", |t| other_action(t).boxed())
        .must("auth/token/other-repository", |t| other_repository(t).boxed())
        .must("auth/token/no-token", |t| no_token(t).boxed())
        .must("auth/token/several-scopes", |t| several_scopes(t).boxed())
        .should("auth/token/less-than-asked", |t| less_than_asked(t).boxed())
        .must("auth/token/expiry", |t| expiry(t).boxed())
        .may("auth/token/post", |t| token_by_post(t).boxed())
        .cases()
}

/// Returns the Bearer challenge to a request.
async fn bearer(request: Request<'_>) -> Checked<(Answer, Challenge)> {
    let answer = challenged(request).await?;
    let found = challenges(&answer)?
        .into_iter()
        .find(|challenge| challenge.scheme == "bearer");
    match found {
        Some(challenge) => Ok((answer, challenge)),
        None => skip("there are no tokens here"),
    }
}

async fn token_challenge(t: &Trial) -> Checked {
    let (answer, challenge) = bearer(t.request("GET", t.manifest("v1"))).await?;
    answer.check(
        challenge
            .get("service")
            .is_some_and(|service| !service.is_empty()),
        "a service",
    )?;
    let scope = format!("repository:{}:pull", t.repository);
    answer.check(
        challenge.get("scope") == Some(&scope),
        format!("the scope {scope}"),
    )
}

async fn push_challenge(t: &Trial) -> Checked {
    let post = t
        .request("POST", t.path("blobs/uploads/"))
        .header("content-length", "0");
    let (answer, challenge) = bearer(post).await?;
    let scope = challenge.get("scope").unwrap_or_default();
    let actions = scope
        .strip_prefix(&format!("repository:{}:", t.repository))
        .unwrap_or_default();
    let mut actions: Vec<&str> = actions.split(',').collect();
    actions.sort_unstable();
    answer.check(
        actions == ["pull", "push"],
        "the actions pull and push on this repository",
    )
}

/// Requests the token for a challenge.
async fn ask(t: &Trial, challenge: &Challenge, login: &Login) -> Checked<Answer> {
    let address = challenge.token_address().unwrap_or_default();
    t.request("GET", address)
        .header("authorization", login.basic())
        .without_login()
        .send()
        .await
}

fn token(answer: &Answer) -> Checked<String> {
    let document = answer.json()?;
    let token = document["token"].as_str().or(document["access_token"].as_str());
    token.map(str::to_owned).ok_or_else(|| answer.wrong("a token"))
}

/// Returns a token to pull from the repository of the trial, and its lifetime.
async fn pull_token(t: &Trial) -> Checked<(String, u64)> {
    let (_, challenge) = bearer(t.request("GET", t.manifest("v1"))).await?;
    let answer = ask(t, &challenge, own_login(t)?).await?.expect(200)?;
    // Spec: "Token Response Fields": 60 seconds by default.
    let lifetime = answer.json()?["expires_in"].as_u64().unwrap_or(60);
    Ok((token(&answer)?, lifetime))
}

async fn token_document(t: &Trial) -> Checked {
    let (_, challenge) = bearer(t.request("GET", t.manifest("v1"))).await?;
    let answer = ask(t, &challenge, own_login(t)?).await?.expect(200)?;
    answer.expect_type("application/json")?;
    let document = answer.json()?;
    let text = token(&answer)?;
    answer.check(
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()),
        "a token that fits a header",
    )?;
    let lifetime = &document["expires_in"];
    answer.check(
        lifetime.is_null() || lifetime.as_u64().is_some_and(|seconds| seconds > 0),
        "expires_in in seconds",
    )
}

async fn token_wrong_password(t: &Trial) -> Checked {
    let (_, challenge) = bearer(t.request("GET", t.manifest("v1"))).await?;
    ask(t, &challenge, &own_login(t)?.with_wrong_password())
        .await?
        .expect(401)?;
    Ok(())
}

async fn with_token(t: &Trial, method: &str, path: String, token: &str) -> Checked<Answer> {
    let request = t
        .request(method, path)
        .header("authorization", format!("Bearer {token}"));
    request.without_login().send().await
}

async fn token_used(t: &Trial) -> Checked {
    let (token, _) = pull_token(t).await?;
    let image = t.push_image("v1").await?;
    for _ in 0..2 {
        let answer = with_token(t, "GET", t.manifest("v1"), &token).await?;
        answer.expect(200)?.expect_body(&image.bytes)?;
    }
    Ok(())
}

async fn other_action(t: &Trial) -> Checked {
    let (token, _) = pull_token(t).await?;
    let answer = with_token(t, "POST", t.path("blobs/uploads/"), &token)
        .await?
        .expect_any(&[401, 403])?;
    if answer.status == 401 {
        challenges(&answer)?;
    }
    Ok(())
}

async fn other_repository(t: &Trial) -> Checked {
    let (token, _) = pull_token(t).await?;
    t.push_blob_to(&t.other, &Blob::random(20)).await?;
    let answer = with_token(t, "GET", format!("/v2/{}/tags/list", t.other), &token).await?;
    answer.expect_any(&[401, 403])?;
    Ok(())
}

async fn no_token(t: &Trial) -> Checked {
    bearer(t.request("GET", t.manifest("v1"))).await?;
    let answer = with_token(t, "GET", t.manifest("v1"), "nobody-gave-this")
        .await?
        .expect(401)?;
    challenges(&answer).map(drop)
}

/// A mount between two repositories needs both scopes.
async fn several_scopes(t: &Trial) -> Checked {
    let (_, challenge) = bearer(t.request("GET", t.manifest("v1"))).await?;
    let blob = Blob::random(64);
    t.push_blob_to(&t.other, &blob).await?;
    let mut address = challenge.token_address().unwrap_or_default();
    let scopes = [
        format!("repository:{}:pull,push", t.repository),
        format!("repository:{}:pull", t.other),
    ];
    for scope in scopes {
        address.push_str(&format!("&scope={}", encode(&scope)));
    }
    let ask = t
        .request("GET", address)
        .header("authorization", own_login(t)?.basic());
    let token = token(&ask.without_login().send().await?.expect(200)?)?;
    let path = t.path(format!("blobs/uploads/?mount={}&from={}", blob.digest, t.other));
    let answer = with_token(t, "POST", path, &token)
        .await?
        .expect_any(&[201, 202])?;
    answer.location()?;
    Ok(())
}

/// A request for more than the user may have gets what the user may have.
async fn less_than_asked(t: &Trial) -> Checked {
    let Some(reader) = &t.reader else {
        return skip("the suite has no login here that may only pull");
    };
    let post = t
        .request("POST", t.path("blobs/uploads/"))
        .header("content-length", "0");
    let (_, challenge) = bearer(post).await?;
    t.push_image("v1").await?;
    let token = token(&ask(t, &challenge, reader).await?.expect(200)?)?;
    with_token(t, "GET", t.manifest("v1"), &token)
        .await?
        .expect(200)?;
    let answer = with_token(t, "POST", t.path("blobs/uploads/"), &token).await?;
    answer.expect_any(&[401, 403])?;
    Ok(())
}

async fn expiry(t: &Trial) -> Checked {
    let (token, lifetime) = pull_token(t).await?;
    if lifetime > PATIENCE_SECONDS {
        return skip(format!("tokens live for {lifetime} seconds here"));
    }
    t.push_image("v1").await?;
    tokio::time::sleep(std::time::Duration::from_secs(lifetime + 1)).await;
    let answer = with_token(t, "GET", t.manifest("v1"), &token)
        .await?
        .expect(401)?;
    challenges(&answer)?;
    // A new token can be requested, and continues an upload that began with the old one.
    let mut session = Session::open(t).await?;
    let blob = Blob::random(2000);
    session.take(0, blob.bytes.slice(..1000)).await?;
    tokio::time::sleep(std::time::Duration::from_secs(lifetime + 1)).await;
    session.take(1000, blob.bytes.slice(1000..)).await?;
    session.put(&blob.digest, Default::default()).await?.expect(201)?;
    Ok(())
}

/// Spec: "OAuth2 Token Authentication": the same by POST.
async fn token_by_post(t: &Trial) -> Checked {
    let (_, challenge) = bearer(t.request("GET", t.manifest("v1"))).await?;
    let realm = challenge.get("realm").unwrap_or_default();
    let mut fields: Vec<(&str, &str)> = own_login(t)?.form().to_vec();
    fields.extend([
        ("service", challenge.get("service").unwrap_or_default()),
        ("scope", challenge.get("scope").unwrap_or_default()),
        ("client_id", "conformance"),
    ]);
    let form: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let post = t
        .request("POST", realm)
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = post.body(form.join("&")).without_login().send().await?;
    if matches!(answer.status, 404 | 405) {
        return skip(format!(
            "tokens are not given out by POST here: status {}",
            answer.status
        ));
    }
    let token = token(&answer.expect(200)?)?;
    t.push_image("v1").await?;
    with_token(t, "GET", t.manifest("v1"), &token)
        .await?
        .expect(200)?;
    Ok(())
}
