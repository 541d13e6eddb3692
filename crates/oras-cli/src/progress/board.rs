//! The terminal display of a copy: a total, and the transfers below it, largest first.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use oras::copy::Totals;
use oras::{Descriptor, Digest};

use super::rate::Rate;
use super::size::{bytes, clock, short_name};
use crate::columns::{columns, cut_middle};

/// Maximum number of transfers shown.
const SHOWN: usize = 8;

/// Minimum width in columns for a longer bar.
const ROOMY: usize = 100;

/// The state of a copy.
pub(super) struct Board {
    doing: &'static str,
    /// Work before the copy, such as hashing a file.
    phase: Option<String>,
    active: BTreeMap<Digest, Transfer>,
    /// Bytes of finished transfers.
    ended: u64,
    totals: Totals,
    rate: Rate,
    waiting: Option<Waiting>,
}

struct Transfer {
    name: String,
    size: u64,
    done: u64,
}

struct Waiting {
    text: String,
    /// The time when the wait ends; without one, it ends at the next event.
    until: Option<Duration>,
}

impl Board {
    pub(super) fn new(doing: &'static str) -> Self {
        Self {
            doing,
            phase: None,
            active: BTreeMap::new(),
            ended: 0,
            totals: Totals::default(),
            rate: Rate::default(),
            waiting: None,
        }
    }

    pub(super) fn set_phase(&mut self, phase: Option<String>) {
        self.phase = phase;
    }

    pub(super) fn set_waiting(&mut self, text: String, until: Option<Duration>) {
        self.waiting = Some(Waiting { text, until });
    }

    pub(super) fn set_totals(&mut self, totals: Totals) {
        self.totals = totals;
    }

    pub(super) fn progress(&mut self, node: &Descriptor, done: u64) {
        self.something_happened();
        let transfer = self.active.entry(node.digest.clone());
        let transfer = transfer.or_insert_with(|| Transfer {
            name: short_name(node),
            size: node.size,
            done: 0,
        });
        transfer.done = done;
    }

    pub(super) fn end(&mut self, node: &Descriptor) {
        self.something_happened();
        if let Some(transfer) = self.active.remove(&node.digest) {
            self.ended = self.ended.saturating_add(transfer.done);
        }
    }

    fn something_happened(&mut self) {
        self.waiting.take_if(|waiting| waiting.until.is_none());
    }

    /// Returns the lines to show at this time since the start, for a terminal of this size.
    pub(super) fn lines(&mut self, now: Duration, width: usize, height: usize) -> Vec<String> {
        self.rate.note(now, self.ended.saturating_add(self.under_way()));
        self.waiting
            .take_if(|waiting| waiting.until.is_some_and(|until| until <= now));
        let room = width.saturating_sub(1);
        let mut lines: Vec<String> = self.phase.clone().into_iter().collect();
        if self.totals.nodes > 0 {
            lines.push(self.total(room));
            lines.extend(self.transfers(room, height));
        }
        lines.extend(self.waiting.iter().map(|waiting| format!("  {}", waiting.text)));
        lines
    }

    fn under_way(&self) -> u64 {
        self.active.values().map(|transfer| transfer.done).sum()
    }

    /// Formats `Copying  42%, 120.3 MiB of 286.0 MiB, 12.3 MiB/s, 0:14 left`, or as much of it as fits.
    fn total(&self, room: usize) -> String {
        let (all, done) = (self.totals.bytes, self.totals.finished_bytes + self.under_way());
        let head = format!(
            "{} {:>3}%, {} of {}",
            self.doing,
            percent(done, all),
            bytes(done),
            bytes(all)
        );
        let Some(rate) = self.rate.per_second() else {
            return head;
        };
        let left = all.saturating_sub(done).checked_div(rate);
        let left = left.map_or_else(String::new, |left| {
            format!(", {} left", clock(Duration::from_secs(left)))
        });
        let whole = format!("{head}, {}/s{left}", bytes(rate));
        match columns(&whole) <= room {
            true => whole,
            false => format!("{head}{left}"),
        }
    }

    fn transfers(&self, room: usize, height: usize) -> Vec<String> {
        let mut transfers: Vec<&Transfer> = self.active.values().collect();
        transfers.sort_by_key(|transfer| Reverse(transfer.size));
        let shown = SHOWN.min(height.saturating_sub(4)).max(1);
        let hidden = transfers.len().saturating_sub(shown);
        let mut lines: Vec<String> = transfers
            .iter()
            .take(shown)
            .map(|transfer| transfer.line(room))
            .collect();
        if hidden > 0 {
            lines.push(format!("  and {hidden} more"));
        }
        lines
    }
}

