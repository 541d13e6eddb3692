//! The table of blobs: the destinations to which the jobs have pushed each blob.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oras_content::{Digest, Location};

use crate::Place;

/// Maximum number of blobs in the table; for any further ones the destination is asked.
const MOST: usize = 200_000;

/// Maximum number of repositories offered as mount sources for a blob.
const CANDIDATES: usize = 2;

/// The number of a destination in the table.
pub(crate) type Id = u32;

#[derive(Default)]
pub(crate) struct Blobs {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    destinations: Vec<(Place, Option<Location>)>,
    blobs: HashMap<Digest, Vec<Id>>,
}

impl Blobs {
    /// Returns the number of a destination, assigning one at the first call.
    pub(crate) fn destination(&self, place: &Place, location: Option<Location>) -> Id {
        let mut table = self.lock();
        let known = table.destinations.iter().position(|(known, _)| known == place);
        let id = known.unwrap_or_else(|| {
            table.destinations.push((place.clone(), location));
            table.destinations.len() - 1
        });
        Id::try_from(id).expect("fewer than 2^32 jobs fit in memory")
    }

    pub(crate) fn add(&self, blob: &Digest, to: Id) {
        let mut table = self.lock();
        if table.blobs.len() >= MOST && !table.blobs.contains_key(blob) {
            return;
        }
        let places = table.blobs.entry(blob.clone()).or_default();
        if !places.contains(&to) {
            places.push(to);
        }
    }

    pub(crate) fn has(&self, blob: &Digest, at: Id) -> bool {
        let table = self.lock();
        table.blobs.get(blob).is_some_and(|places| places.contains(&at))
    }

    /// Returns repositories of `registry` that have the blob.
    pub(crate) fn locations(&self, blob: &Digest, registry: &str) -> Vec<Location> {
        let table = self.lock();
        let places = table.blobs.get(blob).into_iter().flatten();
        let locations = places.filter_map(|id| table.destinations[*id as usize].1.as_ref());
        let here = locations.filter(|location| location.registry == registry);
        here.take(CANDIDATES).cloned().collect()
    }

    /// Removes a destination from the table, because it does not have what was pushed to it.
    pub(crate) fn forget(&self, at: Id) {
        for places in self.lock().blobs.values_mut() {
            places.retain(|place| *place != at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // The table is consistent after every change, so a poisoned lock is safe to use.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
