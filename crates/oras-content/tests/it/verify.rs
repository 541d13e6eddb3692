//! Verification, whichever way content comes.

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream;
use oras_content::{
    Algorithm, Content, Descriptor, Digest, Error, ErrorKind, MediaType, Verified, Verifier, VerifyError,
};

const TYPE: MediaType = MediaType::OCTET_STREAM;

/// What comes of these bytes under a descriptor of `hello`, by each way there is.
async fn all_ways(expected: &Descriptor, frames: &[&'static str]) -> Vec<Result<(), VerifyError>> {
    let content = || Content::new(stream::iter(frames.to_vec()).map_bytes(), None);
    let in_parts = || {
        let mut verifier = Verifier::new(expected)?;
        for frame in frames {
            verifier.update(frame.as_bytes())?;
        }
        verifier.finish()
    };
    let of_error = |error: Error| {
        error
            .cause::<VerifyError>()
            .expect("a failed verification")
            .clone()
    };
    let streamed = match content().verified(expected) {
        Ok(verified) => verified.try_collect::<Vec<Bytes>>().await.map(drop),
        Err(error) => Err(error),
    };
    vec![
        in_parts(),
        Verified::new(expected.clone(), frames.concat().into()).map(drop),
        content().read_all(expected).await.map(drop).map_err(of_error),
        streamed.map_err(of_error),
    ]
}

trait MapBytes {
    fn map_bytes(self) -> impl futures_util::Stream<Item = oras_content::Result<Bytes>> + Send + 'static;
}

impl MapBytes for stream::Iter<std::vec::IntoIter<&'static str>> {
    fn map_bytes(self) -> impl futures_util::Stream<Item = oras_content::Result<Bytes>> + Send + 'static {
        use futures_util::StreamExt;
        self.map(|frame| Ok(Bytes::from(frame)))
    }
}

#[tokio::test]
async fn the_right_content_passes() {
    for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
        let expected = Descriptor::new(TYPE, algorithm.digest(b"hello"), 5);
        for frames in [&["hello"][..], &["hel", "", "lo"]] {
            assert!(all_ways(&expected, frames).await.iter().all(Result::is_ok));
        }
    }
    let empty = Descriptor::of(TYPE, b"");
    assert!(all_ways(&empty, &[]).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn other_content_fails_by_its_digest() {
    let expected = Descriptor::of(TYPE, b"hello");
    for found in all_ways(&expected, &["jel", "lo"]).await {
        let actual = Digest::sha256(b"jello");
        let expected = expected.digest.clone();
        assert_eq!(found, Err(VerifyError::Digest { expected, actual }));
    }
}

#[tokio::test]
async fn content_of_another_length_fails_by_its_size() {
    let expected = Descriptor::of(TYPE, b"hello");
    for (frames, actual) in [(&["hell"][..], 4), (&[], 0), (&["hello", "!"], 6)] {
        for found in all_ways(&expected, frames).await {
            assert_eq!(found, Err(VerifyError::Size { expected: 5, actual }));
        }
    }
}

#[tokio::test]
async fn an_algorithm_that_is_not_known_never_passes() {
    let digest: Digest = "md5:abc".parse().unwrap();
    let expected = Descriptor::new(TYPE, digest.clone(), 5);
    for found in all_ways(&expected, &["hello"]).await {
        assert_eq!(
            found,
            Err(VerifyError::Algorithm {
                digest: digest.clone()
            })
        );
    }
}

#[tokio::test]
async fn a_claimed_size_is_not_allocated() {
    let claims = [1 << 62, i64::MAX as u64, u64::MAX];
    for size in claims {
        let expected = Descriptor::new(TYPE, Digest::sha256(b"hello"), size);
        for found in all_ways(&expected, &["hello"]).await {
            assert_eq!(
                found,
                Err(VerifyError::Size {
                    expected: size,
                    actual: 5
                })
            );
        }
    }
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[0; 1024])));
    let expected = Descriptor::of(TYPE, &[0; 2048]);
    let error = Content::new(endless, None).read_all(&expected).await.unwrap_err();
    assert!(
        matches!(error.cause(), Some(VerifyError::Size { actual: 3072, .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_error_of_the_source_comes_through_and_ends_the_content() {
    let broken = stream::iter([
        Ok(Bytes::from("hel")),
        Err(Error::unsupported("reading on")),
        Ok(Bytes::from("lo")),
    ]);
    let expected = Descriptor::of(TYPE, b"hello");
    let mut content = Content::new(broken, None).verified(&expected).unwrap();
    assert_eq!(content.try_next().await.unwrap().unwrap(), "hel");
    assert!(matches!(
        content.try_next().await.unwrap_err().kind(),
        ErrorKind::Unsupported
    ));
    assert!(content.try_next().await.unwrap().is_none());
}

#[test]
fn verified_content_may_be_described_otherwise_but_not_as_something_else() {
    let hello = Verified::of(TYPE, "hello");
    let titled = hello.descriptor().clone().with_annotation("k", "v");
    assert_eq!(
        hello.clone().described_by(titled.clone()).unwrap().descriptor(),
        &titled
    );
    let by_sha512 = Descriptor::new(TYPE, Algorithm::Sha512.digest(b"hello"), 5);
    assert!(hello.clone().described_by(by_sha512).is_ok());
    assert!(
        hello
            .clone()
            .described_by(Descriptor::of(TYPE, b"jello"))
            .is_err()
    );
    let other_size = Descriptor::new(TYPE, Digest::sha256(b"hello"), 6);
    assert!(hello.described_by(other_size).is_err());
}

#[test]
fn errors_tell_what_was_promised_and_found() {
    let expected = Descriptor::of(TYPE, b"hello");
    let error = Verified::new(expected.clone(), "hell".into()).unwrap_err();
    assert_eq!(error.to_string(), "size mismatch: expected 5 bytes, got 4");
    let error = Verified::new(expected, "hello!".into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "size mismatch: expected 5 bytes, got at least 6"
    );
}
