//! Listings: page after page, by the links that the registry sends.

use std::collections::{HashSet, VecDeque};

use futures_util::Stream;
use futures_util::stream;
use http::header::LINK;
use http::{HeaderMap, Method, Uri};
use oras_auth::Scopes;
use oras_content::{Error, ErrorSubject, Result};
use oras_transport::{FinalUri, Origin, resolve};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use crate::core::Core;
use crate::request::Call;

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Builds `?name=value&…` from the values that are set, or an empty string.
pub(crate) fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if let Some(value) = value {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            text.extend(utf8_percent_encode(value, QUERY));
        }
    }
    text
}

/// One page of a listing.
pub(crate) struct Page {
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
    /// The subject for errors.
    pub(crate) what: ErrorSubject,
}

impl Page {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| Error::protocol(&self.what, error))
    }
}

/// The pages of a listing.
pub(crate) struct Pages<'a> {
    core: &'a Core,
    what: ErrorSubject,
    scopes: Scopes,
    next: VecDeque<Result<Uri>>,
    seen: HashSet<Uri>,
    /// Bytes of the pages so far.
    read: u64,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(core: &'a Core, first: Result<Uri>, what: ErrorSubject, scopes: Scopes) -> Self {
        Self {
            core,
            what,
            scopes,
            next: VecDeque::from([first]),
            seen: HashSet::new(),
            read: 0,
        }
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Page>> + Send + 'a {
        stream::try_unfold(self, |mut pages| async move {
            let page = pages.advance().await?;
            Ok(page.map(|page| (page, pages)))
        })
    }

    async fn advance(&mut self) -> Result<Option<Page>> {
        let Some(url) = self.next.pop_front().transpose()? else {
            return Ok(None);
        };
        let limit = self.core.options.max_pages;
        if self.seen.len() >= limit {
            return Err(Error::too_many(&self.what, "pages", limit as u64));
        }
        self.seen.insert(url.clone());
        let call = Call::new(Method::GET, url.clone(), &self.what).scopes(self.scopes.clone());
        let (parts, body) = self.core.read(call, self.core.options.max_manifest_bytes).await?;
        let answered = parts
            .extensions
            .get::<FinalUri>()
            .map_or(&url, |FinalUri(url)| url);
        if let Some(next) =
            next_link(&parts.headers, answered).map_err(|error| Error::protocol(&self.what, error))?
        {
            self.follow(next)?;
        }
        self.count(body.len())?;
        Ok(Some(Page {
            headers: parts.headers,
            body,
            what: self.what.clone(),
        }))
    }

    fn count(&mut self, bytes: usize) -> Result<()> {
        self.read = self.read.saturating_add(bytes as u64);
        let limit = self.core.options.max_listing_bytes;
        if self.read <= limit {
            return Ok(());
        }
        Err(Error::too_many(&self.what, "bytes", limit))
    }

    fn follow(&mut self, next: Uri) -> Result<()> {
        if Origin::of(&next).as_ref() != Ok(&self.core.origin) || !next.path().starts_with("/v2/") {
            return Err(Error::refused(
                self.what.clone(),
                "the registry's link to the next page leads to another server, or outside of its API"
                    .to_owned(),
            ));
        }
        let next = self.core.next_url(next);
        if self.seen.contains(&next) {
            return Err(Error::protocol(
                &self.what,
                "the registry gives the same page again",
            ));
        }
        self.next.push_back(Ok(next));
        Ok(())
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the registry's link to the next page cannot be read")]
pub(crate) struct BadLink;

/// The target of `rel="next"`, or of a link without a relation.
///
/// Spec: RFC 8288, section 3.
pub(crate) fn next_link(headers: &HeaderMap, base: &Uri) -> Result<Option<Uri>, BadLink> {
    for value in headers.get_all(LINK) {
        let text = value.to_str().map_err(|_| BadLink)?;
        for link in links(text) {
            let (target, parameters) = link?;
            if is_next(parameters) {
                return resolve(base, target).map(Some).map_err(|_| BadLink);
            }
        }
    }
    Ok(None)
}

/// Iterates over the `<target>; parameters` of a comma-separated list.
fn links(text: &str) -> impl Iterator<Item = Result<(&str, &str), BadLink>> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            return None;
        }
        let split = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
        let Some((target, after)) = split else {
            rest = "";
            return Some(Err(BadLink));
        };
        // A comma in a quoted parameter ends the link early, which loses only that parameter.
        let end = after.find(',').unwrap_or(after.len());
        let (parameters, remaining) = after.split_at(end);
        rest = remaining;
        Some(Ok((target, parameters)))
    })
}

fn is_next(parameters: &str) -> bool {
    let mut relations = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("rel")
            .then(|| value.trim().trim_matches('"'))
    });
    relations
        .next()
        .is_none_or(|relation| relation.split(' ').any(|word| word.eq_ignore_ascii_case("next")))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn next(link: &str) -> Result<Option<String>, BadLink> {
        let base: Uri = "https://reg.example/v2/a/tags/list?n=1".parse().unwrap();
        let headers = HeaderMap::from_iter([(LINK, HeaderValue::from_str(link).unwrap())]);
        next_link(&headers, &base).map(|found| found.map(|uri| uri.to_string()))
    }

    #[test]
    fn the_next_page_is_where_the_link_says() {
        let page = "https://reg.example/v2/a/tags/list?last=b&n=1";
        for link in [
            "</v2/a/tags/list?last=b&n=1>; rel=\"next\"",
            "<https://reg.example/v2/a/tags/list?last=b&n=1>; rel=next",
            "<?last=b&n=1>; rel=\"next\"",
            "</v2/a/tags/list?last=b&n=1>",
            "</other>; rel=\"prev\", </v2/a/tags/list?last=b&n=1>; REL=\"next last\"",
        ] {
            assert_eq!(next(link).unwrap().as_deref(), Some(page), "{link}");
        }
        assert_eq!(next("</other>; rel=\"prev\""), Ok(None));
    }

    #[test]
    fn a_link_that_cannot_be_read_is_no_silent_end() {
        for link in [
            "/v2/a/tags/list; rel=\"next\"",
            "<open",
            "<ftp://x/>; rel=next",
            "<https:evil>",
        ] {
            assert_eq!(next(link), Err(BadLink), "{link}");
        }
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(
            query(&[("a", Some("x+y/z&b=c")), ("n", None)]),
            "?a=x%2By%2Fz%26b%3Dc"
        );
        assert_eq!(query(&[("n", None)]), "");
    }
}
