//! Parameters of a manifest push: tags, and the digest.

use futures_util::FutureExt;
use oras_content::Algorithm;
use serde_json::json;

use super::manifest_push::comes_back;
use crate::case::{Case, Checked, Section, skip};
use crate::content::{Blob, Document, image};
use crate::trial::Trial;

/// Spec: the draft after v1.1: a push by digest may name tags.
pub(super) fn cases() -> Vec<Case> {
    Section::of("Pushing Manifests")
        .may("manifest/tag-parameter/one", |t| tagged(t, &["one"]).boxed())
        .may("manifest/tag-parameter/several", |t| {
            tagged(t, &["one", "two", "three"]).boxed()
        })
        .may("manifest/tag-parameter/moves-tag", |t| tag_moves(t).boxed())
        .may("manifest/tag-parameter/that-is-none", |t| {
            tag_that_is_none(t).boxed()
        })
        .may("manifest/digest-parameter/right", |t| digest_parameter(t).boxed())
        .may("manifest/digest-parameter/wrong", |t| {
            wrong_digest_parameter(t).boxed()
        })
        .cases()
}

async fn put_with_tags(t: &Trial, image: &Document, tags: &[&str]) -> Checked<Vec<String>> {
    let query: Vec<String> = tags.iter().map(|tag| format!("tag={tag}")).collect();
    let answer = t
        .put_manifest(format!("{}?{}", image.digest, query.join("&")), image)
        .await?;
    let answer = answer.expect(201)?;
    let set = answer.values("oci-tag");
    match set.is_empty() {
        true => skip("the parameter is not looked at here: no OCI-Tag"),
        false => Ok(set),
    }
}

async fn tagged(t: &Trial, tags: &[&str]) -> Checked {
    let image = t.image().await?;
    let set = put_with_tags(t, &image, tags).await?;
    // A registry may set only some of them, and reports which.
    for tag in &set {
        comes_back(t, tag, &image).await?;
    }
    let answer = t.get(t.path("tags/list")).await?.expect(200)?;
    let listed = answer.json()?["tags"].as_array().map_or(0, Vec::len);
    answer.check(
        listed == set.len(),
        format!("the {} tags that were said to be set", set.len()),
    )
}

async fn tag_moves(t: &Trial) -> Checked {
    t.push_image("one").await?;
    let image = t.image().await?;
    put_with_tags(t, &image, &["one"]).await?;
    comes_back(t, "one", &image).await
}

async fn tag_that_is_none(t: &Trial) -> Checked {
    let image = t.image().await?;
    put_with_tags(t, &image, &["one"]).await?;
    let answer = t
        .put_manifest(format!("{}?tag=-not-a-tag", image.digest), &image)
        .await?;
    if answer.status == 201 {
        let set = answer.values("oci-tag");
        return answer.check(set.is_empty(), "no OCI-Tag for what is no tag");
    }
    answer.expect_refusal().map(drop)
}

/// Spec: the draft after v1.1: a push by tag may give the digest.
async fn digest_parameter(t: &Trial) -> Checked {
    let image = t.image().await?.by(Algorithm::Sha512);
    let answer = t
        .put_manifest(format!("v1?digest={}", image.digest), &image)
        .await?
        .expect(201)?;
    if answer.header("docker-content-digest") != Some(image.digest.as_str()) {
        return skip("the parameter is not looked at here: another digest comes back");
    }
    comes_back(t, image.digest.as_str(), &image).await?;
    comes_back(t, "v1", &image).await
}

async fn wrong_digest_parameter(t: &Trial) -> Checked {
    let config = Blob::config();
    t.push_blob(&config).await?;
    let mut value = image(&config, &[]);
    value["annotations"] = json!({ "org.example.case": "wrong digest" });
    let document = Document::of(&value);
    let wrong = Blob::random(20).digest;
    let answer = t.put_manifest(format!("v1?digest={wrong}"), &document).await?;
    match answer.status {
        201 => skip("the parameter is not looked at here: status 201"),
        _ => answer.expect(400).map(drop),
    }
}
