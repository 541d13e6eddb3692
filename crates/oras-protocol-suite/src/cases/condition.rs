//! Conditional requests.

use futures_util::FutureExt;

use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::{ACCEPT, Document};
use crate::trial::Trial;

/// Spec: RFC 9110, section 13; "Pushing Manifests with Subject" lets clients rely on it if it is offered.
pub(super) fn cases() -> Vec<Case> {
    Section::of("Pulling manifests")
        .may("condition/get/same", |t| get(t, Tag::Same, 304).boxed())
        .may("condition/get/same-weak", |t| get(t, Tag::Weak, 304).boxed())
        .may("condition/get/same-in-a-list", |t| {
            get(t, Tag::InAList, 304).boxed()
        })
        .may("condition/get/any", |t| get(t, Tag::Any, 304).boxed())
        .may("condition/get/other", |t| get(t, Tag::Other, 200).boxed())
        .may("condition/get/moved", |t| moved(t).boxed())
        .may("condition/put/same", |t| put(t, Tag::Same, 201).boxed())
        .may("condition/put/any", |t| put(t, Tag::Any, 201).boxed())
        .may("condition/put/other", |t| put(t, Tag::Other, 412).boxed())
        .may("condition/put/lost-update", |t| lost_update(t).boxed())
        .may("condition/put/any-of-nothing", |t| any_of_nothing(t).boxed())
        .may("condition/put/new-only", |t| new_only(t).boxed())
        .cases()
}

/// The entity tag in a condition.
#[derive(Clone, Copy)]
enum Tag {
    Same,
    Weak,
    InAList,
    Any,
    Other,
}

impl Tag {
    fn of(self, tag: &str) -> String {
        match self {
            Self::Same => tag.to_owned(),
            Self::Weak => format!("W/{tag}"),
            Self::InAList => format!("\"one\", {tag}"),
            Self::Any => "*".to_owned(),
            Self::Other => "\"something else\"".to_owned(),
        }
    }
}

/// Returns the entity tag of the manifest with the tag `v1`.
async fn entity_tag(t: &Trial) -> Checked<String> {
    let answer = t.get(t.manifest("v1")).await?.expect(200)?;
    match answer.header("etag") {
        Some(tag) => Ok(tag.to_owned()),
        None => skip("manifests have no ETag here"),
    }
}

async fn get(t: &Trial, which: Tag, wanted: u16) -> Checked {
    let image = t.push_image("v1").await?;
    let tag = which.of(&entity_tag(t).await?);
    let request = t
        .request("GET", t.manifest("v1"))
        .header("accept", ACCEPT)
        .header("if-none-match", tag);
    let answer = request.send().await?;
    if wanted == 304 && answer.status == 200 {
        answer.expect_body(&image.bytes)?;
        return skip("the condition is not looked at here: status 200");
    }
    let answer = answer.expect(wanted)?;
    answer.expect_body(if wanted == 200 { &image.bytes } else { b"" })
}

async fn moved(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    let tag = entity_tag(t).await?;
    let new = t.push_image("v1").await?;
    let request = t
        .request("GET", t.manifest("v1"))
        .header("accept", ACCEPT)
        .header("if-none-match", tag);
    request.send().await?.expect(200)?.expect_body(&new.bytes)
}

async fn put_if(t: &Trial, header: &'static str, tag: &str, document: &Document) -> Checked<Answer> {
    let request = t
        .request("PUT", t.manifest("v1"))
        .header("content-type", document.media_type);
    request
        .header(header, tag)
        .body(document.bytes.clone())
        .send()
        .await
}

/// Checks that a push was refused because its condition did not hold.
fn refused(answer: Answer) -> Checked {
    match answer.status {
        201 => skip("the condition is not looked at here: status 201"),
        _ => answer.expect(412).map(drop),
    }
}

async fn at_tag(t: &Trial, wanted: &Document) -> Checked {
    t.get(t.manifest("v1"))
        .await?
        .expect(200)?
        .expect_body(&wanted.bytes)
}

async fn put(t: &Trial, which: Tag, wanted: u16) -> Checked {
    let old = t.push_image("v1").await?;
    let tag = which.of(&entity_tag(t).await?);
    let new = t.image().await?;
    let answer = put_if(t, "if-match", &tag, &new).await?;
    if wanted == 201 {
        answer.expect(201)?;
        return at_tag(t, &new).await;
    }
    refused(answer)?;
    at_tag(t, &old).await
}

/// Two clients read and both write: the second write is refused.
async fn lost_update(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    let tag = entity_tag(t).await?;
    let (one, two) = (t.image().await?, t.image().await?);
    put_if(t, "if-match", &tag, &one).await?.expect(201)?;
    refused(put_if(t, "if-match", &tag, &two).await?)?;
    at_tag(t, &one).await
}

/// Whether the registry has entity tags can only be seen from existing content.
async fn offers_conditions(t: &Trial) -> Checked<Document> {
    let image = t.push_image("v1").await?;
    entity_tag(t).await?;
    Ok(image)
}

async fn any_of_nothing(t: &Trial) -> Checked {
    let image = offers_conditions(t).await?;
    let put = t
        .request("PUT", t.manifest("v2"))
        .header("content-type", image.media_type);
    refused(
        put.header("if-match", "*")
            .body(image.bytes.clone())
            .send()
            .await?,
    )?;
    t.get(t.manifest("v2")).await?.expect(404)?;
    Ok(())
}

async fn new_only(t: &Trial) -> Checked {
    let old = offers_conditions(t).await?;
    let new = t.image().await?;
    refused(put_if(t, "if-none-match", "*", &new).await?)?;
    at_tag(t, &old).await?;
    let put = t
        .request("PUT", t.manifest("v2"))
        .header("content-type", new.media_type);
    put.header("if-none-match", "*")
        .body(new.bytes.clone())
        .send()
        .await?
        .expect(201)?;
    Ok(())
}
