//! Referrers in an index under a tag, for registries without the referrers API.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, future};
use http::header::ETAG;
use http::{HeaderMap, HeaderValue, StatusCode};
use oras_content::{
    Descriptor, Digest, Error, ErrorChain, ErrorKind, ImageIndex, Manifest, Result, Tag, TagListOptions,
    TagLister,
};
use tokio::time::Instant;

use super::changes::{Action, Change, changed, differing, distinct};
use crate::Repository;
use crate::status::response_error;

/// Maximum number of writes of an index while other clients keep undoing the change.
const MAX_WRITES: u32 = 10;

/// Minimum and maximum wait before a read checks whether a concurrent client overwrote the index.
const SETTLE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Longest back-off before an index is written again.
const MAX_BACK_OFF: Duration = Duration::from_secs(2);

/// The index under the tag.
struct Found {
    index: Manifest,
    /// The entity tag of this version.
    version: Option<HeaderValue>,
}

impl Repository {
    /// Spec: distribution-spec v1.1, "Unavailable Referrers API".
    pub(super) async fn list_by_tag(&self, subject: &Descriptor) -> Result<Vec<Descriptor>> {
        match self.read_index(subject, true).await {
            Ok(found) => Ok(found.map_or_else(Vec::new, |found| distinct(found.index.manifests()))),
            // Anything else under that tag does not list referrers.
            Err(error) => match error.kind() {
                ErrorKind::Refused | ErrorKind::InvalidManifest => Ok(Vec::new()),
                _ => Err(error),
            },
        }
    }

    /// Changes the index of the subject of `manifest`, and returns whether that made a difference. Queued changes to
    /// the same index are made together.
    ///
    /// Spec: distribution-spec v1.1, "Pushing Manifests with Subject" and "Deleting Manifests".
    pub(super) async fn change_index(&self, manifest: &Manifest, action: Action) -> Result<bool> {
        let Some(subject) = manifest.subject() else {
            return Ok(false);
        };
        let changes = &self.referrers.changes;
        let waiting = changes.add(&subject.digest, action, manifest.referrer_descriptor());
        let _turn = changes.turn.lock().await;
        if let Some(differed) = waiting.made() {
            return Ok(differed);
        }
        self.make_changes(subject, &changes.of(&subject.digest)).await?;
        Ok(waiting.made().unwrap_or(false))
    }

    /// Writes the index until a later read shows the changes in it, because a registry does not report that one client
    /// overwrites the changes of another.
    async fn make_changes(&self, subject: &Descriptor, changes: &[Arc<Change>]) -> Result<()> {
        let (mut writes, mut written) = (0, false);
        let mut differed: Option<Vec<bool>> = None;
        let mut replaced = Vec::new();
        loop {
            let started = Instant::now();
            let found = match self.read_index(subject, writes == 0).await {
                // Some registries accept an index but refuse to return it.
                Err(error) if written && is_refusal(&error) => {
                    self.warn_unchecked(&error);
                    break;
                }
                found => found?,
            };
            let before = found.as_ref().map_or(&[][..], |found| found.index.manifests());
            differed.get_or_insert_with(|| differing(before, changes).collect());
            let Some(after) = changed(before, changes) else {
                let current = found.map(|found| found.index.descriptor().digest.clone());
                self.delete_replaced(&replaced, current.as_ref()).await;
                break;
            };
            if writes == MAX_WRITES {
                return Err(self.contended(subject));
            }
            writes += 1;
            written = self.replace_index(subject, found.as_ref(), after).await?;
            replaced.extend(
                found
                    .filter(|_| written)
                    .map(|found| found.index.descriptor().digest.clone()),
            );
            tokio::time::sleep(pause(writes, written, started.elapsed())).await;
        }
        for (change, differed) in changes.iter().zip(differed.unwrap_or_default()) {
            // Only the holder of the turn makes changes, each of them once, so the value is not set yet.
            let _ = change.made.set(differed);
        }
        Ok(())
    }

    fn warn_unchecked(&self, error: &Error) {
        let text = format!(
            "the index of referrers was written, and whether it stayed as it is cannot be seen: {}",
            ErrorChain(error)
        );
        self.core.warn(text);
    }

    fn contended(&self, subject: &Descriptor) -> Error {
        let what = self
            .core
            .subject(format!("the list of referrers of {}", self.describe(subject)));
        Error::protocol(what, "other clients keep replacing the index; try again later")
    }

