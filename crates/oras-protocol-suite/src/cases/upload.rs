//! Upload sessions: their progress and their end.

use futures_util::FutureExt;
use oras_content::Algorithm;

use super::chunk::{CHUNK, begin, cut};
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::session::{Session, is_progress};
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Section::of("Pushing a blob in chunks")
        .must("chunk/status", |t| status(t).boxed())
        .must("chunk/status-of-empty", |t| status_of_empty(t).boxed())
        .must("chunk/after-the-end", |t| after_the_end(t).boxed())
        .must("chunk/unknown-session", |t| unknown_session(t).boxed())
        .should("chunk/session-of-another-repository", |t| {
            foreign_session(t).boxed()
        })
        .cases();
    let section = Section::of("Cancel a blob upload")
        .should("chunk/cancel", |t| cancel(t).boxed())
        .should("chunk/cancel-twice", |t| cancel_twice(t).boxed());
    cases.extend(section.cases());
    cases
}

async fn status(t: &Trial) -> Checked {
    let (mut session, blob, len) = begin(t, Algorithm::Sha256, 2).await?;
    session.take(0, cut(&blob, 0, len)).await?;
    let status = session.status().await?.expect(204)?;
    status.location()?;
    status.check(
        is_progress(status.header("range"), len),
        format!("Range: 0-{}", len - 1),
    )
}

async fn status_of_empty(t: &Trial) -> Checked {
    let session = Session::open(t).await?;
    let status = session.status().await?.expect(204)?;
    status.location()?;
    // Zero bytes and one byte look alike; some registries distinguish them by an end before the start.
    let known = status
        .header("range")
        .map(|range| range.trim_start_matches("bytes="));
    status.check(
        known.is_none_or(|range| matches!(range, "0-0" | "0--1")),
        "Range: 0-0",
    )
}

async fn after_the_end(t: &Trial) -> Checked {
    let blob = Blob::random(CHUNK);
    let session = Session::open(t).await?;
    session.put(&blob.digest, blob.bytes.clone()).await?.expect(201)?;
    session.patch(0, blob.bytes.clone()).await?.expect(404)?;
    Ok(())
}

async fn unknown_session(t: &Trial) -> Checked {
    let session = Session::open(t).await?;
    t.request("DELETE", &session.address).send().await?;
    let path = t.path("blobs/uploads/0123456789abcdef0123456789abcdef");
    t.get(&path).await?.expect(404)?;
    let patch = t
        .request("PATCH", &path)
        .header("content-range", "0-4")
        .body("hello");
    patch.send().await?.expect(404)?;
    Ok(())
}

/// The right to write to one repository says nothing about another.
async fn foreign_session(t: &Trial) -> Checked {
    let session = Session::open(t).await?;
    t.push_blob_to(&t.other, &Blob::random(20)).await?;
    let foreign = session
        .address
        .replace(&format!("/v2/{}/", t.repository), &format!("/v2/{}/", t.other));
    if foreign == session.address {
        return skip("the address of a session does not name the repository here");
    }
    t.get(foreign).await?.expect_refusal()?;
    Ok(())
}

async fn cancel(t: &Trial) -> Checked {
    let session = Session::open(t).await?;
    t.delete(&session.address).await?.expect(204)?;
    session.status().await?.expect(404)?;
    let blob = Blob::random(20);
    session.put(&blob.digest, blob.bytes.clone()).await?.expect(404)?;
    Ok(())
}

async fn cancel_twice(t: &Trial) -> Checked {
    let session = Session::open(t).await?;
    t.delete(&session.address).await?.expect(204)?;
    t.request("DELETE", &session.address).send().await?.expect(404)?;
    Ok(())
}
