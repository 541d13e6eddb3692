//! Checks of ranges.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_content::{ByteRange, Descriptor, LocalFile, OpenOptions, Store, StoreExt};

use crate::failure::{Failure, Outcome, not_found, same};
use crate::sample::{blob, long_blob, put};

async fn part(store: &dyn Store, target: &Descriptor, range: Range<u64>) -> Result<Vec<u8>, Failure> {
    let opened = store.fetch_range(target, range).await?;
    let frames: Vec<Bytes> = opened.content.try_collect().await?;
    Ok(frames.concat())
}

pub(crate) async fn ranges_are_parts_of_the_content(store: &dyn Store) -> Outcome {
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

pub(crate) async fn ranges_of_missing_content_are_not_found(store: &dyn Store) -> Outcome {
    let target = blob("never pushed").into_parts().0;
    not_found("fetch of a range", store.fetch_range(&target, 1..3).await)
}

pub(crate) async fn ranges_end_with_the_content(store: &dyn Store) -> Outcome {
    let target = put(store, &blob("0123456789")).await?;
    let ranges = [
        (ByteRange::from(4..), "456789"),
        ((8..20).into(), "89"),
        ((10..12).into(), ""),
    ];
    for (range, expected) in ranges {
        let opened = store.fetch_range(&target, range).await?;
        let frames: Vec<Bytes> = opened.content.try_collect().await?;
        same(&format!("{range:?}"), frames.concat(), expected.as_bytes())?;
    }
    Ok(())
}

/// For stores that keep content in local files.
pub(crate) async fn local_files_hold_the_content(store: &dyn Store) -> Outcome {
    let target = put(store, &blob("0123456789")).await?;
    let opts = OpenOptions::default().with_range(2..6);
    same(
        "a file that nobody asked for",
        store.open(&target, opts).await?.file.is_some(),
        false,
    )?;
    let opened = store.open(&target, opts.with_file(true)).await?;
    let Some(LocalFile { mut file, start }) = opened.file else {
        return Err(Failure::new("there is no file"));
    };
    let mut bytes = [0; 4];
    let read = file
        .seek(SeekFrom::Start(start))
        .and_then(|_| file.read_exact(&mut bytes));
    same("reading the file succeeds", read.is_ok(), true)?;
    same("bytes of the file", &bytes[..], b"2345")
}
