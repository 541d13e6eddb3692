//! A store that is read and written, over two maps, and passes the suite.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use oras_conformance::Suite;
use oras_content::{
    Descriptor, Digest, Error, Manifest, Name, OpenOptions, Opened, Payload, PushOptions, Pushed,
    ResolveOptions, Resolved, Result, Store, Tag, Writer,
};

#[derive(Default)]
struct Maps {
    content: Mutex<HashMap<Digest, (Descriptor, Bytes)>>,
    tags: Mutex<HashMap<Tag, Digest>>,
}

impl Maps {
    fn get(&self, digest: &Digest) -> Result<(Descriptor, Bytes)> {
        let content = self.content.lock().expect("no holder panics");
        content
            .get(digest)
            .cloned()
            .ok_or_else(|| Error::not_found(digest))
    }
}

impl fmt::Display for Maps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store of two maps")
    }
}

#[async_trait]
impl Store for Maps {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        Ok(Opened::of_bytes(&self.get(&target.digest)?.1, opts))
    }

    async fn resolve_opts(&self, name: &Name, _opts: ResolveOptions) -> Result<Resolved> {
        let digest = match name {
            Name::Digest(digest) => Some(digest.clone()),
            Name::Tag(tag) => self.tags.lock().expect("no holder panics").get(tag).cloned(),
        };
        let found = self.get(&digest.ok_or_else(|| Error::not_found(name))?);
        Ok(found.map_err(|_| Error::not_found(name))?.0.into())
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }
}

#[async_trait]
impl Writer for Maps {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let mut pushed = Pushed::Present;
        if opts.force || !self.exists(expected).await? {
            let content = payload.read_all(expected).await?;
            if expected.is_manifest() {
                Manifest::parse(content.clone())?;
            }
            let mut contents = self.content.lock().expect("no holder panics");
            contents.insert(expected.digest.clone(), content.into_parts());
            pushed = Pushed::Stored;
        }
        for tag in &opts.tags {
            self.set_tag(expected, tag).await?;
        }
        Ok(pushed)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        let digest = self.get(&target.digest)?.0.digest;
        self.tags
            .lock()
            .expect("no holder panics")
            .insert(tag.clone(), digest);
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let suite = Suite::new(|| async { Maps::default() });
    suite.with_ranges().with_manifests().with_names().run().await;
    println!("{} keeps its promises", Maps::default());
}
