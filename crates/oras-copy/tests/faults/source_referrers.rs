//! A source that does not list the referrers of a manifest. A plain copy does not ask for them.

use oras_content::ErrorKind::{Denied, InvalidManifest, Unauthenticated};
use oras_copy::Operation::FindPredecessors;
use oras_copy::Side;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::case::{Case, Comes, GONE, source, through};
use crate::graph::Graph;
use crate::run::Way;

fn at_listing(graph: &Graph, fault: Fault) -> Fault {
    fault.on_route(Route::Referrers).on_digest(&graph.index.digest)
}

/// Defines two tests for each fault: an extended copy that meets it once, and one that meets it until it fails. Both
/// are then run again without it.
macro_rules! listings {
    ($(fn $name:ident($graph:pat) { $fault:expr => $first:expr, $last:expr })*) => {$(
        mod $name {
            use super::*;

            fn case() -> Case {
                case_of(|$graph| $fault, $first, $last)
            }

            #[tokio::test]
            async fn extended_copy() {
                case().once(Way::Extended).await;
            }

            #[tokio::test]
            async fn resumed() {
                case().always_extended().await;
            }
        }
    )*};
}

fn case_of(fault: fn(&Graph) -> Fault, once: Comes, always: Comes) -> Case {
    Case {
        side: Side::Source,
        fault,
        once,
        always,
    }
}

listings! {
    fn a_listing_is_unavailable(graph) {
        at_listing(graph, Fault::status(503)) => through(1, 0), source(FindPredecessors, GONE)
    }
    fn a_listing_is_closed_before_its_head(graph) {
        at_listing(graph, Fault::lose_answer()) => through(1, 0), source(FindPredecessors, GONE)
    }
    fn a_listing_is_cut(graph) {
        at_listing(graph, Fault::truncate(50)) => through(1, 0), source(FindPredecessors, GONE)
    }
    fn a_listing_is_reset(graph) {
        at_listing(graph, Fault::reset(50)) => through(1, 0), source(FindPredecessors, GONE)
    }
    fn a_listing_is_cut_without_a_sign(graph) {
        at_listing(graph, Fault::truncate_unframed(50)) => source(FindPredecessors, InvalidManifest), source(FindPredecessors, InvalidManifest)
    }
    fn a_listing_is_denied(graph) {
        at_listing(graph, Fault::status(403)) => source(FindPredecessors, Denied), source(FindPredecessors, Denied)
    }
    fn a_listing_needs_a_login(graph) {
        at_listing(graph, Fault::unauthorized()) => source(FindPredecessors, Unauthenticated), source(FindPredecessors, Unauthenticated)
    }
}
