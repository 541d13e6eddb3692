//! The traits of a store: one capability each, and the names of their common sums.

mod fetch;
mod forward;
mod graph;
mod push;
mod reference;
mod target;

pub use fetch::{Exists, FetchOptions, Fetcher, FetcherExt, Location};
pub use graph::{PredecessorFinder, ReferrerKeeper, ReferrerLister};
pub use push::{
    Deleter, Ingest, Ingester, Mounted, Mounter, OpenUpload, PushOptions, Pushed, Pusher, PusherExt, Resumer,
};
pub use reference::{
    ReferenceFetcher, ReferencePusher, Resolver, TagListOptions, TagLister, Tagger, Untagger,
};
pub use target::{GraphTarget, ReadOnlyGraphTarget, ReadOnlyStorage, ReadOnlyTarget, Storage, Target};