    /// Whether the index was written. It was not if another client changed it meanwhile.
    async fn replace_index(
        &self,
        subject: &Descriptor,
        found: Option<&Found>,
        after: Vec<Descriptor>,
    ) -> Result<bool> {
        let old = found.map(|found| &found.index.descriptor().digest);
        if let Some(old) = old.filter(|_| after.is_empty())
            && self.delete_index(old).await
        {
            return Ok(false);
        }
        let index = Manifest::parse(ImageIndex::new(after).to_content())?;
        let version = found.and_then(|found| found.version.clone());
        match self
            .put_manifest(&index, &tag(&subject.digest).into(), version)
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if is_changed_meanwhile(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads the index. `may_be_missing` is false once it was written.
    async fn read_index(&self, subject: &Descriptor, may_be_missing: bool) -> Result<Option<Found>> {
        let named = self.named(&tag(&subject.digest).into())?;
        let limit = self.core.options.max_manifest_bytes;
        let (headers, content) = match self.get_manifest_with_headers(&named, limit).await {
            Ok(found) => found,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) if may_be_missing && self.hides_missing_tags(&error, subject).await => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let index = Manifest::parse(content)?;
        // A registry may resolve the tag to the subject, because the tag spells its digest.
        if index.descriptor().digest == subject.digest || !index.kind().is_index() {
            return Err(Error::refused(
                named.what,
                "it should be an index of referrers and is something else; nothing was changed".to_owned(),
            ));
        }
        let version = strong_etag(&headers);
        Ok(Some(Found { index, version }))
    }

    /// Some registries answer 401 or 403 for a missing tag, even to a client that may read the repository.
    async fn hides_missing_tags(&self, error: &Error, subject: &Descriptor) -> bool {
        is_refusal(error)
            && self.manifest_exists(subject).await.is_ok()
            && !self.shows(&tag(&subject.digest)).await
    }

    /// Whether the list of tags, as far as it can be read, contains this one.
    async fn shows(&self, tag: &Tag) -> bool {
        let is_it = |listed: Result<String>| future::ready(listed.is_ok_and(|listed| listed == tag.as_str()));
        self.tags(TagListOptions::default()).any(is_it).await
    }

    /// Deletes the replaced indexes. A failure does not affect the result.
    async fn delete_replaced(&self, replaced: &[Digest], current: Option<&Digest>) {
        for old in replaced.iter().filter(|old| Some(*old) != current) {
            self.delete_index(old).await;
        }
    }

    /// Whether an index is gone. Many registries do not support deletion.
    async fn delete_index(&self, index: &Digest) -> bool {
        match self.delete_named(&index.into()).await {
            Ok(()) => true,
            Err(error) if error.is_not_found() => true,
            Err(error) if is_unwilling(&error) => {
                tracing::debug!(%index, %error, "the replaced index of referrers stays");
                false
            }
            Err(error) => {
                let text = format!(
                    "the replaced index of referrers {index} stays: {}",
                    ErrorChain(&error)
                );
                self.core.warn(text);
                false
            }
        }
    }
}

/// A strong entity tag. `If-Match` compares strongly, so that a weak one never matches.
///
/// Spec: RFC 9110, section 13.1.1.
fn strong_etag(headers: &HeaderMap) -> Option<HeaderValue> {
    let etag = headers.get(ETAG)?;
    (!etag.as_bytes().starts_with(b"W/")).then(|| etag.clone())
}

/// How long to wait before the next read. After the first write: long enough that a client as slow as this one has
/// written its own change. After losing to another client: longer, and random.
fn pause(writes: u32, written: bool, round: Duration) -> Duration {
    let jitter = Duration::from_millis(fastrand::u64(0..100));
    if written && writes == 1 {
        return (round * 2).clamp(SETTLE.0, SETTLE.1) + jitter;
    }
    let most = (SETTLE.0 * 2_u32.saturating_pow(writes.min(8))).min(MAX_BACK_OFF);
    SETTLE.0 + most.mul_f64(fastrand::f64())
}

/// Spec: distribution-spec v1.1, "Referrers Tag Schema".
fn tag(subject: &Digest) -> Tag {
    let part = |text: &str, most: usize| -> String {
        let allowed = |character: char| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => character,
            _ => '-',
        };
        text.chars().take(most).map(allowed).collect()
    };
    let (algorithm, encoded) = (part(subject.algorithm_name(), 32), part(subject.encoded(), 64));
    format!("{algorithm}-{encoded}")
        .parse()
        .expect("it is neither empty nor a digest, which has a colon")
}

fn is_changed_meanwhile(error: &Error) -> bool {
    response_error(error).is_some_and(|said| said.status == StatusCode::PRECONDITION_FAILED)
}

/// Whether the registry denies access.
fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Denied | ErrorKind::Unauthenticated)
}

/// Whether the registry does not support it, or denies access.
fn is_unwilling(error: &Error) -> bool {
    *error.kind() == ErrorKind::Unsupported || is_refusal(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_made_of_the_digest() {
        let hex = "a".repeat(64);
        let digest: Digest = format!("sha256:{hex}").parse().unwrap();
        assert_eq!(tag(&digest).as_str(), format!("sha256-{hex}"));
        let digest: Digest = format!("sha512:{}", "b".repeat(128)).parse().unwrap();
        assert_eq!(tag(&digest).as_str(), format!("sha512-{}", "b".repeat(64)));
        let digest: Digest = "test+algorithm+using+algorithm+separators+and+lots+of+characters+to+excercise+overall+truncation:alsoSome=InTheEncodedSectionToShowHyphenReplacementAndLotsAndLotsOfCharactersToExcerciseEncodedTruncation".parse().unwrap();
        assert_eq!(
            tag(&digest).as_str(),
            "test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacementAndLotsAndLot"
        );
    }

    #[test]
    fn weak_entity_tags_are_not_sent() {
        let with = |text: &'static str| HeaderMap::from_iter([(ETAG, HeaderValue::from_static(text))]);
        assert_eq!(strong_etag(&with("\"a\"")).unwrap(), "\"a\"");
        assert_eq!(strong_etag(&with("W/\"a\"")), None);
        assert_eq!(strong_etag(&HeaderMap::new()), None);
    }

    #[test]
    fn every_wait_is_bounded() {
        for writes in 1..=MAX_WRITES {
            for written in [true, false] {
                let pause = pause(writes, written, Duration::from_secs(60));
                assert!(
                    pause >= SETTLE.0 && pause <= MAX_BACK_OFF + SETTLE.0 * 2,
                    "{pause:?}"
                );
            }
        }
    }
}
