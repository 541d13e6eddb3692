//! The commands, and the expected state after each success.

use std::path::Path;

use super::sample;

/// A command line, in which `FROM` and `TO` are replaced by the registries.
pub(super) struct Command {
    pub(super) line: &'static str,
    /// Whether the artifact is also at the destination at the start.
    pub(super) is_there: bool,
    pub(super) makes: Makes,
    /// The number of signatures at the end.
    pub(super) signatures: usize,
}

/// The place of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Makes {
    /// The repository `app` of the registry that is written.
    App,
    /// The layout `layout`.
    Layout,
    /// The folder `out`.
    Files,
    /// Stdout.
    Text,
    /// The tag `v2`, next to `v1`, in the repository `app` of the registry that is written.
    Tag,
    /// Nothing, and removes the tag `v1` there.
    Gone,
}

pub(super) const COMMANDS: [Command; 16] = [
    to_app("push TO/app:v1 a.txt b.txt", 0),
    Command {
        signatures: 2,
        ..of_app(Makes::App, "attach TO/app:v1 --artifact-type a/b a.txt")
    },
    made(Makes::Files, "pull FROM/app:v1 -o out"),
    to_app("cp FROM/app:v1 TO/app:v1", 0),
    to_app("cp -r FROM/app:v1 TO/app:v1", 1),
    made(Makes::Layout, "cp FROM/app:v1 --to-oci-layout layout:v1"),
    to_app("cp --from-oci-layout seed:v1 TO/app:v1", 0),
    to_app("cp -r --from-oci-layout seed:v1 TO/app:v1", 1),
    Command {
        signatures: 1,
        ..made(Makes::Text, "discover FROM/app:v1")
    },
    Command {
        signatures: 1,
        ..made(Makes::Layout, "backup FROM/app -o layout --include-referrers")
    },
    to_app("restore --input seed TO/app", 1),
    to_app("sync -f plan.yaml", 0),
    of_app(Makes::Tag, "tag TO/app:v1 v2"),
    of_app(Makes::Tag, "manifest index create TO/app:v2 v1"),
    of_app(Makes::Gone, "repo delete TO/app:v1 --force"),
    of_app(Makes::Gone, "manifest delete TO/app:v1 --force"),
];

const fn to_app(line: &'static str, signatures: usize) -> Command {
    Command {
        signatures,
        ..made(Makes::App, line)
    }
}

const fn of_app(makes: Makes, line: &'static str) -> Command {
    Command {
        is_there: true,
        ..made(makes, line)
    }
}

const fn made(makes: Makes, line: &'static str) -> Command {
    Command {
        line,
        is_there: false,
        makes,
        signatures: 0,
    }
}

impl Command {
    pub(super) fn words(&self, registries: [&str; 2]) -> Vec<String> {
        let line = self
            .line
            .replace("FROM", registries[0])
            .replace("TO", registries[1]);
        line.split(' ').map(str::to_owned).collect()
    }
}

/// Returns which file in `out` is neither the old one nor the pulled one.
pub(super) fn damaged(out: &Path, must_be_new: bool) -> Option<String> {
    for (name, text) in sample::FILES {
        let found = std::fs::read_to_string(out.join(name)).ok();
        let is_old = match name {
            "a.txt" => found.as_deref() == Some(OLD),
            _ => found.is_none(),
        };
        let is_new = found.as_deref() == Some(text);
        if !is_new && (must_be_new || !is_old) {
            return Some(format!("{name} is {found:?}"));
        }
    }
    let other = std::fs::read_to_string(out.join("other.txt"));
    (other.ok().as_deref() != Some(OLD)).then(|| "other.txt is not what it was".to_owned())
}

/// The content of the user's files.
pub(super) const OLD: &str = "the user's own";
