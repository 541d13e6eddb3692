//! Checks of content: stored once, returned unchanged, complete or not present at all.

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::{Either, join_all, select};
use oras_content::{
    Algorithm, Descriptor, ErrorKind, Location, Offered, OpenOptions, OpenUpload, Payload, PushOptions,
    Pushed, Store, StoreExt, VerifyError, WriterExt,
};

use crate::failure::{Failure, Outcome, not_found, present, refused, same, unverified};
use crate::sample::{self, Endless, TYPE, Untouched, blob, frames, long_blob, odd_frames};

/// Checks that the store has exactly these bytes.
pub(crate) async fn has(store: &dyn Store, target: &Descriptor, bytes: &Bytes) -> Outcome {
    same("exists", store.exists(target).await?, true)?;
    let fetched = store.fetch_all(target, target.size).await?;
    same("fetched content", fetched.bytes() == bytes, true)
}

/// Checks that the store does not have `target`.
pub(crate) async fn lacks(store: &dyn Store, target: &Descriptor) -> Outcome {
    same("exists", store.exists(target).await?, false)?;
    not_found("fetch", store.open(target, OpenOptions::default()).await)
}

async fn push_and_fetch(store: &dyn Store, target: &Descriptor, bytes: Bytes, body: Payload) -> Outcome {
    lacks(store, target).await?;
    store.as_writer()?.push(target, body).await?;
    has(store, target, &bytes).await
}

pub(crate) async fn pushed_content_is_fetched(store: &dyn Store) -> Outcome {
    let (target, bytes) = blob("hello").into_parts();
    push_and_fetch(store, &target, bytes.clone(), bytes.into()).await?;
    let opened = store.open(&target, OpenOptions::default()).await?;
    let announced = opened.content.len().unwrap_or(target.size);
    same("announced length", announced, target.size)?;
    same("what is served", opened.range, 0..target.size)
}

pub(crate) async fn empty_content_is_content(store: &dyn Store) -> Outcome {
    let (target, bytes) = blob("").into_parts();
    push_and_fetch(store, &target, bytes, frames(vec![], Some(0))).await
}

pub(crate) async fn other_algorithms_are_verified(store: &dyn Store) -> Outcome {
    for algorithm in [Algorithm::Sha384, Algorithm::Sha512] {
        let text = Bytes::from(algorithm.name());
        let target = Descriptor::new(TYPE, algorithm.digest(&text), text.len() as u64);
        let wrong = Bytes::from(vec![b'x'; text.len()]);
        let refused = store.as_writer()?.push(&target, wrong).await;
        unverified("push of other bytes", refused, "digest", is_digest)?;
        push_and_fetch(store, &target, text.clone(), text.into()).await?;
    }
    Ok(())
}

pub(crate) async fn long_content_in_odd_frames(store: &dyn Store) -> Outcome {
    let (target, bytes) = long_blob(3 * 1024 * 1024 + 7).into_parts();
    let body = odd_frames(&bytes);
    push_and_fetch(store, &target, bytes, body).await
}

pub(crate) async fn verified_content_is_pushed(store: &dyn Store) -> Outcome {
    let content = blob("verified before");
    let (target, bytes) = content.clone().into_parts();
    push_and_fetch(store, &target, bytes, content.into()).await?;
    let other = blob("something else").into_parts().0;
    let refused = store.as_writer()?.push(&other, blob("of another kind")).await;
    unverified("push of other verified content", refused, "size", is_size)?;
    lacks(store, &other).await
}

pub(crate) async fn missing_content_is_not_found(store: &dyn Store) -> Outcome {
    lacks(store, blob("never pushed").descriptor()).await?;
    let target = blob("never pushed").into_parts().0;
    not_found("fetch_all", store.fetch_all(&target, target.size).await)
}

pub(crate) async fn another_digest_is_refused(store: &dyn Store) -> Outcome {
    let target = blob("hello").into_parts().0;
    let pushed = store.as_writer()?.push(&target, Bytes::from("jello")).await;
    unverified("push of other bytes", pushed, "digest", is_digest)?;
    lacks(store, &target).await
}

pub(crate) async fn short_content_is_refused(store: &dyn Store) -> Outcome {
    let target = blob("hello").into_parts().0;
    let body = frames(vec!["hell".into()], None);
    unverified(
        "push of fewer bytes",
        store.as_writer()?.push(&target, body).await,
        "size",
        is_size,
    )?;
    lacks(store, &target).await
}

pub(crate) async fn long_content_is_refused(store: &dyn Store) -> Outcome {
    let target = blob("hello").into_parts().0;
    let body = frames(vec!["hello".into(), "!".into()], None);
    unverified(
        "push of more bytes",
        store.as_writer()?.push(&target, body).await,
        "size",
        is_size,
    )?;
    lacks(store, &target).await
}

pub(crate) async fn an_unknown_algorithm_is_refused(store: &dyn Store) -> Outcome {
    let digest = "unknown:0123456789abcdef"
        .parse()
        .map_err(|error| Failure::new(format!("the digest of the check: {error}")))?;
    let target = Descriptor::new(TYPE, digest, 5);
    let pushed = store.as_writer()?.push(&target, Bytes::from("hello")).await;
    let is_algorithm = |error: &VerifyError| matches!(error, VerifyError::Algorithm { .. });
    unverified("push", pushed, "algorithm", is_algorithm)?;
    same("exists", store.exists(&target).await?, false)
}

