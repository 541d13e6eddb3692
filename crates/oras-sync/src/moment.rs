//! Moments: a date, or a time before the sync.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A date, or a time before the start of a sync, with which the age of tags is compared.
///
/// Written as `90d`, `8w`, `6mo`, `1y` or `36h`, as a day in UTC, or as a time of RFC 3339.
///
/// ```
/// use oras_sync::Moment;
///
/// for text in ["90d", "8w", "36h", "2024-01-31", "2024-01-31T12:00:00Z"] {
///     assert!(text.parse::<Moment>().is_ok(), "{text}");
/// }
/// assert!("90".parse::<Moment>().is_err());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Moment(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    At(Timestamp),
    Ago(Span),
}

/// The error of a text that is not a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMoment(String);

impl Moment {
    /// Creates a moment at this time.
    pub fn at(time: Timestamp) -> Self {
        Self(Kind::At(time))
    }

    /// Creates a moment this long before the start of a sync.
    pub fn ago(age: Duration) -> Self {
        // An age that no span can hold is before any date.
        match Span::try_from(age) {
            Ok(span) => Self(Kind::Ago(span)),
            Err(_) => Self(Kind::At(Timestamp::MIN)),
        }
    }

    /// Returns the moment as a time, relative to `now`.
    pub fn seen_from(&self, now: Timestamp) -> Timestamp {
        match self.0 {
            Kind::At(time) => time,
            Kind::Ago(span) => {
                let then = TimeZone::UTC.to_datetime(now).checked_sub(span);
                let then = then.and_then(|then| TimeZone::UTC.to_timestamp(then));
                then.unwrap_or(Timestamp::MIN)
            }
        }
    }
}

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let invalid = || InvalidMoment(text.to_owned());
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self::at(time));
        }
        // Without this check, a time without a zone would be parsed as a day.
        if let (Ok(day), 10) = (text.parse::<Date>(), text.len()) {
            let start = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
            return Ok(Self::at(start.map_err(|_| invalid())?));
        }
        let span: Span = text.parse().map_err(|_| invalid())?;
        match span.is_positive() {
            true => Ok(Self(Kind::Ago(span))),
            false => Err(invalid()),
        }
    }
}

impl fmt::Display for InvalidMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is neither an age, such as 90d, 8w or 36h, nor a date, such as 2024-01-31 or 2024-01-31T12:00:00Z",
            self.0
        )
    }
}

impl std::error::Error for InvalidMoment {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::Moment;

    #[test]
    fn moments_are_dates_and_ages() {
        let now: Timestamp = "2024-03-31T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("90d", "2024-01-01T12:00:00Z"),
            ("2w", "2024-03-17T12:00:00Z"),
            ("1mo", "2024-02-29T12:00:00Z"),
            ("1y", "2023-03-31T12:00:00Z"),
            ("36h", "2024-03-30T00:00:00Z"),
            ("90m", "2024-03-31T10:30:00Z"),
            ("P1DT12H", "2024-03-30T00:00:00Z"),
            ("2024-01-31", "2024-01-31T00:00:00Z"),
            ("2024-01-31T12:00:00+02:00", "2024-01-31T10:00:00Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.seen_from(now).to_string(), expected, "{text}");
        }
        let two_hours = Moment::ago(Duration::from_secs(7200));
        assert_eq!(two_hours.seen_from(now).to_string(), "2024-03-31T10:00:00Z");
    }

    #[test]
    fn what_is_before_any_date_is_before_all() {
        let ages = ["19998y".parse().unwrap(), Moment::ago(Duration::MAX)];
        for age in ages {
            assert_eq!(age.seen_from(Timestamp::UNIX_EPOCH), Timestamp::MIN);
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let texts = [
            "",
            "90",
            "-90d",
            "90d ago",
            "0d",
            "d",
            "yesterday",
            "2024-02-30",
            "2024-01-31T12:00:00",
            "0000-13-01",
            "99999999999999999999d",
        ];
        for text in texts {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
