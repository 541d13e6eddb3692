//! Bills: the number of requests of each kind that a copy makes, and the bytes it moves.

use std::collections::{BTreeMap, HashSet};

use hyper::Method;
use oras_content::{Descriptor, Digest};
use oras_server::Route;
use oras_server_faults::Journal;

use crate::graph::Graph;
use crate::run::Way;

/// Requests by method and route, and the bytes of their content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bill {
    requests: BTreeMap<String, u64>,
    bytes: u64,
}

impl Bill {
    /// Adds up a journal. Only the bytes of manifests and blobs count.
    pub(crate) fn of(journal: &Journal) -> Self {
        let mut bill = Self::default();
        for entry in journal.entries() {
            bill.add(&entry.method, entry.route, 0);
            let is_content = matches!(entry.route, Route::Manifest | Route::Blob | Route::Upload);
            if is_content {
                bill.bytes += entry.bytes_received + entry.bytes_sent;
            }
        }
        bill
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.values().sum()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn add(&mut self, method: &Method, route: Route, bytes: u64) {
        *self.requests.entry(format!("{method} {route:?}")).or_default() += 1;
        self.bytes += bytes;
    }
}

/// Returns the cost of a copy at the source and the destination if the latter lacks `missing`.
pub(crate) fn expected(graph: &Graph, way: Way, missing: &HashSet<Digest>) -> [Bill; 2] {
    let mut expected = Expected {
        graph,
        way,
        missing,
        seen: HashSet::new(),
        source: Bill::default(),
        destination: Bill::default(),
    };
    expected
        .source
        .add(&Method::GET, Route::Manifest, graph.index.size);
    expected.visit(&graph.index);
    if way == Way::Extended {
        expected.above();
    }
    if !missing.contains(&graph.index.digest) {
        // The root is pushed under its tag.
        expected
            .destination
            .add(&Method::PUT, Route::Manifest, graph.index.size);
    }
    [expected.source, expected.destination]
}

struct Expected<'a> {
    graph: &'a Graph,
    way: Way,
    missing: &'a HashSet<Digest>,
    seen: HashSet<Digest>,
    source: Bill,
    destination: Bill,
}

impl Expected<'_> {
    /// The referrers of all four manifests are listed, and each manifest is a root.
    fn above(&mut self) {
        let images = &self.graph.node(&self.graph.index.digest).children;
        let images = images.iter().map(|digest| &self.graph.node(digest).descriptor);
        let roots = images.chain([&self.graph.signature]);
        self.source.add(&Method::GET, Route::Referrers, 0);
        for root in roots {
            self.source.add(&Method::GET, Route::Referrers, 0);
            self.visit(root);
        }
    }

    fn visit(&mut self, node: &Descriptor) {
        if !self.seen.insert(node.digest.clone()) {
            return;
        }
        let lacks = self.missing.contains(&node.digest);
        if !node.is_manifest() {
            self.destination.add(&Method::POST, Route::Uploads, 0);
            if lacks {
                self.source.add(&Method::GET, Route::Blob, node.size);
                self.destination.add(&Method::PUT, Route::Upload, node.size);
            }
            return;
        }
        self.destination.add(&Method::HEAD, Route::Manifest, 0);
        if !lacks {
            return self.look_at_listed(node);
        }
        if node.digest != self.graph.index.digest {
            self.source.add(&Method::GET, Route::Manifest, node.size);
        }
        for child in &self.graph.node(&node.digest).children {
            self.visit(&self.graph.node(child).descriptor);
        }
        self.destination.add(&Method::PUT, Route::Manifest, node.size);
    }

    /// A root that is present is read to look for a subject, because the registry's support for referrers is still
    /// unknown.
    fn look_at_listed(&mut self, node: &Descriptor) {
        if self.way == Way::Plain || node.digest == self.graph.index.digest {
            return;
        }
        self.source.add(&Method::GET, Route::Manifest, node.size);
        if node.digest == self.graph.signature.digest {
            self.destination.add(&Method::GET, Route::Referrers, 0);
        }
    }
}
