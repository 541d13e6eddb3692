//! Outgoing content: a payload as the body of a request.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryFutureExt, TryStreamExt};
use oras_content::{Descriptor, Payload};
use oras_transport::{Body, BodySource};

/// `payload` as the body of a request. It is verified as it is sent, so that altered content never arrives whole.
pub(crate) fn request_body(payload: &Payload, expected: &Descriptor) -> Body {
    if let Some(verified) = payload.as_verified() {
        return verified.bytes().clone().into();
    }
    let outgoing = Outgoing {
        payload: payload.clone(),
        expected: expected.clone(),
    };
    let len = Some(expected.size);
    if payload.is_replayable() {
        return Body::replayable(len, Arc::new(outgoing));
    }
    let stream = stream::once(async move { outgoing.open().await }).try_flatten();
    Body::once(len, stream.boxed())
}

/// A payload on its way to the registry.
struct Outgoing {
    payload: Payload,
    expected: Descriptor,
}

type Frames = BoxStream<'static, Result<Bytes, oras_transport::BoxError>>;

#[async_trait]
impl BodySource for Outgoing {
    async fn open(&self) -> Result<Frames, oras_transport::BoxError> {
        let opened = self.payload.open(..);
        let content = opened
            .and_then(|content| async { content.verified(&self.expected) })
            .await?;
        Ok(content.map_err(Into::into).boxed())
    }
}
