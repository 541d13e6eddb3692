//! Effects on a request before the registry handles it.

use std::time::Duration;

use hyper::Response;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE};
use hyper::http::request::Parts;
use oras_content::BoxError;
use oras_server::{Body, Incoming, RequestPath};

use super::armed::Strike;
use super::effect::Effect;
use super::replace::{self, path_of};
use crate::layer::Host;

/// What happens to a request next.
pub(crate) enum Onward {
    /// The registry handles it.
    Handle,
    /// It gets this response.
    Answer(Response<Body>),
    /// Its connection or stream ends.
    Break(BoxError),
}

impl Strike {
    /// Applies the effect to a request that has just arrived.
    pub(crate) async fn before(
        &self,
        host: &Host,
        head: &mut Parts,
        path: &RequestPath,
        body: &mut Incoming,
    ) -> Onward {
        match &self.effect {
            Effect::Latency(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Effect::Hang => {
                body.drain(u64::MAX).await;
                std::future::pending::<()>().await;
            }
            Effect::CloseRequest(len) => {
                body.drain(*len).await;
                return broken();
            }
            Effect::ResetRequest(len) => {
                body.drain(*len).await;
                host.next.connection().reset();
                return broken();
            }
            Effect::RefuseStream => return Onward::Break(h2::Error::from(h2::Reason::REFUSED_STREAM).into()),
            Effect::Keep(len) => keep(head, body, *len),
            Effect::ExpireTokens => host.next.expire_tokens(),
            Effect::LoseSession => lose_session(host, path),
            Effect::GoAway => {
                host.next.connection().go_away();
                // The connection must act on this before the request is answered.
                tokio::task::yield_now().await;
            }
            Effect::Unauthorized => {
                head.headers.remove(AUTHORIZATION);
            }
            _ => {}
        }
        match self.replacement(host) {
            None => Onward::Handle,
            Some(answer) => {
                body.drain(Incoming::DRAINED).await;
                Onward::Answer(answer)
            }
        }
    }

    /// Returns the response that replaces the registry's, if any.
    fn replacement(&self, host: &Host) -> Option<Response<Body>> {
        Some(match &self.effect {
            Effect::Status(status) => replace::status(*status),
            Effect::RateLimited(retry_after) => replace::rate_limited(retry_after),
            Effect::Html => replace::html(),
            Effect::Oversized(len) => replace::oversized(*len),
            Effect::Redirect(redirect) => {
                let (tickets, asked) = (&host.layer.tickets, &self.head);
                replace::redirect(redirect, &host.next, tickets, asked, &path_of(&asked.uri))
            }
            _ => return None,
        })
    }

    /// Whether all credentials are refused.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.effect == Effect::Unauthorized
    }
}

fn broken() -> Onward {
    Onward::Break("the connection was asked to break off".into())
}

/// Keeps a part of the body, and removes its length from the head.
fn keep(head: &mut Parts, body: &mut Incoming, len: u64) {
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(CONTENT_RANGE);
    body.keep(len);
}

fn lose_session(host: &Host, path: &RequestPath) {
    if let Some(id) = path.upload() {
        host.next.forget_upload(id);
    }
}
