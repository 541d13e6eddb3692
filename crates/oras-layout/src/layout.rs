//! A layout in a folder, in blocking calls, which the store runs on blocking threads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oras_content::{Descriptor, Digest, Error, Manifest, Name, Result, Tag, Verified};
use oras_fs::{Durability, Lock};

use crate::batch::{Queue, Submission};
use crate::blobs::{Blobs, Status};
use crate::cache::{Cache, Plan};
use crate::edit::{Edit, is_own_loss, tag_edits};
use crate::index::Index;
use crate::index_file::{IndexFile, Stamp};
use crate::read_only::of_writing;
use crate::walk::Walk;
use crate::{LayoutOptions, lock, marker};

const LOCK: &str = ".oras.lock";

/// Maximum number of attempts to merge a change into an index that a program without the lock keeps replacing.
const MAX_MERGES: u32 = 50;

#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
    opts: LayoutOptions,
    blobs: Blobs,
    file: IndexFile,
    queue: Queue,
    cache: Mutex<Cache>,
    /// Held while the modification time of old content is updated.
    pub(crate) touching: Mutex<()>,
}

impl Layout {
    pub(crate) fn open(root: &Path, opts: LayoutOptions) -> Result<Self> {
        marker::read(root)?;
        let file = IndexFile::new(root.join("index.json"));
        let (index, stamp) = file.load()?;
        Ok(Self {
            blobs: Blobs::new(root.join("blobs")),
            root: root.to_owned(),
            opts,
            file,
            queue: Queue::default(),
            cache: Mutex::new(Cache::new(index, stamp)),
            touching: Mutex::default(),
        })
    }

    pub(crate) fn is_at(root: &Path) -> Result<bool> {
        check_place(root)?;
        marker::is_there(root)
    }

    pub(crate) fn create(root: &Path, opts: LayoutOptions) -> Result<Self> {
        check_place(root)?;
        std::fs::create_dir_all(root).map_err(|error| Error::storage(root.display(), error))?;
        let index = IndexFile::new(root.join("index.json"));
        if !marker::is_there(root)? || !index.path().exists() {
            let _lock = lock_layout(root, opts.lock_wait)?;
            if !marker::is_there(root)? {
                marker::create(root, opts.index_durability)?;
            }
            index.create(&Index::new(), opts.index_durability)?;
        }
        let layout = Self::open(root, opts)?;
        let blobs = layout.blobs.dir();
        std::fs::create_dir_all(blobs).map_err(|error| Error::storage(blobs.display(), error))?;
        layout.sweep(layout.opts.sweep_grace);
        Ok(layout)
    }

