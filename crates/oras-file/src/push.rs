//! Content that comes in: titled into files, the rest into memory.

use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{
    Content, Descriptor, Error, FetchOptions, Manifest, PushOptions, Pushed, Pusher, Result, Source,
    Verified, annotations,
};

use crate::FileStore;
use crate::place::Place;
use crate::reader::blocking;
use crate::title::Title;
use crate::writer::write;

#[async_trait]
impl Pusher for FileStore {
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        self.in_folder(self.take(expected, body, opts).await)
    }
}

impl FileStore {
    async fn take(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        match self.title(expected)? {
            Some(title) => self.push_named(&title, expected, body).await,
            None => self.push_unnamed(expected, body, opts).await,
        }
    }

    async fn push_named(&self, title: &Title, expected: &Descriptor, body: Source) -> Result<Pushed> {
        refuse_unpack(title, expected)?;
        match self.write_named(title, expected, Some(body)).await? {
            true => Ok(Pushed::Stored),
            false => Ok(Pushed::Present),
        }
    }

    async fn push_unnamed(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        if !opts.force && self.has(expected).await? {
            return Ok(Pushed::Present);
        }
        let limit = self.opts.fallback_limit;
        if !expected.is_manifest() {
            check_limit(expected, limit)?;
            return self.fallback.push_opts(expected, body, opts).await;
        }
        let content = self.read_manifest(expected, &body, limit).await?;
        self.fallback.push_opts(expected, content.into(), opts).await
    }

    /// Reads a manifest, and writes the files that only it names.
    async fn read_manifest(&self, expected: &Descriptor, body: &Source, limit: u64) -> Result<Verified> {
        check_limit(expected, limit)?;
        let manifest = Manifest::parse(body.read_all(expected).await?)?;
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

    /// Writes the file `title`, from content that is there if possible, else from `body`; says whether it did.
    async fn write_named(&self, title: &Title, expected: &Descriptor, body: Option<Source>) -> Result<bool> {
        let Some(claim) = self.state.claim(title, expected)? else {
            return Ok(false);
        };
        if self.opts.read_only {
            return Err(Error::refused(
                format!("to write the file {:?}", title.text()),
                "the store is read-only".to_owned(),
            ));
        }
        let place = self.place(title).await?;
        let path = place.path().to_owned();
        let copied = match self.open(expected, FetchOptions::default()).await {
            Ok(content) => write(place, expected, content).await,
            Err(error) => Err(error),
        };
        match (copied, body) {
            (Ok(()), _) => {}
            (Err(_), Some(body)) => {
                let content: Content = body.open(0).await?;
                write(self.place(title).await?, expected, content).await?;
            }
            (Err(error), None) => return Err(error),
        }
        claim.complete(path);
        Ok(true)
    }

    /// The place of a file, in a folder from which what a killed process left behind was removed.
    async fn place(&self, title: &Title) -> Result<Place> {
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

fn check_limit(expected: &Descriptor, limit: u64) -> Result<()> {
    if expected.size <= limit {
        return Ok(());
    }
    Err(Error::size_exceeds_limit(expected.digest.to_string(), limit))
}

fn refuse_unpack(title: &Title, expected: &Descriptor) -> Result<()> {
    if expected.annotation(annotations::UNPACK) != Some("true") {
        return Ok(());
    }
    let folder = Error::unsupported(format!("unpacking the folder {:?}", title.text()));
    Err(folder.with_source(
        "unpacking folders is not supported yet; fetch the layer as a blob and unpack it with tar",
    ))
}
