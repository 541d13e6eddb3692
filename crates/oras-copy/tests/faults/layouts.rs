//! A layout on a disk that becomes full.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use oras_content::{
    Descriptor, Digest, Error, ErrorKind, Name, OpenOptions, Opened, Payload, PredecessorFinder, PushOptions,
    Pushed, ResolveOptions, Resolved, Result, Store, Tag, Writer,
};
use oras_copy::{CopyError, CopyOptions, ExtendedCopyOptions, Operation, Side, copy, extended_copy};
use oras_layout::LayoutStore;
use oras_server::Route;
use oras_server_faults::{FaultOptions, Journal};
use tokio::sync::Mutex;

use crate::case::assert_copied;
use crate::graph::Graph;
use crate::run::{Registry, Way, World, client};
use crate::whole::look;

/// A layout with room for a number of pushes, one at a time. The next push reads part of its content before it fails.
struct Full {
    layout: LayoutStore,
    room: Mutex<usize>,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the full layout")
    }
}

#[async_trait]
impl Store for Full {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.layout.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.layout.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.layout.exists(target).await
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        self.layout.predecessor_finder()
    }
}

#[async_trait]
impl Writer for Full {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        // A push that is dropped while its file is renamed into place may still complete.
        let mut room = self.room.lock().await;
        if let Some(left) = room.checked_sub(1) {
            *room = left;
            return self.layout.push_opts(expected, payload, opts).await;
        }
        payload.open(..).await?.try_next().await?;
        Err(Error::storage("the disk", "no space left on device"))
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.layout.set_tag(target, tag).await
    }
}

/// Copies from the registry of `world` into a layout with room for this many pushes.
async fn run(
    world: &World,
    way: Way,
    layout: LayoutStore,
    room: usize,
) -> (Result<Descriptor, CopyError>, Journal) {
    let from = Registry::new(
        &world.from,
        client(Duration::from_secs(60)),
        FaultOptions::default(),
    )
    .await;
    let source = from.repository("app");
    let to = Full {
        layout,
        room: room.into(),
    };
    let copied = match way {
        Way::Plain => copy(&source, "v1", &to, "v1", &CopyOptions::default()).await,
        Way::Extended => extended_copy(&source, "v1", &to, "v1", &ExtendedCopyOptions::default()).await,
    };
    drop(source);
    (copied, from.end().await)
}

/// Checks that exactly the missing blobs were requested from the source.
fn assert_only_missing(journal: &Journal, graph: &Graph, missing: &HashSet<Digest>) {
    let blobs = journal.entries_of(Route::Blob);
    let wanted = missing
        .iter()
        .filter(|digest| !graph.node(digest).descriptor.is_manifest());
    let mut wanted: Vec<_> = wanted.map(ToString::to_string).collect();
    let mut asked: Vec<_> = blobs
        .iter()
        .map(|entry| entry.path.rsplit('/').next().unwrap().to_owned())
        .collect();
    wanted.sort();
    asked.sort();
    assert_eq!(asked, wanted);
}

async fn full(way: Way, room: usize) {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(folder.path()).await.unwrap();
    let (copied, _) = run(&world, way, layout, room).await;
    let error = copied.unwrap_err();
    let is = (error.operation, error.side, *error.source.kind());
    assert_eq!(is, (Operation::Push, Side::Destination, ErrorKind::Storage));

    // As seen by another program, once there is room again.
    let layout = LayoutStore::open(folder.path()).await.unwrap();
    let mut lacking = look(&layout, &world.graph).await.missing;
    if way == Way::Plain {
        let reached = world.graph.reached(&world.graph.index);
        lacking.retain(|digest| reached.iter().any(|node| node.digest == *digest));
    }
    let (copied, journal) = run(&world, way, layout.clone(), usize::MAX).await;
    copied.unwrap();
    assert_only_missing(&journal, &world.graph, &lacking);
    assert_copied(&look(&layout, &world.graph).await, &world, way);
}

macro_rules! full {
    ($($name:ident = $room:literal),*) => {
        mod copy_onto_a_disk {
            $(#[tokio::test]
            async fn $name() {
                super::full(super::Way::Plain, $room).await;
            })*
        }

        mod extended_copy_onto_a_disk {
            $(#[tokio::test]
            async fn $name() {
                super::full(super::Way::Extended, $room).await;
            })*
        }
    };
}

full! {
    with_room_for_nothing = 0, with_room_for_1_push = 1, with_room_for_2_pushes = 2, with_room_for_3_pushes = 3,
    with_room_for_4_pushes = 4, with_room_for_5_pushes = 5, with_room_for_6_pushes = 6
}
