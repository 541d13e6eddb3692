//! Pushing manifests.

use bytes::Bytes;
use futures_util::FutureExt;
use oras_content::Algorithm;

use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::{Blob, Document, OCI_INDEX, OCI_MANIFEST, padded};
use crate::trial::Trial;

const MIB: usize = 1024 * 1024;

pub(super) fn cases() -> Vec<Case> {
    Section::of("Pushing Manifests")
        .must("manifest/push/by-tag", |t| by_tag(t).boxed())
        .must("manifest/push/by-digest", |t| by_digest(t).boxed())
        .must("manifest/push/twice", |t| twice(t).boxed())
        .must("manifest/push/moves-tag", |t| moves_tag(t).boxed())
        .must("manifest/push/location", |t| location(t).boxed())
        .should("manifest/push/digest-header", |t| digest_header(t).boxed())
        .must("manifest/push/wrong-digest", |t| wrong_digest(t).boxed())
        .must("manifest/push/wrong-digest-sha512", |t| wrong_sha512(t).boxed())
        .must("manifest/push/digest-that-is-none", |t| {
            digest_that_is_none(t).boxed()
        })
        .should("manifest/push/four-megabytes", |t| four_megabytes(t).boxed())
        .should("manifest/push/too-large", |t| too_large(t).boxed())
        .should("manifest/push/too-large-unannounced", |t| {
            too_large_unannounced(t).boxed()
        })
        .may("manifest/push/missing-blob", |t| missing_blob(t).boxed())
        .should("manifest/push/other-media-type", |t| other_media_type(t).boxed())
        .should("manifest/push/type-with-parameters", |t| {
            type_with_parameters(t).boxed()
        })
        .must("manifest/push/not-json", |t| not_json(t).boxed())
        .must("manifest/push/empty-body", |t| empty_body(t).boxed())
        .must("manifest/push/no-manifest", |t| no_manifest(t).boxed())
        .cases()
}

pub(super) async fn comes_back(t: &Trial, reference: &str, document: &Document) -> Checked {
    let answer = t.get(t.manifest(reference)).await?.expect(200)?;
    answer.expect_type(document.media_type)?;
    answer.expect_body(&document.bytes)
}

async fn by_tag(t: &Trial) -> Checked {
    let image = t.image().await?;
    t.put_manifest("v1", &image).await?.expect(201)?;
    comes_back(t, "v1", &image).await?;
    comes_back(t, image.digest.as_str(), &image).await
}

async fn by_digest(t: &Trial) -> Checked {
    let image = t.image().await?;
    t.put_manifest(&image.digest, &image).await?.expect(201)?;
    comes_back(t, image.digest.as_str(), &image).await
}

async fn twice(t: &Trial) -> Checked {
    let image = t.image().await?;
    for _ in 0..2 {
        t.put_manifest("v1", &image).await?.expect(201)?;
    }
    comes_back(t, "v1", &image).await
}

async fn moves_tag(t: &Trial) -> Checked {
    let old = t.push_image("v1").await?;
    let new = t.push_image("v1").await?;
    comes_back(t, "v1", &new).await?;
    comes_back(t, old.digest.as_str(), &old).await
}

async fn location(t: &Trial) -> Checked {
    let image = t.image().await?;
    let answer = t.put_manifest("v1", &image).await?.expect(201)?;
    t.get(answer.location()?)
        .await?
        .expect(200)?
        .expect_body(&image.bytes)
}

async fn digest_header(t: &Trial) -> Checked {
    let image = t.image().await?;
    t.put_manifest("v1", &image)
        .await?
        .expect(201)?
        .expect_digest(&image.digest)?;
    t.put_manifest(&image.digest, &image)
        .await?
        .expect(201)?
        .expect_digest(&image.digest)
}

async fn wrong_digest(t: &Trial) -> Checked {
    let (image, other) = (t.image().await?, Blob::random(20));
    t.put_manifest(&other.digest, &image).await?.expect(400)?;
    t.get(t.manifest(&other.digest)).await?.expect(404)?;
    Ok(())
}

async fn wrong_sha512(t: &Trial) -> Checked {
    let (image, other) = (t.image().await?, Blob::random(20).by(Algorithm::Sha512));
    t.put_manifest(&other.digest, &image).await?.expect(400)?;
    t.get(t.manifest(&other.digest)).await?.expect(404)?;
    Ok(())
}

