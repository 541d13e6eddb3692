//! Tasks: what is copied, with source and destination.

use std::path::{Path, PathBuf};

use anyhow::Context;
use oras_server_faults::Server;

use super::workload::Workload;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Pull(Workload),
    Push(Workload),
    PushAgain(Workload),
    Between(Workload),
    Within(Workload),
    Extended,
    Tags,
    TagsAgain,
}

/// The source and destination of a task: `host:port/name:tag`, or the folder of a layout.
pub(super) struct Places {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) hosts: [String; 2],
}

pub(super) enum Place {
    Registry(String),
    Layout(PathBuf),
}

impl Task {
    pub(super) const ALL: [Self; 13] = [
        Self::Pull(Workload::Large),
        Self::Pull(Workload::Small),
        Self::Pull(Workload::Platforms),
        Self::Push(Workload::Large),
        Self::Push(Workload::Small),
        Self::PushAgain(Workload::Small),
        Self::Between(Workload::Large),
        Self::Between(Workload::Small),
        Self::Between(Workload::Platforms),
        Self::Within(Workload::Small),
        Self::Extended,
        Self::Tags,
        Self::TagsAgain,
    ];

    pub(super) fn name(self) -> String {
        match self {
            Self::Pull(workload) => format!("{} into a layout", workload.name()),
            Self::Push(workload) => format!("{} from a layout", workload.name()),
            Self::PushAgain(workload) => format!("the same again: {} from a layout", workload.name()),
            Self::Between(workload) => format!("{} to another registry", workload.name()),
            Self::Within(workload) => format!("{} within a registry", workload.name()),
            Self::Extended => "an artifact with 200 referrers to another registry".to_owned(),
            Self::Tags => "100 tags to another registry".to_owned(),
            Self::TagsAgain => "the same again: 100 tags to another registry".to_owned(),
        }
    }

    pub(super) fn is_again(self) -> bool {
        matches!(self, Self::PushAgain(_) | Self::TagsAgain)
    }

    pub(super) fn workload(self) -> Workload {
        match self {
            Self::Pull(workload)
            | Self::Push(workload)
            | Self::PushAgain(workload)
            | Self::Between(workload)
            | Self::Within(workload) => workload,
            Self::Extended => Workload::Referrers,
            Self::Tags | Self::TagsAgain => Workload::Tags,
        }
    }

    /// Puts the workload at the source.
    pub(super) async fn prepare(
        self,
        server: &Server,
        other: &Server,
        folder: &Path,
    ) -> anyhow::Result<Places> {
        let layout = folder.join("layout");
        let at = |server: &Server, name: &str| Place::Registry(format!("{}/{name}", server.registry()));
        let (from, to) = match self {
            Self::Pull(_) => (at(server, "app"), Place::Layout(layout)),
            Self::Push(_) | Self::PushAgain(_) => (Place::Layout(layout), at(server, "app")),
            Self::Within(_) => (at(server, "app"), at(server, "copy")),
            Self::Between(_) | Self::Extended | Self::Tags | Self::TagsAgain => {
                (at(server, "app"), at(other, "app"))
            }
        };
        match &from {
            Place::Registry(name) => {
                let client = oras_registry::Client::new(oras_registry::ClientOptions::default())?;
                self.workload().put(&client.repository(name)?).await
            }
            Place::Layout(path) => {
                let layout = oras_layout::LayoutStore::create(path).await?;
                self.workload().put(&layout).await
            }
        }
        .context("cannot prepare what is copied")?;
        let hosts = [server.registry(), other.registry()];
        Ok(Places { from, to, hosts })
    }
}
