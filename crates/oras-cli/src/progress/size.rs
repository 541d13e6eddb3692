//! Formats sizes, durations and names of content for people.

use std::time::Duration;

use oras::Descriptor;

use crate::printable;

/// Formats a size.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

/// Formats a duration as a clock shows it: `0:07`, `12:34` or `1:02:03`.
pub(super) fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Returns twelve digits of the digest, then the title or the media type.
pub(crate) fn named(node: &Descriptor) -> String {
    let name = title(node).unwrap_or(node.media_type.as_str());
    format!("{} {}", digits(node), printable::line(name))
}

/// Returns a short name for a transfer: its title, or else the result of [`named`].
pub(super) fn short_name(node: &Descriptor) -> String {
    match title(node) {
        Some(title) => printable::line(title).into_owned(),
        None => named(node),
    }
}

fn digits(node: &Descriptor) -> String {
    node.digest.encoded().chars().take(12).collect()
}

fn title(node: &Descriptor) -> Option<&str> {
    node.title().filter(|_| !node.is_manifest())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{bytes, clock};

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(u64::MAX), "16777216.0 TiB");
    }

    #[test]
    fn durations_are_those_of_a_clock() {
        assert_eq!(clock(Duration::from_millis(7_900)), "0:07");
        assert_eq!(clock(Duration::from_secs(754)), "12:34");
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
    }
}
