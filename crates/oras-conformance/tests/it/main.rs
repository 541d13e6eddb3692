//! The suite itself: it tells good stores from bad ones.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_conformance::Suite;
use oras_content::{
    Descriptor, Digest, Error, Name, OpenOptions, Opened, Payload, PushOptions, Pushed, ResolveOptions,
    Resolved, Result, Store, Tag, Writer,
};
use oras_memory::MemoryStore;

/// A store that believes what it is told, and answers every range with everything.
#[derive(Default)]
struct Gullible(Mutex<HashMap<Digest, Bytes>>);

impl fmt::Display for Gullible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the gullible store")
    }
}

#[async_trait]
impl Store for Gullible {
    async fn open(&self, target: &Descriptor, _opts: OpenOptions) -> Result<Opened> {
        let found = self.0.lock().unwrap().get(&target.digest).cloned();
        let bytes = found.ok_or_else(|| Error::not_found(target))?;
        Ok(Opened::of_bytes(&bytes, OpenOptions::default()))
    }

    async fn resolve_opts(&self, name: &Name, _opts: ResolveOptions) -> Result<Resolved> {
        Err(Error::not_found(name))
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }
}

#[async_trait]
impl Writer for Gullible {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, _opts: PushOptions) -> Result<Pushed> {
        let frames: Vec<Bytes> = payload.open(..).await?.try_collect().await?;
        let mut held = self.0.lock().unwrap();
        match held.insert(expected.digest.clone(), frames.concat().into()) {
            Some(_) => Ok(Pushed::Present),
            None => Ok(Pushed::Stored),
        }
    }

    async fn set_tag(&self, _target: &Descriptor, tag: &Tag) -> Result<()> {
        Err(Error::unsupported(tag))
    }
}

fn gullible() -> impl Future<Output = Gullible> + Send {
    std::future::ready(Gullible::default())
}

/// Runs a suite that must fail, and gives the text of its panic.
async fn failures<F, Fut>(suite: Suite<F>) -> String
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Gullible> + Send + 'static,
{
    let panic = tokio::spawn(suite.run()).await.unwrap_err().into_panic();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[path = "../../examples/full.rs"]
mod full;
#[path = "../../examples/read_only.rs"]
mod read_only;

/// The stores that the documentation shows.
#[test]
fn the_examples_keep_their_promises() {
    read_only::main().unwrap();
    full::main();
}

#[tokio::test]
async fn a_bad_store_fails_by_the_names_of_its_faults() {
    let text = failures(Suite::new(gullible).with_ranges().with_manifests()).await;
    for name in [
        "another_digest_is_refused",
        "short_content_is_refused",
        "long_content_is_refused",
        "an_unknown_algorithm_is_refused",
        "existing_content_is_not_read_again",
        "ranges_are_parts_of_the_content",
        "a_polyglot_is_refused",
        "text_is_no_manifest",
    ] {
        assert!(text.contains(&format!("\n{name}: ")), "{name} is not in\n{text}");
    }
    assert!(!text.contains("pushed_content_is_fetched"), "{text}");
    assert!(
        text.contains("found success, expected ErrorKind::Verify about the digest"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_not_there_but_declared_fails() {
    let text = failures(Suite::new(gullible).with_staging()).await;
    assert!(
        text.contains("staged_content_is_fetched: unexpected error: ErrorKind::Unsupported"),
        "{text}"
    );
}

#[tokio::test]
async fn a_check_can_be_left_out() {
    let suite = Suite::new(|| async { MemoryStore::new() });
    let all = suite.names().count();
    let suite = suite.without("empty_content_is_content");
    assert_eq!(suite.names().count(), all - 1);
    suite.run().await;
}

#[test]
#[should_panic(expected = "the suite has no check \"emptyness\"")]
fn a_check_that_is_not_there_cannot_be_left_out() {
    let _ = Suite::new(|| async { MemoryStore::new() }).without("emptyness");
}
