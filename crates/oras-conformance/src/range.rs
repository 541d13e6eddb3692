//! Checks of ranges.

use std::ops::Range;

use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_content::{Descriptor, FetchOptions, Fetcher, Storage};

use crate::failure::{Failure, Outcome, not_found, same};
use crate::sample::{blob, long_blob, put};

async fn part<S: Fetcher>(store: &S, target: &Descriptor, range: Range<u64>) -> Result<Vec<u8>, Failure> {
    let opts = FetchOptions::default().with_range(range);
    let frames: Vec<Bytes> = store.fetch_opts(target, opts).await?.try_collect().await?;
    Ok(frames.concat())
}

pub(crate) async fn ranges_are_parts_of_the_content<S: Storage>(store: &S) -> Outcome {
    let content = long_blob(700_001);
    let target = put(store, &content).await?;
    let ranges = [
        0..1,
        0..700_001,
        1..300_000,
        262_144..262_145,
        5..600_000,
        700_000..700_001,
    ];
    for range in ranges {
        let expected = content.bytes().slice(range.start as usize..range.end as usize);
        let found = part(store, &target, range.clone()).await?;
        same(&format!("length of {range:?}"), found.len(), expected.len())?;
        same(&format!("{range:?} is that part"), found == expected, true)?;
    }
    Ok(())
}

pub(crate) async fn ranges_of_missing_content_are_not_found<S: Storage>(store: &S) -> Outcome {
    let target = blob("never pushed").into_parts().0;
    let opts = FetchOptions::default().with_range(1..3);
    not_found("fetch of a range", store.fetch_opts(&target, opts).await)
}