async fn digest_that_is_none(t: &Trial) -> Checked {
    let image = t.image().await?;
    t.put_manifest("sha256:baddigest", &image)
        .await?
        .expect_refusal()?;
    Ok(())
}

async fn of_size(t: &Trial, len: usize) -> Checked<Document> {
    let (config, layer) = (Blob::config(), Blob::layer());
    t.push_blob(&config).await?;
    t.push_blob(&layer).await?;
    Ok(padded(&config, &[&layer], len))
}

async fn four_megabytes(t: &Trial) -> Checked {
    let large = of_size(t, 4 * MIB).await?;
    t.put_manifest("v1", &large).await?.expect(201)?;
    comes_back(t, "v1", &large).await
}

/// Returns the frames of a manifest that is too large for any registry.
async fn huge(t: &Trial) -> Checked<(usize, Vec<Bytes>)> {
    let huge = of_size(t, 20 * MIB).await?;
    let frames = huge.bytes.chunks(MIB).map(Bytes::copy_from_slice);
    Ok((huge.len(), frames.collect()))
}

fn is_too_large(answer: Answer) -> Checked {
    match answer.status {
        201 => skip("manifests of 20 MiB are taken here"),
        _ => answer.expect(413).map(drop),
    }
}

async fn too_large(t: &Trial) -> Checked {
    let (len, frames) = huge(t).await?;
    let put = t
        .request("PUT", t.manifest("v1"))
        .header("content-type", OCI_MANIFEST);
    is_too_large(
        put.header("content-length", len.to_string())
            .paced(frames)
            .send()
            .await?,
    )
}

/// Sends it without announcing its length.
async fn too_large_unannounced(t: &Trial) -> Checked {
    let (_, frames) = huge(t).await?;
    let put = t
        .request("PUT", t.manifest("v1"))
        .header("content-type", OCI_MANIFEST);
    is_too_large(put.paced(frames).send().await?)
}

/// A registry may require that the blobs of an image exist, and then reports the missing ones.
async fn missing_blob(t: &Trial) -> Checked {
    let (config, absent) = (Blob::config(), Blob::layer());
    t.push_blob(&config).await?;
    let answer = t
        .put_manifest("v1", &Document::image(&config, &[&absent]))
        .await?;
    if answer.status == 201 {
        return skip("images may lack blobs here: status 201");
    }
    let answer = answer.expect_error(&[400, 404], "MANIFEST_BLOB_UNKNOWN")?;
    answer.check(
        String::from_utf8_lossy(&answer.body).contains(absent.digest.encoded()),
        "the digest of what is missing",
    )?;
    t.get(t.manifest("v1")).await?.expect(404)?;
    Ok(())
}

async fn other_media_type(t: &Trial) -> Checked {
    let image = t.image().await?;
    let put = t
        .request("PUT", t.manifest("v1"))
        .header("content-type", OCI_INDEX);
    put.body(image.bytes.clone()).send().await?.expect_refusal()?;
    Ok(())
}

async fn type_with_parameters(t: &Trial) -> Checked {
    let image = t.image().await?;
    let kind = format!("{OCI_MANIFEST}; charset=utf-8");
    let put = t.request("PUT", t.manifest("v1")).header("content-type", kind);
    let answer = put
        .body(image.bytes.clone())
        .send()
        .await?
        .expect_any(&[201, 400, 415])?;
    match answer.status {
        201 => comes_back(t, "v1", &image).await,
        _ => skip(format!("parameters are refused here: status {}", answer.status)),
    }
}

async fn is_refused(t: &Trial, body: &'static str) -> Checked {
    t.image().await?;
    let put = t
        .request("PUT", t.manifest("v1"))
        .header("content-type", OCI_MANIFEST);
    put.body(body).send().await?.expect_refusal()?;
    t.get(t.manifest("v1")).await?.expect(404)?;
    Ok(())
}

async fn not_json(t: &Trial) -> Checked {
    is_refused(t, "<html>").await
}

async fn empty_body(t: &Trial) -> Checked {
    is_refused(t, "").await
}

async fn no_manifest(t: &Trial) -> Checked {
    is_refused(t, r#"{"x":1}"#).await
}
