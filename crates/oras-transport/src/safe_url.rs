//! `SafeUrl`: a URL that is safe to show.

use std::fmt;

use http::Uri;

/// Displays scheme, host, port and path of a URL, and nothing else.
///
/// User information and the query are left out, because signed URLs carry their secret there. An omitted query is shown
/// as `?…`.
///
/// Spec: RFC 9110, sections 4.2.4, "Deprecation of userinfo", and 17.9, "Disclosure of Sensitive Information in URIs".
#[derive(Clone, Copy)]
pub struct SafeUrl<'a>(pub &'a Uri);

impl fmt::Display for SafeUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.0.scheme_str() {
            write!(f, "{scheme}://")?;
        }
        if let Some(authority) = self.0.authority() {
            f.write_str(authority.host())?;
            if let Some(port) = authority.port_u16() {
                write!(f, ":{port}")?;
            }
        }
        f.write_str(self.0.path())?;
        if self.0.query().is_some() {
            f.write_str("?…")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SafeUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<SafeUrl<'_>> for Box<str> {
    fn from(url: SafeUrl<'_>) -> Self {
        url.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_and_query_do_not_show() {
        let uri: Uri = "https://bob:hunter2@host:444/v2/x?sig=hunter2".parse().unwrap();
        assert_eq!(SafeUrl(&uri).to_string(), "https://host:444/v2/x?…");
        assert_eq!(format!("{:?}", SafeUrl(&uri)), "https://host:444/v2/x?…");
    }
}
