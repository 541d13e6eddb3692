//! How to copy.

use std::fmt;
use std::sync::Arc;

use oras_content::{MAX_MANIFEST_BYTES, MediaType, Platform, Tag};

use crate::selection::Everything;
use crate::{Event, Events, Recheck, ReferrerFilter, Selection, Slots, Verifier};

/// How many questions, manifest transfers and mounts are under way at once, beside the blob transfers.
pub const METADATA_CONCURRENCY: usize = 32;

/// How to copy.
#[derive(Clone)]
#[non_exhaustive]
pub struct CopyOptions {
    /// How many blobs are transferred at once. Default: 16; at least 1. Towards a registry, and from 2 on, four blobs of at
    /// most 256 KiB count as one: they wait for answers longer than for their bytes.
    pub concurrency: usize,
    /// The slots that this copy shares with others, so that all of them together do no more at once. Default: none shared.
    pub slots: Option<Slots>,
    /// The size in bytes beyond which a manifest is refused. Default: 4 MiB.
    pub max_manifest_bytes: u64,
    /// How many bytes of manifests are kept in memory in all; those beyond are read again when they are pushed.
    /// Default: 16 MiB.
    pub manifest_memory: u64,
    /// Copy of an index only what is for these platforms: for one, its manifest, which is copied alone; for several, the
    /// index with only those of its manifests that are for one of them. Default: everything.
    ///
    /// Spec: image-spec v1.1, `image-index.md`, "platform".
    pub platforms: Vec<Platform>,
    /// Tags that the root gets at the destination beside the name that the copy is given. None by default; all are given
    /// in one request where the registry can.
    pub tags: Vec<Tag>,
    /// Whether blobs are mounted where both sides are repositories of one registry. Default: yes.
    pub mount: bool,
    /// What to make of content that the destination says it has. Default: [`Recheck::Trust`].
    pub recheck: Recheck,
    /// Whether the rest is copied where one node cannot be, because of what it is: its content is wrong, missing or
    /// refused. The first error is returned in the end, and what refers to that node is not copied. `false` by default.
    pub keep_going: bool,
    /// What is copied. Default: everything that the root refers to.
    pub selection: Arc<dyn Selection>,
    /// Who says whether the root may be copied, before anything is written. Default: nobody, and everything may.
    pub verifier: Option<Arc<dyn Verifier>>,
    /// Who hears of the copy as it goes. Default: nobody.
    pub events: Arc<dyn Events>,
}

impl Default for CopyOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            slots: None,
            max_manifest_bytes: MAX_MANIFEST_BYTES,
            manifest_memory: 16 * 1024 * 1024,
            platforms: Vec::new(),
            tags: Vec::new(),
            mount: true,
            recheck: Recheck::Trust,
            keep_going: false,
            selection: Arc::new(Everything),
            verifier: None,
            events: Arc::new(|_: Event<'_>| {}),
        }
    }
}

impl CopyOptions {
    /// Transfers this many blobs at once.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Shares these slots with other copies.
    #[must_use]
    pub fn with_slots(mut self, slots: Slots) -> Self {
        self.slots = Some(slots);
        self
    }

    /// Refuses manifests of more bytes.
    #[must_use]
    pub fn with_max_manifest_bytes(mut self, limit: u64) -> Self {
        self.max_manifest_bytes = limit;
        self
    }

    /// Keeps at most this many bytes of manifests in memory.
    #[must_use]
    pub fn with_manifest_memory(mut self, bytes: u64) -> Self {
        self.manifest_memory = bytes;
        self
    }

    /// Copies only what is for these platforms.
    #[must_use]
    pub fn with_platforms(mut self, platforms: impl IntoIterator<Item = Platform>) -> Self {
        self.platforms = platforms.into_iter().collect();
        self
    }

