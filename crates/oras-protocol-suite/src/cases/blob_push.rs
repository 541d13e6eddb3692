//! Pushing blobs, by every algorithm.

use bytes::Bytes;
use futures_util::FutureExt;
use oras_content::{Algorithm, Digest};

use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::session::Session;
use crate::trial::Trial;

pub(crate) const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for algorithm in ALGORITHMS {
        let id = |what: &str| format!("blob/push/{what}/{}", algorithm.name());
        let section = Section::of("Pushing blobs")
            .should(id("single-post"), move |t| single_post(t, algorithm).boxed())
            .must(id("post-put"), move |t| post_put(t, algorithm).boxed())
            .must(id("empty"), move |t| of_bytes(t, algorithm, Bytes::new()).boxed())
            .must(id("empty-object"), move |t| {
                of_bytes(t, algorithm, "{}".into()).boxed()
            })
            .must(id("large"), move |t| large(t, algorithm).boxed())
            .must(id("twice"), move |t| twice(t, algorithm).boxed())
            .should(id("announced-algorithm"), move |t| {
                announced(t, algorithm).boxed()
            })
            .must(id("wrong-digest-single-post"), move |t| {
                wrong_single_post(t, algorithm).boxed()
            })
            .must(id("wrong-digest-post-put"), move |t| {
                wrong_post_put(t, algorithm).boxed()
            });
        cases.extend(section.cases());
    }
    let section = Section::of("Pushing blobs")
        .must("blob/push/location", |t| location(t).boxed())
        .must("blob/push/digest-header", |t| digest_header(t).boxed())
        .must("blob/push/without-digest", |t| without_digest(t).boxed())
        .must("blob/push/digest-of-another", |t| digest_of_another(t).boxed())
        .must("blob/push/digest-that-is-none", |t| {
            digest_that_is_none(t).boxed()
        })
        .should("blob/push/unknown-announced-algorithm", |t| {
            unknown_algorithm(t).boxed()
        });
    cases.extend(section.cases());
    cases
}

/// Checks that a push succeeded and that the blob can be pulled by the digest it was pushed with.
pub(super) async fn is_there(t: &Trial, pushed: Answer, blob: &Blob) -> Checked {
    let pushed = taken(pushed, &blob.digest)?;
    pushed.location()?;
    let answer = t.request("GET", t.blob(&blob.digest)).send_following().await?;
    answer.expect(200)?.expect_body(&blob.bytes)
}

/// Checks that the registry accepted content; it may refuse an algorithm other than sha256 that it does not know.
pub(super) fn taken(answer: Answer, digest: &Digest) -> Checked<Answer> {
    let is_optional = digest.algorithm() != Some(Algorithm::Sha256);
    if is_optional && answer.status == 400 {
        return skip(format!(
            "{} is not known here: status 400",
            digest.algorithm_name()
        ));
    }
    answer.expect(201)
}

/// Checks that a wrong digest was refused and that no content is stored under it.
async fn is_not_there(t: &Trial, answer: Answer, digest: &Digest) -> Checked {
    answer.expect(400)?;
    t.get(t.blob(digest)).await?.expect(404)?;
    Ok(())
}

fn wrong(algorithm: Algorithm) -> Digest {
    algorithm.digest(&Blob::random(32).bytes)
}

async fn single_post(t: &Trial, algorithm: Algorithm) -> Checked {
    let blob = Blob::random(512).by(algorithm);
    let answer = post(t, &blob.digest, &blob.bytes).await?;
    if answer.status != 202 {
        return is_there(t, answer, &blob).await;
    }
    // A registry that does not accept blobs in one request opens a session instead.
    let session = Session::of(t, &answer)?;
    let answer = session.put(&blob.digest, blob.bytes.clone()).await?;
    is_there(t, answer, &blob).await
}

async fn post(t: &Trial, digest: &Digest, bytes: &Bytes) -> Checked<Answer> {
    t.request("POST", t.path(format!("blobs/uploads/?digest={digest}")))
        .header("content-type", "application/octet-stream")
        .body(bytes.clone())
        .send()
        .await
}

