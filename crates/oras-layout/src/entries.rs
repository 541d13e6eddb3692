//! The entries of `index.json`, in the order of the file, indexed by digest and by name.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::result::Result as StdResult;
use std::sync::Arc;

use oras_content::{Descriptor, Digest, annotations};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The entries, each at a fixed place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    places: BTreeMap<usize, Entry>,
    by_digest: BTreeSet<(Digest, usize)>,
    by_name: BTreeSet<(Arc<str>, usize)>,
}

/// An entry, shared by the indexes before and after a change, which differ in few entries. An unchanged entry is
/// written as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The text as it was read. `None` for a new entry.
    text: Option<Arc<RawValue>>,
    /// The descriptor, if the entry is a valid one.
    known: Option<Arc<Descriptor>>,
}

impl Entries {
    /// The valid descriptors, in the order of the file.
    pub(crate) fn known(&self) -> impl DoubleEndedIterator<Item = &Descriptor> {
        self.places.values().filter_map(Entry::known)
    }

    /// The texts of entries that are not valid descriptors.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        let unknown = self.places.values().filter(|entry| entry.known.is_none());
        unknown.filter_map(|entry| Some(entry.text.as_ref()?.get()))
    }

    /// The entries with this digest, in the order of the file.
    pub(crate) fn of<'a>(&'a self, digest: &Digest) -> impl Iterator<Item = &'a Descriptor> {
        places_of(&self.by_digest, digest).filter_map(|place| self.places[&place].known())
    }

    /// The entries with this reference name, in the order of the file.
    pub(crate) fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Descriptor> {
        let places = places_of(&self.by_name, &Arc::from(name));
        places.filter_map(|place| self.places[&place].known())
    }

    /// Adds an entry at the end.
    pub(crate) fn push(&mut self, descriptor: Descriptor) {
        self.append(Entry {
            text: None,
            known: Some(Arc::new(descriptor)),
        });
    }

    /// Removes the entries with this digest that match `goes`.
    pub(crate) fn remove(&mut self, digest: &Digest, goes: impl Fn(&Descriptor) -> bool) {
        let places: Vec<usize> = places_of(&self.by_digest, digest).collect();
        for place in places {
            if self.places[&place].known().is_some_and(&goes) {
                self.take(place);
            }
        }
    }

    /// Removes and returns the entries with this reference name, in the order of the file.
    pub(crate) fn take_named(&mut self, name: &str) -> Vec<Arc<Descriptor>> {
        let places: Vec<usize> = places_of(&self.by_name, &Arc::from(name)).collect();
        places.into_iter().filter_map(|place| self.take(place)).collect()
    }

    fn append(&mut self, entry: Entry) {
        let place = self.places.last_key_value().map_or(0, |(last, _)| last + 1);
        if let Some(known) = entry.known() {
            self.by_digest.insert((known.digest.clone(), place));
            self.by_name.extend(name_of(known).map(|name| (name, place)));
        }
        self.places.insert(place, entry);
    }

    fn take(&mut self, place: usize) -> Option<Arc<Descriptor>> {
        let known = self.places.remove(&place)?.known?;
        self.by_digest.remove(&(known.digest.clone(), place));
        if let Some(name) = name_of(&known) {
            self.by_name.remove(&(name, place));
        }
        Some(known)
    }
}

/// The reference name of an entry.
fn name_of(entry: &Descriptor) -> Option<Arc<str>> {
    entry.annotation(annotations::REF_NAME).map(Arc::from)
}

fn places_of<'a, K: Ord + Clone>(
    by: &'a BTreeSet<(K, usize)>,
    key: &K,
) -> impl Iterator<Item = usize> + use<'a, K> {
    let range = (
        Bound::Included((key.clone(), 0)),
        Bound::Included((key.clone(), usize::MAX)),
    );
    by.range(range).map(|(_, place)| *place)
}

impl Entry {
    fn known(&self) -> Option<&Descriptor> {
        self.known.as_deref()
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.places.values().eq(other.places.values())
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        let is_shared = |(one, other): (&Arc<Descriptor>, &Arc<Descriptor>)| Arc::ptr_eq(one, other);
        if self
            .known
            .as_ref()
            .zip(other.known.as_ref())
            .is_some_and(is_shared)
        {
            return true;
        }
        let text = self.text.as_ref().map(|text| text.get());
        text == other.text.as_ref().map(|text| text.get()) && self.known == other.known
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> StdResult<S::Ok, S::Error> {
        serializer.collect_seq(self.places.values())
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> StdResult<S::Ok, S::Error> {
        match &self.text {
            Some(text) => text.serialize(serializer),
            None => self.known.as_deref().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> StdResult<Self, D::Error> {
        deserializer.deserialize_seq(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Entries;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> StdResult<Entries, A::Error> {
        let mut entries = Entries::default();
        while let Some(entry) = list.next_element()? {
            entries.append(entry);
        }
        Ok(entries)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> StdResult<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let known = serde_json::from_str(text.get()).ok().map(Arc::new);
        Ok(Self {
            text: Some(text.into()),
            known,
        })
    }
}
