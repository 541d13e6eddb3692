//! Tags: listings, page by page.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use serde_json::Value;

use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::trial::Trial;

/// Maximum number of pages before a chain counts as endless.
const MOST: usize = 100;
const TAGS: [&str; 7] = ["1.0", "_x", "a", "a-b", "a.b", "b", "Z"];

pub(super) fn cases() -> Vec<Case> {
    Section::of("Listing Tags")
        .must("tag/list/all", |t| all(t).boxed())
        .must("tag/list/order", |t| order(t).boxed())
        .must("tag/list/unknown-repository", |t| unknown_repository(t).boxed())
        .must("tag/list/no-tags", |t| no_tags(t).boxed())
        .must("tag/list/head", |t| head(t).boxed())
        .must("tag/page/n", |t| limited(t).boxed())
        .must("tag/page/n-is-0", |t| none(t).boxed())
        .must("tag/page/n-is-large", |t| large(t, "100000").boxed())
        .should("tag/page/n-is-huge", |t| {
            large(t, "99999999999999999999999").boxed()
        })
        .should("tag/page/n-is-negative", |t| refused(t, "n=-1").boxed())
        .should("tag/page/n-is-no-number", |t| refused(t, "n=many").boxed())
        .must("tag/page/last", |t| after(t).boxed())
        .must("tag/page/last-is-no-tag-there", |t| after_missing(t).boxed())
        .must("tag/page/last-is-the-last", |t| after_the_last(t).boxed())
        .must("tag/page/n-and-last", |t| limited_after(t).boxed())
        .must("tag/page/link", |t| link(t).boxed())
        .must("tag/page/chain", |t| chain(t).boxed())
        .must("tag/page/chain-without-n", |t| chain_without_n(t).boxed())
        .must("tag/page/no-link-at-the-end", |t| no_link(t).boxed())
        .cases()
}

async fn push(t: &Trial) -> Checked {
    let image = t.image().await?;
    for tag in TAGS {
        t.put_manifest(tag, &image).await?.expect(201)?;
    }
    Ok(())
}

fn entries(answer: &Answer, member: &str) -> Checked<Vec<String>> {
    let document = answer.json()?;
    let list = match &document[member] {
        // Some registries send `null` for an empty list.
        Value::Null => Vec::new(),
        value => value
            .as_array()
            .cloned()
            .ok_or_else(|| answer.wrong(format!("a list {member}")))?,
    };
    let text = |entry: &Value| entry.as_str().map(str::to_owned);
    let texts: Option<Vec<String>> = list.iter().map(text).collect();
    texts.ok_or_else(|| answer.wrong(format!("texts in the list {member}")))
}

async fn page(t: &Trial, query: &str) -> Checked<(Answer, Vec<String>)> {
    let answer = t.get(t.path(format!("tags/list{query}"))).await?.expect(200)?;
    let tags = entries(&answer, "tags")?;
    Ok((answer, tags))
}

async fn is_page(t: &Trial, query: &str, wanted: &[&str]) -> Checked<Answer> {
    let (answer, tags) = page(t, query).await?;
    answer.check(tags == wanted, format!("the tags {wanted:?}"))?;
    Ok(answer)
}

async fn all(t: &Trial) -> Checked {
    push(t).await?;
    let (answer, tags) = page(t, "").await?;
    answer.check(
        answer.json()?["name"] == t.repository.as_str(),
        "the name of the repository",
    )?;
    if next(&answer)?.is_some() {
        return skip("the list has several pages here");
    }
    let found: BTreeSet<&str> = tags.iter().map(String::as_str).collect();
    answer.check(
        found == BTreeSet::from(TAGS) && tags.len() == TAGS.len(),
        format!("the tags {TAGS:?}"),
    )
}

/// Spec: in lexical order, which is defined as case-insensitive.
async fn order(t: &Trial) -> Checked {
    push(t).await?;
    let (answer, tags) = page(t, "").await?;
    answer.check(
        tags.is_sorted_by_key(|tag| tag.to_ascii_lowercase()),
        "tags in lexical order",
    )
}

async fn unknown_repository(t: &Trial) -> Checked {
    t.get(t.path("tags/list")).await?.expect(404)?;
    Ok(())
}

/// A repository without tags may or may not exist.
async fn no_tags(t: &Trial) -> Checked {
    t.push_blob(&Blob::random(20)).await?;
    let answer = t.get(t.path("tags/list")).await?.expect_any(&[200, 404])?;
    match answer.status {
        200 => answer.check(entries(&answer, "tags")?.is_empty(), "no tags"),
        _ => Ok(()),
    }
}

async fn head(t: &Trial) -> Checked {
    push(t).await?;
    let answer = t.head(t.path("tags/list")).await?;
    if answer.status == 405 {
        return skip("lists have no HEAD here: status 405");
    }
    answer.expect(200)?.expect_body(b"")
}

async fn limited(t: &Trial) -> Checked {
    push(t).await?;
    is_page(t, "?n=2", &TAGS[..2]).await?;
    Ok(())
}

