//! Records of uploads that a later run resumes: a small file each, locked while its upload is active.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use oras::Digest;
use oras::registry::{UploadKey, UploadRecord, UploadRecords};
use serde::{Deserialize, Serialize};

/// Maximum age of a record: registries drop uploads after a week or sooner.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Maximum size of a record that is read.
const MAX_RECORD: u64 = 64 * 1024;

/// The records of the user, in the state folder of the user.
#[derive(Debug)]
pub(crate) struct UserRecords(Option<PathBuf>);

impl UserRecords {
    pub(crate) fn from_environment() -> Self {
        let folder = |variable: &str| {
            let folder = std::env::var_os(variable).map(PathBuf::from);
            folder.filter(|folder| folder.is_absolute())
        };
        let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
        Self(state.map(|state| state.join("oras/uploads")))
    }
}

#[async_trait]
impl UploadRecords for UserRecords {
    async fn claim(&self, key: &UploadKey) -> Option<Box<dyn UploadRecord>> {
        let folder = self.0.as_ref()?;
        let name = Digest::sha256(key.to_string().as_bytes());
        let path = folder.join(format!("{}.json", name.encoded()));
        let file = match open(&path, false) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "the upload leaves no record");
                return None;
            }
        };
        Some(Box::new(Slot {
            key: key.to_string(),
            path,
            file: Mutex::new(file),
        }))
    }
}

/// The content of a record. The key is there for people.
#[derive(Serialize, Deserialize)]
struct Content {
    upload: String,
    location: String,
}

/// The record of one upload. Its file exists from the first location on, and is locked as long as this value lives.
struct Slot {
    key: String,
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl Slot {
    fn file(&self) -> MutexGuard<'_, Option<File>> {
        // The file is set or not, so a poisoned lock is safe to use.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, location: &str) -> io::Result<()> {
        let mut file = self.file();
        let file = match &mut *file {
            Some(file) => file,
            none => none.insert(create(&self.path)?),
        };
        let content = Content {
            upload: self.key.clone(),
            location: location.to_owned(),
        };
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&serde_json::to_vec(&content)?)
    }
}

#[async_trait]
impl UploadRecord for Slot {
    async fn read(&self) -> Option<String> {
        let mut file = self.file();
        let file = file.as_mut()?;
        let mut text = String::new();
        file.rewind().ok()?;
        file.take(MAX_RECORD).read_to_string(&mut text).ok()?;
        let content: Content = serde_json::from_str(&text).ok()?;
        (content.upload == self.key).then_some(content.location)
    }

    async fn write(&self, location: &str) -> bool {
        let kept = self.keep(location);
        if let Err(error) = &kept {
            tracing::debug!(path = %self.path.display(), %error, "the upload leaves no record");
        }
        kept.is_ok()
    }

    async fn remove(&self) {
        if self.file().take().is_some()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(path = %self.path.display(), %error, "the record of the upload stays");
        }
    }
}

/// Creates a record that other users cannot read, and removes old ones.
fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
        remove_old(folder);
    }
    open(path, true)
}

/// Opens a record, and locks it against other runs of the program.
fn open(path: &Path, creates: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(creates);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    file.try_lock()?;
    Ok(file)
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes old records, whose uploads no registry has any more. Best effort.
fn remove_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        if oras_fs::is_older(modified, KEPT) && open(&entry.path(), false).is_ok() {
            // Another run may have removed it first.
            let _ = fs::remove_file(entry.path());
        }
    }
}
