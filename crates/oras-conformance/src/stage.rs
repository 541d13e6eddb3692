//! Checks of content that is staged before its descriptor is known.

use bytes::Bytes;
use oras_content::{Algorithm, Descriptor, StageOptions, Staged, Store, StoreExt, Verified, VerifyError};

use crate::content::{has, lacks};
use crate::failure::{Failure, Outcome, present, same, unverified};
use crate::sample::{TYPE, blob, long_blob, put};

async fn stage(store: &dyn Store) -> Result<Box<dyn Staged>, Failure> {
    Ok(store.as_stager()?.stage(StageOptions::default()).await?)
}

async fn write(store: &dyn Store, bytes: &Bytes) -> Result<Box<dyn Staged>, Failure> {
    let mut staged = stage(store).await?;
    same("is_empty at the start", staged.is_empty(), true)?;
    for frame in bytes.chunks(100_003) {
        staged.append(bytes.slice_ref(frame)).await?;
    }
    same("length of what was written", staged.len(), bytes.len() as u64)?;
    Ok(staged)
}

pub(crate) async fn ranges_are_staged_in_any_order(store: &dyn Store) -> Outcome {
    let content = long_blob(700_000);
    let mut staged = stage(store).await?;
    for range in [300_000..700_000, 0..200_000, 200_000..300_000] {
        let bytes = content.bytes().slice(range.clone());
        staged.write_at(range.start as u64, bytes).await?;
        if range.start == 0 {
            same("length up to the hole", staged.len(), 200_000)?;
            let hole = 200_000..300_000;
            same("holes", staged.holes(), [hole])?;
        }
    }
    same("holes at the end", staged.holes(), [])?;
    staged.commit(content.descriptor()).await?;
    has(store, content.descriptor(), content.bytes()).await
}

pub(crate) async fn content_with_a_hole_is_refused(store: &dyn Store) -> Outcome {
    let content = long_blob(1000);
    let mut staged = stage(store).await?;
    for range in [0..400, 500..1000] {
        let bytes = content.bytes().slice(range.clone());
        staged.write_at(range.start as u64, bytes).await?;
    }
    let committed = staged.commit(content.descriptor()).await;
    unverified("commit with a hole", committed, "size", |_| true)?;
    lacks(store, content.descriptor()).await
}

pub(crate) async fn staged_content_is_fetched(store: &dyn Store) -> Outcome {
    for content in [long_blob(1_500_000), blob("short"), blob("")] {
        let staged = write(store, content.bytes()).await?;
        lacks(store, content.descriptor()).await?;
        staged.commit(content.descriptor()).await?;
        has(store, content.descriptor(), content.bytes()).await?;
    }
    Ok(())
}

pub(crate) async fn other_staged_content_is_refused(store: &dyn Store) -> Outcome {
    let expected = blob("hello").into_parts().0;
    let staged = write(store, &Bytes::from("jello")).await?;
    let is_digest = |error: &VerifyError| matches!(error, VerifyError::Digest { .. });
    unverified(
        "commit of other bytes",
        staged.commit(&expected).await,
        "digest",
        is_digest,
    )?;
    let staged = write(store, &Bytes::from("hell")).await?;
    let is_size = |error: &VerifyError| matches!(error, VerifyError::Size { .. });
    unverified(
        "commit of fewer bytes",
        staged.commit(&expected).await,
        "size",
        is_size,
    )?;
    lacks(store, &expected).await
}

pub(crate) async fn dropped_content_leaves_nothing(store: &dyn Store) -> Outcome {
    let content: Verified = long_blob(1_200_000);
    drop(write(store, content.bytes()).await?);
    lacks(store, content.descriptor()).await
}

pub(crate) async fn existing_content_is_not_staged_again(store: &dyn Store) -> Outcome {
    let content = blob("once is enough");
    let target = put(store, &content).await?;
    let staged = write(store, content.bytes()).await?;
    present("commit", staged.commit(&target).await)?;
    // Content claimed to be already present must still be verified.
    let staged = write(store, &Bytes::from("twice is enough")).await?;
    let committed = staged.commit(&target).await;
    unverified("commit of other content", committed, "size or digest", |_| true)?;
    has(store, &target, content.bytes()).await
}

pub(crate) async fn sha512_is_staged(store: &dyn Store) -> Outcome {
    let bytes = long_blob(150_000).into_parts().1;
    let target = Descriptor::new(TYPE, Algorithm::Sha512.digest(&bytes), bytes.len() as u64);
    write(store, &bytes).await?.commit(&target).await?;
    has(store, &target, &bytes).await
}

pub(crate) async fn what_is_written_far_away_is_no_content(store: &dyn Store) -> Outcome {
    let (target, bytes) = blob("far away").into_parts();
    let mut staged = stage(store).await?;
    staged.write_at(1 << 20, Bytes::new()).await?;
    same("holes before nothing", staged.holes(), [])?;
    staged.append(bytes.clone()).await?;
    // Whether the write is rejected or not, the gap must not be allocated.
    let _ = staged.write_at(1 << 40, bytes.clone()).await;
    let _ = staged.write_at(u64::MAX - 1, bytes.clone()).await;
    same("commit with a hole", staged.commit(&target).await.is_err(), true)?;
    lacks(store, &target).await
}
