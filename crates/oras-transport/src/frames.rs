//! `Frames`: the source of the bytes of a response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http_body::{Body as _, SizeHint};

use crate::error::Error;

pub(crate) enum Frames {
    Empty,
    Incoming(hyper::body::Incoming),
    Stream(BoxStream<'static, Result<Bytes, Error>>),
}

impl Frames {
    /// The next bytes of the response of `url`. Trailers are skipped, because the protocol does not use them.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        url: &str,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        let incoming = match self {
            Self::Empty => return Poll::Ready(None),
            Self::Stream(stream) => return stream.as_mut().poll_next(cx),
            Self::Incoming(incoming) => incoming,
        };
        loop {
            let frame = match ready!(Pin::new(&mut *incoming).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(Error::ResponseBody {
                        url: url.into(),
                        source: error.into(),
                    })));
                }
            };
            if let Ok(bytes) = frame.into_data()
                && !bytes.is_empty()
            {
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }

    pub(crate) fn is_ended(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Incoming(incoming) => incoming.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Incoming(incoming) => incoming.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
