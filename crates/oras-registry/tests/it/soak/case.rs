//! The case of a seed: its stores, call and faults.

use fastrand::Rng;
use oras_copy::Recheck;
use oras_server_faults::Quirk;

use super::after::After;
use super::fault::{Trouble, troubles};
use crate::pairs::job::Job;
use crate::pairs::network::needs_sockets;
use crate::pairs::table::{contradiction, lacks_referrers, of_one};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Memory,
    Layout,
    Archive,
    Registry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// By tag, to the same tag.
    Tag,
    /// By digest, to a tag.
    Digest,
    /// By digest, without a tag.
    Nameless,
    Graph,
    Extended,
    ExtendedGraph,
    Tags,
    TagsWithReferrers,
}

impl Call {
    const ALL: [Self; 8] = [
        Self::Tag,
        Self::Digest,
        Self::Nameless,
        Self::Graph,
        Self::Extended,
        Self::ExtendedGraph,
        Self::Tags,
        Self::TagsWithReferrers,
    ];

    pub(super) fn goes_up(self) -> bool {
        [Self::Extended, Self::ExtendedGraph, Self::TagsWithReferrers].contains(&self)
    }

    pub(super) fn has_many_roots(self) -> bool {
        [Self::Tags, Self::TagsWithReferrers].contains(&self)
    }

    /// Whether the call resolves a name at the source.
    fn is_named(self) -> bool {
        ![Self::Graph, Self::ExtendedGraph].contains(&self)
    }

    pub(super) fn gives_tags(self) -> bool {
        ![Self::Nameless, Self::Graph, Self::ExtendedGraph].contains(&self)
    }
}

/// The content of the destination before the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    /// Some blobs.
    Blobs,
    /// Some manifests with everything below them.
    Graphs,
    /// Some manifests without their children.
    Hollow,
    /// Some manifests with everything below them, of which some bytes are wrong or lost; layouts only.
    Damaged,
}

/// A replacement for the requested manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instead {
    Nothing,
    Platform,
    Platforms,
    /// Another manifest, chosen by the caller.
    Mapped,
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    /// Whether requests use sockets, with a running clock.
    pub(super) has_sockets: bool,
    pub(super) from: Kind,
    pub(super) to: Kind,
    /// Whether both are repositories of one registry.
    pub(super) is_one_registry: bool,
    pub(super) quirks: [Vec<Quirk>; 2],
    pub(super) before: Before,
    pub(super) call: Call,
    pub(super) concurrency: usize,
    pub(super) manifest_memory: u64,
    pub(super) recheck: Recheck,
    pub(super) keep_going: bool,
    pub(super) mount: bool,
    /// Whether another repository of the destination's registry is offered as a mount source.
    pub(super) mounts_from: bool,
    pub(super) instead: Instead,
    pub(super) depth: Option<usize>,
    pub(super) filter: Option<usize>,
    /// The faults of the source and of the destination.
    pub(super) troubles: [Vec<Trouble>; 2],
    /// The operation after the copy, and its faults.
    pub(super) after: Option<After>,
    pub(super) after_troubles: Vec<Trouble>,
    /// The number of polls after which the copy is dropped.
    pub(super) polls: Option<usize>,
}

