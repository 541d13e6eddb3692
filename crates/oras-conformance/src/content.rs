//! Checks of content: in once, out the same, whole or not at all.

use bytes::Bytes;
use futures_util::future::{Either, join_all, select};
use oras_content::{
    Algorithm, Descriptor, ErrorKind, FetchOptions, FetcherExt, Pushed, PusherExt, Source, Storage,
    VerifyError,
};

use crate::failure::{Failure, Outcome, not_found, present, refused, same, unverified};
use crate::sample::{self, Endless, TYPE, Untouched, blob, frames, long_blob, odd_frames};

/// Checks that the store has exactly these bytes.
pub(crate) async fn has<S: Storage>(store: &S, target: &Descriptor, bytes: &Bytes) -> Outcome {
    same("exists", store.exists(target).await?, true)?;
    let fetched = store.fetch_all(target, target.size).await?;
    same("fetched content", fetched.bytes() == bytes, true)
}

/// Checks that the store has nothing of `target`.
pub(crate) async fn lacks<S: Storage>(store: &S, target: &Descriptor) -> Outcome {
    same("exists", store.exists(target).await?, false)?;
    not_found("fetch", store.fetch_opts(target, FetchOptions::default()).await)
}

async fn push_and_fetch<S: Storage>(store: &S, target: &Descriptor, bytes: Bytes, body: Source) -> Outcome {
    lacks(store, target).await?;
    store.push(target, body).await?;
    has(store, target, &bytes).await
}

pub(crate) async fn pushed_content_is_fetched<S: Storage>(store: &S) -> Outcome {
    let (target, bytes) = blob("hello").into_parts();
    push_and_fetch(store, &target, bytes.clone(), bytes.into()).await?;
    let opened = store.fetch_opts(&target, FetchOptions::default()).await?;
    same(
        "announced length",
        opened.len().unwrap_or(target.size),
        target.size,
    )
}

pub(crate) async fn empty_content_is_content<S: Storage>(store: &S) -> Outcome {
    let (target, bytes) = blob("").into_parts();
    push_and_fetch(store, &target, bytes, frames(vec![], Some(0))).await
}

pub(crate) async fn other_algorithms_are_verified<S: Storage>(store: &S) -> Outcome {
    for algorithm in [Algorithm::Sha384, Algorithm::Sha512] {
        let text = Bytes::from(algorithm.name());
        let target = Descriptor::new(TYPE, algorithm.digest(&text), text.len() as u64);
        let wrong = Bytes::from(vec![b'x'; text.len()]);
        let refused = store.push(&target, wrong.into()).await;
        unverified("push of other bytes", refused, "digest", is_digest)?;
        push_and_fetch(store, &target, text.clone(), text.into()).await?;
    }
    Ok(())
}

pub(crate) async fn long_content_in_odd_frames<S: Storage>(store: &S) -> Outcome {
    let (target, bytes) = long_blob(3 * 1024 * 1024 + 7).into_parts();
    let body = odd_frames(&bytes);
    push_and_fetch(store, &target, bytes, body).await
}

pub(crate) async fn verified_content_is_pushed<S: Storage>(store: &S) -> Outcome {
    let content = blob("verified before");
    let (target, bytes) = content.clone().into_parts();
    push_and_fetch(store, &target, bytes, content.into()).await?;
    let other = blob("something else").into_parts().0;
    let refused = store.push(&other, blob("of another kind").into()).await;
    unverified("push of other verified content", refused, "size", is_size)?;
    lacks(store, &other).await
}

pub(crate) async fn missing_content_is_not_found<S: Storage>(store: &S) -> Outcome {
    lacks(store, blob("never pushed").descriptor()).await?;
    let target = blob("never pushed").into_parts().0;
    not_found("fetch_all", store.fetch_all(&target, target.size).await)
}

