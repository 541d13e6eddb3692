//! Queued changes to indexes of referrers, so that many changes of one index are made in one write.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use oras_content::{Descriptor, Digest};

/// What to do with an entry of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Add,
    Remove,
}

/// A change to the index of `subject`.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) subject: Digest,
    pub(super) action: Action,
    pub(super) referrer: Descriptor,
    /// Whether the change made a difference to the index. Set once it is made.
    pub(super) made: OnceLock<bool>,
}

/// The queued changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    waiting: Mutex<Vec<Arc<Change>>>,
    /// Held while changes are made.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Changes {
    /// Queues a change. It stays until it is made or the guard is dropped.
    pub(super) fn add(&self, subject: &Digest, action: Action, referrer: Descriptor) -> Waiting<'_> {
        let change = Arc::new(Change {
            subject: subject.clone(),
            action,
            referrer,
            made: OnceLock::new(),
        });
        self.lock().push(Arc::clone(&change));
        Waiting {
            changes: self,
            change,
        }
    }

    /// The pending changes to the index of `subject`, in order.
    pub(super) fn of(&self, subject: &Digest) -> Vec<Arc<Change>> {
        let waiting = self.lock();
        let of_subject = waiting
            .iter()
            .filter(|change| change.subject == *subject && change.made.get().is_none());
        of_subject.cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Change>>> {
        // Every change of the list is a single push or retain.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A queued change whose caller is waiting.
pub(super) struct Waiting<'a> {
    changes: &'a Changes,
    change: Arc<Change>,
}

impl Waiting<'_> {
    /// Whether the change made a difference, once it is made.
    pub(super) fn made(&self) -> Option<bool> {
        self.change.made.get().copied()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let change = &self.change;
        self.changes
            .lock()
            .retain(|waiting| !Arc::ptr_eq(waiting, change));
    }
}

/// The entries after `changes`, without duplicates, or `None` if nothing changes.
pub(super) fn changed(before: &[Descriptor], changes: &[Arc<Change>]) -> Option<Vec<Descriptor>> {
    let mut after = distinct(before);
    let mut differs = false;
    for change in changes {
        let place = after
            .iter()
            .position(|entry| entry.digest == change.referrer.digest);
        match (change.action, place) {
            (Action::Add, None) => after.push(change.referrer.clone()),
            (Action::Remove, Some(place)) => drop(after.remove(place)),
            (Action::Add, Some(_)) | (Action::Remove, None) => continue,
        }
        differs = true;
    }
    differs.then_some(after)
}

/// For each of `changes`, whether it makes a difference to `before`.
pub(super) fn differing<'a>(
    before: &'a [Descriptor],
    changes: &'a [Arc<Change>],
) -> impl Iterator<Item = bool> + 'a {
    changes.iter().map(|change| {
        let is_there = before.iter().any(|entry| entry.digest == change.referrer.digest);
        is_there == (change.action == Action::Remove)
    })
}

pub(super) fn distinct(entries: &[Descriptor]) -> Vec<Descriptor> {
    let mut seen = std::collections::HashSet::new();
    entries
        .iter()
        .filter(|entry| seen.insert(&entry.digest))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use oras_content::MediaType;

    use super::*;

    fn change(action: Action, referrer: &Descriptor) -> Arc<Change> {
        Arc::new(Change {
            subject: Digest::sha256(b"subject"),
            action,
            referrer: referrer.clone(),
            made: OnceLock::new(),
        })
    }

    #[test]
    fn a_change_that_changes_nothing_is_none() {
        let one = Descriptor::of(MediaType::OCI_MANIFEST, b"1");
        let two = Descriptor::of(MediaType::OCI_MANIFEST, b"2");
        let (add_one, add_two) = (change(Action::Add, &one), change(Action::Add, &two));
        let remove = change(Action::Remove, &one);
        let doubled = [one.clone(), one.clone()];
        assert_eq!(
            changed(std::slice::from_ref(&one), std::slice::from_ref(&add_one)),
            None
        );
        assert_eq!(changed(&[], std::slice::from_ref(&remove)), None);
        let both = [add_one, add_two];
        assert_eq!(changed(&doubled, &both), Some(vec![one, two]));
        assert_eq!(changed(&doubled, &[remove]), Some(Vec::new()));
        assert_eq!(differing(&doubled, &both).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_change_waits_until_it_is_made_or_given_up() {
        let changes = Changes::default();
        let subject = Digest::sha256(b"subject");
        let referrer = |text: &[u8]| Descriptor::of(MediaType::OCI_MANIFEST, text);
        let first = changes.add(&subject, Action::Add, referrer(b"1"));
        let second = changes.add(&subject, Action::Add, referrer(b"2"));
        let other = changes.add(&Digest::sha256(b"other"), Action::Add, referrer(b"3"));
        assert_eq!(changes.of(&subject).len(), 2);
        changes.of(&subject)[0].made.set(true).unwrap();
        assert_eq!(
            (first.made(), second.made(), other.made()),
            (Some(true), None, None)
        );
        assert_eq!(changes.of(&subject).len(), 1);
        drop(second);
        assert!(changes.of(&subject).is_empty());
    }
}
