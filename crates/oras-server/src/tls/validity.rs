//! The validity period of certificates.

use std::time::SystemTime;

use crate::time::rfc3339;

/// Describes why a certificate is not valid at a time, for a warning. `None` if it is valid or cannot be parsed.
pub(super) fn problem(certificate: &[u8], now: SystemTime) -> Option<String> {
    let (from, until) = times(certificate)?;
    let digits = rfc3339(now).replace(['-', ':', 'T'], "");
    if digits > until {
        return Some(format!("is not valid any more, since {until}"));
    }
    (digits < from).then(|| format!("is not valid yet, until {from}"))
}

/// Returns the start and end of a certificate's validity, as `YYYYMMDDHHMMSSZ`.
///
/// Spec: RFC 5280, section 4.1.
fn times(certificate: &[u8]) -> Option<(String, String)> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    let (first, _, after_version) = element(rest)?;
    if first == 0xa0 {
        rest = after_version;
    }
    for _ in ["serial number", "algorithm", "issuer"] {
        (_, _, rest) = element(rest)?;
    }
    let (_, validity, _) = element(rest)?;
    let (from_tag, from, rest) = element(validity)?;
    let (until_tag, until, _) = element(rest)?;
    Some((time(from_tag, from)?, time(until_tag, until)?))
}

fn time(tag: u8, text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let century = match (tag, text.len()) {
        (0x17, 13) if text < "5" => "20",
        (0x17, 13) => "19",
        (0x18, 15) => "",
        _ => return None,
    };
    Some(format!("{century}{text}"))
}

/// Splits the first DER element off: its tag, its content, and the rest.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, len], rest) = bytes.split_first_chunk()?;
    let (len, rest) = match len {
        0..=0x7f => (usize::from(len), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(len - 0x80))?;
            (
                digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)),
                rest,
            )
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::{problem, times};

    fn certificate(years: [i32; 2]) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        [params.not_before, params.not_after] = years.map(|year| rcgen::date_time_ymd(year, 1, 1));
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_is_valid_between_its_times() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let (in_2000, in_2024, in_2100) = (at(951_782_400), at(1_709_210_096), at(4_107_542_400));
        let short = certificate([2020, 2030]);
        assert_eq!(problem(&short, in_2024), None);
        assert!(
            problem(&short, in_2000)
                .unwrap()
                .contains("not valid yet, until 20200101000000Z")
        );
        assert!(
            problem(&short, in_2100)
                .unwrap()
                .contains("any more, since 20300101000000Z")
        );
        let long = certificate([1999, 2200]);
        for time in [in_2000, in_2024, in_2100] {
            assert_eq!(problem(&long, time), None);
        }
    }

    proptest! {
        #[test]
        fn no_certificate_panics(bytes: Vec<u8>, cut in 0usize..400, at in 0usize..400, by: u8) {
            times(&bytes);
            let mut altered = certificate([2020, 2030]);
            altered[at % 200] ^= by;
            altered.truncate(cut);
            times(&altered);
        }
    }
}
