//! Pushes: content with a title goes to files, the rest to the fallback.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{
    Descriptor, Error, ErrorKind, Manifest, OpenOptions, Payload, PushOptions, Pushed, Result, Tag, Verified,
    Verifier, Writer,
};
use oras_fs::{MIN_PART_SIZE, PART_GRACE};

use crate::FileStore;
use crate::folder::Folder;
use crate::place::Place;
use crate::reader::{blocking, verify};
use crate::state::Claim;
use crate::temp::Temp;
use crate::title::Title;
use crate::writer::{claim, resume, write};

#[async_trait]
impl Writer for FileStore {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        self.in_folder(self.take(expected, payload, opts).await)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.in_folder(self.give_tag(target, tag).await)
    }
}

impl FileStore {
    async fn take(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let pushed = match self.title(expected)? {
            Some(title) => self.push_named(&title, expected, payload, opts.force).await?,
            None => self.push_unnamed(expected, payload, opts.force).await?,
        };
        for tag in &opts.tags {
            self.give_tag(expected, tag).await?;
        }
        Ok(pushed)
    }

    async fn push_named(
        &self,
        title: &Title,
        expected: &Descriptor,
        payload: Payload,
        force: bool,
    ) -> Result<Pushed> {
        let Some(claim) = self.state.claim_again(title, expected, force)? else {
            return Ok(Pushed::Present);
        };
        if !force && self.is_on_disk(title, expected).await? {
            let place = self.place(title, expected).await?;
            let source = place.source();
            self.discard_part(place, expected).await?;
            claim.complete(source);
            return Ok(Pushed::Present);
        }
        self.write_named(title, expected, claim, Some(payload), force)
            .await?;
        Ok(Pushed::Stored)
    }

    pub(crate) async fn push_unnamed(
        &self,
        expected: &Descriptor,
        payload: Payload,
        force: bool,
    ) -> Result<Pushed> {
        let opts = PushOptions::default().with_force(force);
        if !force && self.has_unnamed(expected).await? {
            return Ok(Pushed::Present);
        }
        if !expected.is_manifest() {
            return self.fallback.push_opts(expected, payload, opts).await;
        }
        let content = self.read_manifest(expected, &payload).await?;
        let pushed = self.fallback.push_opts(expected, content.into(), opts).await?;
        let digest = expected.digest.clone();
        self.state.lock().manifests.insert(digest);
        Ok(pushed)
    }

    /// Reads a manifest, and writes files for its titles whose content is already present.
    async fn read_manifest(&self, expected: &Descriptor, payload: &Payload) -> Result<Verified> {
        if expected.size > self.opts.fallback_limit {
            return Err(Error::size_exceeds_limit(expected, self.opts.fallback_limit));
        }
        let manifest = Manifest::parse(payload.read_all(expected).await?)?;
        if self.opts.restore_duplicates && !self.opts.read_only {
            for node in manifest.successors() {
                self.restore(node).await?;
            }
        }
        Ok(manifest.content().clone())
    }

    /// Writes the file of `node` if its content is present under another name or none: layers with different titles may
    /// share their content, and a copy transfers it only once.
    async fn restore(&self, node: &Descriptor) -> Result<()> {
        if node.title().is_none() || !self.has(node).await? {
            return Ok(());
        }
        let Some(title) = self.title(node)? else {
            return Ok(());
        };
        match self.state.claim(&title, node)? {
            Some(claim) => self.write_named(&title, node, claim, None, false).await,
            None => Ok(()),
        }
    }

    /// Writes the file or folder `title`, from existing content if possible, or from `payload`.
    async fn write_named(
        &self,
        title: &Title,
        expected: &Descriptor,
        claim: Claim,
        payload: Option<Payload>,
        force: bool,
    ) -> Result<()> {
        self.check_writable(title)?;
        let place = self.place(title, expected).await?;
        let at_hand = match force {
            true => Err(Error::not_found(&expected.digest)),
            false => self.read(expected, OpenOptions::default()).await,
        };
        let copied = match at_hand {
            Ok(opened) => write(place, expected, opened.content).await,
            Err(error) => Err(error),
        };
        let (place, file) = match (copied, payload) {
            (Ok((place, file)), _) => (self.discard_part(place, expected).await?, file),
            (Err(_), Some(payload)) => self.receive(title, expected, &payload).await?,
            (Err(error), None) => return Err(error),
        };
        self.complete(title, expected, claim, place, file).await
    }

