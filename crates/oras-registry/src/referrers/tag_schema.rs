//! Referrers in an index under a tag, for registries without the referrers API.

use http::header::ETAG;
use http::{HeaderValue, StatusCode};
use oras_content::{Descriptor, Digest, Error, ImageIndex, Manifest, Result};

use crate::Repository;
use crate::error::protocol;
use crate::status::response_error;

/// How often a change is made again that somebody else's change undid.
const MAX_TRIES: u32 = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Remove,
}

/// What is under the tag.
struct Found {
    index: Manifest,
    /// The registry's name for this version of it.
    version: Option<HeaderValue>,
}

impl Repository {
    /// Spec: distribution-spec v1.1, "Unavailable Referrers API".
    pub(super) async fn list_by_tag(&self, subject: &Descriptor) -> Result<Vec<Descriptor>> {
        match self.read_index(&subject.digest).await {
            Ok(found) => Ok(found.map_or_else(Vec::new, |found| distinct(found.index.manifests()))),
            // Whatever else is under that tag, it does not list referrers.
            Err(Error::Refused { .. } | Error::InvalidManifest { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Spec: distribution-spec v1.1, "Pushing Manifests with Subject" and "Deleting Manifests".
    pub(super) async fn change_index(&self, manifest: &Manifest, change: Change) -> Result<()> {
        let Some(subject) = manifest.subject() else {
            return Ok(());
        };
        let referrer = manifest.referrer_descriptor();
        let _one_at_a_time = self.learnt.referrers.changing.lock().await;
        for _ in 0..MAX_TRIES {
            let found = self.read_index(&subject.digest).await?;
            let before = found.as_ref().map_or(&[][..], |found| found.index.manifests());
            let Some(after) = changed(before, &referrer, change) else {
                return Ok(());
            };
            // Another look tells whether the change came through or was undone by somebody else's.
            self.replace_index(&subject.digest, found.as_ref(), after).await?;
        }
        let what = self
            .core
            .subject(format!("the referrers of {}", self.describe(subject)));
        Err(protocol(
            what,
            "other clients keep replacing the index; try again later",
        ))
    }

    async fn replace_index(
        &self,
        subject: &Digest,
        found: Option<&Found>,
        after: Vec<Descriptor>,
    ) -> Result<()> {
        let old = found.map(|found| &found.index.descriptor().digest);
        if let Some(old) = old.filter(|_| after.is_empty())
            && self.delete_if_possible(old).await?
        {
            return Ok(());
        }
        let index = Manifest::parse(ImageIndex::new(after).to_content())?;
        let version = found.and_then(|found| found.version.clone());
        match self.put_manifest(&index, &tag(subject), version).await {
            Ok(_) => {}
            Err(error) if is_changed_meanwhile(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
        if let Some(old) = old.filter(|old| **old != index.descriptor().digest) {
            self.delete_if_possible(old).await?;
        }
        Ok(())
    }

    async fn read_index(&self, subject: &Digest) -> Result<Option<Found>> {
        let named = self.named(&tag(subject))?;
        let limit = self.core.options.max_manifest_bytes;
        let (headers, content) = match self.get_manifest_with_headers(&named, limit).await {
            Ok(found) => found,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let index = Manifest::parse(content)?;
        // A registry may resolve the tag to the subject, whose digest it spells.
        if index.descriptor().digest == *subject || !index.kind().is_index() {
            return Err(Error::Refused {
                what: named.what,
                reason: "it should be an index of referrers and is something else; nothing was changed"
                    .to_owned(),
            });
        }
        let version = headers.get(ETAG).cloned();
        Ok(Some(Found { index, version }))
    }

    /// Whether it was deleted, or gone: many registries do not delete.
    async fn delete_if_possible(&self, index: &Digest) -> Result<bool> {
        match self.delete_reference(index.as_str()).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_not_found() => Ok(true),
            Err(Error::Unsupported { .. } | Error::Denied { .. } | Error::Unauthenticated { .. }) => {
                tracing::debug!(%index, "the replaced index of referrers stays");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// Spec: distribution-spec v1.1, "Referrers Tag Schema".
fn tag(subject: &Digest) -> String {
    let part = |text: &str, most: usize| -> String {
        let allowed = |character: char| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => character,
            _ => '-',
        };
        text.chars().take(most).map(allowed).collect()
    };
    format!(
        "{}-{}",
        part(subject.algorithm_name(), 32),
        part(subject.encoded(), 64)
    )
}

/// The entries after the change, or `None` where nothing changes. Entries given twice are given once.
fn changed(before: &[Descriptor], referrer: &Descriptor, change: Change) -> Option<Vec<Descriptor>> {
    let is_there = before.iter().any(|entry| entry.digest == referrer.digest);
    if is_there == (change == Change::Add) {
        return None;
    }
    let mut after = distinct(before);
    match change {
        Change::Add => after.push(referrer.clone()),
        Change::Remove => after.retain(|entry| entry.digest != referrer.digest),
    }
    Some(after)
}

fn distinct(entries: &[Descriptor]) -> Vec<Descriptor> {
    let mut seen = std::collections::HashSet::new();
    entries
        .iter()
        .filter(|entry| seen.insert(&entry.digest))
        .cloned()
        .collect()
}

fn is_changed_meanwhile(error: &Error) -> bool {
    response_error(error).is_some_and(|said| said.status == StatusCode::PRECONDITION_FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_made_of_the_digest() {
        let hex = "a".repeat(64);
        let digest: Digest = format!("sha256:{hex}").parse().unwrap();
        assert_eq!(tag(&digest), format!("sha256-{hex}"));
        let digest: Digest = format!("sha512:{}", "b".repeat(128)).parse().unwrap();
        assert_eq!(tag(&digest), format!("sha512-{}", "b".repeat(64)));
        let digest: Digest = "test+algorithm+using+algorithm+separators+and+lots+of+characters+to+excercise+overall+truncation:alsoSome=InTheEncodedSectionToShowHyphenReplacementAndLotsAndLotsOfCharactersToExcerciseEncodedTruncation".parse().unwrap();
        assert_eq!(
            tag(&digest),
            "test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacementAndLotsAndLot"
        );
    }

    #[test]
    fn a_change_that_changes_nothing_is_none() {
        let one = Descriptor::of(oras_content::MediaType::OCI_MANIFEST, b"1");
        let two = Descriptor::of(oras_content::MediaType::OCI_MANIFEST, b"2");
        assert_eq!(changed(std::slice::from_ref(&one), &one, Change::Add), None);
        assert_eq!(changed(&[], &one, Change::Remove), None);
        let doubled = [one.clone(), one.clone()];
        assert_eq!(changed(&doubled, &two, Change::Add), Some(vec![one.clone(), two]));
        assert_eq!(changed(&doubled, &one, Change::Remove), Some(Vec::new()));
    }
}
