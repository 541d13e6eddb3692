//! Reading challenges that nobody meant well.

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use oras_auth::{Challenge, Scopes};
use proptest::prelude::*;

proptest! {
    #[test]
    fn no_field_makes_the_parser_panic(
        fields in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..4),
    ) {
        let mut headers = HeaderMap::new();
        for field in fields {
            if let Ok(value) = HeaderValue::from_bytes(&field) {
                headers.append(WWW_AUTHENTICATE, value);
            }
        }
        let all = Challenge::parse_all(&headers);
        prop_assert_eq!(Challenge::preferred(&headers).is_some(), !all.is_empty());
    }

    #[test]
    fn what_is_written_by_the_book_is_read_back(
        realm in "[ -~]{1,30}", service in "[ -~]{0,30}", scope in "[a-z:,/ *]{0,40}",
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
        let field = format!(
            "Basic realm=x, bearer Scope={}, realm = {},service={}", quoted(&scope), quoted(&realm), quoted(&service),
        );
        let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_str(&field).unwrap())]);
        let expected = [
            Challenge::Basic,
        ];
        let all = Challenge::parse_all(&headers);
        prop_assert_eq!(&all[..1], &expected);
        match &all[1..] {
            [Challenge::Bearer { realm: read, service: named, scopes, .. }] => {
                prop_assert_eq!(read, &realm);
                prop_assert_eq!(named.as_deref(), Some(service.as_str()));
                prop_assert_eq!(scopes, &Scopes::parse(&scope));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn scopes_read_the_same_once_they_are_normal(text in "[a-c:,*/ ]{0,40}") {
        let once = Scopes::parse(&text);
        prop_assert_eq!(&Scopes::parse(&once.to_string()), &once);
        prop_assert!(once.is_superset_of(&once));
        prop_assert_eq!(once.clone().union(&once), once);
    }
}
