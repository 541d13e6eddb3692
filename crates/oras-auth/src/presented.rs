//! `Presented`: the credential that a request carried, to recognise it in what comes back.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use zeroize::Zeroizing;

/// The shortest password that is looked for: shorter ones are part of too many words.
const MIN_PASSWORD: usize = 4;

/// The credential that a request carried; in the extensions of the answers to those that carried one.
///
/// A registry's error may quote the request: whoever shows its text asks [`is_in`](Self::is_in) first.
#[derive(Clone)]
pub struct Presented(HeaderValue);

impl Presented {
    pub(crate) fn new(header: HeaderValue) -> Self {
        Self(header)
    }

    /// Whether `text` has the token in it, the password, or both in the form they are sent in.
    pub fn is_in(&self, text: &str) -> bool {
        let Ok(header) = self.0.to_str() else {
            return false;
        };
        let (scheme, token) = header.split_once(' ').unwrap_or(("", header));
        if text.contains(token) {
            return true;
        }
        let decoded = STANDARD.decode(token).ok().filter(|_| scheme == "Basic");
        let decoded = decoded
            .and_then(|pair| String::from_utf8(pair).ok())
            .map(Zeroizing::new);
        let password = decoded.as_ref().and_then(|pair| pair.split_once(':'));
        password.is_some_and(|(_, password)| password.len() >= MIN_PASSWORD && text.contains(password))
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Presented;
    use crate::credential::{basic_header, bearer_header};

    #[test]
    fn a_credential_is_recognised_in_all_its_forms() {
        let basic = Presented::new(basic_header("ann", &"open sesame".into()));
        for quoted in ["Basic YW5uOm9wZW4gc2VzYW1l", "password 'open sesame' is wrong"] {
            assert!(basic.is_in(quoted), "{quoted}");
        }
        assert!(!basic.is_in("ann may not do this"));
        assert!(!Presented::new(basic_header("ann", &"a".into())).is_in("a word"));
        let bearer = Presented::new(bearer_header(&"abc.def".into()).unwrap());
        assert!(bearer.is_in("Authorization: Bearer abc.def") && !bearer.is_in("Bearer"));
        assert_eq!(format!("{bearer:?}"), "Presented(…)");
    }
}
