//! Annotations, from flags and from files.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use oras::Annotations;
use serde::Deserialize;

use crate::pipe::{self, is_pipe};
use crate::usage::{Usage, ensure_usage};

/// Annotations of the manifest, of its configuration, and of its files by path.
#[derive(Default)]
pub(crate) struct Annotated {
    pub(crate) manifest: Annotations,
    pub(crate) config: Annotations,
    pub(crate) files: BTreeMap<String, Annotations>,
}

/// Parses annotations of the form `key=value`.
pub(crate) fn parse_annotations(typed: &[String]) -> anyhow::Result<Annotations> {
    let mut annotations = Annotations::default();
    add_annotations(&mut annotations, typed)?;
    Ok(annotations)
}

pub(crate) fn add_annotations(annotations: &mut Annotations, typed: &[String]) -> anyhow::Result<()> {
    for text in typed {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Usage::error(format!(
                "invalid annotation {text:?}: write --annotation key=value"
            )));
        };
        let known = annotations.insert(key.to_owned(), value.to_owned());
        ensure_usage!(known.is_none(), "the annotation {key} is given twice");
    }
    Ok(())
}

#[derive(Deserialize)]
struct AnnotationFile(BTreeMap<String, Annotations>);

pub(crate) async fn read_annotations(file: &Path) -> anyhow::Result<Annotated> {
    let text = match is_pipe(file) {
        true => pipe::read(file).await,
        false => std::fs::read(file).map_err(Into::into),
    };
    let text = text.with_context(|| format!("cannot read the annotations in {}", file.display()))?;
    let AnnotationFile(mut all) = serde_json::from_slice(&text).with_context(|| {
        format!(
            "{} is not of the form {{\"$manifest\": {{\"key\": \"value\"}}}}",
            file.display()
        )
    })?;
    Ok(Annotated {
        manifest: all.remove("$manifest").unwrap_or_default(),
        config: all.remove("$config").unwrap_or_default(),
        files: all,
    })
}
