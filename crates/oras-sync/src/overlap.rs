//! Overlaps: whether two places may be the same under different names.

use std::path::{Path, PathBuf};

use crate::{Job, Place};

/// A place under a canonical name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    Repository(String),
    Registry(String),
    Layout(PathBuf),
}

impl Address {
    /// Returns the address of a place. The path of a layout is resolved through the file system, which takes no longer than
    /// opening the layout.
    pub(crate) fn of(place: &Place) -> Self {
        match place {
            Place::Repository(name) => Self::Repository(named(name)),
            Place::Registry(name) => Self::Registry(named(name.trim_end_matches('/'))),
            Place::Layout(path) => Self::Layout(resolved(path)),
        }
    }

    /// Whether the two have content in common.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Registry(registry), Self::Repository(name))
            | (Self::Repository(name), Self::Registry(registry)) => is_below(name, registry),
            (Self::Registry(one), Self::Registry(other)) => {
                one == other || is_below(one, other) || is_below(other, one)
            }
            (one, other) => one == other,
        }
    }
}

/// The sources and destinations of a plan's jobs.
pub(crate) struct Overlaps {
    /// The source and the destination of each job.
    jobs: Vec<(Address, Address)>,
}

impl Overlaps {
    pub(crate) fn of(jobs: &[Job]) -> Self {
        let addresses = |job: &Job| (Address::of(&job.from), Address::of(&job.to));
        Self {
            jobs: jobs.iter().map(addresses).collect(),
        }
    }

    /// Whether another job writes to this job's destination.
    pub(crate) fn is_written_by_others(&self, job: usize) -> bool {
        self.others(job).any(|(_, to)| to.overlaps(&self.jobs[job].1))
    }

    /// Whether another job writes to this job's source.
    pub(crate) fn is_filled_by_others(&self, job: usize) -> bool {
        self.others(job).any(|(_, to)| to.overlaps(&self.jobs[job].0))
    }

    fn others(&self, job: usize) -> impl Iterator<Item = &(Address, Address)> {
        let others = self.jobs.iter().enumerate();
        others.filter_map(move |(number, addresses)| (number != job).then_some(addresses))
    }
}

/// Returns a name with a canonical registry. Registries that may be the same count as the same: if two are mistaken for one,
/// fewer tags are deleted.
fn named(name: &str) -> String {
    let (host, path) = name.split_at(name.find('/').unwrap_or(name.len()));
    let host = host.to_ascii_lowercase();
    let (host, port) = match host.rsplit_once(':') {
        Some((host, "80" | "443")) => (host, ""),
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (host.as_str(), ""),
    };
    let host = match host {
        "127.0.0.1" | "[::1]" => "localhost",
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    };
    format!("{host}:{port}{path}")
}

fn is_below(name: &str, registry: &str) -> bool {
    name.strip_prefix(registry)
        .is_some_and(|below| below.starts_with('/'))
}

/// Resolves links in the path. The part that does not exist yet is appended.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = absolute.ancestors().find_map(|there| {
        let rest = absolute.strip_prefix(there).ok()?;
        Some(there.canonicalize().ok()?.join(rest))
    });
    found.unwrap_or(absolute)
}
