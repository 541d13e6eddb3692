//! Dates: when the artifact of a tag was created.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use oras_content::{
    Descriptor, Digest, MAX_MANIFEST_BYTES, Manifest, MediaType, Result, Store, StoreExt, Tag, annotations,
};
use serde::Deserialize;

/// The start of 1981, in seconds since 1970. Earlier dates are ignored, because reproducible builds use dates in the year 1,
/// in 1970 or in 1980.
const FIRST: i64 = 347_155_200;

/// Tolerance for dates in the future, because clocks differ.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Manifests of an index that are read. An index with more has no date, because the rest may be newer.
const MANIFESTS: usize = 64;

/// Manifests of an index that are read if the first date is enough.
const FIRST_MANIFESTS: usize = 4;

/// The creation dates of artifacts in a store; each manifest is read once.
///
/// The date is the annotation `org.opencontainers.image.created`, or else `created` in the configuration of an image. An
/// index without the annotation has the date of the newest of its manifests, or none if there are more than 64. Dates before
/// 1981 are ignored, because reproducible builds use them.
///
/// Spec: image-spec v1.1, `annotations.md`, "Pre-Defined Annotation Keys"; `config.md`, "Properties".
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oras_content::WriterExt;
/// use oras_memory::MemoryStore;
/// use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
/// use oras_sync::Dates;
///
/// let store = MemoryStore::new();
/// // It is packed now, and says so.
/// let packed = pack_manifest(&store, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
/// store.tag(&packed, "v1").await?;
/// let (digest, created) = Dates::of(&store).created(&"v1".parse()?).await?;
/// assert!(digest == packed.digest && created.is_some());
/// # Ok(())
/// # }
/// ```
pub struct Dates<'a> {
    store: &'a dyn Store,
    latest: Timestamp,
    takes_first: bool,
    known: Mutex<HashMap<Digest, Option<Timestamp>>>,
}

impl std::fmt::Debug for Dates<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dates").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Configuration {
    created: Option<String>,
}

impl<'a> Dates<'a> {
    /// Returns the dates of artifacts in `store`.
    pub fn of(store: &'a dyn Store) -> Self {
        Self {
            store,
            latest: Timestamp::MAX,
            takes_first: false,
            known: Mutex::default(),
        }
    }

    /// Like [`of`](Self::of), for selecting among many tags at the time `now`. An index has the date of its first manifest
    /// that has one, which takes fewer requests. Dates in the future are ignored, because such a tag would stay the newest
    /// for ever.
    pub(crate) fn seen_from(now: Timestamp, store: &'a dyn Store) -> Self {
        Self {
            latest: now.checked_add(AHEAD).unwrap_or(Timestamp::MAX),
            takes_first: true,
            ..Self::of(store)
        }
    }

    /// Resolves a tag and returns its digest and creation date, or `None` if it has no date.
    ///
    /// # Errors
    ///
    /// The tag could not be resolved, or the manifest or configuration could not be read.
    pub async fn created(&self, tag: &Tag) -> Result<(Digest, Option<Timestamp>)> {
        let content = self.store.fetch_named(tag, MAX_MANIFEST_BYTES).await?;
        let digest = content.descriptor().digest.clone();
        let created = match content.descriptor().is_manifest() {
            true => self.of_root(Manifest::parse(content)?).await?,
            false => None,
        };
        Ok((digest, created))
    }

    /// Returns the date of a manifest or of its configuration; for an index without one, the date of its manifests.
    async fn of_root(&self, manifest: Manifest) -> Result<Option<Timestamp>> {
        let digest = &manifest.descriptor().digest;
        if let Some(known) = self.known(digest) {
            return Ok(known);
        }
        let mut created = self.of_manifest(&manifest).await?;
        if created.is_none() {
            created = self.of_manifests(manifest.manifests()).await?;
        }
        self.learn(digest, created);
        Ok(created)
    }

    async fn of_manifests(&self, manifests: &[Descriptor]) -> Result<Option<Timestamp>> {
        let most = match self.takes_first {
            true => FIRST_MANIFESTS,
            false if manifests.len() > MANIFESTS => return Ok(None),
            false => MANIFESTS,
        };
        let mut created = None;
        for child in manifests.iter().filter(is_manifest).take(most) {
            created = created.max(self.of_child(child).await?);
            if self.takes_first && created.is_some() {
                break;
            }
        }
        Ok(created)
    }

    /// Returns the date of a manifest in an index, which may be missing from the store.
    async fn of_child(&self, child: &Descriptor) -> Result<Option<Timestamp>> {
        if let Some(known) = self.known(&child.digest) {
            return Ok(known);
        }
        let created = match self.store.fetch_manifest(child, MAX_MANIFEST_BYTES).await {
            Err(error) if error.is_not_found() => None,
            manifest => self.of_manifest(&manifest?).await?,
        };
        self.learn(&child.digest, created);
        Ok(created)
    }

    async fn of_manifest(&self, manifest: &Manifest) -> Result<Option<Timestamp>> {
        let annotated = manifest.annotations().get(annotations::CREATED);
        if let Some(created) = annotated.and_then(|text| date(text, self.latest)) {
            return Ok(Some(created));
        }
        let is_image = |config: &&Descriptor| {
            [MediaType::OCI_CONFIG, MediaType::DOCKER_CONFIG].contains(&config.media_type)
        };
        let Some(config) = manifest.config().filter(is_image) else {
            return Ok(None);
        };
        let content = match self.store.fetch_all(config, MAX_MANIFEST_BYTES).await {
            Err(error) if error.is_not_found() => return Ok(None),
            content => content?,
        };
        let configuration: Option<Configuration> = serde_json::from_slice(content.bytes()).ok();
        let created = configuration.and_then(|configuration| configuration.created);
        Ok(created.and_then(|text| date(&text, self.latest)))
    }

    fn known(&self, digest: &Digest) -> Option<Option<Timestamp>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest).copied()
    }

    fn learn(&self, digest: &Digest, created: Option<Timestamp>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(digest.clone(), created);
    }
}

fn is_manifest(node: &&Descriptor) -> bool {
    node.is_manifest()
}

/// Parses a date, and ignores those outside the plausible range.
fn date(text: &str, latest: Timestamp) -> Option<Timestamp> {
    let date: Timestamp = text.parse().ok()?;
    (date.as_second() >= FIRST && date <= latest).then_some(date)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::date;

    #[test]
    fn dates_of_reproducible_builds_and_of_no_clock_are_none() {
        let latest: Timestamp = "2024-01-02T00:00:00Z".parse().unwrap();
        for text in [
            "-000001-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:01Z",
            "1980-01-01T00:00:00Z",
            "2024-01-02T00:00:01Z",
            "9999-12-30T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2020-02-30T00:00:00Z",
            "2020-02-02",
            "1580608922",
            "yesterday",
            "",
        ] {
            assert_eq!(date(text, latest), None, "{text}");
        }
        assert!(date("2020-02-02T02:02:02.123456789+02:00", latest).is_some());
        assert_eq!(date("2024-01-02T01:00:00+01:00", latest), Some(latest));
    }
}
