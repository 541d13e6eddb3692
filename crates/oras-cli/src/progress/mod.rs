//! Progress on stderr: a block that is redrawn on a terminal, and lines elsewhere.

mod bar;
mod board;
mod json;
mod rate;
mod size;

use std::io::IsTerminal;
use std::sync::Arc;

use clap::ValueEnum;
use oras::Descriptor;
use oras::copy::{Event, Events, Outcome};
use oras::transport::{Waiting, WaitingFor};

use self::bar::Bar;
use self::board::Board;
use self::json::Lines;
pub(crate) use self::size::{bytes, named};
use crate::args::Transfer;
use crate::block::width;
use crate::columns::{columns, cut_middle};
use crate::say;

/// File size from which reading takes noticeably long.
const LARGE: u64 = 16 * 1024 * 1024;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Style {
    /// Bars and a total on a terminal; lines if stderr is not a terminal
    Bar,
    /// One line per event
    Plain,
    /// One JSON object per event, each on its own line
    Json,
    /// Nothing
    None,
}

/// The words for the actions on content.
#[derive(Clone, Copy)]
pub(crate) struct Verbs {
    pub(crate) doing: &'static str,
    pub(crate) done: &'static str,
}

pub(crate) const UPLOAD: Verbs = Verbs {
    doing: "Uploading",
    done: "Uploaded",
};
pub(crate) const DOWNLOAD: Verbs = Verbs {
    doing: "Downloading",
    done: "Downloaded",
};
pub(crate) const COPY: Verbs = Verbs {
    doing: "Copying",
    done: "Copied",
};

pub(crate) const PULL: Verbs = Verbs {
    doing: "Pulling",
    done: "Pulled",
};
pub(crate) const PUSH: Verbs = Verbs {
    doing: "Pushing",
    done: "Pushed",
};

pub(crate) const VERIFY: Verbs = Verbs {
    doing: "Verifying",
    done: "Verified",
};

/// The progress display of a command's copy.
pub(crate) struct Progress {
    verbs: Verbs,
    shown: Shown,
}

enum Shown {
    Bar(Bar),
    Plain,
    Json(Lines),
    None,
}

impl Progress {
    pub(crate) fn new(verbs: Verbs, transfer: &Transfer) -> Arc<Self> {
        let shown = match transfer.style() {
            _ if say::is_quiet() => Shown::None,
            Style::Bar if std::io::stderr().is_terminal() => Shown::Bar(Bar::new(Board::new(verbs.doing))),
            Style::Bar | Style::Plain => Shown::Plain,
            Style::Json => Shown::Json(Lines::default()),
            Style::None => Shown::None,
        };
        Arc::new(Self { verbs, shown })
    }

    /// Shows, as long as the result lives, that a file or folder is read before the copy, with its size if known.
    pub(crate) fn phase(&self, verb: &str, name: &str, size: Option<u64>) -> Phase<'_> {
        let size_text = size.map_or_else(String::new, |size| format!(" ({})", bytes(size)));
        let text = format!("{verb} {name}{size_text}");
        let takes_a_while = size.is_none_or(|size| size >= LARGE);
        match &self.shown {
            Shown::Bar(bar) => bar.board().set_phase(Some(text)),
            Shown::Plain if takes_a_while => say::line(text),
            Shown::Json(_) if takes_a_while => json::tell_phase(verb, name),
            _ => {}
        }
        Phase { progress: self }
    }

    fn finish(&self, node: &Descriptor, outcome: Outcome) {
        let verb = match outcome {
            Outcome::Copied => self.verbs.done,
            Outcome::Mounted => "Mounted",
            Outcome::Listed => "Listed",
            Outcome::Absent => "Absent",
            _ => "Exists",
        };
        self.tell_of(verb, node);
    }

    /// Prints a permanent line. On a terminal it is cut to the width.
    fn tell_of(&self, verb: &str, node: &Descriptor) {
        let name = named(node);
        let room = match self.shown {
            Shown::Bar(_) => width().saturating_sub(columns(verb) + 2),
            _ => usize::MAX,
        };
        say::line(format!("{verb} {}", cut_middle(&name, room)));
    }

    /// Prints a permanent line about an event.
    fn tell(&self, event: Event<'_>) {
        match event {
            Event::Started { node } if matches!(self.shown, Shown::Plain) => {
                self.tell_of(self.verbs.doing, node);
            }
            Event::Failed { node, .. } => self.tell_of("Failed", node),
            Event::Finished { node, outcome, .. } => self.finish(node, outcome),
            _ => {}
        }
    }
}

impl Events for Progress {
    fn on_event(&self, event: Event<'_>) {
        match &self.shown {
            Shown::Bar(bar) => {
                draw(&mut bar.board(), event);
                self.tell(event);
            }
            Shown::Plain => self.tell(event),
            Shown::Json(lines) => lines.on_event(event),
            Shown::None => {}
        }
    }
}

fn draw(board: &mut Board, event: Event<'_>) {
    match event {
        Event::Discovered { totals, .. } => board.set_totals(totals),
        Event::Started { node } => board.progress(node, 0),
        Event::Bytes { node, done } | Event::Retried { node, from: done } => board.progress(node, done),
        Event::Failed { node, .. } => board.end(node),
        Event::Finished { node, totals, .. } => {
            board.end(node);
            board.set_totals(totals);
        }
        _ => {}
    }
}

/// Work before a copy.
#[must_use]
pub(crate) struct Phase<'a> {
    progress: &'a Progress,
}

impl Drop for Phase<'_> {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.progress.shown {
            bar.board().set_phase(None);
        }
    }
}

/// Shows that the client is waiting for a registry: below the bars, or on a line of its own.
pub(crate) fn tell_waiting(waiting: &Waiting) {
    let time = match waiting.what {
        WaitingFor::NextAttempt(time) => Some(time),
        _ => None,
    };
    let text = waiting.to_string();
    if !bar::show_waiting(&text, time) {
        say::note(text);
    }
}
