//! Tells what went wrong in a copy: which step, on which side, and why.

use oras::{CopyError, CopyOptions, MemoryStore, copy};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Some(error) = run().await {
        println!("side: {}", error.side);
        println!("operation: {}", error.operation);
        println!("cause: {}", error.source);
        println!("in one sentence: {error}");
    }
}

/// The error of copying what is not there.
pub(crate) async fn run() -> Option<CopyError> {
    let (source, destination) = (MemoryStore::new(), MemoryStore::new());
    let copied = copy(&source, "no-such-tag", &destination, "", &CopyOptions::default()).await;
    copied.err()
}
