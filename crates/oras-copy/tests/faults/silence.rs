//! Registries that stop answering, with a short timeout.

use hyper::Method;
use oras_copy::Operation::{Exists, Fetch, Push, Resolve};
use oras_server::Route;
use oras_server_faults::Fault;

use crate::case::{GONE, destination, source, through};
use crate::graph::LARGE;

faults! { once_impatiently, always_impatiently;
    fn a_tag_is_never_answered(_) Source {
        Fault::hang().on_route(Route::Manifest) => through(1, 0), source(Resolve, GONE)
    }
    fn a_manifest_stalls(graph) Source {
        Fault::stall(100).on_route(Route::Manifest).on_digest(&graph.amd64.digest) => through(1, 0), source(Fetch, GONE)
    }
    fn a_blob_is_never_answered(graph) Source {
        Fault::hang().on_route(Route::Blob).on_digest(&graph.large.digest) => through(1, 0), source(Fetch, GONE)
    }
    fn a_blob_stalls(graph) Source {
        Fault::stall(LARGE / 2).on_route(Route::Blob).on_digest(&graph.large.digest) => through(1, 0), through(1, 0)
    }
    fn a_question_is_never_answered(_) Destination {
        Fault::hang().on_route(Route::Manifest).on_method(Method::HEAD) => through(0, 1), destination(Exists, GONE)
    }
    fn an_upload_is_never_opened(graph) Destination {
        Fault::hang().on_route(Route::Uploads).on_digest(&graph.large.digest) => through(0, 1), destination(Push, GONE)
    }
    fn a_push_is_never_answered(_) Destination {
        Fault::hang().on_route(Route::Manifest).on_method(Method::PUT) => through(0, 1), destination(Push, GONE)
    }
}
