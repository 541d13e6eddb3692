//! `Presented`: recognises the credential of a request in responses.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::credential::{Credential, basic_header};
use crate::secret::Secret;

/// The minimum length of a form that is searched for within words. Shorter ones must be whole words, because too many
/// words contain them.
const MIN_WITHIN: usize = 4;

/// The minimum length of base64 to search for. Shorter strings occur in too many texts.
const MIN_ENCODED: usize = 8;

/// The credential that a request carried. In the extensions of responses to authenticated requests.
///
/// The error of a registry may quote the request. Check its text with [`is_in`](Self::is_in) before showing it.
#[derive(Clone)]
pub struct Presented(Vec<Secret>);

impl Presented {
    /// The secrets in an `Authorization` header: the part after the scheme, and the password in it.
    pub(crate) fn in_header(header: &HeaderValue) -> Self {
        let mut forms = Self(Vec::new());
        let Ok(header) = header.to_str() else {
            return forms;
        };
        let (scheme, token) = header.split_once(' ').unwrap_or(("", header));
        forms.add_secret(token);
        let pair = STANDARD
            .decode(token)
            .ok()
            .filter(|_| scheme.eq_ignore_ascii_case("basic"));
        let pair = pair
            .and_then(|pair| String::from_utf8(pair).ok())
            .map(Zeroizing::new);
        if let Some((_, password)) = pair.as_ref().and_then(|pair| pair.split_once(':')) {
            forms.add_secret(password);
        }
        forms
    }

    /// The secrets in a request to a token server.
    pub(crate) fn to_token_server(credential: &Credential) -> Self {
        match credential {
            Credential::Anonymous => Self(Vec::new()),
            Credential::Basic { username, password } => Self::in_header(&basic_header(username, password)),
            // A server without support for the form receives the token as a password.
            Credential::RefreshToken(token) | Credential::AccessToken(token) => {
                let mut forms = Self::in_header(&basic_header("", token));
                forms.add_secret(token.expose());
                forms
            }
        }
    }

    /// Returns `true` if `text` contains the token or the password: as they are, in base64, alone or with surrounding
    /// text, or with any characters escaped as in a URL or a form.
    pub fn is_in(&self, text: &str) -> bool {
        let unescaped =
            |text: &str| Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned());
        let texts = [unescaped(text), unescaped(&text.replace('+', " "))];
        let is_within = |form: &Secret| {
            let mut texts = texts.iter().map(|text| text.as_str());
            holds(text, form.expose()) || texts.any(|text| holds(text, form.expose()))
        };
        self.0.iter().any(is_within)
    }

    fn add(&mut self, form: &str) {
        if !form.is_empty() {
            self.0.push(form.into());
        }
    }

    fn add_secret(&mut self, secret: &str) {
        self.add(secret);
        for offset in 0..3 {
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let encoded = in_base64(&engine, secret, offset);
                if encoded.len() >= MIN_ENCODED {
                    self.add(&encoded);
                }
            }
        }
    }
}

/// The part of the base64 of a text that depends only on the secret in it, if the number of bytes before it is `offset`
/// modulo three.
fn in_base64(engine: &impl Engine, secret: &str, offset: usize) -> Zeroizing<String> {
    let bytes = Zeroizing::new([&[0; 2][..offset], secret.as_bytes()].concat());
    let encoded = Zeroizing::new(engine.encode(&bytes));
    let start = [0, 2, 3][offset];
    let end = (bytes.len() / 3 * 4).max(start);
    Zeroizing::new(encoded.get(start..end).unwrap_or_default().to_owned())
}

fn holds(text: &str, form: &str) -> bool {
    let mut found = text.match_indices(form);
    found.any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + form.len()..].chars().next();
        let is_word = |end: Option<char>| !end.is_some_and(char::is_alphanumeric);
        form.len() >= MIN_WITHIN || (is_word(before) && is_word(after))
    })
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::bearer_header;

    #[test]
    fn a_credential_is_recognised_in_all_its_forms() {
        let basic = Presented::in_header(&basic_header("ann", &"open sesame".into()));
        for quoted in [
            "Basic YW5uOm9wZW4gc2VzYW1l",
            "password 'open sesame' is wrong",
            "?password=open%20sesame",
            "?password=%6fpen%20sesame",
            "password=open+sesame",
            "b3BlbiBzZXNhbWU",
            "YTpvcGVuIHNlc2FtZQ",
            "YTpiOm9wZW4gc2VzYW1lOmM",
        ] {
            assert!(basic.is_in(quoted), "{quoted}");
        }
        assert!(!basic.is_in("ann may not do this"));
        let short = Presented::in_header(&basic_header("ann", &"pw".into()));
        assert!(short.is_in("wrong: ann:pw") && short.is_in("pw") && !short.is_in("no pwd"));
        let bearer = Presented::in_header(&bearer_header(&"abc.def".into()).unwrap());
        assert!(bearer.is_in("Authorization: Bearer abc.def") && !bearer.is_in("Bearer"));
        assert_eq!(format!("{bearer:?}"), "Presented(…)");
    }

    #[test]
    fn a_refresh_token_is_recognised_as_a_token_and_as_a_password() {
        let token = Presented::to_token_server(&Credential::RefreshToken("abc.def".into()));
        assert!(token.is_in("no such token: abc.def") && token.is_in("Basic OmFiYy5kZWY="));
        let token = Presented::to_token_server(&Credential::RefreshToken("a/b+c=".into()));
        assert!(token.is_in("refresh_token=a%2Fb%2Bc%3D&scope=x") && token.is_in("wrong: a/b+c="));
        assert!(!Presented::to_token_server(&Credential::Anonymous).is_in("whatever"));
    }
}
