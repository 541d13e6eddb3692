//! `oras layout`: maintenance of an OCI image layout.

mod check;
mod gc;
mod repair;

use std::path::Path;

use clap::Subcommand;
use oras::LayoutStore;

use crate::layouts::open_folder;
use crate::usage::ensure_usage;

#[derive(Subcommand, Clone)]
pub(crate) enum Layout {
    /// Remove unreferenced content
    ///
    /// Content reachable from index.json is kept, as are its referrers and anything younger than the grace time. Other
    /// processes may read and write the layout meanwhile.
    #[command(visible_alias = "prune")]
    Gc(gc::Gc),
    /// Find damaged and missing content
    ///
    /// The exit code is 0 if all content is present and intact, and 6 if some is damaged or missing. Oddities, such as files
    /// that do not belong there, are shown but do not count.
    #[command(visible_alias = "fsck")]
    Check(check::Check),
    /// Fetch damaged and missing content from elsewhere
    ///
    /// A damaged blob is replaced once its new content is complete and verified. Tags stay as they are.
    Repair(Box<repair::Repair>),
}

impl Layout {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Gc(command) => command.run().await,
            Self::Check(command) => command.run().await,
            Self::Repair(command) => command.run().await,
        }
    }
}

/// Opens the layout in a folder.
async fn open(path: &Path) -> anyhow::Result<LayoutStore> {
    ensure_usage!(
        !path.is_file(),
        "{} is a file: name the folder of a layout, and unpack an archive first",
        path.display()
    );
    open_folder(path).await
}

/// Formats a number of blobs.
fn blobs(count: u64) -> String {
    match count {
        1 => "1 blob".to_owned(),
        count => format!("{count} blobs"),
    }
}