async fn post_put(t: &Trial, algorithm: Algorithm) -> Checked {
    of_bytes(t, algorithm, Blob::random(512).bytes).await
}

async fn large(t: &Trial, algorithm: Algorithm) -> Checked {
    of_bytes(t, algorithm, Blob::random(12 * 1024 * 1024 + 7).bytes).await
}

async fn of_bytes(t: &Trial, algorithm: Algorithm, bytes: Bytes) -> Checked {
    let blob = Blob::new("application/octet-stream", bytes).by(algorithm);
    let session = Session::open(t).await?;
    let answer = session.put(&blob.digest, blob.bytes.clone()).await?;
    is_there(t, answer, &blob).await
}

async fn twice(t: &Trial, algorithm: Algorithm) -> Checked {
    let blob = Blob::random(512).by(algorithm);
    for _ in 0..2 {
        let session = Session::open(t).await?;
        let answer = session.put(&blob.digest, blob.bytes.clone()).await?;
        is_there(t, answer, &blob).await?;
    }
    Ok(())
}

/// Spec: the draft after v1.1: the client announces the algorithm of the blob.
async fn announced(t: &Trial, algorithm: Algorithm) -> Checked {
    let blob = Blob::random(512).by(algorithm);
    let query = format!("?digest-algorithm={}", algorithm.name());
    let mut session = Session::open_in(t, &t.repository, &query).await?;
    session.take(0, blob.bytes.slice(..300)).await?;
    let answer = session
        .put_chunk(&blob.digest, 300, blob.bytes.slice(300..))
        .await?;
    is_there(t, answer, &blob).await
}

async fn unknown_algorithm(t: &Trial) -> Checked {
    let path = t.path("blobs/uploads/?digest-algorithm=md5");
    let answer = t
        .request("POST", path)
        .header("content-length", "0")
        .send()
        .await?;
    match answer.status {
        202 => skip("the parameter is not looked at here: status 202"),
        _ => answer.expect(400).map(drop),
    }
}

async fn wrong_single_post(t: &Trial, algorithm: Algorithm) -> Checked {
    let (digest, bytes) = (wrong(algorithm), Blob::random(512).bytes);
    let answer = post(t, &digest, &bytes).await?;
    if answer.status == 202 {
        return skip("blobs are not taken in one request here: status 202");
    }
    is_not_there(t, answer, &digest).await
}

async fn wrong_post_put(t: &Trial, algorithm: Algorithm) -> Checked {
    let digest = wrong(algorithm);
    let session = Session::open(t).await?;
    let answer = session.put(&digest, Blob::random(512).bytes).await?;
    is_not_there(t, answer, &digest).await
}

async fn location(t: &Trial) -> Checked {
    let blob = Blob::random(64);
    let pushed = t.push_blob(&blob).await?;
    let answer = t.request("GET", pushed.location()?).send_following().await?;
    answer.expect(200)?.expect_body(&blob.bytes)
}

async fn digest_header(t: &Trial) -> Checked {
    let blob = Blob::random(64);
    t.push_blob(&blob).await?.expect_digest(&blob.digest)
}

async fn without_digest(t: &Trial) -> Checked {
    let session = Session::open(t).await?;
    let put = t.request("PUT", &session.address).body("x");
    put.send().await?.expect_refusal()?;
    Ok(())
}

/// Content that exists under this digest is no reason to accept other content for it.
async fn digest_of_another(t: &Trial) -> Checked {
    let blob = Blob::random(64);
    t.push_blob(&blob).await?;
    let session = Session::open(t).await?;
    let put = session.put(&blob.digest, Blob::random(64).bytes).await?;
    put.expect(400)?;
    let answer = t.request("GET", t.blob(&blob.digest)).send_following().await?;
    answer.expect(200)?.expect_body(&blob.bytes)
}

async fn digest_that_is_none(t: &Trial) -> Checked {
    let session = Session::open(t).await?;
    let put = t.request("PUT", session.closing("sha256:baddigest")).body("x");
    put.send().await?.expect(400)?;
    Ok(())
}
