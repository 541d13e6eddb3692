//! The document `index.json`, which lists the roots of a layout.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};
use std::result::Result as StdResult;
use std::sync::Arc;

use oras_content::{Descriptor, Digest, Error, Result, annotations, json};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::entries::Entries;

/// The annotation in which Docker and containerd store the full name of an image.
const IMAGE_NAME: &str = "io.containerd.image.name";

/// The content of `index.json`. Unknown members and entries are kept unchanged.
///
/// Spec: image-spec v1.1, `image-layout.md`, "index.json file".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an image index")]
pub(crate) struct Index {
    #[serde(default = "schema_version")]
    schema_version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    manifests: Entries,
    #[serde(flatten)]
    extra: BTreeMap<String, Value>,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self {
            schema_version: schema_version(),
            media_type: media_type(),
            manifests: Entries::default(),
            extra: BTreeMap::new(),
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }

    pub(crate) fn write(&self, writer: impl Write) -> io::Result<()> {
        json::to_writer(writer, self).map_err(io::Error::from)
    }

    /// The entries in the order of the file.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Descriptor> {
        self.manifests.known()
    }

    pub(crate) fn lists(&self, digest: &Digest) -> bool {
        self.manifests.of(digest).next().is_some()
    }

    /// The last entry with this name, because some tools only append.
    pub(crate) fn tagged(&self, name: &str) -> Option<Descriptor> {
        let by_image = || {
            let mut entries = self.entries().rev();
            entries.find(|entry| entry.annotation(IMAGE_NAME) == Some(name))
        };
        let mut found = self.manifests.named(name).last().or_else(by_image)?.clone();
        found.annotations.remove(annotations::REF_NAME);
        Some(found)
    }

    /// The descriptor of an entry with this digest, without its annotations.
    pub(crate) fn listed(&self, digest: &Digest) -> Option<Descriptor> {
        self.manifests.of(digest).next().map(Descriptor::plain)
    }

    /// The tags after `last`, or all, in lexical order.
    pub(crate) fn tags_after(&self, last: Option<&str>) -> Vec<String> {
        let tags: BTreeSet<&str> = self.entries().filter_map(tag_of).collect();
        let is_after = |tag: &&str| last.is_none_or(|last| *tag > last);
        tags.into_iter().filter(is_after).map(str::to_owned).collect()
    }

    /// Lists content without a tag, unless it is listed.
    pub(crate) fn list(&mut self, content: &Descriptor) {
        if !self.lists(&content.digest) {
            self.manifests.push(content.plain());
        }
    }

    /// Moves the tag `name` to `content`.
    pub(crate) fn tag(&mut self, content: &Descriptor, name: &str) {
        let entry = entry(content, name);
        if is_tag(name) && self.manifests.named(name).eq([&entry]) {
            return;
        }
        self.untag(name);
        self.manifests
            .remove(&content.digest, |known| *known == known.plain());
        self.manifests.push(entry);
    }

    /// Removes the tag `name`. Content without another entry stays listed without a tag.
    pub(crate) fn untag(&mut self, name: &str) -> bool {
        if !is_tag(name) {
            return false;
        }
        let named = self.manifests.take_named(name);
        let found = !named.is_empty();
        for content in named {
            if !self.lists(&content.digest) {
                let mut content = Arc::unwrap_or_clone(content);
                content.annotations.remove(annotations::REF_NAME);
                self.manifests.push(content);
            }
        }
        found
    }

    /// Removes every entry with this digest.
    pub(crate) fn remove(&mut self, digest: &Digest) {
        self.manifests.remove(digest, |_| true);
    }

    /// Whether an entry has a name of any kind.
    pub(crate) fn is_named(entry: &Descriptor) -> bool {
        let names = [annotations::REF_NAME, IMAGE_NAME];
        names
            .iter()
            .any(|key| entry.annotation(key).is_some_and(|name| !name.is_empty()))
    }

    /// Removes the unnamed entries of this content.
    pub(crate) fn unlist(&mut self, gone: &HashSet<Digest>) {
        for digest in gone {
            self.manifests.remove(digest, |known| !Self::is_named(known));
        }
    }

    /// Refuses an entry that cannot be parsed but names existing content.
    pub(crate) fn check_unknown(&self, is_there: impl Fn(&Digest) -> bool) -> Result<()> {
        let mut digests = self.manifests.unknown().filter_map(digest_in);
        match digests.find(is_there) {
            Some(digest) => {
                let reason = "an entry of index.json names it in a form that is not known";
                Err(Error::invalid_manifest(&digest, reason))
            }
            None => Ok(()),
        }
    }

    /// Removes entries without annotations for these digests.
    pub(crate) fn remove_plain(&mut self, digests: &HashSet<&Digest>) {
        for digest in digests {
            self.manifests.remove(digest, |known| *known == known.plain());
        }
    }
}

/// The digest in an entry that is not a valid descriptor.
fn digest_in(text: &str) -> Option<Digest> {
    let entry: Value = serde_json::from_str(text).ok()?;
    entry.get("digest")?.as_str()?.parse().ok()
}

/// The tag of an entry. A digest as a name is not a tag.
fn tag_of(entry: &Descriptor) -> Option<&str> {
    entry
        .annotation(annotations::REF_NAME)
        .filter(|name| is_tag(name))
}

fn is_tag(name: &str) -> bool {
    let is_digest = name.contains(':') && name.parse::<Digest>().is_ok();
    !name.is_empty() && !is_digest
}

/// The entry for tagged content. The title is removed, because here a manifest is not a file.
fn entry(content: &Descriptor, name: &str) -> Descriptor {
    let mut entry = content.clone().with_annotation(annotations::REF_NAME, name);
    entry.annotations.remove(annotations::TITLE);
    entry
}

fn schema_version() -> u64 {
    2
}

fn media_type() -> Option<String> {
    Some(oras_content::MediaType::OCI_INDEX.to_string())
}

fn null_as_empty<'de, D: Deserializer<'de>>(deserializer: D) -> StdResult<Entries, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