    /// Writes a payload to a file next to its place. If the source fails temporarily or the program ends, the received
    /// bytes of large content are kept for the next run.
    async fn receive(
        &self,
        title: &Title,
        expected: &Descriptor,
        payload: &Payload,
    ) -> Result<(Place, Temp)> {
        let place = self.place(title, expected).await?;
        if expected.size < MIN_PART_SIZE || !payload.is_replayable() {
            return write(place, expected, payload.open(..).await?).await;
        }
        let part = claim(place, expected).await?;
        let is_resumed = part.left() > 0;
        match resume(part, payload).await {
            // The bytes left by the earlier run have been altered.
            Err(error) if is_resumed && *error.kind() == ErrorKind::Verify => {
                let place = self.place(title, expected).await?;
                write(place, expected, payload.open(..).await?).await
            }
            written => written,
        }
    }

    /// Removes any part file of content that was written without it.
    async fn discard_part(&self, place: Place, expected: &Descriptor) -> Result<Place> {
        if expected.size < MIN_PART_SIZE {
            return Ok(place);
        }
        let expected = expected.clone();
        blocking(move || {
            place.drop_part(&expected);
            Ok(place)
        })
        .await
    }

    /// Renames a verified file to its place, or unpacks it.
    pub(crate) async fn complete(
        &self,
        title: &Title,
        expected: &Descriptor,
        claim: Claim,
        place: Place,
        mut file: Temp,
    ) -> Result<()> {
        let Some(folder) = Folder::of(title, expected, &self.opts)? else {
            let source = place.source();
            blocking(move || place.commit(file)).await?;
            claim.complete(source);
            return Ok(());
        };
        let opts = self.opts.clone();
        let archive = blocking(move || {
            folder.unpack(&mut file, &place, &opts)?;
            Ok(file)
        });
        claim.complete_folder(archive.await?);
        Ok(())
    }

    /// Whether an earlier pull has already written the file.
    async fn is_on_disk(&self, title: &Title, expected: &Descriptor) -> Result<bool> {
        if self.opts.read_only || Folder::of(title, expected, &self.opts)?.is_some() {
            return Ok(false);
        }
        let (path, expected) = (self.dir.join(title.path()), expected.clone());
        blocking(move || Ok(has_content(&path, &expected))).await
    }

    pub(crate) fn check_writable(&self, title: &Title) -> Result<()> {
        match self.opts.read_only {
            true => Err(Error::refused(
                format!("to write the file {:?}", title.text()),
                "the store is read-only",
            )),
            false => Ok(()),
        }
    }

    /// Prepares the place of a file or folder, after sweeping leftovers from its folder.
    pub(crate) async fn place(&self, title: &Title, expected: &Descriptor) -> Result<Place> {
        let is_folder = Folder::of(title, expected, &self.opts)?.is_some();
        let (dir, title, opts) = (Arc::clone(&self.dir), title.clone(), self.opts.clone());
        let state = self.state.clone();
        blocking(move || {
            let place = Place::prepare(&dir, &title, &opts, is_folder)?;
            let is_first = state.lock().swept.insert(place.dir().to_owned());
            if is_first {
                oras_fs::sweep(place.dir(), oras_fs::GRACE);
                oras_fs::sweep_parts(place.dir(), PART_GRACE);
            }
            Ok(place)
        })
        .await
    }
}

/// Whether a regular file has the content of `expected`. An unreadable file does not.
fn has_content(path: &Path, expected: &Descriptor) -> bool {
    let is_candidate =
        std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == expected.size);
    let (true, Ok(verifier)) = (is_candidate, Verifier::new(expected)) else {
        return false;
    };
    File::open(path).is_ok_and(|file| verify(file, verifier).is_ok_and(|compared| compared.is_ok()))
}
