//! `oras registry`: a registry of one's own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use oras_server::{FolderBackend, Server, ServerOptions};

use crate::format;
use crate::signals::Stop;

#[derive(Subcommand)]
pub(crate) enum Registry {
    /// Serve a registry until interrupted
    Serve(Serve),
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Keep everything in this folder, an OCI image layout for each repository; or serve the one layout that it is
    #[arg(long, value_name = "FOLDER")]
    layout: Option<PathBuf>,

    /// Keep everything in memory, until it stops; the default
    #[arg(long, conflicts_with = "layout")]
    memory: bool,

    /// Where to listen; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    addr: SocketAddr,

    /// Take no pushes and no deletes
    #[arg(long, requires = "layout")]
    read_only: bool,

    /// Take no deletes
    #[arg(long)]
    no_delete: bool,
}

impl Registry {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Serve(command) => command.run().await,
        }
    }
}

impl Serve {
    async fn run(self) -> anyhow::Result<()> {
        let mut options = ServerOptions::default()
            .with_addr(self.addr)
            .with_delete(!self.no_delete);
        if let Some(folder) = &self.layout {
            if !self.read_only && !folder.exists() {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
            }
            let backend =
                FolderBackend::open(folder).with_context(|| format!("cannot serve {}", folder.display()))?;
            options = options.with_backend(Arc::new(if self.read_only {
                backend.read_only()
            } else {
                backend
            }));
        }
        let server = Server::start(options)
            .await
            .with_context(|| format!("cannot listen on {}", self.addr))?;
        // Whoever reads the address may send a signal at once.
        let mut stop = Stop::listen().context("cannot listen for signals")?;
        format::line(server.registry())?;
        stop.told().await;
        server.shutdown().await;
        Ok(())
    }
}
