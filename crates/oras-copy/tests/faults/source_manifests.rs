//! A source whose manifests cannot be read or are corrupt.

use oras_content::ErrorKind::{Denied, NotFound, RateLimited, Unauthenticated, Verify};
use oras_copy::Operation::Fetch;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::case::{GONE, limited, source, through};
use crate::graph::Graph;

fn at_manifest(graph: &Graph, fault: Fault) -> Fault {
    fault.on_route(Route::Manifest).on_digest(&graph.amd64.digest)
}

faults! { once, always;
    fn a_manifest_is_unavailable(graph) Source {
        at_manifest(graph, Fault::status(503)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_manifest_fails_with_502(graph) Source {
        at_manifest(graph, Fault::status(502)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_manifest_is_limited_without_a_wait(graph) Source {
        at_manifest(graph, Fault::status(429)) => through(1, 0), source(Fetch, RateLimited { retry_after: None })
    }
    fn a_manifest_is_limited_for_an_hour(graph) Source {
        at_manifest(graph, Fault::rate_limited("3600")) => source(Fetch, limited(3600)), source(Fetch, limited(3600))
    }
    fn a_manifest_is_closed_before_its_head(graph) Source {
        at_manifest(graph, Fault::lose_answer()) => through(1, 0), source(Fetch, GONE)
    }
    fn a_manifest_is_reset_in_its_head(graph) Source {
        at_manifest(graph, Fault::reset_answer(20)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_manifest_is_cut(graph) Source {
        at_manifest(graph, Fault::truncate(100)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_manifest_is_cut_without_a_sign(graph) Source {
        at_manifest(graph, Fault::truncate_unframed(100)) => through(1, 0), source(Fetch, Verify)
    }
    fn a_manifest_is_reset_in_its_middle(graph) Source {
        at_manifest(graph, Fault::reset(100)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_manifest_has_a_wrong_byte(graph) Source {
        at_manifest(graph, Fault::flip(100)) => source(Fetch, Verify), source(Fetch, Verify)
    }
    fn a_manifest_is_not_there(graph) Source {
        at_manifest(graph, Fault::status(404)) => source(Fetch, NotFound), source(Fetch, NotFound)
    }
    fn a_manifest_is_denied(graph) Source {
        at_manifest(graph, Fault::status(403)) => source(Fetch, Denied), source(Fetch, Denied)
    }
    fn a_manifest_needs_a_login(graph) Source {
        at_manifest(graph, Fault::unauthorized()) => source(Fetch, Unauthenticated), source(Fetch, Unauthenticated)
    }
    fn a_manifest_is_a_page(graph) Source {
        at_manifest(graph, Fault::html()) => source(Fetch, Verify), source(Fetch, Verify)
    }
    fn a_manifest_is_far_too_long(graph) Source {
        at_manifest(graph, Fault::oversized(5_000_000)) => source(Fetch, Verify), source(Fetch, Verify)
    }
}
