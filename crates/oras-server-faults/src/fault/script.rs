//! Scripts: faults in JSON.

use std::fmt;
use std::str::FromStr;

use hyper::Method;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Fault;
use crate::{Profile, Quirk};

/// The misbehaviour of a registry, as written in a file.
///
/// Each entry of `faults` has in `do` what to do, with the names of the methods of [`Fault`] and words joined by hyphens,
/// and selects requests with `method`, `route`, `repository`, `digest`, `storage`, `nth`, and `times`, which is a number or
/// `"always"`. `headers` are set on the response, or removed if they are `null`. Times are in milliseconds. `quirks` and
/// `profiles` are lists of the names of [`Quirk`] and [`Profile`].
///
/// ```
/// use oras_server_faults::{FaultOptions, Script};
///
/// let script: Script = r#"{
///   "faults": [
///     { "do": { "rate-limited": "1" }, "route": "manifest", "times": 2 },
///     { "do": { "redirect": { "status": 307, "to": "second-origin" } }, "route": "blob", "times": "always" },
///     { "do": { "stall": { "at": 1000, "ms": 250 } }, "method": "GET", "nth": 3 },
///     { "headers": { "warning": "299 - \"it will end soon\"", "docker-content-digest": null } }
///   ],
///   "quirks": ["tags-null", "no-digest-on-get"],
///   "profiles": ["harbor"]
/// }"#.parse()?;
/// let options = FaultOptions::default().with_script(script);
/// # drop(options);
/// # Ok::<(), oras_server_faults::ScriptError>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Script {
    #[serde(default)]
    pub(crate) faults: Vec<Fault>,
    #[serde(default)]
    pub(crate) quirks: Vec<Quirk>,
    #[serde(default)]
    pub(crate) profiles: Vec<Profile>,
}

impl Script {
    /// Whether a fault sends clients to the second origin.
    pub(crate) fn needs_second_origin(&self) -> bool {
        self.faults.iter().any(Fault::needs_second_origin)
    }
}

/// The error of an invalid script, with the position and what is expected there.
#[derive(Debug, thiserror::Error)]
#[error("not a script of faults: {0}")]
pub struct ScriptError(serde_json::Error);

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        serde_json::from_str(text).map_err(ScriptError)
    }
}

/// The number of times that a fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times(pub(super) u64);

impl Default for Times {
    fn default() -> Self {
        Self(1)
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number of times, or \"always\"")]
        enum Text {
            Number(u64),
            Word(Always),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Always {
            Always,
        }
        Ok(match Text::deserialize(deserializer)? {
            Text::Number(times) => Self(times),
            Text::Word(Always::Always) => Self(u64::MAX),
        })
    }
}

/// The headers that a fault sets on a response, or removes.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers(pub(super) Vec<(HeaderName, Option<HeaderValue>)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("headers, each with its value or null")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Option<String>>()? {
                    headers.push(header(&name, value.as_deref()).map_err(A::Error::custom)?);
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

/// Parses a header to set or remove. Headers that determine the length of the response have effects of their own.
pub(super) fn header(name: &str, value: Option<&str>) -> Result<(HeaderName, Option<HeaderValue>), String> {
    let parsed: HeaderName = name
        .parse()
        .map_err(|_| format!("{name:?} cannot be the name of a header"))?;
    if parsed == CONTENT_LENGTH || parsed == TRANSFER_ENCODING {
        return Err(format!(
            "{parsed} is changed by \"content-length\", not as a header"
        ));
    }
    let value = value.map(HeaderValue::from_str).transpose();
    let value = value.map_err(|_| format!("{name} cannot have this value"))?;
    Ok((parsed, value))
}

pub(super) fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    match status {
        100..1000 => Ok(status),
        _ => Err(D::Error::custom(format!("{status} is not a status"))),
    }
}

pub(super) fn method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Method>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse() {
        Ok(method) if text == text.to_ascii_uppercase() => Ok(Some(method)),
        _ => Err(D::Error::custom(format!("{text:?} is not a method"))),
    }
}

pub(super) fn first() -> u64 {
    1
}

pub(super) fn one_hop() -> u32 {
    1
}