    /// Gives the root these tags, too.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags = tags.into_iter().collect();
        self
    }

    /// Mounts blobs where that is possible, or never.
    #[must_use]
    pub fn with_mount(mut self, mount: bool) -> Self {
        self.mount = mount;
        self
    }

    /// Treats content that the destination says it has like this.
    #[must_use]
    pub fn with_recheck(mut self, recheck: Recheck) -> Self {
        self.recheck = recheck;
        self
    }

    /// Copies the rest where one node cannot be copied.
    #[must_use]
    pub fn with_keep_going(mut self, keep_going: bool) -> Self {
        self.keep_going = keep_going;
        self
    }

    /// Copies what this selects.
    #[must_use]
    pub fn with_selection(mut self, selection: Arc<dyn Selection>) -> Self {
        self.selection = selection;
        self
    }

    /// Copies only what this approves of.
    #[must_use]
    pub fn with_verifier(mut self, verifier: Arc<dyn Verifier>) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Tells this of the copy as it goes.
    #[must_use]
    pub fn with_events(mut self, events: Arc<dyn Events>) -> Self {
        self.events = events;
        self
    }
}

impl fmt::Debug for CopyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyOptions")
            .field("concurrency", &self.concurrency)
            .field("slots", &self.slots)
            .field("max_manifest_bytes", &self.max_manifest_bytes)
            .field("manifest_memory", &self.manifest_memory)
            .field("platforms", &self.platforms)
            .field("tags", &self.tags)
            .field("mount", &self.mount)
            .field("recheck", &self.recheck)
            .field("keep_going", &self.keep_going)
            .field("verifies", &self.verifier.is_some())
            .finish_non_exhaustive()
    }
}

/// How to copy with all that refers to the root.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExtendedCopyOptions {
    /// How to copy each graph. Where it selects platforms, the root is what was selected, with its own referrers and those
    /// of its manifests; what refers to an index that is left out, or that becomes another, is not copied.
    pub copy: CopyOptions,
    /// How many referrers of referrers to follow; all where `None`, which is the default.
    pub depth: Option<usize>,
    /// Follow only referrers of this artifact type; all where `None`, which is the default.
    pub artifact_type: Option<MediaType>,
    /// Follow only referrers that meet these conditions. Default: none, so that all are followed.
    pub filter: ReferrerFilter,
    /// The most manifests that are followed; a graph of more is an error, and nothing is copied. Default: 100 000.
    pub max_manifests: usize,
}

impl Default for ExtendedCopyOptions {
    fn default() -> Self {
        Self {
            copy: CopyOptions::default(),
            depth: None,
            artifact_type: None,
            filter: ReferrerFilter::default(),
            max_manifests: 100_000,
        }
    }
}

impl ExtendedCopyOptions {
    /// Copies each graph like this.
    #[must_use]
    pub fn with_copy(mut self, copy: CopyOptions) -> Self {
        self.copy = copy;
        self
    }

    /// Follows referrers of referrers this far.
    #[must_use]
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = Some(depth);
        self
    }

    /// Follows at most this many manifests.
    #[must_use]
    pub fn with_max_manifests(mut self, limit: usize) -> Self {
        self.max_manifests = limit;
        self
    }

    /// Follows only referrers of this artifact type. A registry lists only these, where it can.
    #[must_use]
    pub fn with_artifact_type(mut self, artifact_type: MediaType) -> Self {
        self.artifact_type = Some(artifact_type);
        self
    }

    /// Follows only referrers that meet these conditions.
    #[must_use]
    pub fn with_filter(mut self, filter: ReferrerFilter) -> Self {
        self.filter = filter;
        self
    }
}

/// How to copy many tags.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CopyTagsOptions {
    /// How to copy each graph, and which referrers to follow. Further tags and [`keep_going`](CopyOptions::keep_going) do not
    /// apply: every tag goes to what it stands for, or to what platforms select of that.
    pub extended: ExtendedCopyOptions,
    /// Whether what refers to the manifests comes along. `false` by default.
    pub referrers: bool,
}

impl CopyTagsOptions {
    /// Copies each graph like this.
    #[must_use]
    pub fn with_extended(mut self, extended: ExtendedCopyOptions) -> Self {
        self.extended = extended;
        self
    }

    /// Takes referrers along, or not.
    #[must_use]
    pub fn with_referrers(mut self, referrers: bool) -> Self {
        self.referrers = referrers;
        self
    }
}
