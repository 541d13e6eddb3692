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
    /// Remove what nothing in the layout leads to
    ///
    /// Content is kept that index.json leads to, as are its referrers and whatever is younger than the grace time. Others
    /// may read and write the layout meanwhile.
    #[command(visible_alias = "prune")]
    Gc(gc::Gc),
    /// Look for what is damaged or missing
    ///
    /// The exit code is 0 when everything is there and whole, and 6 when something is damaged or missing. What is only
    /// strange, such as a file that does not belong there, is shown and does not count.
    #[command(visible_alias = "fsck")]
    Check(check::Check),
    /// Fetch what is damaged or missing from elsewhere
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
