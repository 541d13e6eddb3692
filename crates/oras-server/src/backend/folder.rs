//! Repositories in a folder, each an OCI image layout.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{Descriptor, Error as StoreError, ErrorKind, Result, Store, check_repository_name};
use oras_layout::LayoutStore;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::{Backend, OverlayBackend};
use crate::Error;

/// The file that marks a folder as a layout, and its text.
const MARKER: &str = "oci-layout";
const MARKER_TEXT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The prefix of a layout's additional files, and of the temporary file that becomes the marker.
const OWN_PREFIX: &str = ".oras";
const UNFINISHED_MARKER: &str = ".oras-marker";
/// Names of a layout's own parts, which cannot be components of a repository's name.
const RESERVED: [&str; 3] = ["blobs", "index.json", MARKER];

/// A folder whose repositories are OCI image layouts: `team/app` is the layout in `FOLDER/team/app`.
///
/// If the folder is a layout itself, it is served as one repository. Blobs are mounted by hard links. Other programs may use
/// the layouts at the same time: each side sees the other's changes.
///
/// Names with a component `blobs`, `index.json` or `oci-layout` are refused, because they would be inside another layout.
pub struct FolderBackend {
    dir: PathBuf,
    /// The name of the only repository, if the folder itself is the repository.
    only: Option<String>,
    read_only: bool,
    opened: Mutex<HashMap<String, LayoutStore>>,
}

impl FolderBackend {
    /// Serves a folder. If the folder is a layout, it is a repository with the name of the folder.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`]: the folder does not exist, or it is a layout whose name is not a valid repository name.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, Error> {
        let dir = dir.into();
        let dir = dir.canonicalize().map_err(|error| cannot_serve(&dir, error))?;
        if !dir.is_dir() {
            return Err(cannot_serve(&dir, io::Error::from(io::ErrorKind::NotADirectory)));
        }
        let backend = Self::over(dir);
        if !backend.dir.join(MARKER).is_file() {
            return Ok(backend);
        }
        let name = backend
            .dir
            .file_name()
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        let name = name.to_owned();
        backend.with_name(&name)
    }

    /// Serves a folder that is a layout, as the repository `name`.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`]: the folder is not a layout, or `name` is not a valid repository name.
    pub fn open_layout(dir: impl Into<PathBuf>, name: &str) -> Result<Self, Error> {
        let dir = dir.into();
        match dir.join(MARKER).is_file() {
            true => Self::over(dir).with_name(name),
            false => Err(cannot_serve(
                &dir,
                io::Error::other("it is not an OCI image layout"),
            )),
        }
    }

    /// Makes the backend read-only.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Makes the folder read-only, under an in-memory layer that takes pushes and deletions.
    pub fn with_memory_overlay(self) -> OverlayBackend {
        OverlayBackend::new(Arc::new(self.read_only()))
    }

    fn over(dir: PathBuf) -> Self {
        Self {
            dir,
            only: None,
            read_only: false,
            opened: Mutex::default(),
        }
    }

    fn with_name(mut self, name: &str) -> Result<Self, Error> {
        check_repository_name(name).map_err(|error| cannot_serve(&self.dir, error))?;
        self.only = Some(name.to_owned());
        Ok(self)
    }

    async fn layout(&self, name: &str, create: bool) -> Result<Option<LayoutStore>> {
        let Some(dir) = self.dir_of(name, create)? else {
            return Ok(None);
        };
        let mut opened = self.opened.lock().await;
        if let Some(store) = opened.get(name).filter(|store| is_layout(store.path())) {
            return Ok(Some(store.clone()));
        }
        opened.remove(name);
        let store = match create {
            true => self.create(dir).await.map_err(|error| taken(name, error))?,
            false if !is_layout(&dir) => return Ok(None),
            false => LayoutStore::open(dir).await?,
        };
        opened.insert(name.to_owned(), store.clone());
        Ok(Some(store))
    }

    /// Returns the folder of a repository; `None` if it cannot exist.
    fn dir_of(&self, name: &str, create: bool) -> Result<Option<PathBuf>> {
        match &self.only {
            Some(only) if only == name => return Ok(Some(self.dir.clone())),
            Some(_) => return Ok(None),
            None => {}
        }
        match name.split('/').find(|component| RESERVED.contains(component)) {
            None => Ok(Some(self.dir.join(name))),
            Some(_) if !create => Ok(None),
            Some(component) => Err(StoreError::refused(
                format!("the repository {name}"),
                format!("the component {component:?} is a part of layouts"),
            )),
        }
    }

    async fn create(&self, dir: PathBuf) -> Result<LayoutStore> {
        let what = dir.display().to_string();
        let prepared = spawn_blocking({
            let dir = dir.clone();
            move || prepare(&dir)
        });
        let prepared = prepared
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        prepared.map_err(|error| StoreError::storage(what, error))?;
        LayoutStore::create(dir).await
    }
}

