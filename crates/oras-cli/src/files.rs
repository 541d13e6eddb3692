//! Files and folders on the command line, and their annotations.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use oras::content::{ErrorChain, annotations};
use oras::copy::Side;
use oras::file::{FileOptions, PackOptions, Times};
use oras::{CopyError, Descriptor, Error, ErrorKind, FileStore, MediaType};

use crate::annotated::{Annotated, add_annotations, read_annotations};
use crate::hint::advised;
use crate::pipe::is_pipe;
use crate::place::Place;
use crate::progress::{Phase, Progress};
use crate::say;
use crate::stdin::{self, is_stdin};
use crate::usage::{Usage, ensure_usage};

/// Files to push, and annotations.
#[derive(Args, Clone)]
pub(crate) struct FileArgs {
    /// Files and folders, as path[:media-type]; a folder becomes one layer, which a pull unpacks; - reads stdin
    #[arg(value_name = "FILE")]
    files: Vec<String>,

    /// The name of the file read from stdin; "stdin" by default
    #[arg(long, value_name = "NAME")]
    stdin_name: Option<String>,

    /// The media type of the file read from stdin
    #[arg(long, value_name = "TYPE")]
    stdin_type: Option<MediaType>,

    /// Annotate the manifest: key=value
    #[arg(long = "annotation", short = 'a', value_name = "KEY=VALUE")]
    annotations: Vec<String>,

    /// Read annotations from this JSON file: {"$manifest": {…}, "$config": {…}, "<file>": {…}}
    #[arg(long, value_name = "FILE")]
    annotation_file: Option<PathBuf>,

    /// Allow files outside the current folder
    #[arg(long)]
    disable_path_validation: bool,
}

impl FileArgs {
    pub(crate) fn are_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Refuses flags for stdin if stdin is not read, and reading it twice.
    pub(crate) fn check_stdin(&self, place: &Place) -> anyhow::Result<()> {
        let is_read = |text: &String| split_file(text).is_ok_and(|(path, _)| is_stdin(Path::new(path)));
        match self.files.iter().any(is_read) {
            true => stdin::check(place, Path::new("-")),
            false => {
                ensure_usage!(
                    self.stdin_name.is_none() && self.stdin_type.is_none(),
                    "--stdin-name and --stdin-type are about what comes from stdin: give - as the file"
                );
                Ok(())
            }
        }
    }

    pub(crate) async fn annotations(&self) -> anyhow::Result<Annotated> {
        let mut annotated = match &self.annotation_file {
            Some(file) => read_annotations(file).await?,
            None => Annotated::default(),
        };
        add_annotations(&mut annotated.manifest, &self.annotations)?;
        Ok(annotated)
    }

    /// Adds the files to `store`, in order.
    pub(crate) async fn add_to(
        &self,
        store: &FileStore,
        annotated: &Annotated,
        progress: &Progress,
    ) -> anyhow::Result<Vec<Descriptor>> {
        let mut layers: Vec<Descriptor> = Vec::new();
        for text in &self.files {
            let (path, media_type) = split_file(text)?;
            let own = annotated.files.get(path).cloned().unwrap_or_default();
            let name = own.get(annotations::TITLE).filter(|name| !name.is_empty());
            let mut layer = self.add(store, path, name, media_type, progress).await?;
            layer.annotations.extend(own);
            layers.push(layer);
        }
        warn_of(&store.refusals());
        Ok(layers)
    }

    /// Refuses to write a result over one of the files or the configuration, which are read while they are pushed.
    pub(crate) fn check_output(&self, output: &Path, config: Option<&str>) -> anyhow::Result<()> {
        let Ok(output) = output.canonicalize() else {
            return Ok(());
        };
        for text in self.files.iter().map(String::as_str).chain(config) {
            let (path, _) = split_file(text)?;
            let is_same =
                !is_stdin(Path::new(path)) && Path::new(path).canonicalize().is_ok_and(|path| path == output);
            ensure_usage!(
                !is_same,
                "{path} is a file to push, and would be overwritten by the manifest: name another file"
            );
        }
        Ok(())
    }

    /// Creates the store for the files.
    pub(crate) fn store(&self) -> anyhow::Result<FileStore> {
        let options = FileOptions::default()
            .with_read_only(true)
            .with_path_traversal(self.disable_path_validation)
            .with_pack(PackOptions::default().with_times(times()?));
        Ok(FileStore::with_options(".", options))
    }

