//! What people are told on stderr beside the result. Nothing fails because nobody listens.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

use crate::block::Block;
use crate::printable;

/// How much is told.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Level {
    Everything,
    /// Failures and questions.
    Failures,
    Nothing,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Everything as u8);

/// What is drawn at the end of the terminal, below everything that is told.
static BLOCK: Mutex<Block> = Mutex::new(Block::new());

/// Tells this much from now on.
pub(crate) fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Whether only failures are told, or nothing.
pub(crate) fn is_quiet() -> bool {
    LEVEL.load(Ordering::Relaxed) >= Level::Failures as u8
}

/// Writes one line about a failure, or one that a question needs.
pub(crate) fn line(text: impl AsRef<str>) {
    above(&format!("{}\n", printable::line(text.as_ref())));
}

/// Writes one line that `--quiet` leaves out.
pub(crate) fn note(text: impl AsRef<str>) {
    if !is_quiet() {
        line(text);
    }
}

/// Writes one line in place of what was typed on it, such as the `^C` that a terminal shows.
pub(crate) fn over(text: impl AsRef<str>) {
    if io::stderr().is_terminal() {
        raw("\r\x1b[K");
    }
    line(text);
}

/// Writes the start of a line, on which somebody answers.
pub(crate) fn prompt(text: impl AsRef<str>) {
    raw(&printable::line(text.as_ref()));
}

/// Draws `lines` at the end of the terminal, in place of those that were drawn before; none takes them away.
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

/// Runs `write`, which writes to the terminal by itself, with nothing drawn there: a block below which somebody else wrote is
/// not found again.
pub(crate) fn undrawn<T>(write: impl FnOnce() -> T) -> T {
    let mut block = block();
    if let Some(text) = block.replace("", Vec::new()) {
        raw(&text);
    }
    write()
}

/// Writes whole lines above what is drawn.
fn above(text: &str) {
    let mut block = block();
    match block.insert(text) {
        Some(text) => raw(&text),
        None => raw(text),
    }
}

fn block() -> MutexGuard<'static, Block> {
    // A panic in between leaves what was drawn before.
    BLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn raw(text: &str) {
    if LEVEL.load(Ordering::Relaxed) == Level::Nothing as u8 {
        return;
    }
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Where logs go.
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
