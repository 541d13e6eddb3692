//! Durations in flags.

use std::time::Duration;

use jiff::SignedDuration;

/// Parses a number of weeks, days, hours, minutes or seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let days = |count: &str, each: u64| count.parse::<u64>().ok()?.checked_mul(each * 24 * 60 * 60);
    let parsed = match (text.strip_suffix('w'), text.strip_suffix('d')) {
        (Some(weeks), _) => days(weeks, 7).map(Duration::from_secs),
        (_, Some(count)) => days(count, 1).map(Duration::from_secs),
        _ => text
            .parse::<SignedDuration>()
            .ok()
            .and_then(|read| Duration::try_from(read).ok()),
    };
    parsed.ok_or_else(|| {
        "write a number of weeks, days, hours, minutes or seconds, such as 8w, 30d, 36h, 90m or 30s"
            .to_owned()
    })
}

/// Parses a duration that must not be zero.
pub(crate) fn limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("zero leaves no time for anything: remove the flag for no limit".to_owned()),
        read => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, limit};

    #[test]
    fn durations_are_weeks_days_and_less() {
        let hours = |hours: u64| Ok(Duration::from_secs(hours * 3600));
        assert_eq!(
            (duration("2w"), duration("30d"), duration("36h")),
            (hours(14 * 24), hours(30 * 24), hours(36))
        );
        assert_eq!(duration("90m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        let wrong = [
            "",
            "d",
            "-1d",
            "1.5d",
            "12",
            "99999999999999999999d",
            "18446744073709551615w",
        ];
        assert!(wrong.iter().all(|text| duration(text).is_err()));
    }

    #[test]
    fn a_limit_leaves_some_time() {
        assert_eq!(limit("30s"), Ok(Duration::from_secs(30)));
        assert!(limit("0s").is_err());
    }
}
