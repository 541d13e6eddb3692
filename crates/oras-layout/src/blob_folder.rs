//! A folder of blobs without an index, in blocking calls.

use std::path::{Path, PathBuf};

use oras_content::{Descriptor, Digest, Error, Name, Result, StoreName, Verified};
use oras_fs::Durability;

use crate::BlobStoreOptions;
use crate::blobs::{Blobs, Status};
use crate::destination::Destination;
use crate::part::Part;

#[derive(Debug)]
pub(crate) struct BlobFolder {
    root: PathBuf,
    opts: BlobStoreOptions,
    blobs: Blobs,
}

impl BlobFolder {
    pub(crate) fn open(root: &Path, opts: BlobStoreOptions) -> Result<Self> {
        if !root.is_dir() {
            return Err(Error::not_found(format!("the folder {}", root.display())));
        }
        Ok(Self {
            blobs: Blobs::new(root.join("blobs")),
            root: root.to_owned(),
            opts,
        })
    }

    pub(crate) fn create(root: &Path, opts: BlobStoreOptions) -> Result<Self> {
        let dir = root.join("blobs");
        std::fs::create_dir_all(&dir).map_err(|error| Error::storage(dir.display(), error))?;
        let folder = Self::open(root, opts)?;
        folder.sync(root)?;
        oras_fs::sweep(&dir, folder.opts.sweep_grace);
        oras_fs::sweep_parts(&dir, folder.opts.part_grace);
        Ok(folder)
    }

    pub(crate) fn has(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.blobs.status(target)? == Status::Present)
    }

    pub(crate) fn resolve(&self, name: &Name) -> Result<Descriptor> {
        let found = match name {
            Name::Digest(digest) => self.blobs.describe(digest),
            Name::Tag(_) => None,
        };
        found.ok_or_else(|| Error::not_found(name))
    }

    pub(crate) fn contents(&self) -> Result<Vec<Descriptor>> {
        let digests = self.blobs.list()?;
        Ok(digests
            .iter()
            .filter_map(|digest| self.blobs.describe(digest))
            .collect())
    }

    /// Stores verified content.
    pub(crate) fn keep(&self, content: &Verified) -> Result<()> {
        self.blobs.keep(content, self.opts.durability)?;
        self.finish(&content.descriptor().digest)
    }

    pub(crate) fn delete(&self, digest: &Digest) -> Result<()> {
        match self.blobs.remove(digest)? {
            true => Ok(()),
            false => Err(Error::not_found(digest)),
        }
    }

    /// Finishes storing a blob, whose folder may be new.
    fn finish(&self, digest: &Digest) -> Result<()> {
        // This store lists no manifests, so no later manifest is refused because the blob is gone.
        self.blobs.relied.remove(digest);
        self.sync(self.blobs.dir())
    }

    /// Makes the names in `dir` durable, because no later step does.
    fn sync(&self, dir: &Path) -> Result<()> {
        match self.opts.durability {
            Durability::Full => oras_fs::sync_dir(dir).map_err(|error| Error::storage(dir.display(), error)),
            _ => Ok(()),
        }
    }
}

impl Destination for BlobFolder {
    fn root(&self) -> &Path {
        &self.root
    }

    fn name(&self) -> StoreName {
        StoreName::Folder(self.root.display().to_string().into())
    }

    fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    fn state_interval(&self) -> u64 {
        self.opts.durability.state_interval(self.opts.state_interval)
    }

    /// Content that is pushed again becomes as fresh as new content, for tools that clear the folder by age.
    fn rely(&self, target: &Descriptor) -> Result<bool> {
        let digest = &target.digest;
        Ok(self.blobs.is_fresh(digest) || self.blobs.touch(digest))
    }

    fn store_part(&self, part: Part, target: &Descriptor) -> Result<()> {
        self.blobs
            .commit(part.file, &target.digest, self.opts.durability)?;
        self.finish(&target.digest)
    }
}
