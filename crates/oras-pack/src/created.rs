//! The creation time of a manifest.

use jiff::Timestamp;
use oras_content::Annotations;

use crate::PackError;

/// The creation time annotation of artifact manifests of image-spec 1.1.0-rc2.
pub(crate) const ARTIFACT_CREATED: &str = "org.opencontainers.artifact.created";

/// Adds the current time as the annotation `key`, or checks the existing annotation.
pub(crate) fn ensure_created(annotations: &mut Annotations, key: &str) -> Result<(), PackError> {
    if let Some(value) = annotations.get(key) {
        return check(value);
    }
    let seconds = Timestamp::from_second(Timestamp::now().as_second()).expect("now is a time");
    annotations.insert(key.to_owned(), seconds.to_string());
    Ok(())
}

/// Accepts only strict RFC 3339: other tools may not read what a lenient parser accepts beyond it.
fn check(value: &str) -> Result<(), PackError> {
    let has_separator = value.as_bytes().get(10) == Some(&b'T');
    let seconds_given = value.as_bytes().get(16) == Some(&b':');
    let zone = value.get(19..).unwrap_or_default();
    let has_zone = zone.ends_with('Z') || zone.as_bytes().iter().rev().nth(2) == Some(&b':');
    if has_separator && seconds_given && has_zone && value.parse::<Timestamp>().is_ok() {
        return Ok(());
    }
    Err(PackError::InvalidCreated {
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_rfc_3339_is_a_time() {
        for good in [
            "2000-01-01T00:00:00Z",
            "2000-01-01T00:00:00.25Z",
            "2000-01-01T00:00:00+02:00",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "2000-01-01",
            "2000-01-01 00:00:00Z",
            "2000-01-01T00:00Z",
            "2000-01-01T00:00:00",
            "2000-13-01T00:00:00Z",
            "2000-01-01T00:00:00+0200",
            "2000/01/01T00:00:00Z",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
