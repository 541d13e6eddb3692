//! Taking the service that was polled ready, as tower asks of a layer that moves its inner service into a future.

/// The service that `poll_ready` reserved room in; a clone without that room takes its place.
pub(crate) fn take_ready<S: Clone>(inner: &mut S) -> S {
    let unready = inner.clone();
    std::mem::replace(inner, unready)
}
