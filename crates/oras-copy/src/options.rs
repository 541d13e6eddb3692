//! Options for the copy functions.

use std::fmt;
use std::sync::Arc;

use oras_content::{MAX_MANIFEST_BYTES, MediaType, Platform, Tag};

use crate::selection::Everything;
use crate::{Event, Events, Recheck, ReferrerFilter, Selection, Slots, Verifier};

/// Number of concurrent checks, manifest transfers and mounts; twice as many if one side is a registry that takes 15 ms or
/// more to answer. Blob transfers are not counted.
pub const METADATA_CONCURRENCY: usize = 32;

/// Options for copies.
#[derive(Clone)]
#[non_exhaustive]
pub struct CopyOptions {
    /// Number of concurrent blob transfers, at least 1. Default: 16. If one side is a registry that takes 15 ms or more
    /// to answer, and for a value of 2 or more, four blobs of at most 256 KiB count as one, because latency dominates
    /// their transfer time.
    pub concurrency: usize,
    /// Slots shared with other copies, to limit their total concurrency. Default: none.
    pub slots: Option<Slots>,
    /// Upper bound on a manifest's size in bytes. Default: 4 MiB.
    pub max_manifest_bytes: u64,
    /// Upper bound on the bytes of manifests kept in memory in total. Manifests beyond it are read again when they are
    /// pushed. Default: 16 MiB.
    pub manifest_memory: u64,
    /// Copy only what is for these platforms. One platform copies its manifest alone. Several platforms copy the index,
    /// reduced to the manifests for any of them. Default: empty, everything is copied.
    ///
    /// Spec: image-spec v1.1, `image-index.md`, "platform".
    pub platforms: Vec<Platform>,
    /// Tags to set on the root in addition to the destination name. Default: none. All are set in one request if the
    /// registry supports it.
    pub tags: Vec<Tag>,
    /// Whether to mount blobs when both sides are repositories of the same registry. Default: `true`.
    pub mount: bool,
    /// Whether to trust the destination's report that it has content. Default: [`Recheck::Trust`].
    pub recheck: Recheck,
    /// Whether to continue when a node fails for a reason specific to it: its content is wrong, missing or rejected.
    /// Manifests that refer to it are not copied, and the first error is returned at the end. Default: `false`.
    pub keep_going: bool,
    /// Selects what to copy. Default: everything the root refers to.
    pub selection: Arc<dyn Selection>,
    /// Decides whether the root may be copied, before anything is written. Default: `None`, everything may.
    pub verifier: Option<Arc<dyn Verifier>>,
    /// Receives progress events. Default: ignored.
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
    /// Sets the number of concurrent blob transfers.
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

    /// Sets the upper bound on a manifest's size in bytes.
    #[must_use]
    pub fn with_max_manifest_bytes(mut self, limit: u64) -> Self {
        self.max_manifest_bytes = limit;
        self
    }

    /// Sets the upper bound on the bytes of manifests kept in memory.
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

    /// Sets the tags for the root, in addition to the destination name.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags = tags.into_iter().collect();
        self
    }

    /// Enables or disables mounting.
    #[must_use]
    pub fn with_mount(mut self, mount: bool) -> Self {
        self.mount = mount;
        self
    }

    /// Sets whether to trust the destination's report that it has content.
    #[must_use]
    pub fn with_recheck(mut self, recheck: Recheck) -> Self {
        self.recheck = recheck;
        self
    }

    /// Sets whether to continue when a node fails.
    #[must_use]
    pub fn with_keep_going(mut self, keep_going: bool) -> Self {
        self.keep_going = keep_going;
        self
    }

    /// Selects what to copy with `selection`.
    #[must_use]
    pub fn with_selection(mut self, selection: Arc<dyn Selection>) -> Self {
        self.selection = selection;
        self
    }

    /// Copies only roots that `verifier` approves.
    #[must_use]
    pub fn with_verifier(mut self, verifier: Arc<dyn Verifier>) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Sends progress events to `events`.
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

/// Options for copies that include referrers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExtendedCopyOptions {
    /// Options for copying each graph. With platforms, the root is what was selected; its referrers and those of its
    /// manifests are copied. Referrers of an index that is left out or reduced are not copied.
    pub copy: CopyOptions,
    /// How many levels of referrers to follow. Default: `None`, all.
    pub depth: Option<usize>,
    /// Follow only referrers of this artifact type. Default: `None`, all.
    pub artifact_type: Option<MediaType>,
    /// Follow only referrers that meet these conditions. Default: no conditions.
    pub filter: ReferrerFilter,
    /// Upper bound on the number of manifests followed. Default: 100 000. A larger graph is an error, though an extended
    /// copy may have copied a part of it by then.
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
    /// Sets the options for copying each graph.
    #[must_use]
    pub fn with_copy(mut self, copy: CopyOptions) -> Self {
        self.copy = copy;
        self
    }

    /// Follows referrers up to `depth` levels.
    #[must_use]
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = Some(depth);
        self
    }

    /// Sets the upper bound on the number of manifests followed.
    #[must_use]
    pub fn with_max_manifests(mut self, limit: usize) -> Self {
        self.max_manifests = limit;
        self
    }

    /// Follows only referrers of this artifact type. Registries that support it return only these.
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

/// Options for copying many tags.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CopyTagsOptions {
    /// Options for copying each graph and for the referrers to follow. [`tags`](CopyOptions::tags) and
    /// [`keep_going`](CopyOptions::keep_going) are ignored: each tag is set on the root it resolves to, or on the
    /// selection from it by platform.
    pub extended: ExtendedCopyOptions,
    /// Whether to copy referrers too. Default: `false`.
    pub referrers: bool,
}

impl CopyTagsOptions {
    /// Sets the options for copying each graph.
    #[must_use]
    pub fn with_extended(mut self, extended: ExtendedCopyOptions) -> Self {
        self.extended = extended;
        self
    }

    /// Sets whether to copy referrers too.
    #[must_use]
    pub fn with_referrers(mut self, referrers: bool) -> Self {
        self.referrers = referrers;
        self
    }
}
