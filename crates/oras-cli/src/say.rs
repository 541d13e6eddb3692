//! What people are told on stderr beside the result. Nothing fails because nobody listens.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::fmt::MakeWriter;

use crate::printable;

/// Nobody is to be told anything.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Tells nobody anything from now on.
pub(crate) fn silence() {
    SILENT.store(true, Ordering::Relaxed);
}

/// Writes one line.
pub(crate) fn line(text: impl AsRef<str>) {
    raw(&format!("{}\n", printable::line(text.as_ref())));
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

/// Writes what this program itself made, with what moves the cursor.
pub(crate) fn raw(text: &str) {
    if SILENT.load(Ordering::Relaxed) {
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
        raw(&printable::lines(&String::from_utf8_lossy(bytes)));
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
