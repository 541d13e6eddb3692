//! BLAKE3: with the feature, one more algorithm that is verified.

use oras_content::{Algorithm, Descriptor, Digest, Hasher, MediaType, Name, Tag, Verified, VerifyError};

/// From the test vectors of BLAKE3: the input of no bytes, and that of 0, 1, 2, … 1023 bytes modulo 251.
const EMPTY: &str = "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const LONG: &str = "blake3:42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7";

fn long() -> Vec<u8> {
    (0..1024_u32).map(|at| (at % 251) as u8).collect()
}

#[test]
fn it_is_computed_as_everywhere() {
    assert_eq!(Algorithm::Blake3.digest(b"").as_str(), EMPTY);
    assert_eq!(Algorithm::Blake3.digest(&long()).as_str(), LONG);
    let mut hasher = Hasher::new(Algorithm::Blake3);
    long().chunks(100).for_each(|part| hasher.update(part));
    assert_eq!(hasher.finish().as_str(), LONG);
}

#[test]
fn content_is_verified_by_it() {
    let digest: Digest = LONG.parse().unwrap();
    assert_eq!(digest.algorithm(), Some(Algorithm::Blake3));
    let expected = Descriptor::new(MediaType::OCTET_STREAM, digest, 1024);
    Verified::new(expected.clone(), long().into()).unwrap();
    let other = Verified::new(expected, vec![0; 1024].into()).unwrap_err();
    assert!(matches!(other, VerifyError::Digest { .. }), "{other}");
}

#[test]
fn it_is_a_name_and_no_tag() {
    assert!(matches!(LONG.parse(), Ok(Name::Digest(_))));
    assert!(LONG.parse::<Tag>().is_err());
    assert!("blake3:abc".parse::<Tag>().is_err());
}
