//! Deletion, and the refusal in registries without it.

use futures_util::FutureExt;

use crate::case::{Case, Checked, Section, skip};
use crate::content::{Blob, Document};
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Section::of("Deleting tags")
        .must("delete/tag", |t| tag(t).boxed())
        .must("delete/tag-missing", |t| missing_tag(t).boxed())
        .should("delete/tag-switched-off", |t| switched_off(t, What::Tag).boxed())
        .cases();
    let section = Section::of("Deleting Manifests")
        .must("delete/manifest", |t| manifest(t).boxed())
        .must("delete/manifest-missing", |t| missing_manifest(t).boxed())
        .must("delete/manifest-takes-its-tags", |t| takes_tags(t).boxed())
        .must("delete/manifest-keeps-others", |t| keeps_others(t).boxed())
        .must("delete/manifest-and-push-again", |t| again(t).boxed())
        .must("delete/index-keeps-children", |t| keeps_children(t).boxed())
        .should("delete/manifest-switched-off", |t| {
            switched_off(t, What::Manifest).boxed()
        });
    cases.extend(section.cases());
    let section = Section::of("Deleting Blobs")
        .must("delete/blob", |t| blob(t).boxed())
        .must("delete/blob-missing", |t| missing_blob(t).boxed())
        .must("delete/blob-and-push-again", |t| blob_again(t).boxed())
        .must("delete/blob-keeps-other-repository", |t| {
            other_repository(t).boxed()
        })
        .should("delete/blob-switched-off", |t| {
            switched_off(t, What::Blob).boxed()
        });
    cases.extend(section.cases());
    cases
}

async fn is_gone(t: &Trial, path: &str) -> Checked {
    t.head(path).await?.expect(404)?;
    t.get(path).await?.expect(404)?;
    Ok(())
}

async fn is_there(t: &Trial, path: &str) -> Checked {
    t.get(path).await?.expect(200)?;
    Ok(())
}

async fn tag(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.put_manifest("v2", &image).await?.expect(201)?;
    t.delete(t.manifest("v1")).await?.expect(202)?;
    is_gone(t, &t.manifest("v1")).await?;
    is_there(t, &t.manifest("v2")).await?;
    is_there(t, &t.manifest(&image.digest)).await?;
    let list = t.get(t.path("tags/list")).await?.expect(200)?;
    list.check(
        list.json()?["tags"] == serde_json::json!(["v2"]),
        "the tag v2 alone",
    )
}

async fn missing_tag(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    t.delete(t.manifest("v2")).await?.expect(404)?;
    Ok(())
}

async fn manifest(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.delete(t.manifest(&image.digest)).await?.expect(202)?;
    is_gone(t, &t.manifest(&image.digest)).await?;
    t.delete(t.manifest(&image.digest)).await?.expect(404)?;
    Ok(())
}

async fn missing_manifest(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    t.delete(t.manifest(&Blob::random(20).digest))
        .await?
        .expect(404)?;
    Ok(())
}

async fn takes_tags(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.put_manifest("v2", &image).await?.expect(201)?;
    t.delete(t.manifest(&image.digest)).await?.expect(202)?;
    is_gone(t, &t.manifest("v1")).await?;
    is_gone(t, &t.manifest("v2")).await
}

async fn keeps_others(t: &Trial) -> Checked {
    let (image, other) = (t.push_image("v1").await?, t.push_image("v2").await?);
    t.delete(t.manifest(&image.digest)).await?.expect(202)?;
    is_there(t, &t.manifest("v2")).await?;
    is_there(t, &t.manifest(&other.digest)).await
}

async fn again(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.delete(t.manifest(&image.digest)).await?.expect(202)?;
    t.put_manifest("v1", &image).await?.expect(201)?;
    is_there(t, &t.manifest("v1")).await
}

async fn keeps_children(t: &Trial) -> Checked {
    let child = t.push_image("child").await?;
    let index = Document::index(&[&child]);
    t.put_manifest("v1", &index).await?.expect(201)?;
    t.delete(t.manifest(&index.digest)).await?.expect(202)?;
    is_there(t, &t.manifest("child")).await
}

async fn pushed(t: &Trial) -> Checked<Blob> {
    let blob = Blob::random(300);
    t.push_blob(&blob).await?;
    Ok(blob)
}

async fn blob(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    t.delete(t.blob(&blob.digest)).await?.expect(202)?;
    is_gone(t, &t.blob(&blob.digest)).await?;
    t.delete(t.blob(&blob.digest)).await?.expect(404)?;
    Ok(())
}

async fn missing_blob(t: &Trial) -> Checked {
    pushed(t).await?;
    t.delete(t.blob(&Blob::random(20).digest)).await?.expect(404)?;
    Ok(())
}

async fn blob_again(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    t.delete(t.blob(&blob.digest)).await?.expect(202)?;
    t.push_blob(&blob).await?;
    is_there(t, &t.blob(&blob.digest)).await
}

async fn other_repository(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    t.push_blob_to(&t.other, &blob).await?;
    t.delete(t.blob(&blob.digest)).await?.expect(202)?;
    is_there(t, &format!("/v2/{}/blobs/{}", t.other, blob.digest)).await
}

enum What {
    Tag,
    Manifest,
    Blob,
}

/// Spec: a registry without deletion refuses with 400 or 405, and keeps everything.
async fn switched_off(t: &Trial, what: What) -> Checked {
    let image = t.push_image("v1").await?;
    let path = match what {
        What::Tag => t.manifest("v1"),
        What::Manifest => t.manifest(&image.digest),
        What::Blob => t.blob(&pushed(t).await?.digest),
    };
    let answer = t.request("DELETE", &path).send().await?;
    if answer.status == 202 {
        return skip("this can be deleted here");
    }
    answer.expect_error(&[400, 405], "UNSUPPORTED")?;
    is_there(t, &path).await
}
