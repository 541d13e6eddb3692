//! Resolves a URL reference against its base URL.

use std::borrow::Cow;

use http::Uri;
use http::uri::{Authority, PathAndQuery};

use crate::invalid_uri::InvalidUri;
use crate::origin::Origin;

/// Resolves `reference` against the absolute URL `base`.
///
/// Accepts absolute URLs, `//host/…`, absolute and relative paths, and a query alone. A fragment is dropped. Characters
/// that are invalid in URLs but sent by servers (space, `<`, `>`, `^`, backtick, double quotes, `\`, non-ASCII) are
/// escaped. Existing escapes are kept.
///
/// Spec: RFC 3986, section 5.2, "Relative Resolution"; RFC 9110, section 10.2.2, "Location".
///
/// # Errors
///
/// - [`InvalidUri::Scheme`], [`InvalidUri::Host`], [`InvalidUri::UserInfo`]: that part of the result is invalid.
/// - [`InvalidUri::Control`]: `reference` has a control character.
/// - [`InvalidUri::Syntax`]: the result is not a URL.
pub fn resolve(base: &Uri, reference: &str) -> Result<Uri, InvalidUri> {
    let base_origin = Origin::of(base)?;
    if reference.chars().any(char::is_control) {
        return Err(InvalidUri::Control);
    }
    let reference = reference.trim_matches(' ');
    let reference = reference.split('#').next().unwrap_or("");

    let (scheme, rest) = match split_scheme(reference) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
        Some(_) => return Err(InvalidUri::Scheme),
        None => (base_origin.scheme().as_str(), reference),
    };
    if let Some(rest) = rest.strip_prefix("//") {
        let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
        return build(scheme, &rest[..end], &rest[end..]);
    }
    if rest.len() != reference.len() {
        // `https:evil` and `https:/evil`: parsers disagree about their meaning.
        return Err(InvalidUri::Host);
    }
    let authority = base.authority().map_or("", Authority::as_str);
    build(scheme, authority, &relative(base, rest))
}

fn split_scheme(reference: &str) -> Option<(&str, &str)> {
    let end = reference.find([':', '/', '?'])?;
    let (scheme, rest) = reference.split_at(end);
    let rest = rest.strip_prefix(':')?;
    let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid.then_some((scheme, rest))
}

fn relative<'a>(base: &Uri, reference: &'a str) -> Cow<'a, str> {
    if reference.starts_with('/') {
        return Cow::Borrowed(reference);
    }
    let path = base.path();
    if reference.is_empty() {
        let query = base.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Cow::Owned(format!("{path}{query}"));
    }
    if reference.starts_with('?') {
        return Cow::Owned(format!("{path}{reference}"));
    }
    let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
    Cow::Owned(format!("{folder}{reference}"))
}

fn build(scheme: &str, authority: &str, path_and_query: &str) -> Result<Uri, InvalidUri> {
    if authority.contains('@') {
        return Err(InvalidUri::UserInfo);
    }
    let authority: Authority = authority.parse().map_err(|_| InvalidUri::Host)?;
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    };
    let mut target = escape(&remove_dot_segments(path));
    if let Some(query) = query {
        target.push('?');
        target.push_str(&escape(query));
    }
    let target: PathAndQuery = target.parse().map_err(|_| InvalidUri::Syntax)?;
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(target)
        .build()
        .map_err(|_| InvalidUri::Syntax)?;
    Origin::of(&uri)?;
    Ok(uri)
}

/// RFC 3986, section 5.2.4, for an absolute path.
fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let last = segments.len() - 1;
    for (index, segment) in segments.into_iter().enumerate() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if index == last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"<>^`\"\\".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(percent_encoding::percent_encode_byte(byte));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolved(reference: &str) -> Result<String, InvalidUri> {
        let base = Uri::from_static("https://reg.example:5000/v2/a/tags/list?n=5");
        resolve(&base, reference).map(|uri| uri.to_string())
    }

    #[test]
    fn every_form_of_reference_resolves() {
        for (reference, expected) in [
            ("https://other.example/x", "https://other.example/x"),
            ("HTTP://other.example", "http://other.example/"),
            ("//cdn.example/y?z", "https://cdn.example/y?z"),
            ("/v2/b", "https://reg.example:5000/v2/b"),
            ("v2/b", "https://reg.example:5000/v2/a/tags/v2/b"),
            ("?last=x", "https://reg.example:5000/v2/a/tags/list?last=x"),
            ("", "https://reg.example:5000/v2/a/tags/list?n=5"),
            ("../x/./y", "https://reg.example:5000/v2/a/x/y"),
            ("/../../x/..", "https://reg.example:5000/"),
            (
                "list?next=a:b/c",
                "https://reg.example:5000/v2/a/tags/list?next=a:b/c",
            ),
            ("/x#frag", "https://reg.example:5000/x"),
            ("//[::1]:80/x", "https://[::1]:80/x"),
        ] {
            assert_eq!(resolved(reference).as_deref(), Ok(expected), "{reference}");
        }
    }

    #[test]
    fn escapes_what_urls_must_not_hold_and_keeps_escapes() {
        assert_eq!(
            resolved("/a b/%2F%zz?q=<>^`\"'{|}é").as_deref(),
            Ok("https://reg.example:5000/a%20b/%2F%zz?q=%3C%3E%5E%60%22'{|}%C3%A9")
        );
    }

    #[test]
    fn what_could_point_elsewhere_is_refused() {
        for (reference, why) in [
            ("file:///etc/passwd", InvalidUri::Scheme),
            ("ftp://host/", InvalidUri::Scheme),
            ("javascript:x", InvalidUri::Scheme),
            ("https://u:p@host/", InvalidUri::UserInfo),
            ("//u@host/", InvalidUri::UserInfo),
            ("https:evil", InvalidUri::Host),
            ("https:/evil", InvalidUri::Host),
            ("https://", InvalidUri::Host),
            ("//host:99999/", InvalidUri::Host),
            ("/a\r\nb", InvalidUri::Control),
            ("/a\u{0}", InvalidUri::Control),
        ] {
            assert_eq!(resolved(reference), Err(why), "{reference}");
        }
    }

    #[test]
    fn a_backslash_ends_the_host() {
        assert_eq!(
            resolved("//host\\@evil/").as_deref(),
            Ok("https://host/%5C@evil/")
        );
    }

    proptest! {
        #[test]
        fn any_reference_is_resolved_or_refused_without_panic(reference in "\\PC*|[a-z:/?#@\\[\\]%.\\\\ ]{0,40}") {
            if let Ok(uri) = resolve(&Uri::from_static("https://reg.example/v2/"), &reference) {
                prop_assert!(Origin::of(&uri).is_ok());
            }
        }
    }
}
