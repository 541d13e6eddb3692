//! Which side a failure blames, and what it leaves open.

use oras_content::ErrorChain;
use oras_copy::{CopyError, Side};
use oras_server::Route;
use oras_server_faults::{Journal, Quirk};

use super::case::{Kind, is_weather};
use super::run::{DESTINATION, Ended, Run, SOURCE};
use super::world::World;

/// A number of strikes that only permanent faults reach.
const FOR_GOOD: u64 = 1 << 32;

impl World {
    /// Checks the errors of a failed copy.
    pub(super) fn of_failure(&self, run: &Run) -> Vec<String> {
        let Ended::Failed(errors) = &run.ended else {
            return Vec::new();
        };
        let may_fail = [0, 1].map(|side| {
            let is_nothing = side == 0 && self.is_impossible();
            let is_stormy = self.case.quirks[side].iter().any(|quirk| is_weather(*quirk));
            is_nothing || !self.case.troubles[side].is_empty() || is_stormy
        });
        let mut found = Vec::new();
        for (_, error) in errors {
            let side = usize::from(error.side == Side::Destination);
            if !may_fail[side] && !self.case.is_one_registry {
                found.push(format!("the {} is blamed: {}", error.side, text(error)));
            }
            found.extend(self.of_names(error));
            if may_fail == [false, false] {
                found.push(format!("it fails: {}", text(error)));
            }
        }
        found
    }

    pub(super) fn of_uploads(&self, run: &Run) -> Vec<String> {
        let hides = self.case.troubles[1].iter().any(|trouble| trouble.hides_uploads);
        let is_stormy = self.case.quirks[1].iter().any(|quirk| is_weather(*quirk));
        let leads_nowhere = self.case.quirks[1].contains(&Quirk::MountLocation);
        // The client does not know sessions whose opening was cancelled before the answer.
        let is_lost = match run.ended {
            Ended::Copied => false,
            _ => self.case.has_sockets || unanswered(&run.journals[1]) > 0,
        };
        match run.open_uploads {
            0 => Vec::new(),
            _ if hides || is_stormy || leads_nowhere || is_lost => Vec::new(),
            open => vec![format!("{open} uploads are open")],
        }
    }

    /// Whether the copy asks for a platform that does not exist.
    pub(super) fn is_impossible(&self) -> bool {
        self.root.is_none()
    }

    /// Whether the error is a transient one of a registry that refuses every nth request.
    pub(super) fn may_pass(&self, error: &CopyError) -> bool {
        let mut quirks = self.case.quirks.iter().flatten();
        error.is_transient() && quirks.any(|quirk| is_weather(*quirk))
    }

    /// Checks that an error names the registry of its own side only.
    fn of_names(&self, error: &CopyError) -> Option<String> {
        let (own, other, kind) = match error.side {
            Side::Source => (SOURCE, DESTINATION, self.case.from),
            Side::Destination => (DESTINATION, SOURCE, self.case.to),
        };
        if self.case.is_one_registry || self.case.has_sockets {
            return None;
        }
        let text = text(error);
        let is_named = kind != Kind::Registry || text.contains(own);
        (!is_named || text.contains(other)).then(|| format!("it names the wrong registry: {text}"))
    }

    /// Checks that no more bytes were sent twice than the faults explain: each fault repeats at most one blob.
    pub(super) fn of_bytes(&self, run: &Run) -> Option<String> {
        let mut times = self.case.troubles.iter().flatten().map(|trouble| trouble.times);
        let strikes = times.try_fold(0_u64, u64::checked_add)?;
        let has_quirks = self.case.quirks.iter().any(|quirks| !quirks.is_empty());
        if strikes >= FOR_GOOD || has_quirks {
            return None;
        }
        let sizes = self.graph.nodes.iter().map(|node| node.descriptor().size);
        let most = sizes.clone().sum::<u64>() + strikes * sizes.max().unwrap_or(0);
        let entries = run.journals[1].entries();
        let uploads = entries.iter().filter(|entry| entry.route == Route::Upload);
        let sent: u64 = uploads.map(|entry| entry.bytes_received).sum();
        (sent > most).then(|| format!("{sent} bytes are sent where {most} should do"))
    }
}

pub(super) fn text(error: &CopyError) -> String {
    ErrorChain(error).to_string()
}

/// Counts uploads whose opening was not answered before the client left.
fn unanswered(journal: &Journal) -> usize {
    let entries = journal.entries();
    let is_one =
        |entry: &&oras_server_faults::Entry| entry.route == Route::Uploads && entry.status.as_u16() == 499;
    entries.iter().filter(is_one).count()
}
