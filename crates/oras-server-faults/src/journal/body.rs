//! Bodies of responses, which are counted as they are sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use oras_content::BoxError;
use oras_server::Body;

use super::Pending;

/// A body that completes its entry when it is dropped.
pub(super) struct Recorded {
    body: Body,
    pending: Pending,
}

impl Pending {
    /// Wraps a body, to count it as it is sent.
    pub(crate) fn watch(self, body: Body) -> Body {
        Body::boxed(Recorded { body, pending: self })
    }
}

impl HttpBody for Recorded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.pending.0.sent(frame.data_ref().map_or(0, Bytes::len));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
