//! Names: valid and invalid repositories and tags.

use futures_util::FutureExt;

use crate::case::{Case, Checked, Section};
use crate::content::Blob;
use crate::session::Session;
use crate::trial::Trial;

/// Suffixes for a new repository name that must be accepted.
const VALID: [(&str, &str); 8] = [
    ("deep", "/a/b/c/d/e/f"),
    ("digits", "/0/1"),
    ("dash", "/a-b--c"),
    ("dot", "/a.b.c"),
    ("underscore", "/a_b"),
    ("two-underscores", "/a__b"),
    ("keywords", "/manifests/tags/list/referrers"),
    ("uploads", "/x/uploads"),
];

/// Suffixes that must be refused.
const INVALID: [(&str, &str); 12] = [
    ("upper-case", "/Upper"),
    ("parent", "/../x"),
    ("encoded-parent", "/%2e%2e/x"),
    ("encoded-slash", "%2Fx"),
    ("empty-component", "//x"),
    ("leading-dash", "/-x"),
    ("trailing-dash", "/x-"),
    ("leading-dot", "/.x"),
    ("three-underscores", "/a___b"),
    ("dot-dash", "/a.-b"),
    ("space", "/a%20b"),
    ("not-ascii", "/%C3%A9"),
];

const INVALID_TAGS: [(&str, &str); 6] = [
    ("leading-dot", ".x"),
    ("leading-dash", "-x"),
    ("space", "a%20b"),
    ("plus", "a+b"),
    ("slash", "a%2Fb"),
    ("not-ascii", "%C3%A9"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut section = Section::of("Pulling manifests");
    for (what, name) in VALID {
        section = section.must(format!("name/valid/{what}"), move |t| valid(t, name).boxed());
    }
    for (what, name) in INVALID {
        section = section.must(format!("name/invalid/{what}"), move |t| invalid(t, name).boxed());
    }
    section = section
        .must("tag-name/valid/128-characters", |t| {
            valid_tag(t, "x".repeat(128)).boxed()
        })
        .must("tag-name/valid/all-characters", |t| {
            valid_tag(t, "_Az0.9-x".to_owned()).boxed()
        })
        .must("tag-name/invalid/129-characters", |t| {
            invalid_tag(t, "x".repeat(129)).boxed()
        });
    for (what, tag) in INVALID_TAGS {
        section = section.must(format!("tag-name/invalid/{what}"), move |t| {
            invalid_tag(t, tag.to_owned()).boxed()
        });
    }
    section.cases()
}

async fn valid(t: &Trial, suffix: &str) -> Checked {
    let name = format!("{}{suffix}", t.repository);
    let blob = Blob::random(20);
    let session = Session::open_in(t, &name, "").await?;
    session.put(&blob.digest, blob.bytes.clone()).await?.expect(201)?;
    let answer = t
        .request("GET", format!("/v2/{name}/blobs/{}", blob.digest))
        .send_following()
        .await?;
    answer.expect(200)?.expect_body(&blob.bytes)
}

async fn invalid(t: &Trial, suffix: &str) -> Checked {
    let name = format!("{}{suffix}", t.repository);
    let post = t
        .request("POST", format!("/v2/{name}/blobs/uploads/"))
        .header("content-length", "0");
    post.send().await?.expect_refusal()?;
    t.get(format!("/v2/{name}/tags/list")).await?.expect_refusal()?;
    Ok(())
}

async fn valid_tag(t: &Trial, tag: String) -> Checked {
    let image = t.push_image(&tag).await?;
    let answer = t.get(t.manifest(&tag)).await?.expect(200)?;
    answer.expect_body(&image.bytes)
}

async fn invalid_tag(t: &Trial, tag: String) -> Checked {
    let image = t.image().await?;
    t.put_manifest(&tag, &image).await?.expect_refusal()?;
    t.get(t.manifest(&tag)).await?.expect_refusal()?;
    Ok(())
}
