//! A retry policy of the caller's own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oras_transport::{
    Attempts, Body, Decision, Error, FailedAttempt, Failure, FailureKind, NoRetry, Phase, RetryLayer,
    RetryPolicy,
};
use tokio::time::Instant;
use tower::{Layer, ServiceExt};

use crate::double::{Double, answer, request};

const URL: &str = "https://reg.example/v2/a/manifests/x";

/// Repeats everything `times` times, a minute apart, and keeps what it was shown.
#[derive(Clone, Debug)]
struct Stubborn {
    times: u32,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Stubborn {
    fn new(times: u32) -> Self {
        Self {
            times,
            shown: Arc::default(),
        }
    }

    fn shown(&self) -> Vec<String> {
        self.shown.lock().unwrap().clone()
    }
}

impl RetryPolicy for Stubborn {
    fn decide(&self, attempt: &FailedAttempt<'_>) -> Decision {
        let failure = match attempt.failure {
            Failure::Status(status) => status.as_u16().to_string(),
            Failure::Error { kind, is_unsent } => format!("{kind:?} unsent={is_unsent}"),
            _ => "unknown".to_owned(),
        };
        self.shown.lock().unwrap().push(format!(
            "{} {} {failure} repeatable={} replayable={} unanswered={} elapsed={} waited={} asked={:?}",
            attempt.number,
            attempt.method,
            attempt.is_repeatable,
            attempt.is_replayable,
            attempt.unanswered,
            attempt.elapsed.as_secs(),
            attempt.waited.as_secs(),
            attempt.retry_after.map(|asked| asked.as_secs()),
        ));
        match attempt.number <= self.times {
            true => Decision::WaitFor(Duration::from_secs(60)),
            false => Decision::Stop,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_sees_each_failure_and_decides_what_follows() {
    let double = Double::default();
    let service = double.answering(|number, _| match number {
        0 => Ok(answer(418, &[("retry-after", "7")])),
        1 => Err(Error::TimedOut {
            origin: "https://reg.example".parse().unwrap(),
            phase: Phase::Head,
            after: Duration::from_secs(60),
        }),
        _ => Ok(answer(201, &[])),
    });
    let policy = Stubborn::new(5);
    let start = Instant::now();
    let answered = RetryLayer::new(policy.clone())
        .layer(service)
        .oneshot(request("POST", URL, &[]))
        .await
        .unwrap();
    assert_eq!(answered.status(), 201);
    assert_eq!(answered.extensions().get(), Some(&Attempts(3)));
    assert_eq!(double.seen().len(), 3);
    assert_eq!(start.elapsed(), Duration::from_secs(120));
    assert_eq!(
        policy.shown(),
        [
            "1 POST 418 repeatable=false replayable=true unanswered=0 elapsed=0 waited=0 asked=Some(7)",
            "2 POST Silence unsent=false repeatable=false replayable=true unanswered=1 elapsed=60 waited=60 \
             asked=None",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_passed_as_an_object_and_its_stop_is_final() {
    let double = Double::default();
    let service = double.answering(|_, _| Ok(answer(503, &[])));
    let policy: Arc<dyn RetryPolicy> = Arc::new(Stubborn::new(2));
    let answered = RetryLayer::new(policy)
        .layer(service)
        .oneshot(request("GET", URL, &[]))
        .await
        .unwrap();
    assert_eq!((answered.status().as_u16(), double.seen().len()), (503, 3));
}

/// No policy makes a body be sent twice that can be read once, or a request that forbids it.
#[tokio::test(start_paused = true)]
async fn what_must_not_be_repeated_is_not_whatever_the_policy_says() {
    let policy = Stubborn::new(5);
    let double = Double::default();
    let service = RetryLayer::new(policy.clone()).layer(double.answering(|_, _| Ok(answer(503, &[]))));
    let mut once = request("PUT", URL, &[]);
    *once.body_mut() = Body::once(Some(0), Box::pin(futures_util::stream::empty()));
    service.clone().oneshot(once).await.unwrap();
    assert!(
        policy.shown()[0].contains("replayable=false"),
        "{:?}",
        policy.shown()
    );
    let mut forbidden = request("GET", URL, &[]);
    forbidden.extensions_mut().insert(NoRetry);
    service.oneshot(forbidden).await.unwrap();
    assert_eq!((double.seen().len(), policy.shown().len()), (2, 1));
}

/// A policy that never stops is stopped.
#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_whatever_the_policy_says() {
    let double = Double::default();
    let service = double.answering(|_, _| Ok(answer(500, &[])));
    let endless = RetryLayer::new(Stubborn::new(u32::MAX)).layer(service);
    endless.oneshot(request("GET", URL, &[])).await.unwrap();
    assert_eq!(double.seen().len(), 1000);
}

#[test]
fn the_default_policy_can_be_asked_directly() {
    let options = oras_transport::RetryOptions::default();
    let post = http::Method::POST;
    let lost = |is_unsent| Failure::Error {
        kind: FailureKind::Interrupted,
        is_unsent,
    };
    assert_eq!(
        options.decide(&FailedAttempt::new(&post, lost(false))),
        Decision::Stop
    );
    assert_ne!(
        options.decide(&FailedAttempt::new(&post, lost(true))),
        Decision::Stop
    );
}
