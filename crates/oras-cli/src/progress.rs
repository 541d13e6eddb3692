//! Progress on stderr: a block that is redrawn on a terminal, one line per event elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use oras::copy::{Event, Events, Outcome};
use oras::{Descriptor, Digest};

use crate::{printable, say};

/// How often the block is redrawn.
const REDRAW: Duration = Duration::from_millis(100);

/// The most transfers shown at a time.
const SHOWN: usize = 8;

/// The words for what happens to content.
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

/// What a command shows of its copy.
pub(crate) struct Progress {
    verbs: Verbs,
    screen: Option<Mutex<Screen>>,
}

impl Progress {
    pub(crate) fn new(verbs: Verbs, no_tty: bool) -> Arc<Self> {
        let draws = !no_tty && std::io::stderr().is_terminal();
        Arc::new(Self {
            verbs,
            screen: draws.then(Mutex::default),
        })
    }

    fn screen(&self) -> Option<MutexGuard<'_, Screen>> {
        let screen = self.screen.as_ref()?;
        Some(screen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn finish(&self, node: &Descriptor, outcome: Outcome) {
        if let Some(mut screen) = self.screen() {
            screen.finish(node);
        }
        let verb = match outcome {
            Outcome::Copied => self.verbs.done,
            Outcome::Mounted => "Mounted",
            Outcome::Listed => "Listed",
            Outcome::Absent => "Absent",
            _ => "Exists",
        };
        self.say(verb, node);
    }

    /// One event, on a line that stays.
    fn say(&self, verb: &str, node: &Descriptor) {
        let line = format!("{verb} {}", named(node));
        match self.screen() {
            Some(mut screen) => screen.say(&line),
            None => say::line(line),
        }
    }
}

impl Events for Progress {
    fn on_event(&self, event: Event<'_>) {
        match event {
            Event::Started { node } => match self.screen() {
                Some(mut screen) => screen.progress(node, 0),
                None => self.say(self.verbs.doing, node),
            },
            Event::Bytes { node, done } => {
                if let Some(mut screen) = self.screen() {
                    screen.progress(node, done);
                }
            }
            Event::Failed { node, .. } => {
                if let Some(mut screen) = self.screen() {
                    screen.finish(node);
                }
                self.say("Failed", node);
            }
            Event::Finished { node, outcome, .. } => self.finish(node, outcome),
            _ => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(mut screen) = self.screen() {
            screen.erase();
        }
    }
}

/// Twelve digits of the digest, then the title or the media type.
pub(crate) fn named(node: &Descriptor) -> String {
    let digits: String = node.digest.encoded().chars().take(12).collect();
    let title = node.title().filter(|_| !node.is_manifest());
    let name = title.unwrap_or(node.media_type.as_str());
    format!("{digits} {}", printable::line(name))
}

/// What is drawn on a terminal.
#[derive(Default)]
struct Screen {
    active: BTreeMap<Digest, Transfer>,
    /// Bytes of transfers that ended.
    finished: u64,
    started: Option<Instant>,
    drawn_at: Option<Instant>,
    lines: usize,
}

struct Transfer {
    name: String,
    size: u64,
    done: u64,
}

impl Screen {
    fn progress(&mut self, node: &Descriptor, done: u64) {
        self.started.get_or_insert_with(Instant::now);
        let transfer = self
            .active
            .entry(node.digest.clone())
            .or_insert_with(|| Transfer {
                name: named(node),
                size: node.size,
                done: 0,
            });
        transfer.done = done;
        if self.drawn_at.is_none_or(|at| at.elapsed() >= REDRAW) {
            self.erase();
            self.draw();
        }
    }

    fn finish(&mut self, node: &Descriptor) {
        if let Some(transfer) = self.active.remove(&node.digest) {
            self.finished += transfer.done;
        }
    }

    fn say(&mut self, line: &str) {
        self.erase();
        say::line(line);
        self.draw();
    }

    fn erase(&mut self) {
        if self.lines > 0 {
            // Whatever was typed meanwhile, the block starts in the first column.
            say::raw(&format!("\r\x1b[{}A\x1b[J", self.lines));
            self.lines = 0;
        }
    }

    fn draw(&mut self) {
        self.drawn_at = Some(Instant::now());
        if self.active.is_empty() {
            return;
        }
        let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
        let mut lines: Vec<String> = self.active.values().take(SHOWN).map(Transfer::line).collect();
        lines.push(self.total());
        for line in &lines {
            let cut: String = line.chars().take(width.saturating_sub(1)).collect();
            say::line(cut);
        }
        self.lines = lines.len();
    }

    fn total(&self) -> String {
        let active: u64 = self.active.values().map(|transfer| transfer.done).sum();
        let moved = self.finished + active;
        let seconds = self
            .started
            .map_or(0.0, |at| at.elapsed().as_secs_f64())
            .max(0.001);
        let hidden = self.active.len().saturating_sub(SHOWN);
        let more = if hidden > 0 {
            format!(", {hidden} more under way")
        } else {
            String::new()
        };
        format!(
            "{} in {seconds:.0} s, {}/s{more}",
            bytes(moved),
            bytes((moved as f64 / seconds) as u64)
        )
    }
}

impl Transfer {
    fn line(&self) -> String {
        const WIDTH: u64 = 20;
        let filled = self
            .done
            .saturating_mul(WIDTH)
            .checked_div(self.size)
            .unwrap_or(WIDTH)
            .min(WIDTH) as usize;
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH as usize - filled));
        format!(
            "[{bar}] {:>9}/{:<9} {}",
            bytes(self.done),
            bytes(self.size),
            self.name
        )
    }
}

/// A size for people.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(u64::MAX), "16777216.0 TiB");
    }

    #[test]
    fn a_bar_never_overflows() {
        let line = |done, size| {
            Transfer {
                name: "x".into(),
                size,
                done,
            }
            .line()
        };
        assert!(line(5, 10).starts_with("[##########..........]"));
        assert!(line(20, 10).starts_with("[####################]"));
        assert!(line(0, 0).starts_with("[####################]"));
    }
}
