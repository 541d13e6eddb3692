//! `Section`: the configuration of one namespace in one file.

use std::path::Path;

use super::Said;
use crate::yaml::{Member, Node, Value};
use crate::{Error, Origin};

/// The locations of signatures of one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    lookaside: Option<Said<String>>,
    lookaside_staging: Option<Said<String>>,
    sigstore: Option<Said<String>>,
    sigstore_staging: Option<Said<String>>,
    pub(super) attachments: Option<Said<bool>>,
}

impl Section {
    pub(super) fn read_from(file: &Path, section: Member) -> Result<Self, Error> {
        let mut read = Self::default();
        for member in members(file, &section.name, section.node)? {
            let slot = match member.name.as_str() {
                "lookaside" => &mut read.lookaside,
                "lookaside-staging" => &mut read.lookaside_staging,
                "sigstore" => &mut read.sigstore,
                "sigstore-staging" => &mut read.sigstore_staging,
                "use-sigstore-attachments" => {
                    read.attachments = Some(boolean(file, &member)?);
                    continue;
                }
                _ => return Err(unknown(file, &member)),
            };
            *slot = Some(url(file, &member)?);
        }
        Ok(read)
    }

    /// The location to read from. The newer name takes precedence.
    pub(super) fn read(&self) -> Option<Said<String>> {
        self.lookaside.as_ref().or(self.sigstore.as_ref()).cloned()
    }

    /// The location to write to.
    pub(super) fn write(&self) -> Option<Said<String>> {
        let staging = self.lookaside_staging.as_ref();
        let staging = staging.or(self.sigstore_staging.as_ref()).cloned();
        staging.or_else(|| self.read())
    }
}

/// The members of a map, which may be empty.
pub(super) fn members(file: &Path, name: &str, node: Node) -> Result<Vec<Member>, Error> {
    let at = Origin::line(file, node.line);
    node.value.into_members().ok_or_else(|| Error::Value {
        at,
        member: name.to_owned(),
        reason: "expected a map".to_owned(),
    })
}

pub(super) fn unknown(file: &Path, member: &Member) -> Error {
    refused(file, member, "there is no such member")
}

fn refused(file: &Path, member: &Member, reason: &str) -> Error {
    Error::Value {
        at: Origin::line(file, member.line),
        member: member.name.clone(),
        reason: reason.to_owned(),
    }
}

fn said<T>(file: &Path, member: &Member, value: T) -> Said<T> {
    Said {
        value,
        at: Origin::line(file, member.line),
    }
}

fn url(file: &Path, member: &Member) -> Result<Said<String>, Error> {
    let schemes = ["file://", "http://", "https://"];
    match &member.node.value {
        Value::Text { text, .. } if schemes.iter().any(|scheme| text.starts_with(scheme)) => {
            Ok(said(file, member, text.clone()))
        }
        _ => Err(refused(file, member, "expected a URL of file, http or https")),
    }
}

fn boolean(file: &Path, member: &Member) -> Result<Said<bool>, Error> {
    match &member.node.value {
        Value::Text { text, is_plain: true } if text == "true" => Ok(said(file, member, true)),
        Value::Text { text, is_plain: true } if text == "false" => Ok(said(file, member, false)),
        _ => Err(refused(file, member, "expected true or false")),
    }
}
