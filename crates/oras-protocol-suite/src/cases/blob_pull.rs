//! Pulling blobs.

use futures_util::FutureExt;

use super::blob_push::{ALGORITHMS, taken};
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::session::Session;
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    let mut section = Section::of("Pulling blobs")
        .must("blob/pull/get", |t| get(t).boxed())
        .must("blob/pull/get-empty", |t| get_empty(t).boxed())
        .must("blob/pull/missing", |t| missing(t).boxed())
        .must("blob/pull/missing-repository", |t| missing_repository(t).boxed())
        .must("blob/pull/other-repository", |t| other_repository(t).boxed())
        .must("blob/pull/digest-that-is-none", |t| {
            digest_that_is_none(t).boxed()
        })
        .must("blob/pull/unknown-algorithm", |t| unknown_algorithm(t).boxed())
        .may("blob/pull/encoded-colon", |t| encoded_colon(t).boxed())
        .should("blob/pull/digest-header", |t| digest_header(t).boxed())
        .may("blob/pull/if-none-match", |t| if_none_match(t).boxed());
    for algorithm in ALGORITHMS {
        let id = format!("blob/pull/digest-header/{}", algorithm.name());
        section = section.should(id, move |t| {
            async move { digest_header_of(t, &Blob::random(64).by(algorithm)).await }.boxed()
        });
    }
    let mut cases = section.cases();
    let section = Section::of("Checking if content exists in the registry")
        .must("blob/head/there", |t| head(t).boxed())
        .must("blob/head/missing", |t| head_missing(t).boxed())
        .should("blob/head/equals-get", |t| head_equals_get(t).boxed());
    cases.extend(section.cases());
    cases
}

async fn pushed(t: &Trial) -> Checked<Blob> {
    let blob = Blob::random(700);
    t.push_blob(&blob).await?;
    Ok(blob)
}

async fn get(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let answer = t
        .request("GET", t.blob(&blob.digest))
        .send_following()
        .await?
        .expect(200)?;
    answer.expect_body(&blob.bytes)?;
    answer.expect_length(blob.len())
}

async fn get_empty(t: &Trial) -> Checked {
    let blob = Blob::random(0);
    t.push_blob(&blob).await?;
    let answer = t
        .request("GET", t.blob(&blob.digest))
        .send_following()
        .await?
        .expect(200)?;
    answer.expect_body(b"")
}

async fn missing(t: &Trial) -> Checked {
    pushed(t).await?;
    t.get(t.blob(&Blob::random(20).digest)).await?.expect(404)?;
    Ok(())
}

async fn missing_repository(t: &Trial) -> Checked {
    t.get(t.blob(&Blob::random(20).digest)).await?.expect(404)?;
    Ok(())
}

/// A blob belongs to the repository that it was pushed to.
async fn other_repository(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    t.push_blob_to(&t.other, &Blob::random(20)).await?;
    t.get(format!("/v2/{}/blobs/{}", t.other, blob.digest))
        .await?
        .expect(404)?;
    Ok(())
}

async fn digest_that_is_none(t: &Trial) -> Checked {
    pushed(t).await?;
    for wrong in ["sha256:baddigest", "sha256:", "sha256", "not-a-digest"] {
        t.get(t.path(format!("blobs/{wrong}")))
            .await?
            .expect_any(&[400, 404])?;
    }
    Ok(())
}

async fn unknown_algorithm(t: &Trial) -> Checked {
    pushed(t).await?;
    let answer = t
        .get(t.path("blobs/md5:d41d8cd98f00b204e9800998ecf8427e"))
        .await?;
    answer.expect_any(&[400, 404])?;
    Ok(())
}

/// Spec: RFC 3986: a colon may be written as `%3A`.
async fn encoded_colon(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let path = t.blob(&blob.digest).replace("sha256:", "sha256%3A");
    let answer = t.request("GET", path).send_following().await?.expect(200)?;
    answer.expect_body(&blob.bytes)
}

async fn digest_header(t: &Trial) -> Checked {
    digest_header_of(t, &Blob::random(64)).await
}

async fn digest_header_of(t: &Trial, blob: &Blob) -> Checked {
    let session = Session::open(t).await?;
    let answer = session.put(&blob.digest, blob.bytes.clone()).await?;
    taken(answer, &blob.digest)?.expect_digest(&blob.digest)?;
    let get = t.get(t.blob(&blob.digest)).await?;
    if matches!(get.status, 301..=308) {
        return skip("blobs are elsewhere: the answer is a redirect");
    }
    get.expect(200)?.expect_digest(&blob.digest)?;
    t.head(t.blob(&blob.digest))
        .await?
        .expect(200)?
        .expect_digest(&blob.digest)
}

/// Spec: RFC 9110, section 13.1.2.
async fn if_none_match(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let path = t.blob(&blob.digest);
    let answer = t.get(&path).await?;
    let Some(tag) = answer.header("etag") else {
        return skip("blobs have no ETag here");
    };
    let again = t
        .request("GET", &path)
        .header("if-none-match", tag)
        .send()
        .await?
        .expect(304)?;
    again.expect_body(b"")
}

async fn head(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let answer = t
        .request("HEAD", t.blob(&blob.digest))
        .send_following()
        .await?
        .expect(200)?;
    answer.expect_body(b"")?;
    answer.expect_length(blob.len())?;
    answer.expect_no_other_digest(&blob.digest)
}

async fn head_missing(t: &Trial) -> Checked {
    pushed(t).await?;
    let answer = t.head(t.blob(&Blob::random(20).digest)).await?.expect(404)?;
    answer.expect_body(b"")
}

async fn head_equals_get(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let (head, get) = (
        t.head(t.blob(&blob.digest)).await?,
        t.get(t.blob(&blob.digest)).await?,
    );
    for name in [
        "content-length",
        "content-type",
        "docker-content-digest",
        "etag",
        "accept-ranges",
    ] {
        head.check(
            head.header(name) == get.header(name),
            format!("the {name} of GET: {:?}", get.header(name)),
        )?;
    }
    Ok(())
}
