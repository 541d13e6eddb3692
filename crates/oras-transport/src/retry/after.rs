//! Parses `Retry-After`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Returns how long a server asks to wait, if it sent a valid value.
///
/// Accepts seconds (any number of digits, saturating) and an HTTP date. A date before `now` means zero. Any other
/// value, including a negative number, is ignored.
///
/// Spec: RFC 9110, section 10.2.3, "Retry-After".
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<Duration> {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, now)
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            asked("Sun, 06 Nov 1994 08:49:47 GMT"),
            Some(Duration::from_secs(10))
        );
    }

    #[test]
    fn the_past_is_now() {
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn huge_values_saturate() {
        assert_eq!(asked("9223372036854775808"), Some(Duration::from_secs(1 << 63)));
        assert_eq!(asked(&"9".repeat(40)), Some(Duration::from_secs(u64::MAX)));
        assert!(asked("Fri, 31 Dec 9999 23:59:59 GMT") > Some(Duration::from_secs(1 << 30)));
    }

    #[test]
    fn nonsense_is_no_answer() {
        for value in ["-1", "1e9", "1.5", "", "soon", "0x10"] {
            assert_eq!(asked(value), None, "{value}");
        }
    }
}
