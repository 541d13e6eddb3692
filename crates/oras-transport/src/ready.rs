//! Takes the service that was polled ready, as tower asks of a layer that moves its inner service into a future.

/// Takes the service that is ready, and leaves a clone that is not.
pub(crate) fn take_ready<S: Clone>(inner: &mut S) -> S {
    let unready = inner.clone();
    std::mem::replace(inner, unready)
}
