//! Messages on stderr. A closed stderr never makes a command fail.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

use crate::block::Block;
use crate::printable;

/// How much is printed.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Level {
    Everything,
    /// Errors and prompts.
    Failures,
    Nothing,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Everything as u8);

/// The block drawn at the end of the terminal, below all messages.
static BLOCK: Mutex<Block> = Mutex::new(Block::new());

/// Sets how much is printed from now on.
pub(crate) fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Whether at most errors and prompts are printed.
pub(crate) fn is_quiet() -> bool {
    LEVEL.load(Ordering::Relaxed) >= Level::Failures as u8
}

/// Writes one line of an error or a prompt.
pub(crate) fn line(text: impl AsRef<str>) {
    above(&format!("{}\n", printable::line(text.as_ref())));
}

/// Writes one line that `--quiet` suppresses.
pub(crate) fn note(text: impl AsRef<str>) {
    if !is_quiet() {
        line(text);
    }
}

/// Writes one line over typed text, such as the `^C` that a terminal shows.
pub(crate) fn over(text: impl AsRef<str>) {
    if io::stderr().is_terminal() {
        raw("\r\x1b[K");
    }
    line(text);
}

/// Writes a prompt, which the user answers on the same line.
pub(crate) fn prompt(text: impl AsRef<str>) {
    raw(&printable::line(text.as_ref()));
}

/// Draws `lines` at the end of the terminal, replacing the previous block; an empty list removes it.
pub(crate) fn draw(lines: Vec<String>) {
    let lines = lines
        .iter()
        .map(|line| printable::line(line).into_owned())
        .collect();
    let mut block = block();
    if let Some(text) = block.replace("", lines) {
        raw(&text);
    }
}

/// Runs `write`, which writes to the terminal itself, with the block removed: the block could not be found again below other
/// output.
pub(crate) fn without_block<T>(write: impl FnOnce() -> T) -> T {
    let mut block = block();
    if let Some(text) = block.replace("", Vec::new()) {
        raw(&text);
    }
    write()
}

/// Writes whole lines above the block.
fn above(text: &str) {
    let mut block = block();
    match block.insert(text) {
        Some(text) => raw(&text),
        None => raw(text),
    }
}

fn block() -> MutexGuard<'static, Block> {
    // After a panic, the previous block is still drawn.
    BLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn raw(text: &str) {
    if LEVEL.load(Ordering::Relaxed) == Level::Nothing as u8 {
        return;
    }
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// The output of logs.
#[derive(Clone, Copy)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        above(&printable::lines(&String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}
