//! Searches a text for a secret, in any of the forms in which clients send it.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const ENGINES: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT),
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT),
];

/// Whether `text` contains `secret`: plainly, percent-encoded, form-encoded, or in base64.
pub(super) fn is_in(text: &[u8], secret: &[u8]) -> bool {
    let decoded: Vec<u8> = percent_decode(text).collect();
    let as_form: Vec<u8> = text.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    let as_form: Vec<u8> = percent_decode(&as_form).collect();
    [text, &decoded, &as_form].iter().any(|text| has(text, secret))
        || [text, &decoded].iter().any(|text| has_in_base64(text, secret))
}

/// Whether a word of `text` is base64 that contains `secret`.
fn has_in_base64(text: &[u8], secret: &[u8]) -> bool {
    let is_between = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte));
    // A value after its name is a word, too, but the `=` of padding ends one.
    let words = text.split(is_between).flat_map(|word| {
        let value = word
            .iter()
            .position(|&byte| byte == b'=')
            .map(|at| &word[at + 1..]);
        [Some(word), value].into_iter().flatten()
    });
    words
        .flat_map(|word| ENGINES.iter().filter_map(move |engine| engine.decode(word).ok()))
        .any(|decoded| has(&decoded, secret))
}

fn has(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn a_secret_is_found_in_every_form() {
        for text in [
            "p:ss w/rd+",
            "before p:ss w/rd+ after",
            "/token?password=p%3Ass%20w%2frd%2B&x",
            "/token?password=p%3Ass+w%2Frd%2B&x",
            "Basic YW5uOnA6c3Mgdy9yZCs=",
            "Basic YW5uOnA6c3Mgdy9yZCs",
            "Custom key=YW5uOnA6c3Mgdy9yZCs=, other=x",
            "/x?auth=YW5uOnA6c3Mgdy9yZCs%3D",
        ] {
            assert!(is_in(text.as_bytes(), b"p:ss w/rd+"), "{text}");
        }
        for text in ["", "p:ss", "Basic YW5uOnNlY3JldA==", "Basic !!!", "%", "%zz=="] {
            assert!(!is_in(text.as_bytes(), b"p:ss w/rd+"), "{text}");
        }
    }
}
