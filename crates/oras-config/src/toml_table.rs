//! A TOML table with typed access to members by name. Unused members become warnings.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Error, Origin, Warning};

/// A file and its text, to turn offsets into lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'t> {
    pub(crate) file: &'t Path,
    pub(crate) text: &'t str,
}

impl<'t> Source<'t> {
    pub(crate) fn parse(self) -> Result<DeTable<'t>, Error> {
        match DeTable::parse(self.text) {
            Ok(table) => Ok(table.into_inner()),
            Err(error) => Err(Error::Syntax {
                at: self.at(&error.span().unwrap_or_default()),
                reason: error.message().to_owned(),
            }),
        }
    }

    pub(crate) fn at(self, span: &Range<usize>) -> Origin {
        let before = self.text.as_bytes().iter().take(span.start);
        let line = before.filter(|&&byte| byte == b'\n').count() + 1;
        Origin::line(self.file, line)
    }

    pub(crate) fn refuse(self, span: &Range<usize>, member: &str, reason: impl Into<String>) -> Error {
        Error::Value {
            at: self.at(span),
            member: member.to_owned(),
            reason: reason.into(),
        }
    }
}

/// A value and its position.
#[derive(Clone, Debug)]
pub(crate) struct Taken<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// One table, and the names of the members requested so far.
pub(crate) struct Members<'a, 't> {
    pub(crate) source: Source<'t>,
    table: &'a DeTable<'t>,
    path: &'static str,
    known: BTreeSet<&'static str>,
}

impl<'a, 't> Members<'a, 't> {
    /// `path` is the prefix of names in warnings: the names of the tables, each with a dot.
    pub(crate) fn new(source: Source<'t>, table: &'a DeTable<'t>, path: &'static str) -> Self {
        Self {
            source,
            table,
            path,
            known: BTreeSet::new(),
        }
    }

    pub(crate) fn value(&mut self, name: &'static str) -> Option<&'a Spanned<DeValue<'t>>> {
        self.known.insert(name);
        self.table.get(name)
    }

    pub(crate) fn string(&mut self, name: &'static str) -> Result<Option<Taken<String>>, Error> {
        let value = self.value(name);
        value.map(|value| string(self.source, name, value)).transpose()
    }

    pub(crate) fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, Error> {
        let as_bool = |value: &DeValue<'_>| value.as_bool();
        self.typed(name, "true or false", as_bool)
    }

    pub(crate) fn strings(&mut self, name: &'static str) -> Result<Option<Vec<Taken<String>>>, Error> {
        let source = self.source;
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let array = value.get_ref().as_array();
        let array = array.ok_or_else(|| wrong_type(source, name, value, "an array of strings"))?;
        let strings = array.iter().map(|value| string(source, name, value));
        strings.collect::<Result<_, _>>().map(Some)
    }

    pub(crate) fn table(&mut self, name: &'static str) -> Result<Option<&'a DeTable<'t>>, Error> {
        self.typed(name, "a table", |value| value.as_table())
    }

    /// The tables of `[[name]]`, with their positions.
    pub(crate) fn tables(
        &mut self,
        name: &'static str,
    ) -> Result<Vec<(&'a DeTable<'t>, Range<usize>)>, Error> {
        let source = self.source;
        let Some(value) = self.value(name) else {
            return Ok(Vec::new());
        };
        let wrong = |value| wrong_type(source, name, value, "an array of tables");
        let array = value.get_ref().as_array().ok_or_else(|| wrong(value))?;
        let one = |value: &'a Spanned<DeValue<'t>>| {
            let table = value.get_ref().as_table().ok_or_else(|| wrong(value))?;
            Ok((table, value.span()))
        };
        array.iter().map(one).collect()
    }

    /// The members that were not requested.
    pub(crate) fn unknown(&self) -> Vec<Warning> {
        let unknown = self
            .table
            .keys()
            .filter(|key| !self.known.contains(&**key.get_ref()));
        let warning = |key: &Spanned<std::borrow::Cow<'_, str>>| Warning {
            at: self.source.at(&key.span()),
            member: format!("{}{}", self.path, key.get_ref()),
        };
        let mut warnings: Vec<_> = unknown.map(warning).collect();
        warnings.sort_by(|a, b| a.at.cmp(&b.at));
        warnings
    }

    fn typed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        convert: impl FnOnce(&'a DeValue<'t>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let source = self.source;
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let converted = convert(value.get_ref());
        converted
            .map(Some)
            .ok_or_else(|| wrong_type(source, name, value, expected))
    }
}

pub(crate) fn string(
    source: Source<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<Taken<String>, Error> {
    let text = value.get_ref().as_str();
    let text = text.ok_or_else(|| wrong_type(source, name, value, "a string"))?;
    Ok(Taken {
        value: text.to_owned(),
        span: value.span(),
    })
}

fn wrong_type(source: Source<'_>, name: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Error {
    let actual = value.get_ref().type_str();
    source.refuse(&value.span(), name, format!("expected {expected}, not {actual}"))
}
