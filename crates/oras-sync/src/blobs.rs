//! The table of blobs: where all jobs together have put them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oras_content::{Digest, Location};

use crate::Place;

/// How many blobs are kept in mind; what comes later is asked for.
const MOST: usize = 200_000;

/// How many repositories a blob is offered to be mounted from.
const CANDIDATES: usize = 2;

/// The number of a destination.
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
    /// The number of a destination, which is the same each time.
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

    /// Repositories that have got a blob.
    pub(crate) fn locations(&self, blob: &Digest, registry: &str) -> Vec<Location> {
        let table = self.lock();
        let places = table.blobs.get(blob).into_iter().flatten();
        let locations = places.filter_map(|id| table.destinations[*id as usize].1.as_ref());
        let here = locations.filter(|location| location.registry == registry);
        here.take(CANDIDATES).cloned().collect()
    }

    /// A destination does not have what it was given.
    pub(crate) fn forget(&self, at: Id) {
        for places in self.lock().blobs.values_mut() {
            places.retain(|place| *place != at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Every change leaves the table whole.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
