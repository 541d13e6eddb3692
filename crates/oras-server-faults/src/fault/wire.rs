//! Effects on the bytes of a response on an HTTP/1.1 connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use oras_server::{Progress, Wire};
use tokio::io::AsyncWrite;
use tokio::time::Sleep;

use super::effect::Drip;

/// Maximum length of the head of a response.
const MAX_HEAD: usize = 64 * 1024;

/// The effect on everything that is written to a connection from now on.
#[derive(Debug, Default)]
pub(super) struct Tampering {
    edit: Option<Edit>,
    /// Where the response ends, and whether with a reset.
    cut: Option<(u64, bool)>,
    drip: Option<Drip>,
    /// Bytes that were taken and not written yet.
    held: BytesMut,
    wait: Option<Pin<Box<Sleep>>>,
    sent: u64,
}

/// The changes to the head of a response.
#[derive(Debug)]
pub(super) struct Edit {
    lengths: Vec<String>,
}

impl Edit {
    /// Replaces the length by these values.
    pub(super) fn lengths(lengths: Vec<String>) -> Self {
        Self { lengths }
    }

    /// Returns the edited head, once it is complete.
    fn apply(&self, bytes: &[u8]) -> Option<BytesMut> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.or((bytes.len() > MAX_HEAD).then_some(bytes.len()))?;
        let (head, rest) = bytes.split_at(end);
        let mut edited = Vec::with_capacity(bytes.len() + 64);
        for line in head.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !is_length(line) {
                edited.extend_from_slice(line);
                edited.extend_from_slice(b"\r\n");
            }
        }
        for length in &self.lengths {
            edited.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
        }
        edited.truncate(edited.len() - 2);
        edited.extend_from_slice(rest);
        Some(BytesMut::from(&edited[..]))
    }
}

fn is_length(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    name.eq_ignore_ascii_case(b"content-length")
}

impl Tampering {
    pub(super) fn edit(edit: Edit) -> Self {
        Self {
            edit: Some(edit),
            ..Self::default()
        }
    }

    pub(super) fn cut(len: u64, with_reset: bool) -> Self {
        Self {
            cut: Some((len, with_reset)),
            ..Self::default()
        }
    }

    pub(super) fn drip(drip: Drip) -> Self {
        Self {
            drip: Some(drip),
            ..Self::default()
        }
    }

    fn step(&self) -> usize {
        match (self.cut, self.drip) {
            (Some((len, _)), _) => usize::try_from(len - self.sent).unwrap_or(usize::MAX),
            (_, Some(drip)) => drip.step(),
            _ => usize::MAX,
        }
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(drip) = self.drip else {
            return Poll::Ready(());
        };
        let wait = self
            .wait
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(drip.wait())));
        wait.as_mut().poll(cx)
    }
}

impl Wire for Tampering {
    fn sent(&self) -> u64 {
        self.sent
    }

    fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut (dyn AsyncWrite + Send + Unpin),
        bytes: &[u8],
    ) -> Poll<io::Result<Progress>> {
        let drained = ready!(self.poll_drain(cx, stream))?;
        if drained != Progress::Done {
            return Poll::Ready(Ok(drained));
        }
        self.held.extend_from_slice(bytes);
        Poll::Ready(Ok(Progress::Done))
    }

    fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Poll<io::Result<Progress>> {
        if let Some(edit) = &self.edit {
            let Some(edited) = edit.apply(&self.held) else {
                return Poll::Ready(Ok(Progress::Done));
            };
            self.held = edited;
            self.edit = None;
        }
        loop {
            if let Some((_, with_reset)) = self.cut.filter(|(len, _)| *len == self.sent) {
                return Poll::Ready(Ok(Progress::Cut { with_reset }));
            }
            if self.held.is_empty() {
                return Poll::Ready(Ok(Progress::Done));
            }
            ready!(self.poll_wait(cx));
            let len = self.step().min(self.held.len());
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, &self.held[..len]))?;
            self.held.advance(written);
            self.sent += written as u64;
            self.wait = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Edit;

    #[test]
    fn only_the_length_is_replaced() {
        let answer = b"HTTP/1.1 200 OK\r\na: 1\r\nContent-Length: 5\r\nb: 2\r\n\r\nhello";
        let edited = |lengths: &[&str]| {
            let edit = Edit::lengths(lengths.iter().map(|&length| length.to_owned()).collect());
            String::from_utf8(edit.apply(answer).unwrap().to_vec()).unwrap()
        };
        assert_eq!(edited(&[]), "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\n\r\nhello");
        assert_eq!(
            edited(&["-1", "7"]),
            "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\ncontent-length: -1\r\ncontent-length: 7\r\n\r\nhello"
        );
    }

    #[test]
    fn half_a_head_is_not_edited() {
        assert!(
            Edit::lengths(Vec::new())
                .apply(b"HTTP/1.1 200 OK\r\ncontent-")
                .is_none()
        );
    }
}
