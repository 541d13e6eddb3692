//! How tokens are kept and shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use oras_auth::{Error, NoCredentials};

use crate::double::{Counting, Double, alice, challenge, reply};
use crate::fake::{Fake, Rules, TOKEN};

const A: &str = "https://reg.example/v2/a/blobs/x";
const PULL_A: &str = "repository:a:pull";

#[tokio::test(start_paused = true)]
async fn many_tasks_share_one_token_request_and_one_look_up() {
    let fake = Fake::new(Rules::default());
    let provider = Counting::new(alice());
    let client = fake.double.with(provider.clone());
    let answers = join_all((0..32).map(|_| client.get_for(A, PULL_A))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap().status() == StatusCode::OK)
    );
    assert_eq!(fake.token_requests(), 1);
    assert_eq!(provider.asked(), 1);

    fake.revoke_all();
    join_all((0..32).map(|_| client.get_for(A, PULL_A))).await;
    assert_eq!(fake.token_requests(), 2, "one more for all");
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_task_leaves_its_token_to_those_who_wait() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    let spawn = || {
        tokio::spawn({
            let client = client.clone();
            async move { client.get_for(A, PULL_A).await }
        })
    };
    let (first, second) = (spawn(), spawn());
    tokio::time::sleep(Duration::from_millis(15)).await;
    assert_eq!(fake.token_requests(), 1, "both wait for it now");
    first.abort();
    assert_eq!(second.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(fake.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_too_and_not_kept() {
    let double = Double::new(|seen| match seen.is_at(TOKEN) {
        true => reply(500, r#"{"message":"out of order"}"#),
        false => challenge(r#"Bearer realm="/token",scope="repository:a:pull""#),
    });
    let client = double.with(Arc::new(NoCredentials));
    for round in 1..=2 {
        for answer in join_all((0..8).map(|_| client.get(A))).await {
            let error = answer.unwrap_err();
            assert!(
                matches!(&error, Error::TokenRefused { status, .. } if status.as_u16() == 500),
                "{error}"
            );
            assert!(error.is_transient());
            assert!(
                error
                    .to_string()
                    .ends_with("with status 500 Internal Server Error: out of order"),
                "{error}"
            );
        }
        assert_eq!(double.count(TOKEN), round);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_permits_more_serves_for_less() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    client
        .get_for(A, "repository:a:pull,push repository:b:pull")
        .await
        .unwrap();
    for (url, scope) in [(A, PULL_A), ("https://reg.example/v2/b/x", "repository:b:pull")] {
        client.get_for(url, scope).await.unwrap();
    }
    assert_eq!((fake.token_requests(), fake.requests()), (1, 4));
    client
        .get_for("https://reg.example/v2/c/x", "repository:c:pull")
        .await
        .unwrap();
    assert_eq!(fake.token_requests(), 2);
}

/// A token for more that is on its way is waited for, and if it does not come, asked for less.
#[tokio::test(start_paused = true)]
async fn a_token_on_its_way_that_permits_more_is_waited_for() {
    for (forbids, tokens) in [(None, 2), (Some("repository:secret:pull"), 3)] {
        let fake = Fake::new(Rules {
            forbids,
            ..Rules::default()
        });
        let client = fake.double.with(Arc::new(NoCredentials));
        client
            .get_for("https://reg.example/v2/z/x", "repository:z:pull")
            .await
            .unwrap();
        let wide = client.get_for(A, "repository:a:pull repository:secret:pull");
        let (wide, narrow) = tokio::join!(wide, client.get_for(A, PULL_A));
        assert_eq!(wide.unwrap().status(), StatusCode::OK);
        assert_eq!(narrow.unwrap().status(), StatusCode::OK);
        assert_eq!(fake.token_requests(), tokens, "{forbids:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_used_for_as_long_as_it_lasts() {
    for (expires_in, lasts, too_long) in [(None, 45, 55), (Some(300), 280, 295), (Some(4), 1, 3)] {
        let fake = Fake::new(Rules {
            expires_in,
            ..Rules::default()
        });
        let client = fake.double.with(Arc::new(NoCredentials));
        client.get_for(A, PULL_A).await.unwrap();
        tokio::time::sleep(Duration::from_secs(lasts)).await;
        client.get_for(A, PULL_A).await.unwrap();
        assert_eq!(fake.token_requests(), 1, "{expires_in:?} after {lasts} s");
        tokio::time::sleep(Duration::from_secs(too_long - lasts)).await;
        client.get_for(A, PULL_A).await.unwrap();
        assert_eq!(fake.token_requests(), 2, "{expires_in:?} after {too_long} s");
        assert_eq!(fake.requests(), 4, "an expired token is not even tried");
    }
}

/// An expiry beyond all clocks does not panic, and does not outlive a day.
#[tokio::test(start_paused = true)]
async fn an_endless_token_is_kept_for_a_day() {
    let fake = Fake::new(Rules {
        expires_in: Some(u64::MAX),
        ..Rules::default()
    });
    let client = fake.double.with(Arc::new(NoCredentials));
    client.get_for(A, PULL_A).await.unwrap();
    tokio::time::sleep(Duration::from_secs(25 * 3600)).await;
    client.get_for(A, PULL_A).await.unwrap();
    assert_eq!(fake.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_revoked_early_is_replaced_once() {
    let fake = Fake::new(Rules::default());
    let client = fake.double.with(Arc::new(NoCredentials));
    client.get_for(A, PULL_A).await.unwrap();
    fake.revoke_all();
    assert_eq!(client.get_for(A, PULL_A).await.unwrap().status(), StatusCode::OK);
    assert_eq!((fake.token_requests(), fake.requests()), (2, 4));
}

/// Only the task that asked for a token knows that it is as new as can be; one that shared it asks again.
#[tokio::test(start_paused = true)]
async fn a_shared_token_that_is_refused_is_asked_for_again() {
    let issued = AtomicUsize::new(0);
    let double = Double::new(move |seen| match seen.authorization.as_deref() {
        _ if seen.is_at(TOKEN) => match issued.fetch_add(1, Ordering::SeqCst) {
            1 => reply(200, r#"{"token":"bad"}"#),
            _ => reply(200, r#"{"token":"good"}"#),
        },
        Some("Bearer good") => reply(200, ""),
        _ if seen.is_at(A) => challenge(r#"Bearer realm="/token",scope="repository:a:pull""#),
        _ => challenge(r#"Bearer realm="/token""#),
    });
    let client = double.with(Arc::new(NoCredentials));
    client.get("https://reg.example/v2/").await.unwrap();
    let mut statuses = join_all([client.get_for(A, PULL_A), client.get_for(A, PULL_A)])
        .await
        .into_iter()
        .map(|answer| answer.unwrap().status().as_u16())
        .collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(double.count(TOKEN), 3);
}
