//! Referrers: the manifests with a given subject.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use serde_json::Value;

use super::tag::next;
use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::{Blob, Document};
use crate::login::encode;
use crate::trial::Trial;

const ONE: &str = "application/vnd.example.one+json";
const TWO: &str = "application/vnd.example.two+json";
/// Maximum number of pages before a chain counts as endless.
const MOST: usize = 100;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Section::of("Listing Referrers")
        .must("referrers/none", |t| none(t).boxed())
        .must("referrers/unknown-subject", |t| unknown_subject(t).boxed())
        .must("referrers/digest-that-is-none", |t| {
            digest_that_is_none(t).boxed()
        })
        .must("referrers/all", |t| all(t).boxed())
        .must("referrers/once", |t| once(t).boxed())
        .must("referrers/other-repository", |t| other_repository(t).boxed())
        .must("referrers/not-those-that-list-it", |t| not_parents(t).boxed())
        .must("referrers/subject-later", |t| subject_later(t).boxed())
        .must("referrers/of-a-referrer", |t| of_a_referrer(t).boxed())
        .should("referrers/filter", |t| filter(t).boxed())
        .must("referrers/filter-applied", |t| filter_applied(t).boxed())
        .should("referrers/filter-without-match", |t| {
            filter_without_match(t).boxed()
        })
        .must("referrers/no-filter-no-header", |t| {
            no_filter_no_header(t).boxed()
        })
        .must("referrers/chain", |t| chain(t).boxed())
        .may("referrers/n", |t| limited(t).boxed())
        .may("referrers/n-keeps-filter", |t| limited_filter(t).boxed())
        .must("referrers/deleted", |t| deleted(t).boxed())
        .may("referrers/subject-deleted", |t| subject_deleted(t).boxed())
        .cases();
    let section = Section::of("Pushing Manifests with Subject")
        .must("referrers/header", |t| header(t).boxed())
        .must("referrers/header-without-subject", |t| {
            header_without_subject(t).boxed()
        });
    cases.extend(section.cases());
    cases
}

/// Returns the digests of a list.
fn digests(answer: &Answer) -> Checked<Vec<String>> {
    let document = answer.json()?;
    let list = document["manifests"]
        .as_array()
        .ok_or_else(|| answer.wrong("a list of manifests"))?;
    let digest = |entry: &Value| entry["digest"].as_str().map(str::to_owned);
    list.iter()
        .map(digest)
        .collect::<Option<_>>()
        .ok_or_else(|| answer.wrong("digests in the list"))
}

/// Checks the referrers in a list, all on one page.
async fn are(t: &Trial, subject: &Document, query: &str, wanted: &[&Document]) -> Checked<Answer> {
    let answer = t.list_referrers(&subject.digest, query).await?;
    let found = digests(&answer)?;
    let wanted: BTreeSet<&str> = wanted.iter().map(|document| document.digest.as_str()).collect();
    let same = found.len() == wanted.len() && found.iter().all(|digest| wanted.contains(digest.as_str()));
    if !same && next(&answer)?.is_some() {
        return skip("the list has several pages here");
    }
    answer.check(same, format!("the referrers {wanted:?}"))?;
    Ok(answer)
}

async fn none(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let answer = are(t, &image, "", &[]).await?;
    answer.check(answer.json()?["schemaVersion"] == 2, "an index")
}

async fn unknown_subject(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    let absent = Document::artifact(ONE, None);
    are(t, &absent, "", &[]).await.map(drop)
}

async fn digest_that_is_none(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.list_referrers(&image.digest, "").await?;
    t.get(t.path("referrers/sha256:baddigest")).await?.expect(400)?;
    Ok(())
}

async fn all(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let (one, two) = (t.attach(&image, ONE).await?, t.attach(&image, TWO).await?);
    are(t, &image, "", &[&one, &two]).await.map(drop)
}

async fn once(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let one = t.attach(&image, ONE).await?;
    t.put_manifest("again", &one).await?.expect(201)?;
    are(t, &image, "", &[&one]).await.map(drop)
}

async fn other_repository(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.attach(&image, ONE).await?;
    t.push_blob_to(&t.other, &Blob::random(20)).await?;
    let answer = t
        .get(format!("/v2/{}/referrers/{}", t.other, image.digest))
        .await?;
    if answer.status == 404 {
        return skip("there is no referrers API here: status 404");
    }
    let answer = answer.expect(200)?;
    answer.check(digests(&answer)?.is_empty(), "no referrers")
}

/// An index that lists a manifest does not have it as its subject.
async fn not_parents(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let index = Document::index(&[&image]);
    t.put_manifest("index", &index).await?.expect(201)?;
    are(t, &image, "", &[]).await.map(drop)
}

async fn subject_later(t: &Trial) -> Checked {
    let image = t.image().await?;
    let one = t.attach(&image, ONE).await?;
    are(t, &image, "", &[&one]).await?;
    t.put_manifest("v1", &image).await?.expect(201)?;
    are(t, &image, "", &[&one]).await.map(drop)
}

async fn of_a_referrer(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let one = t.attach(&image, ONE).await?;
    let two = t.attach(&one, TWO).await?;
    are(t, &image, "", &[&one]).await?;
    are(t, &one, "", &[&two]).await.map(drop)
}

