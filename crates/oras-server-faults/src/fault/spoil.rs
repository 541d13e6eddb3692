//! Spoilt bodies: responses that break off, are slow, or have wrong bytes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use oras_content::BoxError;
use oras_server::{Body, Connection};
use tokio::time::Sleep;

use super::effect::{Drip, Stall};

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

/// The damage to a body, and its position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Damage {
    None,
    /// Ends the body after this many bytes.
    Truncate(u64),
    /// Inverts the byte at this position.
    Flip(u64),
    /// Ends the body after this many bytes, with a reset.
    Reset(u64),
    /// Waits in the middle.
    Stall(Stall),
    /// Waits before every few bytes.
    Drip(Drip),
}

/// A damaged body. If it states a length, it is that of the whole body.
pub(super) struct Spoilt {
    body: Body,
    damage: Damage,
    is_without_length: bool,
    connection: Arc<Connection>,
    /// Bytes that were read and not sent yet.
    held: Bytes,
    wait: Option<Pin<Box<Sleep>>>,
    sent: u64,
    paused: bool,
}

impl Spoilt {
    pub(super) fn new(
        body: Body,
        damage: Damage,
        is_without_length: bool,
        connection: Arc<Connection>,
    ) -> Self {
        Self {
            body,
            damage,
            is_without_length,
            connection,
            held: Bytes::new(),
            wait: None,
            sent: 0,
            paused: false,
        }
    }

    /// Returns where the damage ends the body, if it does.
    fn end(&self) -> Option<u64> {
        match self.damage {
            Damage::Truncate(end) | Damage::Reset(end) => Some(end),
            _ => None,
        }
    }

    /// Breaks off: lets the bytes sent so far reach the socket, then ends the connection.
    fn break_off(&mut self, cx: &mut Context<'_>) -> Polled {
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

    /// Returns how many bytes may be sent before the damage acts again.
    fn step(&self) -> usize {
        let until = |end: u64| usize::try_from(end.saturating_sub(self.sent)).unwrap_or(usize::MAX);
        match self.damage {
            Damage::Truncate(end) | Damage::Reset(end) => until(end),
            Damage::Stall(stall) if !self.paused => until(stall.at),
            Damage::Drip(drip) => drip.step(),
            _ => usize::MAX,
        }
    }

    /// Waits if the damage says so.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.wait.is_none() {
            self.wait = self.due().map(|wait| Box::pin(tokio::time::sleep(wait)));
        }
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
            self.paused = true;
        }
        Poll::Ready(())
    }

    fn due(&self) -> Option<Duration> {
        match self.damage {
            Damage::Stall(stall) if !self.paused && self.sent == stall.at => {
                // Without an end, the client has to leave.
                Some(
                    stall
                        .ms
                        .map_or(Duration::from_secs(u64::from(u32::MAX)), Duration::from_millis),
                )
            }
            Damage::Drip(drip) if !self.held.is_empty() => Some(drip.wait()),
            _ => None,
        }
    }
}

impl HttpBody for Spoilt {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        if self.end() == Some(self.sent) {
            return self.break_off(cx);
        }
        if self.held.is_empty() {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
            let Some(Ok(frame)) = frame else {
                return Poll::Ready(frame);
            };
            self.held = frame.into_data().unwrap_or_default();
        }
        ready!(self.poll_wait(cx));
        let len = self.step().min(self.held.len());
        let mut bytes = self.held.split_to(len);
        if let Damage::Flip(position) = self.damage {
            bytes = flip(bytes, position.checked_sub(self.sent));
        }
        self.sent += bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.end().is_none() && self.held.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.is_without_length {
            true => SizeHint::default(),
            false => self.body.size_hint(),
        }
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
