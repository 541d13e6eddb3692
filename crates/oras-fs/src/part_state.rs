//! The state of a part: what is known of its first bytes, so that the next run need not read them again.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::part::open_regular;
use crate::{AtomicFile, Durability, Error, is_private, write_atomic};

/// After how many bytes of a part its state is saved, unless a caller says otherwise: 256 MiB.
pub const STATE_INTERVAL: u64 = 256 * 1024 * 1024;

/// What the name of a state has more than that of its part.
const SUFFIX: &str = ".state";
/// What a state begins with: its form has a version.
const FORM: &str = "oras-part-state-1";
/// More than any state has.
const MAX_STATE: u64 = 4096;

/// What an earlier run saved of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartState {
    /// How many bytes it is about, all of which the part has.
    pub offset: u64,
    /// What was saved of them.
    pub bytes: Vec<u8>,
}

/// The state of a part beside it, which goes with it.
///
/// Each of our writes leaves a mark in the time of the part, which whoever else writes to it removes. A state is good only
/// for a part with its mark.
impl AtomicFile {
    /// Saves the state of a part after this many bytes, instead of [`STATE_INTERVAL`].
    pub fn set_state_interval(&mut self, interval: u64) {
        if let Some(beside) = &mut self.beside {
            beside.interval = interval;
        }
    }

    /// Whether this is a part whose state should be saved now that it has `offset` bytes.
    pub fn wants_state(&self, offset: u64) -> bool {
        let since = |beside: &Beside| offset.saturating_sub(beside.saved);
        self.beside
            .as_ref()
            .is_some_and(|beside| since(beside) >= beside.interval.max(1))
    }

    /// Saves the state of the first `offset` bytes of a part, which are all that was written, once they are on the disk.
    ///
    /// The state is for the owner of the part alone. It is no error where it cannot be saved.
    ///
    /// # Errors
    ///
    /// The part cannot be flushed: what the disk has of it is not known.
    pub fn save_state(&mut self, offset: u64, state: &[u8]) -> Result<(), Error> {
        let Some(beside) = &mut self.beside else {
            return Ok(());
        };
        let mark = *beside.mark.get_or_insert_with(new_mark);
        beside.saved = offset;
        let text = beside.encode(offset, mark, state);
        let path = beside.path.clone();
        self.mark_written();
        let synced = self.temp.as_file().sync_all();
        synced.map_err(|source| Error::new("flush", self.path(), source))?;
        if let Err(error) = write_atomic(&path, &text, 0o600, Durability::Data) {
            tracing::debug!("the next run reads this part again: {error}");
        }
        Ok(())
    }

    /// Says that what was written to a part until now is ours. To be called after each batch of writes: whoever forgets it
    /// has the part read again.
    pub fn mark_written(&mut self) {
        if let Some(mark) = self.beside.as_ref().and_then(|beside| beside.mark) {
            // Without its mark, the part is read again.
            let _ = self.temp.as_file().set_modified(marked(mark));
        }
    }

    /// What an earlier run saved of a part to which nobody else has written since, and which nobody else can write to. A
    /// state that is not good is removed.
    pub fn saved_state(&mut self) -> Option<PartState> {
        let beside = self.beside.as_mut()?;
        let found = beside.read(self.temp.as_file());
        match &found {
            Some((mark, state)) => {
                beside.mark = Some(*mark);
                beside.saved = state.offset;
            }
            None => beside.remove(),
        }
        found.map(|(_, state)| state)
    }

    /// Removes the state, which is worth nothing without the part.
    pub(crate) fn forget_state(&mut self) {
        if let Some(beside) = &self.beside {
            beside.remove();
        }
    }
}

/// What a part has beside it.
#[derive(Debug)]
pub(crate) struct Beside {
    path: PathBuf,
    id: String,
    interval: u64,
    /// How many bytes the last state was about.
    saved: u64,
    /// The nanoseconds in the time of the part after a write of ours; none as long as there is no state.
    mark: Option<u32>,
    pub(crate) is_removed_on_drop: bool,
}

impl Beside {
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

    /// The mark and the state that are good for `part`.
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

impl Drop for Beside {
    fn drop(&mut self) {
        if self.is_removed_on_drop {
            self.remove();
        }
    }
}

/// Where the state of a part is.
pub(crate) fn path_for(part: &Path) -> PathBuf {
    let mut path = part.as_os_str().to_owned();
    path.push(SUFFIX);
    path.into()
}

/// The part that a path is for the state of; `None` where it is for none.
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

/// Whole microseconds, which most file systems keep, and never none, which is all that others do.
fn new_mark() -> u32 {
    let random = RandomState::new().hash_one(SystemTime::now());
    let micros = u32::try_from(random % 999_999).expect("less than a million fits");
    (micros + 1) * 1000
}

/// About now, with this mark. It is the second before, as the age of what is of the future is not known.
fn marked(mark: u32) -> SystemTime {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let second = now.unwrap_or_default().as_secs().saturating_sub(1);
    SystemTime::UNIX_EPOCH + Duration::new(second, mark)
}

fn mark_of(time: SystemTime) -> Option<u32> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(since.subsec_nanos())
}