impl Case {
    pub(super) fn random(rng: &mut Rng, has_sockets: bool) -> Self {
        let from = kind(rng);
        let to = kind(rng);
        let are_registries = [from, to] == [Kind::Registry; 2];
        let is_one_registry = are_registries && !has_sockets && rng.u8(..3) == 0;
        let quirks = [quirks(rng, from, has_sockets), quirks(rng, to, has_sockets)];
        let mut case = Self {
            has_sockets,
            from,
            to,
            is_one_registry,
            quirks,
            before: before(rng, to),
            call: Call::ALL[rng.usize(..Call::ALL.len())],
            concurrency: [1, 2, 4, 16, 64][rng.usize(..5)],
            manifest_memory: [0, 1000, 1 << 24][rng.usize(..3)],
            recheck: [Recheck::Trust, Recheck::Trust, Recheck::Verify, Recheck::Force][rng.usize(..4)],
            keep_going: rng.u8(..4) == 0,
            mount: rng.u8(..4) != 0,
            mounts_from: rng.u8(..4) == 0,
            instead: instead(rng),
            depth: (rng.u8(..4) == 0).then(|| rng.usize(..3)),
            filter: (rng.u8(..4) == 0).then(|| rng.usize(..2)),
            troubles: [from, to].map(|kind| troubles(rng, kind == Kind::Registry, has_sockets)),
            after: None,
            after_troubles: Vec::new(),
            polls: (rng.u8(..4) == 0).then(|| rng.usize(1..120)),
        };
        if case.call.gives_tags() && to == Kind::Registry && rng.u8(..4) == 0 {
            case.after = Some(After::ALL[rng.usize(..3)]);
            case.after_troubles = troubles(rng, true, has_sockets);
        }
        if case.call.has_many_roots() || !case.call.is_named() {
            case.instead = Instead::Nothing;
        }
        // A source does not list referrers under tags, and some registries are not trusted without.
        let sources = if is_one_registry { 2 } else { 1 };
        for quirks in &mut case.quirks[..sources] {
            quirks.retain(|quirk| !lacks_referrers(*quirk));
        }
        if is_one_registry {
            case.quirks[0] = case.quirks[1].clone();
            case.troubles[0].clear();
        }
        case
    }
}

impl Case {
    /// Whether the destination has no referrers API, so that referrers are listed under a tag.
    pub(super) fn lists_by_tag(&self) -> bool {
        self.quirks[1].iter().any(|quirk| lacks_referrers(*quirk))
    }
}

fn kind(rng: &mut Rng) -> Kind {
    match rng.u8(..10) {
        0 => Kind::Memory,
        1..3 => Kind::Layout,
        3 => Kind::Archive,
        _ => Kind::Registry,
    }
}

fn instead(rng: &mut Rng) -> Instead {
    match rng.u8(..12) {
        0 => Instead::Platform,
        1 => Instead::Platforms,
        2 => Instead::Mapped,
        _ => Instead::Nothing,
    }
}

fn before(rng: &mut Rng, to: Kind) -> Before {
    match rng.u8(..8) {
        _ if to == Kind::Archive => Before::Nothing,
        0..3 => Before::Nothing,
        3 => Before::Blobs,
        4 => Before::Hollow,
        5 if to == Kind::Layout => Before::Damaged,
        _ => Before::Graphs,
    }
}

/// Returns at most two quirks with which everything works.
fn quirks(rng: &mut Rng, kind: Kind, has_sockets: bool) -> Vec<Quirk> {
    if kind != Kind::Registry || rng.bool() {
        return Vec::new();
    }
    let fit: Vec<Quirk> = Quirk::ALL
        .iter()
        .copied()
        .filter(|quirk| fits(*quirk, has_sockets))
        .collect();
    let mut chosen: Vec<Quirk> = (0..rng.usize(1..3))
        .map(|_| fit[rng.usize(..fit.len())])
        .collect();
    let is_in_the_way = |job: &Job| contradiction(&chosen, *job).is_some();
    if Job::ALL.iter().any(is_in_the_way) || chosen.iter().any(|quirk| is_weather(*quirk)) {
        chosen.truncate(1);
    }
    chosen
}

fn fits(quirk: Quirk, has_sockets: bool) -> bool {
    let others = [
        Quirk::NoEmptyBlob,
        Quirk::EmptyPutRefused,
        Quirk::LayersRequired,
        Quirk::MediaTypeRequired,
    ];
    let prevents = |job: &Job| of_one(quirk, *job).is_some();
    let is_out_of_reach = needs_sockets(quirk) && !has_sockets;
    let is_odd = is_out_of_reach || others.contains(&quirk);
    !is_odd && !Job::ALL[..8].iter().any(prevents)
}

/// Whether the quirk refuses every nth request.
pub(super) fn is_weather(quirk: Quirk) -> bool {
    ["Q34", "Q47", "Q48", "Q51"].contains(&quirk.row())
}