/// Spec: an empty list, and no link to more.
async fn none(t: &Trial) -> Checked {
    push(t).await?;
    let answer = is_page(t, "?n=0", &[]).await?;
    answer.check(answer.header("link").is_none(), "no Link")
}

/// Whatever number is requested, the registry decides how many it sends.
async fn large(t: &Trial, n: &str) -> Checked {
    push(t).await?;
    let answer = t.get(t.path(format!("tags/list?n={n}"))).await?;
    if answer.status == 400 {
        return answer.expect_error(&[400], "PAGINATION_NUMBER_INVALID").map(drop);
    }
    let answer = answer.expect(200)?;
    let tags = entries(&answer, "tags")?;
    let is_whole = tags.len() == TAGS.len();
    answer.check(
        is_whole || answer.header("link").is_some(),
        "all tags, or a Link to more",
    )
}

async fn refused(t: &Trial, query: &str) -> Checked {
    push(t).await?;
    t.get(t.path(format!("tags/list?{query}")))
        .await?
        .expect_refusal()?;
    Ok(())
}

async fn after(t: &Trial) -> Checked {
    push(t).await?;
    after_is(t, "a", &TAGS[3..]).await
}

/// Spec: `last` need not be an existing tag.
async fn after_missing(t: &Trial) -> Checked {
    push(t).await?;
    after_is(t, "a-a", &TAGS[3..]).await
}

async fn after_the_last(t: &Trial) -> Checked {
    push(t).await?;
    after_is(t, "Z", &[]).await
}

async fn after_is(t: &Trial, last: &str, wanted: &[&str]) -> Checked {
    let (answer, tags) = page(t, &format!("?last={last}")).await?;
    let right = match next(&answer)? {
        Some(_) => !tags.is_empty() && wanted.starts_with(&refs(&tags)),
        None => tags == wanted,
    };
    answer.check(right, format!("the tags {wanted:?}"))
}

fn refs(tags: &[String]) -> Vec<&str> {
    tags.iter().map(String::as_str).collect()
}

async fn limited_after(t: &Trial) -> Checked {
    push(t).await?;
    is_page(t, "?n=2&last=_x", &["a", "a-b"]).await?;
    Ok(())
}

/// Returns the address of the next page.
///
/// Spec: RFC 8288.
pub(super) fn next(answer: &Answer) -> Checked<Option<String>> {
    let Some(link) = answer.header("link") else {
        return Ok(None);
    };
    let parsed = link.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let is_next = |parameters: &str| {
        let mut parameters = parameters
            .split(';')
            .map(|parameter| parameter.trim().replace(' ', ""));
        parameters.any(|parameter| matches!(parameter.as_str(), "rel=next" | "rel=\"next\""))
    };
    match parsed.filter(|(_, parameters)| is_next(parameters)) {
        Some((address, _)) => answer
            .resolve(address)
            .map(Some)
            .ok_or_else(|| answer.wrong("a Link to an address")),
        None => Err(answer.wrong("Link: <address>; rel=\"next\"")),
    }
}

async fn link(t: &Trial) -> Checked {
    push(t).await?;
    let (answer, first) = page(t, "?n=3").await?;
    let next = next(&answer)?.ok_or_else(|| answer.wrong("a Link to the next page"))?;
    answer.check(t.client.is_own(&next), "a Link to the registry itself")?;
    let second = t.get(next).await?.expect(200)?;
    let tags = entries(&second, "tags")?;
    let rest = &TAGS[first.len().min(TAGS.len())..];
    let follows = !tags.is_empty() && rest.starts_with(&refs(&tags));
    second.check(follows, format!("the tags after {:?}", first.last()))
}

/// Returns all entries of a listing, page by page; each page must make progress.
pub(super) async fn walk(t: &Trial, first: String, member: &str) -> Checked<(Vec<String>, usize)> {
    let (mut found, mut pages, mut address) = (Vec::new(), 0, first);
    loop {
        let answer = t.get(&address).await?.expect(200)?;
        found.extend(entries(&answer, member)?);
        pages += 1;
        match next(&answer)? {
            None => return Ok((found, pages)),
            Some(next) => {
                answer.check(next != address && pages < MOST, "an end of the pages")?;
                address = next;
            }
        }
    }
}

async fn chain(t: &Trial) -> Checked {
    push(t).await?;
    walks_all(t, "?n=3").await
}

async fn chain_without_n(t: &Trial) -> Checked {
    push(t).await?;
    walks_all(t, "").await
}

async fn walks_all(t: &Trial, query: &str) -> Checked {
    let first = t.path(format!("tags/list{query}"));
    let (found, _) = walk(t, first.clone(), "tags").await?;
    let answer = t.get(first).await?;
    answer.check(
        refs(&found) == TAGS,
        format!("{TAGS:?} over all pages instead of {found:?}"),
    )
}

async fn no_link(t: &Trial) -> Checked {
    push(t).await?;
    let (answer, tags) = page(t, "?n=7").await?;
    answer.check(
        tags.len() < TAGS.len() || answer.header("link").is_none(),
        "no Link after the last tag",
    )
}