async fn filter(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let one = t.attach(&image, ONE).await?;
    t.attach(&image, TWO).await?;
    let query = format!("?artifactType={}", encode(ONE));
    let answer = t.list_referrers(&image.digest, &query).await?;
    if answer.header("oci-filters-applied").is_none() {
        return skip("lists are not filtered here");
    }
    are(t, &image, &query, &[&one]).await.map(drop)
}

/// Spec: a registry that filters says so, and one that does not says nothing.
async fn filter_applied(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let one = t.attach(&image, ONE).await?;
    t.attach(&image, TWO).await?;
    let answer = t
        .list_referrers(&image.digest, &format!("?artifactType={}", encode(ONE)))
        .await?;
    let is_filtered = digests(&answer)? == [one.digest.as_str()];
    let applied = answer.values("oci-filters-applied");
    let says_so = applied.iter().any(|filter| filter == "artifactType");
    answer.check(
        is_filtered == says_so,
        "OCI-Filters-Applied: artifactType exactly where a list is filtered",
    )
}

async fn filter_without_match(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.attach(&image, ONE).await?;
    let answer = t
        .list_referrers(&image.digest, "?artifactType=application%2Fnothing")
        .await?;
    match answer.header("oci-filters-applied") {
        None => skip("lists are not filtered here"),
        Some(_) => answer.check(digests(&answer)?.is_empty(), "no referrers"),
    }
}

async fn no_filter_no_header(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.attach(&image, ONE).await?;
    let answer = t.list_referrers(&image.digest, "").await?;
    answer.check(
        answer.header("oci-filters-applied").is_none(),
        "no OCI-Filters-Applied",
    )
}

/// Pushes five referrers, which may be listed on any number of pages.
async fn five(t: &Trial) -> Checked<(Document, BTreeSet<String>)> {
    let image = t.push_image("v1").await?;
    let mut wanted = BTreeSet::new();
    for _ in 0..5 {
        wanted.insert(t.attach(&image, ONE).await?.digest.to_string());
    }
    Ok((image, wanted))
}

/// Returns all digests on all pages, and the number of pages.
async fn walk(t: &Trial, subject: &Document, query: &str) -> Checked<(Answer, Vec<String>, usize)> {
    let mut answer = t.list_referrers(&subject.digest, query).await?;
    let mut found = digests(&answer)?;
    for pages in 1..MOST {
        let Some(address) = next(&answer)? else {
            return Ok((answer, found, pages));
        };
        answer.check(t.client.is_own(&address), "a Link to the registry itself")?;
        answer = t.get(address).await?.expect(200)?;
        answer.expect_type("application/vnd.oci.image.index.v1+json")?;
        found.extend(digests(&answer)?);
    }
    Err(answer.wrong("an end of the pages"))
}

async fn chain(t: &Trial) -> Checked {
    let (image, wanted) = five(t).await?;
    let (answer, found, _) = walk(t, &image, "").await?;
    answer.check(
        found.len() == 5 && found.into_iter().collect::<BTreeSet<_>>() == wanted,
        "each of five referrers once",
    )
}

async fn limited(t: &Trial) -> Checked {
    let (image, wanted) = five(t).await?;
    let (answer, found, pages) = walk(t, &image, "?n=2").await?;
    if pages == 1 {
        return skip("how many are on a page cannot be chosen here");
    }
    answer.check(pages == 3, "three pages of at most two")?;
    answer.check(
        found.len() == 5 && found.into_iter().collect::<BTreeSet<_>>() == wanted,
        "each of five referrers once",
    )
}

async fn limited_filter(t: &Trial) -> Checked {
    let (image, wanted) = five(t).await?;
    t.attach(&image, TWO).await?;
    let (answer, found, pages) = walk(t, &image, &format!("?n=2&artifactType={}", encode(ONE))).await?;
    if pages == 1 {
        return skip("how many are on a page cannot be chosen here");
    }
    answer.check(
        found.into_iter().collect::<BTreeSet<_>>() == wanted,
        "the filter on every page",
    )
}

async fn deleted(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let (one, two) = (t.attach(&image, ONE).await?, t.attach(&image, TWO).await?);
    t.list_referrers(&image.digest, "").await?;
    t.delete(t.manifest(&one.digest)).await?.expect(202)?;
    are(t, &image, "", &[&two]).await.map(drop)
}

/// Referrers of a deleted manifest are kept.
async fn subject_deleted(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let one = t.attach(&image, ONE).await?;
    t.list_referrers(&image.digest, "").await?;
    t.delete(t.manifest(&image.digest)).await?.expect(202)?;
    let found = t.head(t.manifest(&one.digest)).await?;
    if found.status == 404 {
        return skip("referrers go with their subject here");
    }
    are(t, &image, "", &[&one]).await.map(drop)
}

async fn header(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    t.list_referrers(&image.digest, "").await?;
    let empty = Blob::empty_json();
    t.push_blob(&empty).await?;
    let referrer = Document::artifact(ONE, Some(&image));
    for reference in ["one", referrer.digest.as_str()] {
        let answer = t.put_manifest(reference, &referrer).await?.expect(201)?;
        answer.expect_header("oci-subject", image.digest.as_str())?;
    }
    Ok(())
}

async fn header_without_subject(t: &Trial) -> Checked {
    let image = t.image().await?;
    let answer = t.put_manifest("v1", &image).await?.expect(201)?;
    answer.check(answer.header("oci-subject").is_none(), "no OCI-Subject")
}