pub(crate) async fn another_digest_is_refused<S: Storage>(store: &S) -> Outcome {
    let target = blob("hello").into_parts().0;
    let pushed = store.push(&target, Bytes::from("jello").into()).await;
    unverified("push of other bytes", pushed, "digest", is_digest)?;
    lacks(store, &target).await
}

pub(crate) async fn short_content_is_refused<S: Storage>(store: &S) -> Outcome {
    let target = blob("hello").into_parts().0;
    let body = frames(vec!["hell".into()], None);
    unverified(
        "push of fewer bytes",
        store.push(&target, body).await,
        "size",
        is_size,
    )?;
    lacks(store, &target).await
}

pub(crate) async fn long_content_is_refused<S: Storage>(store: &S) -> Outcome {
    let target = blob("hello").into_parts().0;
    let body = frames(vec!["hello".into(), "!".into()], None);
    unverified(
        "push of more bytes",
        store.push(&target, body).await,
        "size",
        is_size,
    )?;
    lacks(store, &target).await
}

pub(crate) async fn an_unknown_algorithm_is_refused<S: Storage>(store: &S) -> Outcome {
    let digest = "unknown:0123456789abcdef"
        .parse()
        .map_err(|error| Failure::new(format!("the digest of the check: {error}")))?;
    let target = Descriptor::new(TYPE, digest, 5);
    let pushed = store.push(&target, Bytes::from("hello").into()).await;
    let is_algorithm = |error: &VerifyError| matches!(error, VerifyError::Algorithm { .. });
    unverified("push", pushed, "algorithm", is_algorithm)?;
    same("exists", store.exists(&target).await?, false)
}

pub(crate) async fn existing_content_is_not_read_again<S: Storage>(store: &S) -> Outcome {
    let content = blob("once is enough");
    let target = sample::put(store, &content).await?;
    let body = Untouched::default();
    present("second push", store.push(&target, body.source(target.size)).await)?;
    same("the body was opened", body.was_opened(), false)?;
    has(store, &target, content.bytes()).await
}

pub(crate) async fn a_failing_source_leaves_nothing<S: Storage>(store: &S) -> Outcome {
    let (target, bytes) = long_blob(300_000).into_parts();
    let body = sample::failing(bytes.slice(..200_000), target.size);
    refused(
        "push from a failing source",
        store.push(&target, body).await,
        "ErrorKind::Payload",
        |error| matches!(error.kind(), ErrorKind::Payload),
    )?;
    lacks(store, &target).await
}

pub(crate) async fn a_dropped_push_leaves_nothing<S: Storage>(store: &S) -> Outcome {
    let (target, bytes) = long_blob(1_300_000).into_parts();
    let endless = Endless::default();
    let push = store.push(&target, endless.source(bytes.slice(..1_200_000), target.size));
    match select(push, Box::pin(endless.reached())).await {
        Either::Left((done, _)) => {
            let text = format!("the push ended before its body did: {done:?}");
            return Err(Failure::new(text));
        }
        Either::Right(((), push)) => drop(push),
    }
    lacks(store, &target).await?;
    store.push(&target, bytes.clone().into()).await?;
    has(store, &target, &bytes).await
}

pub(crate) async fn a_refused_push_can_be_repeated<S: Storage>(store: &S) -> Outcome {
    let (target, bytes) = blob("try again").into_parts();
    let refused = store.push(&target, Bytes::from("try agaim").into()).await;
    unverified("push of other bytes", refused, "digest", is_digest)?;
    push_and_fetch(store, &target, bytes.clone(), bytes.into()).await
}

pub(crate) async fn concurrent_pushes_leave_one_content<S: Storage>(store: &S) -> Outcome {
    let (target, bytes) = long_blob(700_000).into_parts();
    let pushes = (0..8).map(|_| store.push(&target, odd_frames(&bytes)));
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

fn is_digest(error: &VerifyError) -> bool {
    matches!(error, VerifyError::Digest { .. })
}

fn is_size(error: &VerifyError) -> bool {
    matches!(error, VerifyError::Size { .. })
}
