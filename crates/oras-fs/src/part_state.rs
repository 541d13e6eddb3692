//! The saved state of a part file, so that the next run need not read its first bytes again.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::part::open_regular;
use crate::{AtomicFile, Durability, Error, is_private, write_atomic};

/// Default number of bytes after which the state of a part file is saved: 256 MiB.
pub const STATE_INTERVAL: u64 = 256 * 1024 * 1024;

/// The suffix that a state file adds to the name of its part file.
const SUFFIX: &str = ".state";
/// The prefix of a state: a versioned format name.
const FORM: &str = "oras-part-state-1";
/// Upper bound on the size of a state file.
const MAX_STATE: u64 = 4096;

/// The state of a part file, as saved by an earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartState {
    /// Number of bytes that the state covers, all of which are in the part file.
    pub offset: u64,
    /// The saved state.
    pub bytes: Vec<u8>,
}

/// The state file, which is stored next to its part file and removed with it.
///
/// Each of our writes sets a mark in the modification time of the part file. A write by anyone else removes the mark,
/// and a state is valid only if the mark matches.
impl AtomicFile {
    /// Sets the interval in bytes at which the state of a part file is saved. Default: [`STATE_INTERVAL`].
    pub fn set_state_interval(&mut self, interval: u64) {
        if let Some(state_file) = &mut self.state_file {
            state_file.interval = interval;
        }
    }

    /// Returns `true` if this is a part file whose state should be saved at `offset` bytes.
    pub fn wants_state(&self, offset: u64) -> bool {
        let since = |state_file: &StateFile| offset.saturating_sub(state_file.saved);
        self.state_file
            .as_ref()
            .is_some_and(|state_file| since(state_file) >= state_file.interval.max(1))
    }

    /// Flushes a part file, then saves the state of its first `offset` bytes, which must be all bytes written so far.
    ///
    /// Only the owner can read the state file. Failure to save the state is not an error.
    ///
    /// # Errors
    ///
    /// Fails if the part file cannot be flushed. What is on the disk is then unknown.
    pub fn save_state(&mut self, offset: u64, state: &[u8]) -> Result<(), Error> {
        let Some(state_file) = &mut self.state_file else {
            return Ok(());
        };
        let mark = *state_file.mark.get_or_insert_with(new_mark);
        state_file.saved = offset;
        let text = state_file.encode(offset, mark, state);
        let path = state_file.path.clone();
        self.mark_written();
        let synced = self.temp.as_file().sync_all();
        synced.map_err(|source| Error::new("flush", self.path(), source))?;
        if let Err(error) = write_atomic(&path, &text, 0o600, Durability::Data) {
            tracing::debug!("the next run reads this part again: {error}");
        }
        Ok(())
    }

    /// Marks the bytes written to a part file so far as ours. Call it after each batch of writes; otherwise the state
    /// is discarded and the part file is read again.
    pub fn mark_written(&mut self) {
        if let Some(mark) = self.state_file.as_ref().and_then(|state_file| state_file.mark) {
            // Without the mark, the part file is read again.
            let _ = self.temp.as_file().set_modified(marked(mark));
        }
    }

    /// Returns the state saved by an earlier run, if no one else has written to the part file since, or could have. An
    /// invalid state is removed.
    pub fn saved_state(&mut self) -> Option<PartState> {
        let state_file = self.state_file.as_mut()?;
        let found = state_file.read(self.temp.as_file());
        match &found {
            Some((mark, state)) => {
                state_file.mark = Some(*mark);
                state_file.saved = state.offset;
            }
            None => state_file.remove(),
        }
        found.map(|(_, state)| state)
    }

    /// Removes the state, which is useless without the part file.
    pub(crate) fn remove_state(&mut self) {
        if let Some(state_file) = &self.state_file {
            state_file.remove();
        }
    }
}

/// The state file next to a part file.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    id: String,
    interval: u64,
    /// Number of bytes that the last saved state covers.
    saved: u64,
    /// The nanoseconds of the part file's modification time after each of our writes. `None` until a state exists.
    mark: Option<u32>,
    pub(crate) is_removed_on_drop: bool,
}

impl StateFile {
    pub(crate) fn new(part: &Path, id: &str) -> Self {
        Self {
            path: path_for(part),
            id: id.to_owned(),
            interval: STATE_INTERVAL,
            saved: 0,
            mark: None,
            is_removed_on_drop: false,
        }
    }

    pub(crate) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn encode(&self, offset: u64, mark: u32, state: &[u8]) -> Vec<u8> {
        let mut text = format!("{FORM} {} {offset} {mark}\n", self.id).into_bytes();
        text.extend(state);
        text
    }

    /// Reads the mark and the state, if they are valid for `part`.
    fn read(&self, part: &File) -> Option<(u32, PartState)> {
        let file = open_regular(&self.path).ok()??;
        if !is_private(&file) || !is_private(part) {
            return None;
        }
        let mut text = Vec::new();
        file.take(MAX_STATE).read_to_end(&mut text).ok()?;
        let (mark, state) = decode(&text, &self.id)?;
        let found = part.metadata().ok()?;
        let is_marked = mark_of(found.modified().ok()?) == Some(mark);
        (is_marked && state.offset <= found.len()).then_some((mark, state))
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        if self.is_removed_on_drop {
            self.remove();
        }
    }
}

/// Returns the path of a part file's state file.
pub(crate) fn path_for(part: &Path) -> PathBuf {
    let mut path = part.as_os_str().to_owned();
    path.push(SUFFIX);
    path.into()
}

/// Returns the part file that a state file belongs to, or `None` if `path` is not a state file.
pub(crate) fn part_of(path: &Path) -> Option<PathBuf> {
    path.to_str()?.strip_suffix(SUFFIX).map(PathBuf::from)
}

fn decode(text: &[u8], id: &str) -> Option<(u32, PartState)> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let (line, bytes) = (std::str::from_utf8(&text[..end]).ok()?, text[end + 1..].to_vec());
    let numbers = line.strip_prefix(&format!("{FORM} {id} "))?;
    let (offset, mark) = numbers.split_once(' ')?;
    let (offset, mark) = (offset.parse().ok()?, mark.parse().ok()?);
    Some((mark, PartState { offset, bytes }))
}

/// Creates a mark of whole microseconds, which most file systems store. Never zero, because file systems with a coarser
/// clock would store that.
fn new_mark() -> u32 {
    let random = RandomState::new().hash_one(SystemTime::now());
    let micros = u32::try_from(random % 999_999).expect("less than a million fits");
    (micros + 1) * 1000
}

/// Returns the current time with this mark. Uses the previous second, because files dated in the future have no defined
/// age.
fn marked(mark: u32) -> SystemTime {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let second = now.unwrap_or_default().as_secs().saturating_sub(1);
    SystemTime::UNIX_EPOCH + Duration::new(second, mark)
}

fn mark_of(time: SystemTime) -> Option<u32> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(since.subsec_nanos())
}
