//! Members of results: only those named by a schema, in its order.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// The schemas of a folder, by name.
pub(crate) struct Named(BTreeMap<String, Value>);

/// A schema, and the document that contains it.
#[derive(Clone, Copy)]
struct Part<'a> {
    document: &'a Value,
    schema: &'a Value,
}

impl Named {
    pub(crate) fn read(folder: &Path) -> Self {
        let paths = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let schemas = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let named = schemas.map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap(),
            )
        });
        Self(named.collect())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether the schema of this name lists all members of `value`, in their order.
    pub(crate) fn fits(&self, name: &str, value: &Value) -> bool {
        let document = &self.0[name];
        self.fits_part(Part::root(document), value)
    }

    fn fits_part(&self, part: Part<'_>, value: &Value) -> bool {
        let part = self.resolved(part);
        if let Some(branches) = part.schema["oneOf"].as_array() {
            return branches
                .iter()
                .any(|branch| self.fits_part(part.with(branch), value));
        }
        match value {
            Value::Array(items) => items
                .iter()
                .all(|item| self.fits_part(part.with(&part.schema["items"]), item)),
            Value::Object(members) => {
                let named = self.members(part);
                // A passed-through document, or annotations.
                named.is_empty() || self.fit(&named, members)
            }
            _ => true,
        }
    }

    fn fit(&self, named: &[(&str, Part<'_>)], members: &serde_json::Map<String, Value>) -> bool {
        let mut left = named.iter();
        members.iter().all(|(name, value)| {
            let found = left.find(|(known, _)| known == name);
            found.is_some_and(|(_, part)| self.fits_part(*part, value))
        })
    }

    /// Returns the members of a schema in order; those of a descriptor follow its reference.
    fn members<'a>(&'a self, part: Part<'a>) -> Vec<(&'a str, Part<'a>)> {
        let own = part.schema["properties"].as_object().into_iter().flatten();
        let mut named: Vec<_> = own
            .map(|(name, schema)| (name.as_str(), part.with(schema)))
            .collect();
        let shared = part.schema["allOf"].as_array().into_iter().flatten();
        let shared: Vec<_> = shared
            .flat_map(|schema| self.members(self.resolved(part.with(schema))))
            .collect();
        let at = named.iter().position(|(name, _)| *name == "reference");
        let at = at.map_or(0, |at| at + 1);
        named.splice(at..at, shared);
        named
    }

    fn resolved<'a>(&'a self, part: Part<'a>) -> Part<'a> {
        let Some(reference) = part.schema["$ref"].as_str() else {
            return part;
        };
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let document = match file.strip_suffix(".json") {
            Some(name) => &self.0[name],
            None => part.document,
        };
        let schema = document
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {reference}"));
        self.resolved(Part { document, schema })
    }

    /// Returns the flaws in the definition of a schema, at any depth.
    pub(crate) fn flaws(&self, name: &str) -> Vec<String> {
        let document = &self.0[name];
        let mut flaws = Vec::new();
        if document["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
            flaws.push(format!("{name} is of another draft"));
        }
        self.find_flaws(name, Part::root(document), &mut flaws);
        flaws
    }

    fn find_flaws(&self, name: &str, part: Part<'_>, flaws: &mut Vec<String>) {
        match part.schema {
            Value::Array(schemas) => schemas
                .iter()
                .for_each(|schema| self.find_flaws(name, part.with(schema), flaws)),
            Value::Object(parts) => {
                if let Some(properties) = parts.get("properties").and_then(Value::as_object) {
                    let is_open = parts.get("additionalProperties") != Some(&Value::Bool(false));
                    // The members of a descriptor are defined elsewhere, so it stays open.
                    let is_descriptor = parts.contains_key("allOf") || name == "descriptor";
                    if is_open && !is_descriptor {
                        flaws.push(format!("{name} is open where it has {:?}", properties.keys()));
                    }
                    let untold = properties
                        .iter()
                        .filter(|(_, schema)| !self.is_described(part.with(schema)));
                    flaws.extend(untold.map(|(property, _)| format!("{name} does not describe {property}")));
                }
                parts
                    .values()
                    .for_each(|schema| self.find_flaws(name, part.with(schema), flaws));
            }
            _ => {}
        }
    }

    fn is_described(&self, part: Part<'_>) -> bool {
        let told = |schema: &Value| {
            schema["description"]
                .as_str()
                .is_some_and(|text| text.ends_with('.'))
        };
        told(part.schema) || told(self.resolved(part).schema)
    }
}

impl<'a> Part<'a> {
    fn root(document: &'a Value) -> Self {
        Self {
            document,
            schema: document,
        }
    }

    fn with(self, schema: &'a Value) -> Self {
        Self { schema, ..self }
    }
}
