//! Files of an artifact that are selected by name, or that are the only one.

use futures_util::TryStreamExt;
use oras::{Descriptor, Error, ErrorKind, StoreExt};

use super::wanted::Found;
use crate::format;
use crate::hint::advised;
use crate::store::Target;
use crate::usage::Usage;

/// Maximum number of names in an error.
const NAMED: usize = 10;

/// Fails unless each name has a file.
pub(super) fn check(target: &Target, found: &Found, names: &[String]) -> anyhow::Result<()> {
    let has = |name: &String| found.files.iter().any(|file| file.title() == Some(name));
    let Some(missing) = names.iter().find(|name| !has(name)) else {
        return Ok(());
    };
    let missing = format!("the file {missing:?} of {}", target.full_reference());
    Err(advised(
        Error::new(ErrorKind::NotFound, missing),
        format!("it has {}", titles(&found.files)),
    ))
}

/// Writes the one file to stdout, as it was pushed. Written bytes cannot be taken back, so the reader must check the exit
/// code.
pub(super) async fn write_out(target: &Target, found: Found, names: &[String]) -> anyhow::Result<()> {
    check(target, &found, names)?;
    let mut content = target.store.fetch(&only(target, found, names)?).await?;
    while let Some(frame) = content.try_next().await? {
        format::bytes(&frame)?;
    }
    Ok(())
}

/// Returns the one file, which needs no title if there is no other file.
fn only(target: &Target, found: Found, names: &[String]) -> anyhow::Result<Descriptor> {
    let is_wanted =
        |file: &Descriptor| names.is_empty() || names.iter().any(|name| file.title() == Some(name));
    let mut files = found.files;
    if files.is_empty() {
        files = found.skipped;
    }
    files.retain(is_wanted);
    files.sort_by(|a, b| a.digest.cmp(&b.digest));
    files.dedup_by(|a, b| a.digest == b.digest);
    let name = target.full_reference();
    match &files[..] {
        [only] => Ok(only.clone()),
        [] => Err(Usage::error(format!("{name} has no files: stdout takes one"))),
        several => Err(Usage::error(format!(
            "stdout takes one file, and there are {}: choose one with --file, of {}",
            several.len(),
            titles(several)
        ))),
    }
}

fn titles(files: &[Descriptor]) -> String {
    let mut named: Vec<&str> = files
        .iter()
        .filter_map(Descriptor::title)
        .take(NAMED + 1)
        .collect();
    named.sort_unstable();
    match named.len() {
        0 => "no files with a name".to_owned(),
        1..=NAMED => named.join(", "),
        _ => format!("{}, and more", named[..NAMED].join(", ")),
    }
}
