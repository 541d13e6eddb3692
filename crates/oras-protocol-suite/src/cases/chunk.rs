//! Blobs in chunks: order, progress, recovery, and minimum length.

use bytes::Bytes;
use futures_util::FutureExt;
use oras_content::Algorithm;

use super::blob_push::{ALGORITHMS, is_there};
use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::session::{Session, is_progress};
use crate::trial::Trial;

/// Minimum length of a chunk, so that registries rarely have a larger minimum.
pub(super) const CHUNK: usize = 1024;
/// Maximum chunk length that is tried.
const MOST: usize = 16 * 1024 * 1024;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for algorithm in ALGORITHMS {
        let id = |what: &str| format!("chunk/{what}/{}", algorithm.name());
        let section = Section::of("Pushing a blob in chunks")
            .must(id("one"), move |t| chunks(t, algorithm, 1, false).boxed())
            .must(id("three"), move |t| chunks(t, algorithm, 3, false).boxed())
            .must(id("last-in-put"), move |t| chunks(t, algorithm, 3, true).boxed())
            .must(id("streamed"), move |t| streamed(t, algorithm).boxed())
            .must(id("out-of-order"), move |t| {
                out_of_order(t, algorithm, false).boxed()
            })
            .must(id("out-of-order-put"), move |t| {
                out_of_order(t, algorithm, true).boxed()
            })
            .must(id("wrong-digest"), move |t| {
                wrong_digest(t, algorithm, false).boxed()
            })
            .must(id("wrong-digest-put"), move |t| {
                wrong_digest(t, algorithm, true).boxed()
            })
            .must(id("digest-of-last-chunk"), move |t| {
                digest_of_last_chunk(t, algorithm).boxed()
            });
        cases.extend(section.cases());
    }
    let section = Section::of("Pushing a blob in chunks")
        .must("chunk/repeated", |t| repeated(t).boxed())
        .must("chunk/gap", |t| gap(t).boxed())
        .must("chunk/range-that-is-none", |t| range_that_is_none(t).boxed())
        .should("chunk/range-longer-than-body", |t| {
            length_differs(t, 2 * CHUNK).boxed()
        })
        .should("chunk/range-shorter-than-body", |t| {
            length_differs(t, CHUNK / 2).boxed()
        })
        .should("chunk/minimum", |t| minimum(t).boxed())
        .should("chunk/shorter-than-minimum", |t| shorter_than_minimum(t).boxed());
    cases.extend(section.cases());
    cases
}

/// Opens an upload, and returns it with a blob to send and the length of its chunks.
pub(super) async fn begin(
    t: &Trial,
    algorithm: Algorithm,
    chunks: usize,
) -> Checked<(Session<'_>, Blob, usize)> {
    let path = t.path("blobs/uploads/");
    let answer = t
        .request("POST", path)
        .header("content-length", "0")
        .send()
        .await?
        .expect(202)?;
    let len = chunk_len(&answer)?;
    // The last chunk may be shorter.
    let blob = Blob::random(chunks * len - 5).by(algorithm);
    Ok((Session::of(t, &answer)?, blob, len))
}

fn chunk_len(answer: &Answer) -> Checked<usize> {
    let Some(minimum) = answer.header("oci-chunk-min-length") else {
        return Ok(CHUNK);
    };
    let minimum: usize = minimum
        .parse()
        .map_err(|_| answer.wrong("OCI-Chunk-Min-Length: a number"))?;
    match minimum > MOST {
        true => skip(format!("chunks have at least {minimum} bytes here")),
        false => Ok(minimum.max(CHUNK)),
    }
}

pub(super) fn cut(blob: &Blob, at: usize, len: usize) -> Bytes {
    blob.bytes.slice(at..blob.len().min(at + len))
}

async fn chunks(t: &Trial, algorithm: Algorithm, count: usize, last_in_put: bool) -> Checked {
    let (mut session, blob, len) = begin(t, algorithm, count).await?;
    let sent_before = if last_in_put { count - 1 } else { count };
    for at in (0..sent_before).map(|chunk| chunk * len) {
        session.take(at, cut(&blob, at, len)).await?;
    }
    let closed = match last_in_put {
        true => {
            session
                .put_chunk(
                    &blob.digest,
                    sent_before * len,
                    cut(&blob, sent_before * len, len),
                )
                .await?
        }
        false => session.put(&blob.digest, Bytes::new()).await?,
    };
    is_there(t, closed, &blob).await
}

/// Sends everything in one request of unknown length, without `Content-Range`.
async fn streamed(t: &Trial, algorithm: Algorithm) -> Checked {
    let (mut session, blob, len) = begin(t, algorithm, 3).await?;
    let frames = [0, len, 2 * len].map(|at| cut(&blob, at, len));
    let patch = t
        .request("PATCH", &session.address)
        .header("content-type", "application/octet-stream");
    let answer = patch.frames(frames.to_vec()).send().await?.expect(202)?;
    session.moved(&answer)?;
    let closed = session.put(&blob.digest, Bytes::new()).await?;
    is_there(t, closed, &blob).await
}

