//! Opens and creates layouts in folders and archives.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use oras::{LayoutStore, MemoryStore, Store, TarLayout, TarLayoutWriter};

use crate::hint::advised;
use crate::usage::Usage;

/// A layout as a store, and the archive to finish if one is written.
pub(crate) type Layout = (Arc<dyn Store>, Option<TarLayoutWriter>);

/// Opens the layout in a folder, or an existing archive.
pub(crate) async fn open(path: &Path) -> anyhow::Result<Layout> {
    if !path.is_file() {
        return Ok((Arc::new(open_folder(path).await?), None));
    }
    let archive = TarLayout::open(path).await.with_context(|| {
        format!(
            "{} is neither a folder nor an archive of an OCI image layout",
            path.display()
        )
    })?;
    Ok((Arc::new(archive), None))
}

/// Opens the layout in a folder.
pub(crate) async fn open_folder(folder: &Path) -> anyhow::Result<LayoutStore> {
    let opened = LayoutStore::open(folder).await;
    opened.map_err(|error| match error.is_not_found() {
        true => advised(error, path_hint(folder)),
        false => error.into(),
    })
}

/// Returns the hint for a missing layout. If a name with colons follows the path, part of it was taken for the path.
fn path_hint(path: &Path) -> String {
    let path = path.display().to_string();
    match path.split_once(':') {
        Some((layout, name)) if name.contains([':', '/']) && Path::new(layout).exists() => {
            format!(
                "to give a name with a colon or slash in it, write --oci-layout-path {layout} and the name"
            )
        }
        _ => "check the path of the layout".to_owned(),
    }
}

/// Opens the layout in a folder, or creates it; an archive must not exist yet.
pub(crate) async fn create(path: &Path) -> anyhow::Result<Layout> {
    if !is_archive(path) {
        check_folder(path)?;
        return Ok((Arc::new(LayoutStore::create(path).await?), None));
    }
    let archive = TarLayoutWriter::create(path).await?;
    Ok((Arc::new(archive.clone()), Some(archive)))
}

/// Like [`create`], but replaces an existing archive of a layout once the new one is finished. A link to the archive is
/// kept.
pub(crate) async fn replace(path: &Path) -> anyhow::Result<Layout> {
    let is_replaced = is_archive(path) && TarLayout::open(path).await.is_ok();
    if !is_replaced {
        return create(path).await;
    }
    let target = oras_fs::follow_links(path);
    let target = target.with_context(|| format!("cannot follow the link {}", path.display()))?;
    let archive = TarLayoutWriter::replacing(target);
    Ok((Arc::new(archive.clone()), Some(archive)))
}

/// Opens the layout in a folder if it exists. An archive is replaced, so nothing is added to one.
pub(crate) async fn added_to(path: &Path) -> Option<LayoutStore> {
    match is_archive(path) {
        true => None,
        // Anything that is not a layout is reported by whoever writes there.
        false => LayoutStore::open(path).await.ok(),
    }
}

/// File extensions of archives that would have to be compressed.
const COMPRESSED: [&str; 5] = ["tar.gz", "tgz", "tar.zst", "tar.xz", "tar.bz2"];

/// Like [`create`], for planning a copy; a layout that does not exist yet is an empty store.
pub(crate) async fn imagine(path: &Path) -> anyhow::Result<Layout> {
    // An archive is not written before the first push.
    if is_archive(path) {
        return create(path).await;
    }
    check_folder(path)?;
    match LayoutStore::is_at(path).await? {
        true => open(path).await,
        false => Ok((Arc::new(MemoryStore::new()), None)),
    }
}

/// Whether a layout with this name is written as an archive.
pub(crate) fn is_archive(path: &Path) -> bool {
    ends_in(path, &["tar"]).is_some() && !path.is_dir()
}

/// Returns the name without one of these extensions, in upper or lower case.
fn ends_in<'a>(path: &'a Path, endings: &[&str]) -> Option<&'a str> {
    let name = path.to_str()?;
    endings.iter().find_map(|ending| {
        let at = name.len().checked_sub(ending.len() + 1)?;
        let (start, end) = (name.get(..at)?, name.get(at..)?);
        end.strip_prefix('.')
            .filter(|end| end.eq_ignore_ascii_case(ending))?;
        Some(start)
    })
}

/// Refuses a folder named like a compressed archive.
pub(crate) fn check_folder(path: &Path) -> anyhow::Result<()> {
    match ends_in(path, &COMPRESSED).filter(|_| !path.is_dir()) {
        Some(start) => Err(Usage::error(format!(
            "{} would be a compressed archive, and layouts are written as plain ones: name it {start}.tar, and compress it afterwards",
            path.display()
        ))),
        None => Ok(()),
    }
}
