//! A destination that does not report whether it has a manifest, does not accept one, or does not confirm it.

use hyper::Method;
use oras_content::ErrorKind::{Denied, Protocol, Rejected, Unauthenticated};
use oras_copy::Operation::{Exists, Push};
use oras_server::Route;
use oras_server_faults::Fault;

use crate::case::{GONE, destination, limited, through};
use crate::graph::Graph;

fn at_question(graph: &Graph, fault: Fault) -> Fault {
    fault
        .on_route(Route::Manifest)
        .on_method(Method::HEAD)
        .on_digest(&graph.amd64.digest)
}

fn at_push(graph: &Graph, fault: Fault) -> Fault {
    fault
        .on_route(Route::Manifest)
        .on_method(Method::PUT)
        .on_digest(&graph.amd64.digest)
}

/// The third manifest to be pushed is the index, under its tag.
fn at_root(fault: Fault) -> Fault {
    fault.on_route(Route::Manifest).on_method(Method::PUT).nth(3)
}

faults! { once, always;
    fn a_question_is_unavailable(graph) Destination {
        at_question(graph, Fault::status(503)) => through(0, 1), destination(Exists, GONE)
    }
    fn a_question_is_limited_for_an_hour(graph) Destination {
        at_question(graph, Fault::rate_limited("3600")) => destination(Exists, limited(3600)), destination(Exists, limited(3600))
    }
    fn a_question_is_not_answered(graph) Destination {
        at_question(graph, Fault::lose_answer()) => through(0, 1), destination(Exists, GONE)
    }
    fn a_question_is_denied(graph) Destination {
        at_question(graph, Fault::status(403)) => through(0, 1), through(0, 1)
    }
    fn a_question_needs_a_login(graph) Destination {
        at_question(graph, Fault::unauthorized()) => destination(Exists, Unauthenticated), destination(Exists, Unauthenticated)
    }
    fn a_question_is_answered_by_a_page(graph) Destination {
        at_question(graph, Fault::html()) => through(0, 1), through(0, 1)
    }
    fn a_push_is_unavailable(graph) Destination {
        at_push(graph, Fault::status(503)) => through(0, 1), destination(Push, GONE)
    }
    fn a_push_is_limited_for_an_hour(graph) Destination {
        at_push(graph, Fault::rate_limited("3600")) => destination(Push, limited(3600)), destination(Push, limited(3600))
    }
    fn a_push_is_not_answered(graph) Destination {
        at_push(graph, Fault::lose_answer()) => through(0, 1), destination(Push, GONE)
    }
    fn a_push_is_closed_in_its_middle(graph) Destination {
        at_push(graph, Fault::close_request(100)) => through(0, 1), destination(Push, GONE)
    }
    fn a_push_loses_its_end(graph) Destination {
        at_push(graph, Fault::keep(100)) => destination(Push, Rejected), destination(Push, Rejected)
    }
    fn a_push_is_denied(graph) Destination {
        at_push(graph, Fault::status(403)) => destination(Push, Denied), destination(Push, Denied)
    }
    fn a_push_needs_a_login(graph) Destination {
        at_push(graph, Fault::unauthorized()) => destination(Push, Unauthenticated), destination(Push, Unauthenticated)
    }
    fn a_push_is_rejected(graph) Destination {
        at_push(graph, Fault::status(400)) => destination(Push, Rejected), destination(Push, Rejected)
    }
    fn a_push_is_a_page(graph) Destination {
        at_push(graph, Fault::html()) => destination(Push, Protocol), destination(Push, Protocol)
    }
    fn a_push_is_stored_under_another_digest(graph) Destination {
        at_push(graph, Fault::wrong_digest()) => destination(Push, Protocol), destination(Push, Protocol)
    }
    fn the_root_is_unavailable(_) Destination {
        at_root(Fault::status(500)) => through(0, 1), destination(Push, GONE)
    }
    fn the_root_is_not_answered(_) Destination {
        at_root(Fault::lose_answer()) => through(0, 1), destination(Push, GONE)
    }
    fn the_root_is_reset(_) Destination {
        at_root(Fault::reset_request(100)) => through(0, 1), destination(Push, GONE)
    }
    fn the_root_is_denied(_) Destination {
        at_root(Fault::status(403)) => destination(Push, Denied), destination(Push, Denied)
    }
    fn the_root_is_too_large(_) Destination {
        at_root(Fault::status(413)) => destination(Push, Rejected), destination(Push, Rejected)
    }
    fn the_root_is_a_page(_) Destination {
        at_root(Fault::html()) => destination(Push, Protocol), destination(Push, Protocol)
    }
}
