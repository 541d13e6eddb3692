//! Platforms: text, and which one serves whom.

use oras_content::Platform;
use proptest::prelude::*;

fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

#[test]
fn platforms_are_read_and_written() {
    for text in [
        "linux/amd64",
        "linux/arm64/v8",
        "windows/amd64:10.0.1",
        "linux/arm/v7:1:2",
    ] {
        assert_eq!(platform(text).to_string(), text);
    }
    let full = platform("windows/amd64/v1:10.0.1");
    assert_eq!(
        (full.os.as_str(), full.architecture.as_str()),
        ("windows", "amd64")
    );
    assert_eq!(
        (full.variant.as_deref(), full.os_version.as_deref()),
        (Some("v1"), Some("10.0.1"))
    );
    for text in [
        "",
        "linux",
        "linux/",
        "/amd64",
        "linux//v8",
        "a/b/c/d",
        "linux/amd64:",
        ":1",
    ] {
        assert!(text.parse::<Platform>().is_err(), "{text:?}");
    }
}

#[test]
fn what_is_asked_for_must_be_there() {
    let cases = [
        ("linux/amd64", "linux/amd64", true),
        ("linux/arm64/v8", "linux/arm64", true),
        ("linux/arm64", "linux/arm64/v8", false),
        ("linux/arm64/v7", "linux/arm64/v8", false),
        ("windows/amd64:10.0.1", "windows/amd64", true),
        ("windows/amd64:10.0.1", "windows/amd64:10.0.1", true),
        ("windows/amd64:10.0.1", "windows/amd64:10.0.2", false),
        ("windows/amd64", "windows/amd64:10.0.1", false),
        ("linux/amd64", "windows/amd64", false),
        ("linux/amd64", "linux/arm64", false),
    ];
    for (have, wanted, expected) in cases {
        assert_eq!(
            platform(have).satisfies(&platform(wanted)),
            expected,
            "{have} for {wanted}"
        );
    }
}

#[test]
fn every_feature_asked_for_counts() {
    let with = |features: &[&str]| {
        let mut windows = platform("windows/amd64");
        windows.os_features = features.iter().copied().map(str::to_owned).collect();
        windows
    };
    assert!(with(&["a", "b"]).satisfies(&with(&["b"])));
    assert!(with(&["a"]).satisfies(&with(&[])));
    assert!(!with(&["a"]).satisfies(&with(&["a", "b"])));
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        if let Ok(parsed) = text.parse::<Platform>() {
            prop_assert_eq!(parsed.to_string(), text);
        }
    }
}