#[async_trait]
impl Backend for FolderBackend {
    async fn open(&self, name: &str, create: bool) -> Result<Option<Arc<dyn Store>>> {
        let store = self.layout(name, create && !self.read_only).await?;
        Ok(store.map(|store| Arc::new(store) as Arc<dyn Store>))
    }

    async fn names(&self, last: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let mut names = match &self.only {
            Some(only) => vec![only.clone()],
            None => {
                let dir = self.dir.clone();
                let found = spawn_blocking(move || find(&dir)).await;
                let found = found.unwrap_or_else(|error| Err(io::Error::other(error)));
                found.map_err(|error| StoreError::storage(self.dir.display(), error))?
            }
        };
        names.retain(|name| last.is_none_or(|last| name.as_str() > last));
        names.sort();
        names.truncate(limit);
        Ok(names)
    }

    async fn mount(&self, from: &str, to: &str, target: &Descriptor) -> Result<bool> {
        let Some(from) = self.layout(from, false).await? else {
            return Ok(false);
        };
        let Some(to) = self.layout(to, true).await? else {
            return Ok(false);
        };
        match to.link_from(&from, target).await {
            Err(error) if error.is_not_found() => Ok(false),
            linked => linked.map(|()| true),
        }
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }
}

impl fmt::Debug for FolderBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderBackend")
            .field("dir", &self.dir)
            .field("only", &self.only)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

fn is_layout(dir: &Path) -> bool {
    dir.join(MARKER).is_file()
}

/// Prepares a folder that so far only contains other repositories: a store refuses folders that are neither empty nor
/// marked.
fn prepare(dir: &Path) -> io::Result<()> {
    if is_layout(dir) || !dir.is_dir() {
        return Ok(());
    }
    let mut entries = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        // An earlier attempt may have left a temporary file.
        if entry.file_name().to_string_lossy().starts_with(OWN_PREFIX) {
            continue;
        }
        if !entry.file_type()?.is_dir() || !is_component(&entry.file_name()) {
            return Ok(());
        }
        entries += 1;
    }
    match entries {
        0 => Ok(()),
        _ => mark(dir),
    }
}

/// Marks a folder as a layout atomically, because a partial marker would make a layout that cannot be opened.
fn mark(dir: &Path) -> io::Result<()> {
    let unfinished = dir.join(UNFINISHED_MARKER);
    std::fs::write(&unfinished, MARKER_TEXT)
        .and_then(|()| std::fs::rename(&unfinished, dir.join(MARKER)))
        .inspect_err(|_| drop(std::fs::remove_file(&unfinished)))
}

/// Returns the names of all layouts below a folder. Links are not followed.
fn find(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut left = vec![(root.to_owned(), String::new())];
    while let Some((dir, name)) = left.pop() {
        for entry in std::fs::read_dir(&dir)? {
            let entry = entry?;
            let component = entry.file_name();
            if !is_component(&component) || !entry.file_type()?.is_dir() {
                continue;
            }
            let component = component.to_string_lossy();
            let name = match name.as_str() {
                "" => component.into_owned(),
                parent => format!("{parent}/{component}"),
            };
            if is_layout(&entry.path()) {
                names.push(name.clone());
            }
            left.push((entry.path(), name));
        }
    }
    Ok(names)
}

fn is_component(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| check_repository_name(name).is_ok() && !RESERVED.contains(&name))
}

/// Converts an error of creating a repository. It does not reveal the folder to clients.
fn taken(name: &str, error: StoreError) -> StoreError {
    match error.kind() {
        ErrorKind::Refused => StoreError::refused(
            format!("the repository {name}"),
            "there is something else in its place",
        ),
        _ => error,
    }
}

fn cannot_serve(dir: &Path, error: impl Into<oras_content::BoxError>) -> Error {
    Error::Backend {
        what: dir.display().to_string(),
        source: error.into(),
    }
}
