//! Pages of listings.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{Code, Failure, Result};
use crate::query::Query;

/// The requested part of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Maximum number of entries; 0 if none are requested.
    pub(crate) size: usize,
    /// Only entries after this one.
    pub(crate) last: Option<String>,
}

impl Page {
    /// Reads `n` and `last`. Whatever `n` is, a page has at most `cap` entries.
    ///
    /// Spec: distribution-spec v1.1, "Listing Tags".
    pub(crate) fn of(query: &Query, cap: usize) -> Result<Self> {
        let size = match query.get("n") {
            Some(text) => number(text)?.min(cap),
            None => cap,
        };
        Ok(Self {
            size,
            last: query
                .get("last")
                .filter(|last| !last.is_empty())
                .map(str::to_owned),
        })
    }

    /// Cuts a listing, which has one entry more than the page, and returns where the next page starts.
    pub(crate) fn cut<T>(&self, entries: &mut Vec<T>, cursor: impl Fn(&T) -> &str) -> Option<Cursor> {
        self.cut_at(usize::MAX, entries, cursor)
    }

    /// Like [`cut`](Self::cut), for a page of at most `fitting` entries.
    pub(crate) fn cut_at<T>(
        &self,
        fitting: usize,
        entries: &mut Vec<T>,
        cursor: impl Fn(&T) -> &str,
    ) -> Option<Cursor> {
        let size = self.size.min(fitting);
        let more = entries.len() > size;
        entries.truncate(size);
        let last = entries.last().filter(|_| more)?;
        Some(Cursor {
            last: cursor(last).to_owned(),
            size: self.size,
        })
    }
}

/// The start of the next page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    last: String,
    size: usize,
}

impl Cursor {
    /// Returns the `Link` header to the next page, with the `kept` parameters of the query.
    pub(crate) fn link(&self, path: &str, query: &Query, kept: &[&str]) -> String {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let value = |name: &str| query.get(name).filter(|value| !value.is_empty());
        let more: String = kept
            .iter()
            .filter_map(|name| Some(format!("&{name}={}", encode(value(name)?))))
            .collect();
        format!(
            "<{path}?last={}&n={}{more}>; rel=\"next\"",
            encode(&self.last),
            self.size
        )
    }
}

fn number(text: &str) -> Result<usize> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match digits {
        // A number that does not fit is larger than any page.
        true => Ok(text.parse().unwrap_or(usize::MAX)),
        false => Err(Failure::new(
            Code::PaginationNumberInvalid,
            "n is not a number of entries",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::Page;
    use crate::query::Query;

    fn page(query: &str) -> Option<(usize, Option<String>)> {
        let query = Query::of(&format!("/?{query}").parse().unwrap());
        let page = Page::of(&query, 100).ok()?;
        Some((page.size, page.last))
    }

    #[test]
    fn a_page_is_never_larger_than_the_cap() {
        assert_eq!(page("").unwrap().0, 100);
        assert_eq!(page("n=0").unwrap().0, 0);
        assert_eq!(page("n=7&last=b"), Some((7, Some("b".into()))));
        for huge in ["2147483648", "18446744073709551615", "99999999999999999999999999"] {
            assert_eq!(page(&format!("n={huge}")).unwrap().0, 100, "{huge}");
        }
        for wrong in ["n=-1", "n=", "n=1e3", "n=%2B1", "n=0x1", "n=all"] {
            assert_eq!(page(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_full_page_links_to_the_next_one() {
        let page = Page { size: 2, last: None };
        let mut entries = vec!["a", "b.c", "d"];
        let cursor = page.cut(&mut entries, |entry| entry).unwrap();
        assert_eq!(entries, ["a", "b.c"]);
        let query = Query::of(&"/?artifactType=a/b%2Bc&ns=&n=7".parse().unwrap());
        let link = cursor.link("/v2/x/tags/list", &query, &["artifactType", "ns", "other"]);
        assert_eq!(
            link,
            "</v2/x/tags/list?last=b%2Ec&n=2&artifactType=a%2Fb%2Bc>; rel=\"next\""
        );
        assert_eq!(page.cut(&mut entries, |entry| entry), None);
    }
}
