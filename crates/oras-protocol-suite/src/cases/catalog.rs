//! The catalog: the list of repositories, which is up to the registry.

use futures_util::FutureExt;

use super::tag::walk;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    Section::of("Endpoints (not specified)")
        .may("catalog/has-what-was-pushed", |t| has_it(t).boxed())
        .may("catalog/n-is-0", |t| none(t).boxed())
        .may("catalog/n-is-negative", |t| negative(t).boxed())
        .may("catalog/chain", |t| chain(t).boxed())
        .cases()
}

async fn push(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    t.push_blob_to(&t.other, &Blob::random(20)).await?;
    let answer = t.get("/v2/_catalog?n=1").await?;
    match answer.status {
        200 => Ok(()),
        status => skip(format!("there is no catalog here: status {status}")),
    }
}

async fn has_it(t: &Trial) -> Checked {
    push(t).await?;
    let answer = t
        .get(format!("/v2/_catalog?n=1&last={}", before(&t.repository)))
        .await?
        .expect(200)?;
    let names = &answer.json()?["repositories"];
    answer.check(
        names[0] == t.repository.as_str(),
        format!("the repository {}", t.repository),
    )
}

/// Returns a text that sorts right before a name.
fn before(name: &str) -> String {
    let mut text = name.to_owned();
    let last = text.pop().unwrap_or('1');
    // The names of the suite end in a letter or a digit.
    text.push(char::from_u32(u32::from(last) - 1).unwrap_or('/'));
    format!("{text}~")
}

async fn none(t: &Trial) -> Checked {
    push(t).await?;
    let answer = t.get("/v2/_catalog?n=0").await?.expect(200)?;
    let names = &answer.json()?["repositories"];
    answer.check(names.as_array().is_none_or(Vec::is_empty), "no repositories")
}

async fn negative(t: &Trial) -> Checked {
    push(t).await?;
    t.get("/v2/_catalog?n=-1").await?.expect_refusal()?;
    Ok(())
}

async fn chain(t: &Trial) -> Checked {
    push(t).await?;
    let first = format!("/v2/_catalog?n=1&last={}", before(&t.repository));
    let answer = t.get(&first).await?;
    let Some(second) = super::tag::next(&answer)? else {
        return Err(answer.wrong("a Link to the next page"));
    };
    let names = t.get(second).await?.expect(200)?.json()?;
    answer.check(
        names["repositories"][0] != t.repository.as_str(),
        "another repository on the next page",
    )?;
    let (found, _) = walk(t, "/v2/_catalog?n=1000".to_owned(), "repositories").await?;
    answer.check(
        found.contains(&t.repository) && found.is_sorted(),
        "all repositories in order, over all pages",
    )
}
