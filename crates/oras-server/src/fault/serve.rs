//! Serving with faults: what is done to a request and its answer, in order.

use hyper::header::AUTHORIZATION;
use hyper::{Method, Response};
use oras_content::BoxError;

use super::ticket::Found;
use super::{Next, replace};
use crate::body::{Body, DRAINED};
use crate::origin::Origin;
use crate::service::{Asked, RegistryService, Right, finish};

impl RegistryService {
    /// Answers a request, with the fault that is armed for it, if one is.
    pub(crate) async fn misbehave(&self, mut asked: Asked) -> Result<Response<Body>, BoxError> {
        let is_head = asked.head.method == Method::HEAD;
        if let Some(answer) = self.redeem(&mut asked) {
            asked.body.drain(DRAINED).await;
            return Ok(finish(answer, is_head));
        }
        if let Some(meaning) = &asked.detour.meaning {
            asked.head.uri = meaning.clone();
        }
        let is_storage = asked.right == Right::Ticket;
        let Some(strike) = self.faults.strike(&asked.head, &asked.path, is_storage) else {
            return self.handle_oddly(asked).await;
        };
        if strike.is_unauthorized() {
            asked.right = Right::Refused;
        }
        let Asked { head, path, body, .. } = &mut asked;
        let answer = match strike.before(self, head, path, body).await {
            Next::Handle => self.handle_oddly(asked).await?,
            Next::Answer(answer) => finish(answer, is_head),
            Next::Break(error) => return Err(error),
        };
        strike.after(answer, &self.connection, &self.origins)
    }

    /// Turns a request to an address that was given out into the one that it stands for, or into its answer.
    fn redeem(&self, asked: &mut Asked) -> Option<Response<Body>> {
        match asked.detour.ticket.take()? {
            Found::Expired => Some(replace::expired()),
            _ if self.origin == Origin::Second && asked.head.headers.contains_key(AUTHORIZATION) => {
                Some(replace::two_credentials())
            }
            Found::Redirect(redirect, target) => {
                let (origins, tickets) = (&self.origins, &self.tickets);
                Some(replace::redirect(
                    &redirect,
                    origins,
                    tickets,
                    &asked.head,
                    &target,
                ))
            }
            Found::Content(uri) => {
                asked.head.uri = uri;
                asked.right = Right::Ticket;
                None
            }
        }
    }
}
