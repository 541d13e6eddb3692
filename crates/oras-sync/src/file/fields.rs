//! Fields: members of a file, by name.

use std::str::FromStr;

use super::reader::{Node, Value};
use super::{FileError, FileNotice};

/// A node with its path as people write it: `sync[0].tags`.
#[derive(Clone)]
pub(super) struct Field<'a> {
    path: String,
    line: usize,
    node: &'a Node,
}

impl<'a> Field<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self {
            path: String::new(),
            line: node.line,
            node,
        }
    }

    /// Returns an error about this field.
    pub(super) fn error(&self, problem: impl AsRef<str>) -> FileError {
        let notice = self.notice(problem);
        FileError::at(notice.line, notice.text)
    }

    pub(super) fn notice(&self, text: impl AsRef<str>) -> FileNotice {
        let path = if self.path.is_empty() {
            "the file"
        } else {
            &self.path
        };
        FileNotice {
            line: self.line,
            text: format!("{path} {}", text.as_ref()),
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<Self> {
        self.members()
            .ok()?
            .into_iter()
            .find(|(known, _)| known == name)
            .map(|(_, field)| field)
    }

    pub(super) fn required(&self, name: &str) -> Result<Self, FileError> {
        let found = self.member(name);
        found.ok_or_else(|| FileError::at(self.line, format!("{} is missing", self.below(name))))
    }

    /// Returns the members of a map; an absent value has none.
    pub(super) fn members(&self) -> Result<Vec<(String, Self)>, FileError> {
        let members = match &self.node.value {
            Value::Map(members) => members,
            _ if self.is_null() => return Ok(Vec::new()),
            _ => return Err(self.error("is not a map of members")),
        };
        let member = |(name, line, node): &'a (String, usize, Node)| {
            let field = Field {
                path: self.below(name),
                line: *line,
                node,
            };
            (name.clone(), field)
        };
        Ok(members.iter().map(member).collect())
    }

    fn below(&self, name: &str) -> String {
        match self.path.is_empty() {
            true => name.to_owned(),
            false => format!("{}.{name}", self.path),
        }
    }

    /// Fails if there are members with other names.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), FileError> {
        for (name, field) in self.members()? {
            if !known.contains(&name.as_str()) {
                return Err(field.error(format!("is not known: there may be {}", known.join(", "))));
            }
        }
        Ok(())
    }

    /// Returns the items of a list. A single value counts as a list of one, and an absent value as an empty list.
    pub(super) fn items(&self) -> Vec<Self> {
        match &self.node.value {
            Value::List(items) => {
                let item = |(number, node): (usize, &'a Node)| Field {
                    path: format!("{}[{number}]", self.path),
                    line: node.line,
                    node,
                };
                items.iter().enumerate().map(item).collect()
            }
            _ if self.is_null() => Vec::new(),
            _ => vec![self.clone()],
        }
    }

    /// Returns the items of a list that must not be empty, because an empty list would mean everything.
    pub(super) fn some_items(&self) -> Result<Vec<Self>, FileError> {
        match self.items() {
            items if items.is_empty() => Err(self.error("is empty: name something, or remove it")),
            items => Ok(items),
        }
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.node.value, Value::Scalar { text, is_plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    pub(super) fn text(&self) -> Result<&'a str, FileError> {
        match &self.node.value {
            Value::Scalar { text, .. } if !text.is_empty() && !self.is_null() => Ok(text),
            _ => Err(self.error("is not a text")),
        }
    }

    /// Parses a text.
    pub(super) fn parsed<T: FromStr>(&self) -> Result<T, FileError>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text()?;
        text.parse()
            .map_err(|error| self.error(format!("is wrong: {error}")))
    }

    pub(super) fn all_parsed<T: FromStr>(&self) -> Result<Vec<T>, FileError>
    where
        T::Err: std::fmt::Display,
    {
        self.items().iter().map(Self::parsed).collect()
    }

    pub(super) fn bool(&self) -> Result<bool, FileError> {
        self.as_bool()
            .ok_or_else(|| self.error("is neither true nor false"))
    }

    /// Returns `true` or `false`, if the field is a boolean.
    pub(super) fn as_bool(&self) -> Option<bool> {
        match &self.node.value {
            Value::Scalar { text, is_plain: true } => match text.as_str() {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}
