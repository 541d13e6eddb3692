//! Subsets of an index: the document without some of its manifests.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Manifest;
use crate::{Descriptor, Error, Result, Verified};

impl Manifest {
    /// Returns the index with only the manifests that `keep` accepts, or the unchanged bytes if it accepts all.
    /// Everything else is preserved, except for white space between members.
    ///
    /// Spec: image-spec v1.1, `image-index.md`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the manifest is not an index.
    pub fn subset(&self, keep: impl Fn(&Descriptor) -> bool) -> Result<Verified> {
        let descriptor = self.descriptor();
        if !self.kind.is_index() {
            return Err(Error::unsupported(format!(
                "choosing manifests of {}, which is not an index,",
                descriptor.digest
            )));
        }
        let kept: Vec<bool> = self.manifests().iter().map(keep).collect();
        if kept.iter().all(|kept| *kept) {
            return Ok(self.content.clone());
        }
        let written = written(self.bytes(), &kept);
        let text = written.map_err(|source| Error::invalid_manifest(&descriptor.digest, source))?;
        Ok(Verified::of(descriptor.media_type.clone(), text.into_bytes()))
    }
}

fn written(document: &[u8], kept: &[bool]) -> serde_json::Result<String> {
    let Members(members) = serde_json::from_slice(document)?;
    let mut shown = Vec::new();
    for (name, value) in members {
        let value = match name.as_str() {
            "manifests" => chosen(value, kept)?,
            _ => compact(value.get()),
        };
        shown.push(format!("{}:{value}", serde_json::to_string(&name)?));
    }
    Ok(format!("{{{}}}", shown.join(",")))
}

fn chosen(manifests: &RawValue, kept: &[bool]) -> serde_json::Result<String> {
    let manifests: Vec<&RawValue> = serde_json::from_str(manifests.get())?;
    let chosen = manifests.iter().zip(kept).filter(|(_, kept)| **kept);
    let chosen: Vec<String> = chosen.map(|(entry, _)| compact(entry.get())).collect();
    Ok(format!("[{}]", chosen.join(",")))
}

/// Removes white space between JSON tokens.
fn compact(json: &str) -> String {
    let (mut in_text, mut is_escaped) = (false, false);
    let mut shown = json.to_owned();
    shown.retain(|character| {
        let is_end = character == '"' && !is_escaped;
        is_escaped = in_text && character == '\\' && !is_escaped;
        in_text ^= is_end;
        in_text || !matches!(character, ' ' | '\t' | '\r' | '\n')
    });
    shown
}

/// The members of an object, in document order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn only_the_space_between_tokens_goes() {
        assert_eq!(
            compact("{ \"a b\" :\n[ 1,\t\"\\\" \\\\\" ] }"),
            "{\"a b\":[1,\"\\\" \\\\\"]}"
        );
    }
}
