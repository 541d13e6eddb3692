//! The traits of a store: one for reading, and one for each optional capability.

mod ext;
mod forward;
mod limited;
mod list;
mod read;
mod remove;
mod stage;
mod write;

pub use ext::{StoreExt, WriterExt};
pub use limited::Limited;
pub use list::{ContentLister, PredecessorFinder, ReferrerKeeper, ReferrerLister, TagListOptions, TagLister};
pub use read::{LocalFile, Location, OpenOptions, Opened, ResolveOptions, Resolved, Store};
pub use remove::{Deleter, Untagger};
pub use stage::{StageKey, StageOptions, Staged, Stager};
pub use write::{Batch, Offered, OpenUpload, PushOptions, Pushed, Writer};