    /// Removes temporary files older than `grace`, and abandoned partial files. Returns their number.
    pub(crate) fn sweep(&self, grace: Duration) -> usize {
        let blobs = self.blobs.dir();
        let temporary = [&self.root, blobs].map(|dir| oras_fs::sweep(dir, grace));
        temporary.iter().sum::<usize>() + oras_fs::sweep_parts(blobs, self.opts.part_grace)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    pub(crate) fn options(&self) -> &LayoutOptions {
        &self.opts
    }

    /// The current index.
    pub(crate) fn index(&self) -> Result<Arc<Index>> {
        self.refreshed(|cache| Arc::clone(&cache.index))
    }

    /// The current index, and its stamp.
    pub(crate) fn indexed(&self) -> Result<(Arc<Index>, Stamp)> {
        self.refreshed(|cache| (Arc::clone(&cache.index), cache.stamp.clone()))
    }

    /// Calls `look` with the manifests that are reachable now.
    pub(crate) fn walk<T>(&self, look: impl FnOnce(&Walk) -> T) -> Result<T> {
        self.refreshed(|cache| {
            cache.walk_all(&self.blobs);
            look(&cache.walk)
        })
    }

    /// The reachable manifests that refer to `digest`.
    pub(crate) fn predecessors(&self, digest: &Digest) -> Result<Vec<Descriptor>> {
        self.refreshed(|cache| cache.predecessors(digest, &self.blobs))
    }

    pub(crate) fn resolve(&self, name: &Name) -> Result<Descriptor> {
        match name {
            Name::Digest(digest) => self.resolve_digest(digest),
            Name::Tag(tag) => {
                let tagged = self.index()?.tagged(tag.as_str());
                tagged.ok_or_else(|| Error::not_found(tag))
            }
        }
    }

    /// The descriptors of all blobs, with the media types that reachable manifests give.
    pub(crate) fn contents(&self) -> Result<Vec<Descriptor>> {
        let digests = self.blobs.list()?;
        self.walk(|walk| {
            let describe = |digest| {
                let known = walk.descriptor(&digest);
                known.or_else(|| self.blobs.describe(&digest))
            };
            digests.into_iter().filter_map(describe).collect()
        })
    }

    fn resolve_digest(&self, digest: &Digest) -> Result<Descriptor> {
        if let Some(listed) = self.index()?.listed(digest) {
            return Ok(listed);
        }
        let reached = self.walk(|walk| walk.descriptor(digest))?;
        reached
            .or_else(|| self.blobs.describe(digest))
            .ok_or_else(|| Error::not_found(digest))
    }

    /// Reads the manifest of `target`, whose blob exists.
    pub(crate) fn manifest(&self, target: &Descriptor) -> Result<Manifest> {
        self.blobs.manifest(target)
    }

    /// Stores verified content. A manifest is also listed.
    pub(crate) fn put(&self, content: &Verified) -> Result<()> {
        let list = match content.descriptor().is_manifest() {
            true => vec![Edit::list(&Manifest::parse(content.clone())?)],
            false => Vec::new(),
        };
        self.keep(content)?;
        self.list(list)
    }

    /// Stores verified content without listing it.
    pub(crate) fn keep(&self, content: &Verified) -> Result<()> {
        self.blobs.keep(content, self.opts.blob_durability)
    }

    /// Stores a manifest that is listed already, and that may make more content reachable.
    pub(crate) fn restore(&self, content: &Verified) -> Result<()> {
        self.keep(content)?;
        lock(&self.cache).forget_walk();
        Ok(())
    }

    /// The edits that tag existing content.
    pub(crate) fn tag(&self, target: &Descriptor, tags: Vec<Tag>) -> Result<Vec<Edit>> {
        if self.blobs.status(target)? != Status::Present {
            return Err(Error::not_found(&target.digest));
        }
        let mut edits = Vec::new();
        if target.is_manifest() && !self.walk(|walk| walk.contains(&target.digest))? {
            let found = self.manifest(target).ok();
            edits.extend(found.as_ref().map(Edit::list));
        }
        edits.extend(tag_edits(target, tags));
        Ok(edits)
    }

    pub(crate) fn delete(&self, target: &Descriptor) -> Result<()> {
        let digest = &target.digest;
        if self.blobs.status(target)? == Status::Missing && !self.index()?.lists(digest) {
            return Err(Error::not_found(digest));
        }
        self.edit(vec![Edit::Remove(digest.clone())])?;
        let _lock = self.lock()?;
        // Another process may have pushed it again.
        match self.index()?.lists(digest) {
            true => Ok(()),
            false => self.blobs.remove(digest).map(drop),
        }
    }

    /// Takes the lock, so that no one else changes the index or removes content.
    pub(crate) fn lock(&self) -> Result<Lock> {
        lock_layout(&self.root, self.opts.lock_wait)
    }

    /// Changes the current index, under the lock.
    pub(crate) fn edit(&self, edits: Vec<Edit>) -> Result<()> {
        if edits.is_empty() {
            return Ok(());
        }
        self.queue.submit(edits, |batch| self.write(batch))
    }

    /// Like [`edit`](Self::edit). A manifest that was deleted between being stored and listed is stored again.
    pub(crate) fn list(&self, edits: Vec<Edit>) -> Result<()> {
        for _ in 0..MAX_MERGES {
            match self.edit(edits.clone()) {
                Err(error) if is_own_loss(&error) => {
                    let mut manifests = edits.iter().filter_map(Edit::listed);
                    manifests.try_for_each(|listing| self.keep(listing.content()))?;
                }
                done => return done,
            }
        }
        self.edit(edits)
    }

    /// Like [`edit`](Self::edit), for several changes, each of which may fail on its own.
    pub(crate) fn edit_each(&self, edits: Vec<Vec<Edit>>) -> Result<Vec<Result<()>>> {
        let _lock = self.lock()?;
        self.write_each(edits)
    }

    /// Like [`edit_each`](Self::edit_each), but fails at once if the lock is taken.
    pub(crate) fn edit_each_at_once(&self, edits: Vec<Vec<Edit>>) -> Result<Vec<Result<()>>> {
        let _lock = lock_layout(&self.root, Duration::ZERO)?;
        self.write_each(edits)
    }

    fn write_each(&self, edits: Vec<Vec<Edit>>) -> Result<Vec<Result<()>>> {
        let each: Vec<Submission> = edits.into_iter().map(Submission::new).collect();
        self.write_locked(&each)
    }

    fn write(&self, batch: &[Submission]) -> Result<Vec<Result<()>>> {
        let _lock = self.lock()?;
        self.write_locked(batch)
    }

    /// Like [`edit`](Self::edit), for callers that hold the lock.
    pub(crate) fn edit_locked(&self, edits: Vec<Edit>) -> Result<()> {
        self.write_locked(&[Submission::new(edits)])?
            .into_iter()
            .collect()
    }

    fn write_locked(&self, batch: &[Submission]) -> Result<Vec<Result<()>>> {
        if self.opts.index_durability == Durability::Full {
            self.blobs.sync_names()?;
        }
        for attempt in 0..MAX_MERGES {
            if attempt > 0 {
                std::thread::sleep(Duration::from_millis(2) * attempt);
            }
            let plan = self.refreshed(|cache| Plan::new(batch, cache, &self.blobs))?;
            let written = if plan.after == *plan.before {
                Some(plan.stamp.clone())
            } else {
                let durability = self.opts.index_durability;
                self.file.replace(&plan.after, &plan.stamp, durability)?
            };
            if let Some(stamp) = written {
                return Ok(lock(&self.cache).learn(batch, plan, stamp, &self.blobs));
            }
        }
        let reason =
            "another program that knows no lock keeps replacing it; stop that program and run this again";
        Err(Error::storage(self.file.path().display(), reason))
    }

    fn refreshed<T>(&self, look: impl FnOnce(&mut Cache) -> T) -> Result<T> {
        let mut cache = lock(&self.cache);
        if self.file.stamp()? != cache.stamp {
            let (index, stamp) = self.file.load()?;
            *cache = Cache::new(index, stamp);
        }
        Ok(look(&mut cache))
    }
}

/// Refuses a path that is a file, or that is named like an archive.
fn check_place(root: &Path) -> Result<()> {
    let refuse = |reason: &str| {
        Err(Error::refused(
            format!("to create an OCI image layout in {}", root.display()),
            reason.to_owned(),
        ))
    };
    let is_archive = || root.extension().is_some_and(|extension| extension == "tar");
    // A single check, because another process may create the folder meanwhile.
    match std::fs::metadata(root) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => refuse("it is a file, and a layout is a folder; choose a folder"),
        Err(_) if is_archive() => {
            refuse("it is the name of an archive, and a layout is a folder; choose a folder")
        }
        Err(_) => Ok(()),
    }
}

fn lock_layout(root: &Path, wait: Duration) -> Result<Lock> {
    Lock::acquire(&root.join(LOCK), wait).map_err(|error| Error::storage(root.display(), of_writing(error)))
}
