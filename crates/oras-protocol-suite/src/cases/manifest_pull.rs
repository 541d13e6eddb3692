//! Pulling manifests.

use futures_util::FutureExt;

use crate::case::{Case, Checked, Section};
use crate::content::{ACCEPT, Blob};
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Section::of("Pulling manifests")
        .must("manifest/pull/by-tag", |t| by_tag(t).boxed())
        .must("manifest/pull/by-digest", |t| by_digest(t).boxed())
        .must("manifest/pull/missing-tag", |t| missing_tag(t).boxed())
        .must("manifest/pull/missing-digest", |t| missing_digest(t).boxed())
        .must("manifest/pull/missing-repository", |t| {
            missing_repository(t).boxed()
        })
        .must("manifest/pull/digest-that-is-none", |t| {
            digest_that_is_none(t).boxed()
        })
        .should("manifest/pull/blob-is-no-manifest", |t| {
            blob_is_no_manifest(t).boxed()
        })
        .should("manifest/pull/digest-header", |t| digest_header(t).boxed())
        .must("manifest/pull/range", |t| range(t).boxed())
        .cases();
    let section = Section::of("Checking if content exists in the registry")
        .must("manifest/head/by-tag", |t| head(t, true).boxed())
        .must("manifest/head/by-digest", |t| head(t, false).boxed())
        .must("manifest/head/missing", |t| head_missing(t).boxed())
        .should("manifest/head/equals-get", |t| head_equals_get(t).boxed());
    cases.extend(section.cases());
    cases
}

async fn by_tag(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let answer = t.get(t.manifest("v1")).await?.expect(200)?;
    answer.expect_type(image.media_type)?;
    answer.expect_body(&image.bytes)
}

async fn by_digest(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let answer = t.get(t.manifest(&image.digest)).await?.expect(200)?;
    answer.expect_type(image.media_type)?;
    answer.expect_body(&image.bytes)
}

async fn missing_tag(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    t.get(t.manifest("v2")).await?.expect(404)?;
    Ok(())
}

async fn missing_digest(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    t.get(t.manifest(&Blob::random(20).digest)).await?.expect(404)?;
    Ok(())
}

async fn missing_repository(t: &Trial) -> Checked {
    t.get(t.manifest("v1")).await?.expect(404)?;
    Ok(())
}

async fn digest_that_is_none(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    t.get(t.manifest("sha256:baddigest"))
        .await?
        .expect_any(&[400, 404])?;
    Ok(())
}

async fn blob_is_no_manifest(t: &Trial) -> Checked {
    let blob = Blob::config();
    t.push_blob(&blob).await?;
    t.get(t.manifest(&blob.digest)).await?.expect(404)?;
    Ok(())
}

async fn digest_header(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    for reference in ["v1", image.digest.as_str()] {
        t.get(t.manifest(reference))
            .await?
            .expect(200)?
            .expect_digest(&image.digest)?;
        t.head(t.manifest(reference))
            .await?
            .expect(200)?
            .expect_digest(&image.digest)?;
    }
    Ok(())
}

/// Spec: RFC 9110, section 14.2: a range may be ignored, but not be answered wrongly.
async fn range(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let get = t
        .request("GET", t.manifest("v1"))
        .header("accept", ACCEPT)
        .header("range", "bytes=2-9");
    let answer = get.send().await?.expect_any(&[200, 206])?;
    if answer.status == 200 {
        return answer.expect_body(&image.bytes);
    }
    answer.expect_header("content-range", &format!("bytes 2-9/{}", image.len()))?;
    answer.expect_body(&image.bytes[2..10])
}

async fn head(t: &Trial, by_tag: bool) -> Checked {
    let image = t.push_image("v1").await?;
    let reference = if by_tag { "v1" } else { image.digest.as_str() };
    let answer = t.head(t.manifest(reference)).await?.expect(200)?;
    answer.expect_type(image.media_type)?;
    answer.expect_length(image.len())?;
    answer.expect_no_other_digest(&image.digest)?;
    answer.expect_body(b"")
}

async fn head_missing(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    let answer = t.head(t.manifest("v2")).await?.expect(404)?;
    answer.expect_body(b"")
}

async fn head_equals_get(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    let (head, get) = (t.head(t.manifest("v1")).await?, t.get(t.manifest("v1")).await?);
    for name in ["content-length", "content-type", "docker-content-digest", "etag"] {
        head.check(
            head.header(name) == get.header(name),
            format!("the {name} of GET: {:?}", get.header(name)),
        )?;
    }
    Ok(())
}
