//! Which texts are digests.

use oras_content::{Algorithm, Digest, Hasher};
use proptest::prelude::*;

use crate::EMPTY;

#[test]
fn the_known_algorithms_are_computed_as_everywhere() {
    assert_eq!(Digest::sha256(b"").as_str(), EMPTY);
    assert_eq!(
        Algorithm::Sha384.digest(b"").as_str(),
        "sha384:38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"
    );
    let sha512 = Algorithm::Sha512.digest(b"abc");
    assert!(sha512.encoded().starts_with("ddaf35a193617abacc417349ae204131"));
    for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
        let digest = algorithm.digest(b"x");
        assert_eq!(digest.algorithm(), Some(algorithm));
        assert_eq!(digest.algorithm_name(), algorithm.name());
        assert_eq!(digest.as_str().parse::<Digest>().unwrap(), digest);
    }
}

#[test]
fn hashing_in_parts_is_hashing() {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    for part in ["hel", "", "lo"] {
        hasher.update(part.as_bytes());
    }
    assert_eq!(hasher.finish(), Digest::sha256(b"hello"));
}

#[test]
fn other_algorithms_parse_without_being_known() {
    for text in [
        "md5:abc",
        "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g",
        "multihash+base58:QmRZ",
        "a.b_c-d:A=_-",
    ] {
        let digest: Digest = text.parse().unwrap();
        assert_eq!(digest.algorithm(), None);
        assert_eq!(digest.to_string(), text);
    }
}

#[test]
fn what_is_no_digest_is_refused() {
    let hex = "a".repeat(64);
    let refused = [
        String::new(),
        ":".into(),
        "sha256".into(),
        "sha256:".into(),
        hex.clone(),
        format!(":{hex}"),
        format!("sha256:{}", &hex[1..]),
        format!("sha256:{hex}a"),
        format!("sha256:{}", hex.to_uppercase()),
        format!("SHA256:{hex}"),
        format!("sha256:{}g", &hex[1..]),
        format!("sha512:{hex}"),
        format!("sha256 :{hex}"),
        format!("sha256:{hex}\n"),
        format!("sha256:{}\0", &hex[1..]),
        format!("blake3:{}", &hex[1..]),
        format!("blake3:{}", hex.to_uppercase()),
        "sha256:../../etc/passwd".into(),
        "../x:abc".into(),
        "..:abc".into(),
        "a..b:abc".into(),
        "a/b:abc".into(),
        "x:../y".into(),
        "x:a/b".into(),
        "x:a:b".into(),
        "+x:abc".into(),
        "x+:abc".into(),
        "x:é".into(),
        format!("x:{}", "a".repeat(1_000_000)),
    ];
    for text in refused {
        let error = text.parse::<Digest>().unwrap_err().to_string();
        assert!(error.len() < 400, "{error}");
    }
}

#[test]
fn a_digest_in_json_is_checked() {
    assert_eq!(
        serde_json::from_str::<Digest>(&format!("\"{EMPTY}\""))
            .unwrap()
            .as_str(),
        EMPTY
    );
    for json in ["\"sha256:x\"", "7", "null", "[]"] {
        assert!(serde_json::from_str::<Digest>(json).is_err(), "{json}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        if let Ok(digest) = text.parse::<Digest>() {
            prop_assert_eq!(digest.as_str(), text);
        }
    }

    #[test]
    fn what_parses_is_safe_in_a_path(text in "[a-z0-9+._/-]{1,8}:[a-zA-Z0-9=_./-]{1,70}") {
        if let Ok(digest) = text.parse::<Digest>() {
            for part in [digest.algorithm_name(), digest.encoded()] {
                prop_assert!(!part.contains('/') && !part.contains("..") && !part.starts_with('.') && !part.is_empty());
            }
        }
    }

    #[test]
    fn content_has_a_digest_that_parses(bytes in any::<Vec<u8>>()) {
        let digest = Digest::sha256(&bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
    }
}
