//! A source that does not resolve the tag.

use oras_content::ErrorKind::{Denied, NotFound, Protocol, Unauthenticated, Verify};
use oras_copy::Operation::Resolve;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::case::{GONE, source, through};

/// The tag is the first manifest to be requested.
fn at_tag(fault: Fault) -> Fault {
    fault.on_route(Route::Manifest)
}

faults! { once, always;
    fn a_tag_is_unavailable(_) Source {
        at_tag(Fault::status(503)) => through(1, 0), source(Resolve, GONE)
    }
    fn a_tag_is_cut(_) Source {
        at_tag(Fault::truncate(100)) => through(1, 0), source(Resolve, GONE)
    }
    fn a_tag_is_reset(_) Source {
        at_tag(Fault::reset(100)) => through(1, 0), source(Resolve, GONE)
    }
    fn a_tag_has_a_wrong_byte(_) Source {
        at_tag(Fault::flip(100)) => source(Resolve, Verify), source(Resolve, Verify)
    }
    fn a_tag_has_another_digest(_) Source {
        at_tag(Fault::wrong_digest()) => source(Resolve, Verify), source(Resolve, Verify)
    }
    fn a_tag_is_not_there(_) Source {
        at_tag(Fault::status(404)) => source(Resolve, NotFound), source(Resolve, NotFound)
    }
    fn a_tag_is_denied(_) Source {
        at_tag(Fault::status(403)) => source(Resolve, Denied), source(Resolve, Denied)
    }
    fn a_tag_needs_a_login(_) Source {
        at_tag(Fault::unauthorized()) => source(Resolve, Unauthenticated), source(Resolve, Unauthenticated)
    }
    fn a_tag_is_a_page(_) Source {
        at_tag(Fault::html()) => source(Resolve, Protocol), source(Resolve, Protocol)
    }
}
