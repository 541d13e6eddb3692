//! Checks of content whose descriptor comes last.

use bytes::Bytes;
use oras_content::{Algorithm, Descriptor, Ingest, Storage, Verified, VerifyError};

use crate::content::{has, lacks};
use crate::failure::{Failure, Outcome, present, same, unverified};
use crate::sample::{TYPE, blob, long_blob, put};

async fn write<S: Storage>(store: &S, bytes: &Bytes) -> Result<Box<dyn Ingest>, Failure> {
    let ingester = store
        .ingester()
        .ok_or_else(|| Failure::new("ingester() is None"))?;
    let mut ingest = ingester.ingest().await?;
    same("is_empty at the start", ingest.is_empty(), true)?;
    for frame in bytes.chunks(100_003) {
        ingest.write(bytes.slice_ref(frame)).await?;
    }
    same("length of what was written", ingest.len(), bytes.len() as u64)?;
    Ok(ingest)
}

pub(crate) async fn ingested_content_is_fetched<S: Storage>(store: &S) -> Outcome {
    for content in [long_blob(1_500_000), blob("short"), blob("")] {
        let ingest = write(store, content.bytes()).await?;
        lacks(store, content.descriptor()).await?;
        ingest.commit(content.descriptor()).await?;
        has(store, content.descriptor(), content.bytes()).await?;
    }
    Ok(())
}

pub(crate) async fn other_ingested_content_is_refused<S: Storage>(store: &S) -> Outcome {
    let expected = blob("hello").into_parts().0;
    let ingest = write(store, &Bytes::from("jello")).await?;
    let is_digest = |error: &VerifyError| matches!(error, VerifyError::Digest { .. });
    unverified(
        "commit of other bytes",
        ingest.commit(&expected).await,
        "digest",
        is_digest,
    )?;
    let ingest = write(store, &Bytes::from("hell")).await?;
    let is_size = |error: &VerifyError| matches!(error, VerifyError::Size { .. });
    unverified(
        "commit of fewer bytes",
        ingest.commit(&expected).await,
        "size",
        is_size,
    )?;
    lacks(store, &expected).await
}

pub(crate) async fn dropped_ingests_leave_nothing<S: Storage>(store: &S) -> Outcome {
    let content: Verified = long_blob(1_200_000);
    drop(write(store, content.bytes()).await?);
    lacks(store, content.descriptor()).await
}

pub(crate) async fn existing_content_is_not_ingested_again<S: Storage>(store: &S) -> Outcome {
    let content = blob("once is enough");
    let target = put(store, &content).await?;
    let ingest = write(store, content.bytes()).await?;
    present("commit", ingest.commit(&target).await)?;
    // What somebody claims to be it is verified all the same.
    let ingest = write(store, &Bytes::from("twice is enough")).await?;
    let committed = ingest.commit(&target).await;
    unverified("commit of other content", committed, "size or digest", |_| true)?;
    has(store, &target, content.bytes()).await
}

pub(crate) async fn sha512_is_ingested<S: Storage>(store: &S) -> Outcome {
    let bytes = long_blob(150_000).into_parts().1;
    let target = Descriptor::new(TYPE, Algorithm::Sha512.digest(&bytes), bytes.len() as u64);
    write(store, &bytes).await?.commit(&target).await?;
    has(store, &target, &bytes).await
}
