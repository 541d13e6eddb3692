//! Content that is worth keeping when its source breaks off, and where it goes.

use std::path::Path;

use oras::content::{Pushed, Writer};
use oras::file::FileOptions;
use oras::layout::LayoutOptions;
use oras::{Descriptor, FileStore, LayoutStore, MediaType, WriterExt};
use oras_conformance::Interrupted;

const MIB: usize = 1 << 20;
/// How much of it there is.
pub const LARGE: usize = 8 * MIB + MIB / 2;
/// Where its source breaks off.
pub const BROKEN_AT: usize = 7 * MIB;

/// The content.
pub fn large() -> Vec<u8> {
    let mut bytes = (0..=250).collect::<Vec<u8>>().repeat(LARGE / 251 + 1);
    bytes.truncate(LARGE);
    bytes
}

/// The title of the content is `large`.
pub fn large_descriptor() -> Descriptor {
    Descriptor::of(MediaType::OCTET_STREAM, &large())
        .with_annotation("org.opencontainers.image.title", "large")
}

/// Pushes the content to the layout `layout` or the files `out` in `folder`, for the steps `resume-push` and
/// `resume-pull`; the state of its hash is saved after each `interval` bytes.
///
/// # Errors
///
/// The push fails, which it does where the source breaks off.
pub async fn push_large(step: &str, folder: &Path, interval: u64, is_broken: bool) -> oras::Result<Pushed> {
    let store: Box<dyn Writer> = match step {
        "resume-push" => {
            let opts = LayoutOptions::default().with_state_interval(interval);
            Box::new(LayoutStore::create_with(folder.join("layout"), opts).await?)
        }
        _ => {
            let opts = FileOptions::default().with_state_interval(interval);
            Box::new(FileStore::with_options(folder.join("out"), opts))
        }
    };
    let source = Interrupted::new(large().into());
    let payload = match is_broken {
        true => source.broken(BROKEN_AT),
        false => source.whole(),
    };
    store.push(&large_descriptor(), payload).await
}
