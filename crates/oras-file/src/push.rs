//! Content that comes in: titled into files, the rest into memory.

use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{
    Descriptor, Error, Manifest, OpenOptions, Payload, PushOptions, Pushed, Result, Tag, Verified, Writer,
    annotations,
};

use crate::FileStore;
use crate::place::Place;
use crate::reader::blocking;
use crate::title::Title;
use crate::writer::write;

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
            Some(title) => self.push_named(&title, expected, payload).await?,
            None => self.push_unnamed(expected, payload, opts.force).await?,
        };
        for tag in &opts.tags {
            self.give_tag(expected, tag).await?;
        }
        Ok(pushed)
    }

    async fn push_named(&self, title: &Title, expected: &Descriptor, payload: Payload) -> Result<Pushed> {
        refuse_unpack(title, expected)?;
        match self.write_named(title, expected, Some(payload)).await? {
            true => Ok(Pushed::Stored),
            false => Ok(Pushed::Present),
        }
    }

    pub(crate) async fn push_unnamed(
        &self,
        expected: &Descriptor,
        payload: Payload,
        force: bool,
    ) -> Result<Pushed> {
        let opts = PushOptions::default().with_force(force);
        if !force && self.has(expected).await? {
            return Ok(Pushed::Present);
        }
        let limit = self.opts.fallback_limit;
        if !expected.is_manifest() {
            check_limit(expected, limit)?;
            return self.fallback.push_opts(expected, payload, opts).await;
        }
        let content = self.read_manifest(expected, &payload, limit).await?;
        self.fallback.push_opts(expected, content.into(), opts).await
    }

    /// Reads a manifest, and writes the files that only it names.
    async fn read_manifest(&self, expected: &Descriptor, payload: &Payload, limit: u64) -> Result<Verified> {
        check_limit(expected, limit)?;
        let manifest = Manifest::parse(payload.read_all(expected).await?)?;
        for node in manifest.successors() {
            self.restore(node).await?;
        }
        Ok(manifest.content().clone())
    }

    /// Writes the file of `node` where its content is there under another name or none: two layers may share their
    /// content and differ in their titles, and a copy brings such content once.
    async fn restore(&self, node: &Descriptor) -> Result<()> {
        if node.title().is_none() || !self.has(node).await? {
            return Ok(());
        }
        if let Some(title) = self.title(node)? {
            refuse_unpack(&title, node)?;
            self.write_named(&title, node, None).await?;
        }
        Ok(())
    }

    /// Writes the file `title`, from content that is there if possible, else from `payload`; says whether it did.
    async fn write_named(
        &self,
        title: &Title,
        expected: &Descriptor,
        payload: Option<Payload>,
    ) -> Result<bool> {
        let Some(claim) = self.state.claim(title, expected)? else {
            return Ok(false);
        };
        self.check_writable(title)?;
        let place = self.place(title).await?;
        let path = place.path().to_owned();
        let copied = match self.read(expected, OpenOptions::default()).await {
            Ok(opened) => write(place, expected, opened.content).await,
            Err(error) => Err(error),
        };
        match (copied, payload) {
            (Ok(()), _) => {}
            (Err(_), Some(payload)) => {
                let content = payload.open(..).await?;
                write(self.place(title).await?, expected, content).await?;
            }
            (Err(error), None) => return Err(error),
        }
        claim.complete(path);
        Ok(true)
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

    /// The place of a file, in a folder from which what a killed process left behind was removed.
    pub(crate) async fn place(&self, title: &Title) -> Result<Place> {
        let (dir, title, opts) = (Arc::clone(&self.dir), title.clone(), self.opts.clone());
        let state = self.state.clone();
        blocking(move || {
            let place = Place::prepare(&dir, &title, &opts)?;
            let is_first = state.lock().swept.insert(place.dir().to_owned());
            if is_first {
                oras_fs::sweep(place.dir(), oras_fs::GRACE);
            }
            Ok(place)
        })
        .await
    }
}

pub(crate) fn check_limit(expected: &Descriptor, limit: u64) -> Result<()> {
    if expected.size <= limit {
        return Ok(());
    }
    Err(Error::size_exceeds_limit(expected.digest.to_string(), limit))
}

pub(crate) fn refuse_unpack(title: &Title, expected: &Descriptor) -> Result<()> {
    if expected.annotation(annotations::UNPACK) != Some("true") {
        return Ok(());
    }
    let folder = Error::unsupported(format!("unpacking the folder {:?}", title.text()));
    Err(folder.with_source(
        "unpacking folders is not supported yet; fetch the layer as a blob and unpack it with tar",
    ))
}
