//! Payloads that read from a borrowed store.

use std::future::Future;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut, stream};
use oras_content::{Descriptor, Error, OpenOptions, Opened, Payload, Reopen, Result, Store};
use tokio::sync::{mpsc, oneshot};

/// Pushes the content of `target` from `source`.
///
/// A payload may outlive its push, for example in a connection that closes slightly later, so it cannot borrow the
/// source. Instead, it sends requests, which are served here by the future that runs the push.
pub(crate) async fn lend<F: Future>(
    source: &dyn Store,
    target: &Descriptor,
    push: impl FnOnce(Payload) -> F,
) -> F::Output {
    let (asking, mut asked) = mpsc::unbounded_channel();
    let borrower = Borrower { asking };
    let payload = Payload::reopen(std::sync::Arc::new(borrower), Some(target.size));
    let asked = stream::poll_fn(move |cx| asked.poll_recv(cx));
    let answering = asked.for_each_concurrent(None, |ask: Ask| async move {
        let opened = source.open(target, ask.opts).await;
        let opened = opened.and_then(|opened| opened.check(target, ask.opts.range));
        // The requester may have been dropped.
        let _ = ask.answer.send(opened);
    });
    let push = push(payload);
    pin_mut!(push, answering);
    match select(push, answering).await {
        Either::Left((done, _)) => done,
        Either::Right(((), push)) => push.await,
    }
}

struct Ask {
    opts: OpenOptions,
    answer: oneshot::Sender<Result<Opened>>,
}

struct Borrower {
    asking: mpsc::UnboundedSender<Ask>,
}

#[async_trait]
impl Reopen for Borrower {
    async fn open(&self, opts: OpenOptions) -> Result<Opened> {
        let (answer, answered) = oneshot::channel();
        let over = || Error::unsupported("reading from the source of a copy that is over");
        self.asking.send(Ask { opts, answer }).map_err(|_| over())?;
        answered.await.map_err(|_| over())?
    }
}
