//! Verification that is saved and goes on in another run.

use oras_content::{Algorithm, Descriptor, Digest, Hasher, MediaType, Verifier, VerifyError};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];

fn content() -> Vec<u8> {
    (0..300_u32).map(|at| (at * 7 % 251) as u8).collect()
}

fn expected(algorithm: Algorithm) -> Descriptor {
    Descriptor::new(MediaType::OCTET_STREAM, algorithm.digest(&content()), 300)
}

/// What is saved of these bytes.
fn saved(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.save().unwrap()
}

/// What comes of the rest of the content; `None` where these bytes are no state.
fn ends(algorithm: Algorithm, state: &[u8], at: usize) -> Option<Result<(), VerifyError>> {
    let mut verifier = Verifier::restore(&expected(algorithm), state)?;
    Some(verifier.update(&content()[at..]).and_then(|()| verifier.finish()))
}

#[test]
fn what_is_saved_anywhere_comes_to_the_same_digest() {
    for algorithm in ALGORITHMS {
        for at in 0..=300 {
            let state = saved(algorithm, &content()[..at]);
            assert!(state.len() < 512, "{} bytes", state.len());
            assert_eq!(Hasher::restore(algorithm, &state).unwrap().seen(), at as u64);
            ends(algorithm, &state, at).unwrap().unwrap();
        }
    }
}

#[test]
fn a_verifier_saves_what_its_hash_is() {
    let mut verifier = Verifier::new(&expected(Algorithm::Sha256)).unwrap();
    verifier.update(&content()[..77]).unwrap();
    let state = verifier.save().unwrap();
    assert_eq!(state, saved(Algorithm::Sha256, &content()[..77]));
    assert_eq!(
        Verifier::restore(&expected(Algorithm::Sha256), &state)
            .unwrap()
            .seen(),
        77
    );
}

#[test]
fn the_wrong_rest_is_refused() {
    let state = saved(Algorithm::Sha256, &content()[..100]);
    let mut verifier = Verifier::restore(&expected(Algorithm::Sha256), &state).unwrap();
    verifier.update(&[0; 200]).unwrap();
    assert!(matches!(verifier.finish(), Err(VerifyError::Digest { .. })));
    let mut verifier = Verifier::restore(&expected(Algorithm::Sha256), &state).unwrap();
    assert!(matches!(
        verifier.update(&[0; 201]),
        Err(VerifyError::Size { .. })
    ));
}

#[test]
fn the_state_of_other_bytes_never_passes() {
    let mut other = content();
    other[3] ^= 1;
    for algorithm in ALGORITHMS {
        let state = saved(algorithm, &other[..200]);
        assert!(matches!(
            ends(algorithm, &state, 200),
            Some(Err(VerifyError::Digest { .. }))
        ));
    }
}

#[test]
fn altered_bytes_are_no_state() {
    for algorithm in ALGORITHMS {
        for at in [0, 1, 63, 64, 130, 300] {
            let state = saved(algorithm, &content()[..at]);
            for altered in 0..state.len() {
                for change in [1, 0x80, 0xff] {
                    let mut state = state.clone();
                    state[altered] ^= change;
                    assert!(
                        ends(algorithm, &state, at).is_none(),
                        "byte {altered} of {at} bytes"
                    );
                }
            }
            for len in 0..state.len() {
                assert!(ends(algorithm, &state[..len], at).is_none());
            }
            assert!(ends(algorithm, &[&state[..], b"x"].concat(), at).is_none());
        }
    }
}

#[test]
fn another_algorithm_or_version_is_no_state() {
    for (one, other) in [
        (Algorithm::Sha384, Algorithm::Sha512),
        (Algorithm::Sha512, Algorithm::Sha384),
    ] {
        assert!(Hasher::restore(other, &saved(one, b"hello")).is_none());
    }
    let state = saved(Algorithm::Sha256, b"hello");
    let at = state.iter().position(|byte| *byte == b'1').unwrap();
    let mut later = state.clone();
    later[at] = b'2';
    assert!(Hasher::restore(Algorithm::Sha256, &state).is_some());
    assert!(Hasher::restore(Algorithm::Sha256, &later).is_none());
}

#[test]
fn more_bytes_than_the_content_has_are_no_state_of_it() {
    let state = saved(Algorithm::Sha256, &[0; 301]);
    assert!(Verifier::restore(&expected(Algorithm::Sha256), &state).is_none());
}

#[test]
fn a_digest_that_cannot_be_verified_has_no_state() {
    let digest: Digest = "md5:00".parse().unwrap();
    let unknown = Descriptor::new(MediaType::OCTET_STREAM, digest, 300);
    assert!(Verifier::restore(&unknown, &saved(Algorithm::Sha256, b"")).is_none());
}

/// A count so high that counting on would overflow, with everything else as it has to be.
#[test]
fn a_count_that_cannot_be_is_no_state() {
    let state = saved(Algorithm::Sha256, b"");
    let head = b"oras-hash-state-1 sha256\n".len();
    assert!(Hasher::restore(Algorithm::Sha256, &state).is_some());
    let blocks = u64::MAX / 64;
    let mut high = state;
    high[head..head + 8].copy_from_slice(&(blocks * 64).to_le_bytes());
    let count = head + 8 + 32 + 32;
    high[count..count + 8].copy_from_slice(&blocks.to_le_bytes());
    assert!(Hasher::restore(Algorithm::Sha256, &high).is_none());
}

#[cfg(feature = "blake3")]
#[test]
fn blake3_gives_none() {
    assert!(Hasher::new(Algorithm::Blake3).save().is_none());
    assert!(Hasher::restore(Algorithm::Blake3, &saved(Algorithm::Sha256, b"")).is_none());
}