    /// Adds a file under a name, by default its path.
    async fn add(
        &self,
        store: &FileStore,
        path: &str,
        name: Option<&String>,
        media_type: Option<MediaType>,
        progress: &Progress,
    ) -> anyhow::Result<Descriptor> {
        if is_stdin(Path::new(path)) {
            let title = name.or(self.stdin_name.as_ref()).map_or("stdin", String::as_str);
            let media_type = media_type.or_else(|| self.stdin_type.clone());
            let _phase = progress.phase("Reading", "stdin", None);
            let spooled = stdin::spool().await?;
            return Ok(store.add(title, media_type, Some(&spooled)).await?);
        }
        ensure_usage!(
            self.disable_path_validation || !leads_out(path),
            "{path} is not under the current folder: go to its folder first, or add --disable-path-validation"
        );
        let _phase = reading(progress, path);
        let name = name.map_or(path, String::as_str);
        let added = store.add(name, media_type, Some(Path::new(path))).await;
        added.map_err(|error| match is_pipe(Path::new(path)) {
            true => advised(
                error,
                format!("to push what comes from it, write - and add < {path}"),
            ),
            false => error.into(),
        })
    }
}

/// Converts the error of a push, with advice if a file changed after it was described.
pub(crate) fn pushed(error: CopyError) -> anyhow::Error {
    let cause = error.source.inner().unwrap_or(&error.source);
    match (error.side, cause.kind()) {
        (Side::Source, ErrorKind::Verify) => advised(
            error,
            "it changed while it was pushed: run it again when nothing writes to it",
        ),
        _ => error.into(),
    }
}

/// Shows that a file is hashed or a folder packed.
fn reading<'a>(progress: &'a Progress, path: &str) -> Phase<'a> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => progress.phase("Packing", path, None),
        // A read error is reported when the file is read.
        found => progress.phase("Hashing", path, Some(found.map_or(0, |found| found.len()))),
    }
}

/// Warns about folders that a pull will refuse, although they are pushed.
fn warn_of(refusals: &[Error]) {
    for error in refusals {
        let how = match error.kind() {
            ErrorKind::PathTraversal => "refuses this folder without --allow-path-traversal",
            _ => "refuses to unpack this folder, and writes it as it is with --keep-packed",
        };
        say::note(format!("Warning: 'oras pull' {how}: {}", ErrorChain(error)));
    }
}

/// Returns the timestamps of packed files: those that <https://reproducible-builds.org/specs/source-date-epoch/> requires.
fn times() -> anyhow::Result<Times> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        return Ok(Times::default());
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    match seconds {
        Some(seconds) => Ok(Times::At(seconds)),
        None => Err(Usage::error(format!(
            "SOURCE_DATE_EPOCH is {text:?}: make it a number of seconds since 1970"
        ))),
    }
}

/// Whether a path leaves the folder in which it starts.
pub(crate) fn leads_out(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    Path::new(path).is_absolute()
}

/// Splits `path[:media/type]` at the last colon; `a:b:` is the file `a:b`.
pub(crate) fn split_file(text: &str) -> anyhow::Result<(&str, Option<MediaType>)> {
    let Some((path, media_type)) = text.rsplit_once(':') else {
        return Ok((text, None));
    };
    if media_type.is_empty() {
        return Ok((path, None));
    }
    if !media_type.contains('/') && Path::new(text).exists() {
        return Ok((text, None));
    }
    let media_type: MediaType = media_type.parse().with_context(|| {
        format!("in {text:?}, write path:media/type, or {text}: if the name of the file has a colon")
    })?;
    ensure_usage!(
        media_type.has_rfc6838_essence(),
        "{media_type:?} in {text:?} is not a media type: write path:media/type, or {text}: if the name of the file has a colon",
        media_type = media_type.as_str()
    );
    Ok((path, Some(media_type)))
}

#[cfg(test)]
mod tests {
    use super::{leads_out, split_file};

    #[test]
    fn a_path_may_go_up_as_far_as_it_went_down() {
        for path in ["a", "./d/../d/g", "a/b/../../c", "."] {
            assert!(!leads_out(path), "{path}");
        }
        for path in ["..", "../a", "a/../../b", "/a"] {
            assert!(leads_out(path), "{path}");
        }
    }

    #[test]
    fn the_last_colon_splits_off_the_media_type() {
        let split = |text| {
            let (path, media_type) = split_file(text).unwrap();
            (path.to_owned(), media_type.map(|found| found.to_string()))
        };
        assert_eq!(split("a.txt"), ("a.txt".into(), None));
        assert_eq!(
            split("a.txt:text/plain"),
            ("a.txt".into(), Some("text/plain".into()))
        );
        assert_eq!(split("a:b:"), ("a:b".into(), None));
        assert_eq!(split("a:b:text/plain"), ("a:b".into(), Some("text/plain".into())));
        assert!(split_file("a:b").is_err());
    }
}
