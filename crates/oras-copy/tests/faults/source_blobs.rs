//! A source whose blobs cannot be read or are corrupt.

use oras_content::ErrorKind::{Denied, NotFound, Protocol, RateLimited, Refused, Unauthenticated, Verify};
use oras_copy::Operation::Fetch;
use oras_server::Route;
use oras_server_faults::{Fault, Redirect, To};

use crate::case::{BROKEN, GONE, limited, source, through};
use crate::graph::{Graph, LARGE};

fn at_blob(graph: &Graph, fault: Fault) -> Fault {
    fault.on_route(Route::Blob).on_digest(&graph.large.digest)
}

fn redirect(to: To) -> Fault {
    Fault::redirect(Redirect::new(307, to))
}

faults! { once, always;
    fn a_blob_is_unavailable(graph) Source {
        at_blob(graph, Fault::status(503)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_blob_fails_with_500(graph) Source {
        at_blob(graph, Fault::status(500)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_blob_is_limited_without_a_wait(graph) Source {
        at_blob(graph, Fault::status(429)) => through(1, 0), source(Fetch, RateLimited { retry_after: None })
    }
    fn a_blob_is_limited_for_no_time(graph) Source {
        at_blob(graph, Fault::rate_limited("0")) => through(1, 0), source(Fetch, limited(0))
    }
    fn a_blob_is_limited_for_an_hour(graph) Source {
        at_blob(graph, Fault::rate_limited("3600")) => source(Fetch, limited(3600)), source(Fetch, limited(3600))
    }
    fn a_blob_is_closed_before_its_head(graph) Source {
        at_blob(graph, Fault::close_answer(0)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_blob_is_reset_in_its_head(graph) Source {
        at_blob(graph, Fault::reset_answer(20)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_blob_is_cut_at_its_first_byte(graph) Source {
        at_blob(graph, Fault::truncate(0)) => through(1, 0), source(Fetch, GONE)
    }
    fn a_blob_is_cut_in_its_middle(graph) Source {
        at_blob(graph, Fault::truncate(LARGE / 2)) => through(1, 0), through(1, 0)
    }
    fn a_blob_is_cut_at_its_last_byte(graph) Source {
        at_blob(graph, Fault::truncate(LARGE - 1)) => through(1, 0), through(1, 0)
    }
    fn a_blob_is_cut_in_chunks(graph) Source {
        at_blob(graph, Fault::truncate_chunked(LARGE / 2)) => through(1, 0), through(1, 0)
    }
    fn a_blob_is_cut_without_a_sign(graph) Source {
        at_blob(graph, Fault::truncate_unframed(LARGE / 2)) => through(1, 0), through(1, 0)
    }
    fn a_blob_is_reset_in_its_middle(graph) Source {
        at_blob(graph, Fault::reset(LARGE / 2)) => through(1, 0), through(1, 0)
    }
    fn a_blob_has_a_wrong_first_byte(graph) Source {
        at_blob(graph, Fault::flip(0)) => source(Fetch, Verify), source(Fetch, Verify)
    }
    fn a_blob_has_a_wrong_last_byte(graph) Source {
        at_blob(graph, Fault::flip(LARGE - 1)) => source(Fetch, Verify), source(Fetch, Verify)
    }
    fn a_blob_claims_to_be_shorter(graph) Source {
        at_blob(graph, Fault::content_length(["10"])) => source(Fetch, Verify), source(Fetch, Verify)
    }
    fn a_blob_claims_to_be_longer(graph) Source {
        at_blob(graph, Fault::content_length(["70001"])) => source(Fetch, Verify), source(Fetch, Verify)
    }
    fn a_blob_has_its_length_twice(graph) Source {
        at_blob(graph, Fault::content_length(["70000", "70000"])) => through(0, 0), through(0, 0)
    }
    fn a_blob_has_two_lengths(graph) Source {
        at_blob(graph, Fault::content_length(["70000", "5"])) => source(Fetch, BROKEN), source(Fetch, BROKEN)
    }
    fn a_blob_has_a_negative_length(graph) Source {
        at_blob(graph, Fault::content_length(["-1"])) => source(Fetch, BROKEN), source(Fetch, BROKEN)
    }
    fn a_blob_is_not_there(graph) Source {
        at_blob(graph, Fault::status(404)) => source(Fetch, NotFound), source(Fetch, NotFound)
    }
    fn a_blob_is_denied(graph) Source {
        at_blob(graph, Fault::status(403)) => source(Fetch, Denied), source(Fetch, Denied)
    }
    fn a_blob_needs_a_login(graph) Source {
        at_blob(graph, Fault::unauthorized()) => source(Fetch, Unauthenticated), source(Fetch, Unauthenticated)
    }
    fn a_blob_is_a_page(graph) Source {
        at_blob(graph, Fault::html()) => source(Fetch, Verify), source(Fetch, Verify)
    }
    fn a_blob_redirects_to_itself(graph) Source {
        at_blob(graph, redirect(To::Itself)) => through(1, 0), source(Fetch, Refused)
    }
    fn a_blob_redirects_to_nowhere(graph) Source {
        at_blob(graph, redirect(To::Nowhere)) => source(Fetch, Protocol), source(Fetch, Protocol)
    }
    fn a_blob_redirects_to_a_dead_place(graph) Source {
        at_blob(graph, redirect(To::Url("http://127.0.0.1:1/blob".into()))) => through(1, 0), source(Fetch, GONE)
    }
}