pub(crate) async fn existing_content_is_not_read_again(store: &dyn Store) -> Outcome {
    let content = blob("once is enough");
    let target = sample::put(store, &content).await?;
    let body = Untouched::default();
    present(
        "second push",
        store.as_writer()?.push(&target, body.payload(target.size)).await,
    )?;
    same("the body was opened", body.was_opened(), false)?;
    has(store, &target, content.bytes()).await
}

pub(crate) async fn a_failing_source_leaves_nothing(store: &dyn Store) -> Outcome {
    let (target, bytes) = long_blob(300_000).into_parts();
    let body = sample::failing(bytes.slice(..200_000), target.size);
    refused(
        "push from a failing source",
        store.as_writer()?.push(&target, body).await,
        "ErrorKind::Payload",
        |error| matches!(error.kind(), ErrorKind::Payload),
    )?;
    lacks(store, &target).await
}

pub(crate) async fn a_dropped_push_leaves_nothing(store: &dyn Store) -> Outcome {
    let (target, bytes) = long_blob(1_300_000).into_parts();
    let endless = Endless::default();
    let push = store
        .as_writer()?
        .push(&target, endless.payload(bytes.slice(..1_200_000), target.size));
    match select(push, Box::pin(endless.reached())).await {
        Either::Left((done, _)) => {
            let text = format!("the push ended before its body did: {done:?}");
            return Err(Failure::new(text));
        }
        Either::Right(((), push)) => drop(push),
    }
    lacks(store, &target).await?;
    store.as_writer()?.push(&target, bytes.clone()).await?;
    has(store, &target, &bytes).await
}

pub(crate) async fn a_refused_push_can_be_repeated(store: &dyn Store) -> Outcome {
    let (target, bytes) = blob("try again").into_parts();
    let refused = store.as_writer()?.push(&target, Bytes::from("try agaim")).await;
    unverified("push of other bytes", refused, "digest", is_digest)?;
    push_and_fetch(store, &target, bytes.clone(), bytes.into()).await
}

pub(crate) async fn concurrent_pushes_leave_one_content(store: &dyn Store) -> Outcome {
    let (target, bytes) = long_blob(700_000).into_parts();
    let writer = store.as_writer()?;
    let pushes = (0..8).map(|_| writer.push(&target, odd_frames(&bytes)));
    let mut stored = 0;
    for pushed in join_all(pushes).await {
        match pushed {
            Ok(Pushed::Stored) => stored += 1,
            lost => present("a push that lost the race", lost)?,
        }
    }
    same("a push succeeded", stored > 0, true)?;
    has(store, &target, &bytes).await
}

pub(crate) async fn a_store_has_a_name(store: &dyn Store) -> Outcome {
    same("the name is empty", store.to_string().is_empty(), false)
}

/// For stores that can list their content.
pub(crate) async fn all_content_is_listed(store: &dyn Store) -> Outcome {
    let one = sample::put(store, &blob("one")).await?;
    let two = sample::put_manifest(store, "two", None).await?;
    let listed: Vec<Descriptor> = store.as_content_lister()?.contents().try_collect().await?;
    for expected in [&one, &two] {
        let found = listed.iter().filter(|found| found.digest == expected.digest);
        let sizes: Vec<u64> = found.map(|found| found.size).collect();
        same("sizes of what is listed", sizes, [expected.size])?;
    }
    Ok(())
}

fn is_digest(error: &VerifyError) -> bool {
    matches!(error, VerifyError::Digest { .. })
}

fn is_size(error: &VerifyError) -> bool {
    matches!(error, VerifyError::Size { .. })
}

pub(crate) async fn offers_are_answered(store: &dyn Store) -> Outcome {
    let (target, bytes) = blob("offered").into_parts();
    let (writer, opts) = (store.as_writer()?, PushOptions::default());
    let wanted = |offered: &Offered| matches!(offered, Offered::Wanted(_));
    let offered = writer.offer(&target, &opts).await?;
    same("an offer of what is missing is wanted", wanted(&offered), true)?;
    lacks(store, &target).await?;
    writer.push(&target, bytes).await?;
    let offered = writer.offer(&target, &opts).await?;
    same(
        "an offer of what is there is present",
        matches!(offered, Offered::Present),
        true,
    )?;
    let forced = writer.offer(&target, &opts.with_force(true)).await?;
    same("a forced offer is wanted", wanted(&forced), true)
}

pub(crate) async fn mounts_and_uploads_of_others_are_passed_over(store: &dyn Store) -> Outcome {
    let (target, bytes) = blob("not mounted").into_parts();
    let elsewhere = Location {
        registry: "registry.invalid".to_owned(),
        repository: "elsewhere".to_owned(),
    };
    let opts = PushOptions::default()
        .with_mount_from([elsewhere])
        .with_upload(Some(OpenUpload::new("of somebody else")));
    let pushed = store
        .as_writer()?
        .push_opts(&target, bytes.clone().into(), opts)
        .await?;
    same("push", pushed, Pushed::Stored)?;
    has(store, &target, &bytes).await
}

pub(crate) async fn a_forced_push_stores_what_is_there(store: &dyn Store) -> Outcome {
    let (target, bytes) = blob("pushed twice").into_parts();
    let writer = store.as_writer()?;
    writer.push(&target, bytes.clone()).await?;
    let forced = PushOptions::default().with_force(true);
    let pushed = writer
        .push_opts(&target, bytes.clone().into(), forced.clone())
        .await?;
    same("forced push", pushed, Pushed::Stored)?;
    let wrong = Bytes::from(vec![b'x'; bytes.len()]);
    let refused = writer.push_opts(&target, wrong.into(), forced).await;
    unverified("forced push of other bytes", refused, "digest", is_digest)?;
    has(store, &target, &bytes).await
}
