//! Crowds: many clients at once.

use futures_util::FutureExt;
use futures_util::future::try_join_all;
use oras_content::Digest;

use crate::case::{Case, Checked, Section};
use crate::content::{Blob, Document};
use crate::session::Session;
use crate::trial::Trial;

const CLIENTS: usize = 16;

pub(super) fn cases() -> Vec<Case> {
    Section::of("Pushing blobs")
        .must("crowd/same-blob", |t| same_blob(t).boxed())
        .must("crowd/different-blobs", |t| different_blobs(t).boxed())
        .must("crowd/interleaved-sessions", |t| interleaved(t).boxed())
        .should("crowd/one-session", |t| one_session(t).boxed())
        .must("crowd/one-tag", |t| one_tag(t).boxed())
        .must("crowd/many-tags", |t| many_tags(t).boxed())
        .must("crowd/referrers", |t| referrers(t).boxed())
        .cases()
}

async fn is_there(t: &Trial, blob: &Blob) -> Checked {
    let answer = t.request("GET", t.blob(&blob.digest)).send_following().await?;
    answer.expect(200)?.expect_body(&blob.bytes)
}

async fn same_blob(t: &Trial) -> Checked {
    let blob = Blob::random(40_000);
    try_join_all((0..CLIENTS).map(|_| t.push_blob(&blob))).await?;
    is_there(t, &blob).await
}

async fn different_blobs(t: &Trial) -> Checked {
    let blobs: Vec<Blob> = (0..CLIENTS).map(|_| Blob::random(40_000)).collect();
    try_join_all(blobs.iter().map(|blob| t.push_blob(blob))).await?;
    try_join_all(blobs.iter().map(|blob| is_there(t, blob))).await?;
    Ok(())
}

/// Simultaneous uploads must not mix their bytes.
async fn interleaved(t: &Trial) -> Checked {
    let (one, two) = (Blob::random(3000), Blob::random(3000));
    let (mut first, mut second) = (Session::open(t).await?, Session::open(t).await?);
    for at in [0, 1500] {
        first.take(at, one.bytes.slice(at..at + 1500)).await?;
        second.take(at, two.bytes.slice(at..at + 1500)).await?;
    }
    second.put(&two.digest, Default::default()).await?.expect(201)?;
    first.put(&one.digest, Default::default()).await?.expect(201)?;
    is_there(t, &one).await?;
    is_there(t, &two).await
}

/// Two clients send the same chunk to one upload: it counts once.
async fn one_session(t: &Trial) -> Checked {
    let blob = Blob::random(3000);
    let session = Session::open(t).await?;
    let patches = (0..4).map(|_| session.patch(0, blob.bytes.clone()));
    let answers = try_join_all(patches).await?;
    let taken = answers.iter().filter(|answer| answer.status == 202).count();
    answers[0].check(taken == 1, format!("one chunk of four taken instead of {taken}"))?;
    let mut session = session;
    if let Some(answer) = answers.iter().find(|answer| answer.status == 202) {
        session.moved(answer)?;
    }
    session.put(&blob.digest, Default::default()).await?.expect(201)?;
    is_there(t, &blob).await
}

async fn images(t: &Trial) -> Checked<Vec<Document>> {
    let config = Blob::config();
    t.push_blob(&config).await?;
    let layers: Vec<Blob> = (0..CLIENTS).map(|_| Blob::layer()).collect();
    try_join_all(layers.iter().map(|layer| t.push_blob(layer))).await?;
    Ok(layers
        .iter()
        .map(|layer| Document::image(&config, &[layer]))
        .collect())
}

async fn one_tag(t: &Trial) -> Checked {
    let images = images(t).await?;
    let puts = images
        .iter()
        .map(|image| async move { t.put_manifest("v1", image).await?.expect(201) });
    try_join_all(puts).await?;
    let answer = t.get(t.manifest("v1")).await?.expect(200)?;
    let digest = Digest::sha256(&answer.body);
    answer.check(
        images.iter().any(|image| image.digest == digest),
        "one of the manifests, whole",
    )?;
    answer.expect_no_other_digest(&digest)
}

async fn many_tags(t: &Trial) -> Checked {
    let images = images(t).await?;
    let puts = images
        .iter()
        .enumerate()
        .map(|(at, image)| async move { t.put_manifest(format!("tag-{at:02}"), image).await?.expect(201) });
    try_join_all(puts).await?;
    let answer = t.get(t.path("tags/list")).await?.expect(200)?;
    let count = answer.json()?["tags"].as_array().map_or(0, Vec::len);
    answer.check(count == CLIENTS, format!("{CLIENTS} tags"))
}

/// No referrer is lost if many are pushed at the same time.
async fn referrers(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.list_referrers(&image.digest, "").await?;
    try_join_all((0..CLIENTS).map(|_| t.attach(&image, "application/vnd.example.crowd"))).await?;
    let answer = t.list_referrers(&image.digest, "").await?;
    let count = answer.json()?["manifests"].as_array().map_or(0, Vec::len);
    answer.check(
        count == CLIENTS || answer.header("link").is_some(),
        format!("{CLIENTS} referrers"),
    )
}