impl Transfer {
    /// Formats `  [####......]  42%  120.3 MiB  release-linux-amd64.tar.gz`.
    fn line(&self, room: usize) -> String {
        let bar = if room >= ROOMY { 20 } else { 10 };
        let percent = percent(self.done, self.size);
        let filled = bar * usize::from(percent) / 100;
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(bar - filled));
        let head = format!("  [{bar}] {percent:>3}% {:>10}  ", bytes(self.size));
        let name = cut_middle(&self.name, room.saturating_sub(columns(&head)));
        format!("{head}{name}")
    }
}

/// Returns the percentage, rounded down. If the total is zero, it is complete.
fn percent(done: u64, all: u64) -> u8 {
    if done >= all {
        return 100;
    }
    let percent = u128::from(done) * 100 / u128::from(all);
    u8::try_from(percent).expect("less than all is less than 100 percent")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use oras::copy::Totals;
    use oras::{Descriptor, MediaType};

    use super::{Board, percent};

    const SECOND: Duration = Duration::from_secs(1);

    fn titled(title: &str, size: u64) -> Descriptor {
        let mut node = Descriptor::of(MediaType::from_static("text/plain"), title.as_bytes());
        node.size = size;
        node.with_annotation("org.opencontainers.image.title", title)
    }

    fn totals(nodes: u64, bytes: u64) -> Totals {
        let mut totals = Totals::default();
        (totals.nodes, totals.bytes) = (nodes, bytes);
        totals
    }

    #[test]
    fn a_total_and_then_the_largest() {
        let mut board = Board::new("Copying");
        board.set_totals(totals(3, 400 << 20));
        board.progress(&titled("small.txt", 1 << 20), 0);
        board.progress(&titled("large.tar.gz", 300 << 20), 0);
        board.lines(Duration::ZERO, 80, 24);
        board.progress(&titled("large.tar.gz", 300 << 20), 100 << 20);
        let shown = board.lines(4 * SECOND, 80, 24);
        assert_eq!(
            shown,
            [
                "Copying  25%, 100.0 MiB of 400.0 MiB, 25.0 MiB/s, 0:12 left",
                "  [###.......]  33%  300.0 MiB  large.tar.gz",
                "  [..........]   0%    1.0 MiB  small.txt",
            ]
        );
    }

    #[test]
    fn names_are_readable_in_60_columns() {
        let mut board = Board::new("Downloading");
        let name = "the-name-of-a-release-for-linux-amd64.tar.gz";
        board.set_totals(totals(1, 1023 << 20));
        board.progress(&titled(name, 1023 << 20), 0);
        board.lines(Duration::ZERO, 60, 24);
        board.progress(&titled(name, 1023 << 20), 1022 << 20);
        let shown = board.lines(SECOND, 60, 24);
        assert_eq!(shown[0], "Downloading  99%, 1022.0 MiB of 1023.0 MiB, 0:00 left");
        assert_eq!(
            shown[1],
            "  [#########.]  99% 1023.0 MiB  the-name-of-...amd64.tar.gz"
        );
        assert!(shown.iter().all(|line| line.len() < 60), "{shown:?}");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let mut board = Board::new("Copying");
        board.set_totals(totals(20, 20));
        for number in 0..20 {
            board.progress(&titled(&number.to_string(), 1), 0);
        }
        assert_eq!(board.lines(SECOND, 80, 24).last().unwrap(), "  and 12 more");
        assert_eq!(board.lines(SECOND, 80, 6).len(), 1 + 2 + 1);
    }

    #[test]
    fn waiting_is_shown_until_it_is_over() {
        let mut board = Board::new("Copying");
        let node = titled("a", 1);
        board.set_waiting("waiting for an answer".to_owned(), None);
        assert_eq!(board.lines(SECOND, 80, 24), ["  waiting for an answer"]);
        board.progress(&node, 0);
        assert!(board.lines(SECOND, 80, 24).is_empty());
        board.set_waiting("waiting 9 s".to_owned(), Some(10 * SECOND));
        board.progress(&node, 1);
        assert_eq!(board.lines(9 * SECOND, 80, 24), ["  waiting 9 s"]);
        assert!(board.lines(10 * SECOND, 80, 24).is_empty());
    }

    #[test]
    fn a_percentage_never_overflows() {
        assert_eq!(percent(0, 0), 100);
        assert_eq!(percent(20, 10), 100);
        assert_eq!(percent(u64::MAX - 1, u64::MAX), 99);
    }
}
