//! A destination that does not accept the bytes of a blob, or does not confirm them.

use hyper::Method;
use oras_content::ErrorKind::{Denied, NotFound, Protocol, RateLimited, Rejected, Unauthenticated};
use oras_copy::Operation::Push;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::case::{GONE, destination, limited, through};
use crate::graph::{Graph, LARGE};

fn at_upload(graph: &Graph, fault: Fault) -> Fault {
    fault
        .on_route(Route::Upload)
        .on_method(Method::PUT)
        .on_digest(&graph.large.digest)
}

// Sending a blob again costs the source one request and the destination three: a new session, the bytes, and the
// cancellation of the old session.
faults! { once, always;
    fn an_upload_is_unavailable(graph) Destination {
        at_upload(graph, Fault::status(503)) => through(1, 3), destination(Push, GONE)
    }
    fn an_upload_fails_with_500(graph) Destination {
        at_upload(graph, Fault::status(500)) => through(1, 3), destination(Push, GONE)
    }
    fn an_upload_finds_no_room(graph) Destination {
        at_upload(graph, Fault::status(507)) => through(1, 3), destination(Push, GONE)
    }
    fn an_upload_is_limited(graph) Destination {
        at_upload(graph, Fault::status(429)) => through(1, 3), destination(Push, RateLimited { retry_after: None })
    }
    fn an_upload_is_limited_for_an_hour(graph) Destination {
        at_upload(graph, Fault::rate_limited("3600")) => destination(Push, limited(3600)), destination(Push, limited(3600))
    }
    fn an_upload_is_not_answered(graph) Destination {
        at_upload(graph, Fault::lose_answer()) => through(0, 1), through(0, 1)
    }
    fn an_answer_to_an_upload_is_reset(graph) Destination {
        at_upload(graph, Fault::reset_answer(10)) => through(0, 1), through(0, 1)
    }
    fn an_upload_is_closed_at_its_first_byte(graph) Destination {
        at_upload(graph, Fault::close_request(0)) => through(1, 3), destination(Push, GONE)
    }
    fn an_upload_is_closed_in_its_middle(graph) Destination {
        at_upload(graph, Fault::close_request(LARGE / 2)) => through(1, 3), destination(Push, GONE)
    }
    fn an_upload_is_reset_in_its_middle(graph) Destination {
        at_upload(graph, Fault::reset_request(LARGE / 2)) => through(1, 3), destination(Push, GONE)
    }
    fn an_upload_is_closed_at_its_last_byte(graph) Destination {
        at_upload(graph, Fault::close_request(LARGE - 1)) => through(1, 3), destination(Push, GONE)
    }
    fn an_upload_loses_its_end(graph) Destination {
        at_upload(graph, Fault::keep(LARGE - 1)) => destination(Push, Rejected), destination(Push, Rejected)
    }
    fn an_upload_loses_its_session(graph) Destination {
        at_upload(graph, Fault::lose_session()) => through(1, 3), destination(Push, NotFound)
    }
    fn an_upload_is_denied(graph) Destination {
        at_upload(graph, Fault::status(403)) => destination(Push, Denied), destination(Push, Denied)
    }
    fn an_upload_needs_a_login(graph) Destination {
        at_upload(graph, Fault::unauthorized()) => destination(Push, Unauthenticated), destination(Push, Unauthenticated)
    }
    fn an_upload_is_too_large(graph) Destination {
        at_upload(graph, Fault::status(413)) => through(1, 2), destination(Push, Rejected)
    }
    fn an_upload_is_a_page(graph) Destination {
        at_upload(graph, Fault::html()) => destination(Push, Protocol), destination(Push, Protocol)
    }
    fn an_upload_is_stored_under_another_digest(graph) Destination {
        at_upload(graph, Fault::wrong_digest()) => destination(Push, Protocol), destination(Push, Protocol)
    }
}
