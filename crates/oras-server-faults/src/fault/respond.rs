//! Effects on a response of the registry.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hyper::Response;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, LINK};
use oras_content::{BoxError, Digest};
use oras_server::{Body, Next, Origin};

use super::armed::Strike;
use super::effect::Effect;
use super::gzip;
use super::replace::path_of;
use super::spoil::{Damage, Spoilt};
use super::wire::{Edit, Tampering};
use crate::answer::DOCKER_CONTENT_DIGEST;

impl Strike {
    /// Applies the effect to a response: its headers, its body, or its connection.
    pub(crate) fn after(self, mut answer: Response<Body>, next: &Next) -> Result<Response<Body>, BoxError> {
        if self.effect == Effect::LoseAnswer {
            return Err("the answer was asked to be lost".into());
        }
        if let Some(wire) = self.wire().filter(|_| self.is_http1()) {
            next.connection().rewire(Box::new(wire));
            close(&mut answer);
        }
        if self.effect == Effect::GoAway && self.is_http1() {
            close(&mut answer);
        }
        if self.is_without_length() {
            answer.headers_mut().remove(CONTENT_LENGTH);
        }
        self.set_headers(&mut answer, next);
        if self.effect == Effect::Gzip {
            return Ok(gzip::encode(answer));
        }
        Ok(match self.damage() {
            None => answer,
            Some(damage) => answer.map(|body| {
                Body::boxed(Spoilt::new(
                    body,
                    damage,
                    self.is_without_length(),
                    Arc::clone(next.connection()),
                ))
            }),
        })
    }

    /// Returns the effect on the body.
    fn damage(&self) -> Option<Damage> {
        Some(match &self.effect {
            Effect::Truncate(len) | Effect::TruncateChunked(len) | Effect::TruncateUnframed(len) => {
                Damage::Truncate(*len)
            }
            Effect::Reset(len) => Damage::Reset(*len),
            Effect::Flip(position) => Damage::Flip(*position),
            Effect::Stall(stall) => Damage::Stall(*stall),
            Effect::Drip(drip) => Damage::Drip(*drip),
            Effect::ContentLengthAndChunked(_) => Damage::None,
            _ => return None,
        })
    }

    /// Whether the response must not state its length.
    fn is_without_length(&self) -> bool {
        match &self.effect {
            Effect::TruncateChunked(_) | Effect::ContentLengthAndChunked(_) => true,
            Effect::TruncateUnframed(_) => !self.is_http1(),
            _ => false,
        }
    }

    /// Returns the effect on the bytes of the connection.
    fn wire(&self) -> Option<Tampering> {
        Some(match &self.effect {
            Effect::TruncateUnframed(_) => Tampering::edit(Edit::lengths(Vec::new())),
            Effect::ContentLength(lengths) | Effect::ContentLengthAndChunked(lengths) => {
                Tampering::edit(Edit::lengths(lengths.0.clone()))
            }
            Effect::CloseAnswer(len) => Tampering::cut(*len, false),
            Effect::ResetAnswer(len) => Tampering::cut(*len, true),
            Effect::DripAnswer(drip) => Tampering::drip(*drip),
            _ => return None,
        })
    }

    fn set_headers(&self, answer: &mut Response<Body>, next: &Next) {
        let headers = answer.headers_mut();
        match &self.effect {
            Effect::WrongDigest => {
                let other = wrong_digest(headers.get(DOCKER_CONTENT_DIGEST));
                headers.insert(DOCKER_CONTENT_DIGEST, other);
            }
            Effect::EndlessPages => link(headers, &format!("{}{}", self.list(), page_number())),
            Effect::PageLoop => link(headers, &path_of(&self.head.uri)),
            Effect::ForeignLink => {
                let root = next.root(Origin::Second).unwrap_or("http://127.0.0.1:1");
                link(headers, &format!("{root}{}", path_of(&self.head.uri)));
            }
            _ => {}
        }
        for (name, value) in &self.headers.0 {
            match value {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
        }
    }

    /// Returns the requested address, ready for another parameter.
    fn list(&self) -> String {
        let path = path_of(&self.head.uri);
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}")
    }
}

fn close(answer: &mut Response<Body>) {
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
}

fn link(headers: &mut hyper::HeaderMap, address: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("<{address}>; rel=\"next\"")) {
        headers.insert(LINK, value);
    }
}

/// Returns a parameter that no earlier link had.
fn page_number() -> String {
    static PAGES: AtomicU64 = AtomicU64::new(1);
    format!("page={}", PAGES.fetch_add(1, Relaxed))
}

/// Returns a digest that differs in its last digit.
fn wrong_digest(right: Option<&HeaderValue>) -> HeaderValue {
    let text = right.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut text = text.unwrap_or_else(|| Digest::sha256(b"").to_string());
    let last = match text.pop() {
        Some('0') => '1',
        _ => '0',
    };
    text.push(last);
    HeaderValue::from_str(&text).expect("digests are plain text")
}
