//! Spoilt bodies: answers that break off, or are not what the registry has.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use oras_content::BoxError;

use crate::body::Body;
use crate::connection::Connection;

/// What is done to a body, and where.
#[derive(Clone, Copy, Debug)]
pub(super) enum Damage {
    /// End after so many bytes.
    Truncate(u64),
    /// Invert the byte at this position.
    Flip(u64),
    /// End after so many bytes, with a reset.
    Reset(u64),
}

/// A body with its damage. It claims to be as long as the whole one.
pub(super) struct Spoilt {
    body: Body,
    damage: Damage,
    connection: Arc<Connection>,
    sent: u64,
    paused: bool,
}

impl Spoilt {
    pub(super) fn new(body: Body, damage: Damage, connection: Arc<Connection>) -> Self {
        Self {
            body,
            damage,
            connection,
            sent: 0,
            paused: false,
        }
    }

    /// Where the body ends, if the damage ends it.
    fn end(&self) -> Option<u64> {
        match self.damage {
            Damage::Truncate(end) | Damage::Reset(end) => Some(end),
            Damage::Flip(_) => None,
        }
    }

    /// Breaks off: first lets what was sent so far reach the socket, then ends the connection.
    fn break_off(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !self.paused {
            self.paused = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Damage::Reset(_) = self.damage {
            self.connection.reset();
        }
        Poll::Ready(Some(Err("this answer was asked to break off".into())))
    }

    fn spoil(&self, bytes: Bytes) -> Bytes {
        match self.damage {
            Damage::Truncate(end) | Damage::Reset(end) => {
                let left = usize::try_from(end - self.sent).unwrap_or(usize::MAX);
                bytes.slice(..bytes.len().min(left))
            }
            Damage::Flip(position) => flip(bytes, position.checked_sub(self.sent)),
        }
    }
}

impl HttpBody for Spoilt {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.end() == Some(self.sent) {
            return self.break_off(cx);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        let bytes = self.spoil(frame.into_data().unwrap_or_default());
        self.sent += bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.end().is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn flip(bytes: Bytes, position: Option<u64>) -> Bytes {
    let position = position.and_then(|position| usize::try_from(position).ok());
    let Some(position) = position.filter(|position| *position < bytes.len()) else {
        return bytes;
    };
    let mut bytes = BytesMut::from(bytes);
    bytes[position] = !bytes[position];
    bytes.freeze()
}
