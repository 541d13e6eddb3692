//! Fuzz targets, which panic if an invariant does not hold. They are not part of the API.

use http::HeaderMap;
use http::header::{HeaderValue, WWW_AUTHENTICATE};

use crate::config_file::ConfigFile;
use crate::helper::answered;
use crate::token_answer::{GrantedToken, refusal};
use crate::{Challenge, Credential, CredentialKey};

/// Parses a `WWW-Authenticate` header.
pub fn challenge(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, value)]);
    let all = Challenge::parse_all(&headers);
    assert!(all.len() <= bytes.len());
    let preferred = Challenge::preferred(&headers);
    assert_eq!(preferred.is_some(), !all.is_empty());
    let is_bearer = |challenge: &Challenge| matches!(challenge, Challenge::Bearer { .. });
    if let Some(preferred) = preferred {
        assert_eq!(is_bearer(&preferred), all.iter().any(is_bearer));
    }
}

/// Reads and changes a file of credentials: docker's `config.json`, or `auth.json`.
pub fn credentials_file(bytes: &[u8]) {
    let Ok(mut file) = ConfigFile::parse(bytes) else {
        return;
    };
    let (ours, other) = (CredentialKey::from("a.test:5000"), CredentialKey::from("b.test"));
    let before = file.credential(&other).ok();
    let Ok(credential) = Credential::basic("ann", "open sesame") else {
        return;
    };
    if file.put(&ours, &credential).is_err() {
        return;
    }
    let Ok(text) = file.into_text() else { return };
    let mut again =
        ConfigFile::parse(text.as_bytes()).unwrap_or_else(|_| panic!("what is written can be read"));
    assert!(
        again
            .credential(&ours)
            .is_ok_and(|found| found == Some(credential))
    );
    assert!(again.credential(&other).ok() == before, "the others stay");
    assert!(again.delete(&ours));
    assert!(again.credential(&ours).is_ok_and(|found| found.is_none()));
}

/// Parses the output of a credential helper.
pub fn helper_answer(bytes: &[u8]) {
    let Some(credential) = answered(bytes) else {
        return;
    };
    let is_known = matches!(credential, Credential::Basic { .. } | Credential::RefreshToken(_));
    assert!(is_known);
    if credential.check().is_ok()
        && let Credential::Basic { username, .. } = &credential
    {
        assert!(!username.contains(':') && !username.contains(char::is_control));
    }
}

/// Parses the response of a token server.
pub fn token_answer(bytes: &[u8]) {
    if let Ok(granted) = GrantedToken::read(bytes) {
        assert!(!granted.token.is_empty());
    }
    let said = refusal(bytes, None);
    assert!(!said.contains(char::is_control), "{said:?}");
    assert!(said.chars().count() <= 1000);
}