/// Sends the third chunk before the second: it is refused with the progress, and the upload then continues.
async fn out_of_order(t: &Trial, algorithm: Algorithm, in_put: bool) -> Checked {
    let (mut session, blob, len) = begin(t, algorithm, 3).await?;
    session.take(0, cut(&blob, 0, len)).await?;
    let early = cut(&blob, 2 * len, len);
    let answer = match in_put {
        true => session.put_chunk(&blob.digest, 2 * len, early).await?,
        false => session.patch(2 * len, early).await?,
    };
    answer.expect(416)?;
    let status = session.status().await?.expect(204)?;
    status.check(
        is_progress(status.header("range"), len),
        format!("Range: 0-{}", len - 1),
    )?;
    session.moved(&status)?;
    session.take(len, cut(&blob, len, len)).await?;
    let closed = session
        .put_chunk(&blob.digest, 2 * len, cut(&blob, 2 * len, len))
        .await?;
    is_there(t, closed, &blob).await
}

async fn wrong_digest(t: &Trial, algorithm: Algorithm, last_in_put: bool) -> Checked {
    let (mut session, blob, len) = begin(t, algorithm, 2).await?;
    let wrong = algorithm.digest(&Blob::random(32).bytes);
    session.take(0, cut(&blob, 0, len)).await?;
    let rest = cut(&blob, len, len);
    let answer = match last_in_put {
        true => session.put_chunk(&wrong, len, rest).await?,
        false => {
            session.take(len, rest).await?;
            session.put(&wrong, Bytes::new()).await?
        }
    };
    answer.expect(400)?;
    t.get(t.blob(&wrong)).await?.expect(404)?;
    Ok(())
}

/// The digest that ends an upload must be that of the whole blob.
async fn digest_of_last_chunk(t: &Trial, algorithm: Algorithm) -> Checked {
    let (mut session, blob, len) = begin(t, algorithm, 2).await?;
    session.take(0, cut(&blob, 0, len)).await?;
    let last = cut(&blob, len, len);
    let answer = session.put_chunk(&algorithm.digest(&last), len, last).await?;
    answer.expect(400)?;
    Ok(())
}

async fn repeated(t: &Trial) -> Checked {
    let (mut session, blob, len) = begin(t, Algorithm::Sha256, 3).await?;
    session.take(0, cut(&blob, 0, len)).await?;
    session.patch(0, cut(&blob, 0, len)).await?.expect(416)?;
    Ok(())
}

async fn gap(t: &Trial) -> Checked {
    let (mut session, blob, len) = begin(t, Algorithm::Sha256, 3).await?;
    session.take(0, cut(&blob, 0, len)).await?;
    session.patch(len + 1, cut(&blob, len, len)).await?.expect(416)?;
    Ok(())
}

async fn range_that_is_none(t: &Trial) -> Checked {
    for wrong in ["one-two", "5", "9-4", "-4"] {
        let session = Session::open(t).await?;
        let patch = t
            .request("PATCH", &session.address)
            .header("content-range", wrong)
            .body("hello");
        patch.send().await?.expect_any(&[400, 416])?;
    }
    Ok(())
}

async fn length_differs(t: &Trial, announced: usize) -> Checked {
    let (session, blob, _) = begin(t, Algorithm::Sha256, 3).await?;
    let patch = t
        .request("PATCH", &session.address)
        .header("content-range", format!("0-{}", announced - 1));
    patch
        .body(blob.bytes.slice(..CHUNK))
        .send()
        .await?
        .expect_refusal()?;
    Ok(())
}

/// Opens an upload in a registry with a minimum chunk length that is small enough to try.
async fn with_minimum(t: &Trial) -> Checked<(Session<'_>, usize)> {
    let post = t
        .request("POST", t.path("blobs/uploads/"))
        .header("content-length", "0");
    let answer = post.send().await?.expect(202)?;
    if answer.header("oci-chunk-min-length").is_none() {
        return skip("chunks may have any length here");
    }
    Ok((Session::of(t, &answer)?, chunk_len(&answer)?))
}

/// The last chunk may be shorter than the minimum.
async fn minimum(t: &Trial) -> Checked {
    let (mut session, len) = with_minimum(t).await?;
    let blob = Blob::random(2 * len - 5);
    session.take(0, cut(&blob, 0, len)).await?;
    let closed = session.put_chunk(&blob.digest, len, cut(&blob, len, len)).await?;
    is_there(t, closed, &blob).await
}

/// Any other must not be shorter; whether a chunk was the last is known only when another follows.
async fn shorter_than_minimum(t: &Trial) -> Checked {
    let (mut session, len) = with_minimum(t).await?;
    let blob = Blob::random(2 * len);
    let first = session.patch(0, blob.bytes.slice(..len / 4)).await?;
    if first.status == 202 {
        session.moved(&first)?;
        let second = blob.bytes.slice(len / 4..len);
        session.patch(len / 4, second).await?.expect_refusal()?;
        return Ok(());
    }
    first.expect_refusal().map(drop)
}
