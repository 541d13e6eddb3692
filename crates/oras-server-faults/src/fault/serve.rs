//! Serving with faults: the steps applied to a request and its response, in order.

use hyper::header::AUTHORIZATION;
use hyper::{Method, Response};
use oras_content::BoxError;
use oras_server::{Body, Incoming, Next, Origin, Right};

use super::ticket::Found;
use super::{Onward, replace};
use crate::layer::{Host, Visit};

impl Host {
    /// Answers a request, with the fault that is armed for it, if any.
    pub(crate) async fn misbehave(&self, mut visit: Visit) -> Result<Response<Body>, BoxError> {
        let is_head = visit.asked.head.method == Method::HEAD;
        if let Some(answer) = self.redeem(&mut visit) {
            visit.asked.body.drain(Incoming::DRAINED).await;
            return Ok(Next::finish(answer, is_head));
        }
        if let Some(meaning) = &visit.detour.meaning {
            visit.asked.head.uri = meaning.clone();
        }
        let is_storage = visit.asked.right == Right::Granted;
        let strike = self
            .layer
            .faults
            .strike(&visit.asked.head, &visit.path, is_storage);
        let Some(strike) = strike else {
            return self.handle_oddly(visit).await;
        };
        if strike.is_unauthorized() {
            visit.asked.right = Right::Refused;
        }
        let Visit { asked, path, .. } = &mut visit;
        let answer = match strike.before(self, &mut asked.head, path, &mut asked.body).await {
            Onward::Handle => self.handle_oddly(visit).await?,
            Onward::Answer(answer) => Next::finish(answer, is_head),
            Onward::Break(error) => return Err(error),
        };
        strike.after(answer, &self.next)
    }

    /// Replaces a ticket's address by the address of its content, or returns the response.
    fn redeem(&self, visit: &mut Visit) -> Option<Response<Body>> {
        let head = &mut visit.asked.head;
        match visit.detour.ticket.take()? {
            Found::Expired => Some(replace::expired()),
            _ if self.next.origin() == Origin::Second && head.headers.contains_key(AUTHORIZATION) => {
                Some(replace::two_credentials())
            }
            Found::Redirect(redirect, target) => {
                let tickets = &self.layer.tickets;
                Some(replace::redirect(&redirect, &self.next, tickets, head, &target))
            }
            Found::Content(uri) => {
                head.uri = uri;
                visit.asked.right = Right::Granted;
                None
            }
        }
    }
}
