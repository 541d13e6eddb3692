//! Compressed responses.

use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::Response;
use hyper::body::{Body as HttpBody, Frame};
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue};
use oras_content::BoxError;
use oras_server::Body;

/// Compresses the body of a response.
pub(crate) fn encode(mut answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    answer.map(|body| {
        Body::boxed(Gzip {
            body,
            encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())),
        })
    })
}

/// A body that is compressed while it is sent.
struct Gzip {
    body: Body,
    /// `None` at the end of the body.
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl HttpBody for Gzip {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        while let Some(mut encoder) = self.encoder.take() {
            let compressed = match Pin::new(&mut self.body).poll_frame(cx)? {
                Poll::Pending => {
                    self.encoder = Some(encoder);
                    return Poll::Pending;
                }
                Poll::Ready(None) => encoder.finish()?,
                Poll::Ready(Some(frame)) => {
                    encoder.write_all(&frame.into_data().unwrap_or_default())?;
                    let compressed = std::mem::take(encoder.get_mut());
                    self.encoder = Some(encoder);
                    compressed
                }
            };
            if !compressed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(compressed.into()))));
            }
        }
        Poll::Ready(None)
    }
}
