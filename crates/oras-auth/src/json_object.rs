//! `Object`: a JSON object that is written back unchanged, except for its changed members.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object with members in order and raw values.
///
/// Of members with the same name the last one wins, as in most parsers.
#[derive(Default)]
pub(crate) struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.iter().rfind(|(key, _)| *key == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Replaces a value, or adds it at the end.
    pub(crate) fn set(&mut self, name: &str, value: Box<RawValue>) {
        match self.0.iter_mut().rfind(|(key, _)| key == name) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Removes the members whose names match `goes`. Returns whether there were any.
    pub(crate) fn remove(&mut self, goes: impl Fn(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(name, _)| !goes(name));
        self.0.len() < before
    }

    /// The object as text, each member on its own line, indented with `depth + 1` tabs.
    pub(crate) fn to_text(&self, depth: usize) -> Result<String, serde_json::Error> {
        if self.0.is_empty() {
            return Ok("{}".to_owned());
        }
        let indent = "\t".repeat(depth + 1);
        let mut members = Vec::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            members.push(format!(
                "{indent}{}: {}",
                serde_json::to_string(name)?,
                value.get()
            ));
        }
        Ok(format!("{{\n{}\n{}}}", members.join(",\n"), "\t".repeat(depth)))
    }

    /// [`Self::to_text`] as a value of an enclosing object.
    pub(crate) fn to_raw(&self, depth: usize) -> Result<Box<RawValue>, serde_json::Error> {
        RawValue::from_string(self.to_text(depth)?)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }

            fn visit_unit<E>(self) -> Result<Object, E> {
                Ok(Object::default())
            }
        }

        deserializer.deserialize_any(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_odd_values_survive() {
        let text = "{\n\t\"z\": 1.0e5,\n\t\"a\": {\"x\" :[ ]},\n\t\"m\": \"\\u0041\"\n}";
        let mut object: Object = serde_json::from_str(text).unwrap();
        assert_eq!(object.to_text(0).unwrap(), text);
        object.set("a", RawValue::from_string("2".to_owned()).unwrap());
        object.set("new", RawValue::from_string("3".to_owned()).unwrap());
        let expected = "{\n\t\"z\": 1.0e5,\n\t\"a\": 2,\n\t\"m\": \"\\u0041\",\n\t\"new\": 3\n}";
        assert_eq!(object.to_text(0).unwrap(), expected);
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        let mut object: Object = serde_json::from_str(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(object.get("a").map(RawValue::get), Some("2"));
        assert!(object.remove(|name| name == "a") && object.get("a").is_none());
    }
}
