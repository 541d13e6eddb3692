//! A second run, without faults: it does what is left, and no more.

use std::collections::HashSet;

use http::Method;
use oras_content::Digest;
use oras_copy::Recheck;
use oras_server::Route;
use oras_server_faults::Journal;

use super::blame::text;
use super::case::{Instead, Kind};
use super::run::{Ended, Run};
use super::world::World;

impl World {
    /// Returns what is wrong with a second run, without faults, after one that left `there`.
    pub(super) fn of_second(&self, run: &Run, there: &HashSet<Digest>) -> Vec<String> {
        let mut found = Vec::new();
        match &run.ended {
            Ended::Copied if self.is_impossible() => found.push("it copies what is not there".to_owned()),
            Ended::Copied => {}
            Ended::Failed(_) if self.is_impossible() => {}
            Ended::Failed(errors) => {
                let errors = errors.iter().filter(|(_, error)| !self.may_pass(error));
                found.extend(errors.map(|(_, error)| format!("second run: {}", text(error))));
            }
            _ => found.push("the second run does not end".to_owned()),
        }
        if run.open_uploads > 0 {
            found.push(format!("second run: {} uploads are open", run.open_uploads));
        }
        if self.moves_too_much(run, there) {
            found.push(format!(
                "second run: {} blobs came and {} went, where {} were missing",
                count(&run.journals[0], Route::Blob, Method::GET),
                count(&run.journals[1], Route::Upload, Method::PUT),
                self.missing(there),
            ));
        }
        found
    }

    /// Returns the content that is still missing after a run that verified everything.
    pub(super) async fn of_healing(&self, run: &Run) -> Vec<String> {
        if !matches!(run.ended, Ended::Copied) {
            let text = match &run.ended {
                Ended::Failed(errors) => text(&errors[0].1),
                _ => "it does not end".to_owned(),
            };
            return vec![format!("a run that verifies: {text}")];
        }
        let there = self.present().await;
        let lacking = self.roots().iter().flat_map(|root| self.graph.closure(root));
        let lacking = lacking.filter(|node| !there.contains(&node.digest));
        lacking
            .map(|node| format!("not healed: {}", node.digest))
            .collect()
    }

    /// Returns the number of blobs a copy has to move at most.
    fn missing(&self, there: &HashSet<Digest>) -> u64 {
        let wanted: HashSet<&Digest> = self
            .graph
            .nodes
            .iter()
            .map(|node| &node.descriptor().digest)
            .filter(|digest| !there.contains(digest))
            .collect();
        wanted.len() as u64
    }

    fn moves_too_much(&self, run: &Run, there: &HashSet<Digest>) -> bool {
        if self.case.recheck != Recheck::Trust || self.case.to == Kind::Archive || self.case.is_one_registry {
            return false;
        }
        let missing = self.missing(there);
        let came = count(&run.journals[0], Route::Blob, Method::GET);
        let went = count(&run.journals[1], Route::Upload, Method::PUT);
        // The config of an image is read to learn its platform.
        let looked = u64::from(self.case.instead == Instead::Platform);
        let is_plain = |side: usize| self.case.quirks[side].is_empty();
        is_plain(1) && ((is_plain(0) && came > missing + looked) || went > missing)
    }
}

/// Counts successful requests.
fn count(journal: &Journal, route: Route, method: Method) -> u64 {
    let entries = journal.entries();
    let is_one = |entry: &&oras_server_faults::Entry| {
        entry.route == route && entry.method == method && entry.status.is_success()
    };
    entries.iter().filter(is_one).count() as u64
}
