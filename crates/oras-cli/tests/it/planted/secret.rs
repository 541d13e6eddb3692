//! Secrets of every kind, and the forms in which they may appear.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that encoders leave unchanged.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) const PASSWORD: &str = "Pw/planted+password?1~";
pub(super) const WRONG: &str = "Wr/planted+wrong+password?2~";
pub(super) const TOKEN: &str = "To.planted-token/3+==";
pub(super) const REFRESH: &str = "Re.planted-refresh-token/4+==";
pub(super) const GIVEN: &str = "Gi.planted-access-token/5+==";
pub(super) const COOKIE: &str = "Co.planted-cookie/6+==";
pub(super) const SIGNED: &str = "Si.planted/signed+query/7==";
pub(super) const HELPER: &str = "He/planted+helper+output?8~";
pub(super) const IDENTITY: &str = "Id.planted-identity-token/9+==";
pub(super) const HEADER: &str = "Hd/planted+header?10~";
pub(super) const SESSION: &str = "Se.planted/session+state/11==";

/// All secrets except the key of a client, which is generated each time.
pub(super) const ALL: [&str; 11] = [
    PASSWORD, WRONG, TOKEN, REFRESH, GIVEN, COOKIE, SIGNED, HELPER, IDENTITY, HEADER, SESSION,
];

/// Returns the `Authorization` header for a user name and a password.
pub(super) fn basic(username: &str, password: &str) -> String {
    use base64::engine::general_purpose::STANDARD;

    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// Encodes a secret as in a query.
pub(super) fn encoded(secret: &str) -> String {
    utf8_percent_encode(secret, UNRESERVED).to_string()
}

/// Whether the text contains the secret, verbatim or encoded, alone or as part of encoded text.
pub(super) fn shows(text: &str, secret: &str) -> bool {
    let percent = [
        secret.to_owned(),
        encoded(secret),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
    ];
    let base64 = (0..3).flat_map(|offset| in_base64(secret, offset));
    percent.into_iter().chain(base64).any(|form| text.contains(&form))
}

/// Returns the part of a base64 encoding that depends only on the secret, if the number of bytes before it is
/// `offset` modulo three.
fn in_base64(secret: &str, offset: usize) -> [String; 2] {
    let bytes = [&vec![0; offset][..], secret.as_bytes()].concat();
    let whole = bytes.len() / 3 * 4;
    let start = [0, 2, 3][offset];
    [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
        .map(|encoded| encoded[start..whole].to_owned())
}

#[test]
fn every_form_of_a_secret_is_seen() {
    assert!(shows(&basic("ann", PASSWORD), PASSWORD));
    assert!(!shows(&basic("ann", WRONG), PASSWORD));
    for before in ["", "u:", "ab:", "abc:"] {
        for after in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{PASSWORD}{after}");
            let forms = [
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
                encoded(&text),
            ];
            for form in forms {
                assert!(shows(&form, PASSWORD), "{form}");
                assert!(!shows(&form, TOKEN), "{form}");
            }
        }
    }
}
