//! Formats: the values of `--format`.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};

/// The format with a template, which may follow an equals sign.
pub(crate) const GO_TEMPLATE: &str = "go-template";

/// The formats of a command: the word on the command line, its help, and the value.
#[derive(Clone, Copy)]
pub(crate) struct Formats<T: 'static>(pub(crate) &'static [(&'static str, &'static str, T)]);

impl<T: Clone + Send + Sync> TypedValueParser for Formats<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let typed = value.to_string_lossy();
        let name = match typed.split_once('=') {
            Some((GO_TEMPLATE, _)) => GO_TEMPLATE,
            _ => &typed,
        };
        if let Some((.., format)) = self.0.iter().find(|(known, ..)| *known == name) {
            return Ok(format.clone());
        }
        let mut error = Error::new(ErrorKind::InvalidValue).with_cmd(command);
        let argument = argument.map_or_else(String::new, Arg::to_string);
        let known = self.0.iter().map(|(known, ..)| (*known).to_owned());
        error.insert(ContextKind::InvalidArg, ContextValue::String(argument));
        error.insert(
            ContextKind::InvalidValue,
            ContextValue::String(typed.into_owned()),
        );
        error.insert(ContextKind::ValidValue, ContextValue::Strings(known.collect()));
        Err(error)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let known = self.0.iter();
        Some(Box::new(
            known.map(|(name, what, _)| PossibleValue::new(*name).help(*what)),
        ))
    }
}
