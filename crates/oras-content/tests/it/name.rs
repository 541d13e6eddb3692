//! Names: tags, digests, and what is neither.

use oras_content::{Digest, ErrorKind, IntoName, Name, Reference, Tag};
use proptest::prelude::*;

use crate::EMPTY;

#[test]
fn a_tag_is_any_text_that_is_no_digest() {
    for text in ["v1", "localhost:5000/app:v1", "image:v1", "with spaces", "ü", "@"] {
        assert_eq!(text.parse::<Tag>().unwrap().as_str(), text);
        assert_eq!(text.parse::<Name>().unwrap().tag().unwrap().as_str(), text);
    }
    let short = &EMPTY[..70];
    for text in ["", EMPTY, "sha256:abcd", "sha512:", short] {
        assert!(text.parse::<Tag>().is_err(), "{text:?}");
    }
}

#[test]
fn what_a_registry_can_have_is_known_from_the_start() {
    for (text, can) in [
        ("v1", true),
        ("_x", true),
        ("a.b-c", true),
        (".a", false),
        ("a/b", false),
        ("a:b", false),
        (&"a".repeat(129), false),
    ] {
        assert_eq!(text.parse::<Tag>().unwrap().check().is_ok(), can, "{text:?}");
    }
}

#[test]
fn of_a_tag_and_a_digest_the_digest_counts() {
    let name: Name = format!("v1@{EMPTY}").parse().unwrap();
    assert_eq!(name.digest().map(Digest::as_str), Some(EMPTY));
    assert_eq!(name.to_string(), EMPTY);
}

#[test]
fn everything_that_names_content_is_a_name() {
    let tag: Tag = "v1".parse().unwrap();
    let by_tag = Some(Name::from(tag.clone()));
    assert_eq!("v1".into_name().unwrap(), by_tag);
    assert_eq!("v1".to_owned().into_name().unwrap(), by_tag);
    assert_eq!((&tag).into_name().unwrap(), by_tag);
    let reference: Reference = "reg.example/app:v1".parse().unwrap();
    assert_eq!((&reference).into_name().unwrap(), by_tag);
    assert_eq!("".into_name().unwrap(), None);
    let whole: Reference = "reg.example/app".parse().unwrap();
    assert_eq!((&whole).into_name().unwrap(), None);
    let digest: Digest = EMPTY.parse().unwrap();
    assert_eq!((&digest).into_name().unwrap(), Some(Name::Digest(digest)));
}

#[test]
fn an_error_names_the_text() {
    let error = oras_content::Error::from("".parse::<Tag>().unwrap_err());
    assert_eq!(error.kind(), &ErrorKind::InvalidReference);
}

proptest! {
    #[test]
    fn every_name_comes_back_from_its_text(text in "\\PC{1,40}") {
        let name: Name = text.parse().unwrap();
        prop_assert_eq!(name.to_string().parse::<Name>().unwrap(), name);
    }
}
