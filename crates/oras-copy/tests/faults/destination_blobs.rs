//! A destination that does not report whether it has a blob, or does not open an upload for it.

use oras_content::ErrorKind::{Denied, Protocol, RateLimited, Rejected, Unauthenticated};
use oras_copy::Operation::Push;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::case::{GONE, destination, limited, through};
use crate::graph::Graph;

fn at_opening(graph: &Graph, fault: Fault) -> Fault {
    fault.on_route(Route::Uploads).on_digest(&graph.large.digest)
}

faults! { once, always;
    fn an_upload_cannot_be_opened_for_now(graph) Destination {
        at_opening(graph, Fault::status(503)) => through(0, 1), through(0, 4)
    }
    fn opening_an_upload_fails_with_500(graph) Destination {
        at_opening(graph, Fault::status(500)) => through(0, 1), through(0, 4)
    }
    fn opening_an_upload_is_limited(graph) Destination {
        at_opening(graph, Fault::status(429)) => through(0, 1), destination(Push, RateLimited { retry_after: None })
    }
    fn opening_an_upload_is_limited_for_an_hour(graph) Destination {
        at_opening(graph, Fault::rate_limited("3600")) => destination(Push, limited(3600)), destination(Push, limited(3600))
    }
    fn opening_an_upload_is_not_answered(graph) Destination {
        at_opening(graph, Fault::lose_answer()) => through(0, 1), destination(Push, GONE)
    }
    fn opening_an_upload_is_reset(graph) Destination {
        at_opening(graph, Fault::reset_answer(10)) => through(0, 1), destination(Push, GONE)
    }
    fn opening_an_upload_is_denied(graph) Destination {
        at_opening(graph, Fault::status(403)) => through(0, 2), through(0, 2)
    }
    fn opening_an_upload_needs_a_login(graph) Destination {
        at_opening(graph, Fault::unauthorized()) => through(0, 2), through(0, 2)
    }
    fn opening_an_upload_is_rejected(graph) Destination {
        at_opening(graph, Fault::status(400)) => through(0, 2), through(0, 2)
    }
    fn opening_an_upload_is_a_page(graph) Destination {
        at_opening(graph, Fault::html()) => through(0, 2), through(0, 2)
    }
    fn no_upload_may_be_opened(_) Destination {
        Fault::status(403).on_route(Route::Uploads) => through(0, 2), destination(Push, Denied)
    }
    fn every_upload_needs_a_login(_) Destination {
        Fault::unauthorized().on_route(Route::Uploads) => through(0, 2), destination(Push, Unauthenticated)
    }
    fn no_upload_can_be_opened_for_now(_) Destination {
        Fault::status(503).on_route(Route::Uploads) => through(0, 1), destination(Push, GONE)
    }
    fn every_opened_upload_is_a_page(_) Destination {
        Fault::html().on_route(Route::Uploads) => through(0, 2), destination(Push, Protocol)
    }
    fn every_upload_is_rejected(_) Destination {
        Fault::status(400).on_route(Route::Uploads) => through(0, 2), destination(Push, Rejected)
    }
}
