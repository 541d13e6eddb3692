//! `oras registry`: runs the embedded registry.

mod log;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use oras_server::{Backend, ClientCertificates, FolderBackend, ServerOptions, Tls, Users};
use oras_server_faults::{FaultOptions, Script, Server};

use crate::causes::CannotServe;
use crate::format;
use crate::signals::Stop;
use log::Log;

#[derive(Subcommand, Clone)]
pub(crate) enum Registry {
    /// Run a registry until interrupted
    ///
    /// Prints the address to stdout as soon as it listens. On the first SIGINT or SIGTERM it accepts no more requests and
    /// finishes those in flight, for at most 10 seconds; on the second it stops at once.
    Serve(Serve),
}

#[derive(Args, Clone)]
pub(crate) struct Serve {
    #[command(flatten)]
    content: Content,

    /// The address to listen on; port 0 selects a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    addr: SocketAddr,

    #[command(flatten)]
    security: Security,

    #[command(flatten)]
    access: Access,

    /// Misbehave as described in this JSON file: faults, quirks of registries, profiles of vendors
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,

    /// Log each answered request to stderr as one line, without secrets
    #[arg(long, value_enum, value_name = "FORMAT")]
    log: Option<LogFormat>,
}

/// What is served.
#[derive(Args, Clone)]
struct Content {
    /// Store everything in this folder, one OCI image layout per repository; if the folder is a layout itself, serve that
    #[arg(long, value_name = "FOLDER")]
    layout: Option<PathBuf>,

    /// Store everything in memory until it stops; the default
    #[arg(long, conflicts_with = "layout")]
    memory: bool,

    /// Leave the folder unchanged: keep pushes and deletions in memory until it stops
    #[arg(long, requires = "layout", conflicts_with = "read_only")]
    overlay: bool,

    /// Reject pushes and deletions
    #[arg(long, requires = "layout")]
    read_only: bool,

    /// Reject deletions
    #[arg(long)]
    no_delete: bool,

    /// Accept image manifests whose configuration or layers are missing; indexes are accepted without their manifests anyway
    #[arg(long)]
    sparse: bool,
}

/// How it is spoken to.
#[derive(Args, Clone)]
struct Security {
    /// Use TLS with the certificate chain in this PEM file, the server's own certificate first
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate: an unencrypted PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Require client certificates issued by a root in this PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
}

/// Who may do something.
#[derive(Args, Clone)]
struct Access {
    /// Require a login as one of the users in this file, who may do everything: lines of name:hash, as written by 'htpasswd -B'
    #[arg(long, value_name = "FILE")]
    htpasswd: Option<PathBuf>,

    /// Use token authentication, as most public registries do
    #[arg(long, requires = "htpasswd")]
    token_auth: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A JSON object for each request: when and how long, what was asked and answered, how many bytes
    Json,
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
        let log = self.log.map(|LogFormat::Json| Log::start()).transpose()?;
        let (options, faults) = (self.options().await?, self.faults(log.as_ref())?);
        let server = Server::start_with(options, faults)
            .await
            .map_err(|error| anyhow::Error::new(error).context(CannotServe))?;
        // The signals are handled before the address is printed, because a reader may send one at once.
        let mut stop = Stop::listen().context("cannot listen for signals")?;
        format::line(server.registry())?;
        stop.received().await;
        tokio::select! {
            () = server.shutdown() => {}
            _ = stop.received() => {}
        }
        log.map_or(Ok(()), Log::finish)
    }

    async fn options(&self) -> anyhow::Result<ServerOptions> {
        let mut options = ServerOptions::default()
            .with_addr(self.addr)
            .with_delete(!self.content.no_delete)
            .with_tokens(self.access.token_auth);
        if self.content.sparse {
            options = options.with_sparse(true);
        }
        if let Some(tls) = self.security.tls()? {
            options = options.with_tls(tls);
        }
        if let Some(file) = &self.access.htpasswd {
            options = options.with_users(Users::from_htpasswd(file)?);
            if self.security.tls_cert.is_none() && !self.addr.ip().is_loopback() {
                tracing::warn!("passwords are sent in the clear; add --tls-cert and --tls-key");
            }
        }
        // Last, so that no folder is created for options that cannot be used.
        if let Some(folder) = &self.content.layout {
            options = options.with_backend(self.content.backend(folder).await?);
        }
        Ok(options)
    }

    /// Returns the faults and quirks of the registry. Its journal feeds only the log.
    fn faults(&self, log: Option<&Log>) -> anyhow::Result<FaultOptions> {
        let mut faults = FaultOptions::default().with_journal_limit(0);
        if let Some(file) = &self.faults {
            faults = faults.with_script(script(file)?);
        }
        Ok(match log {
            Some(log) => faults.with_observer(log.observer()),
            None => faults,
        })
    }
}

fn script(file: &Path) -> anyhow::Result<Script> {
    let cannot = || format!("cannot use the faults in {}", file.display());
    let text = std::fs::read_to_string(file).with_context(cannot)?;
    text.parse().with_context(cannot)
}

impl Content {
    async fn backend(&self, folder: &Path) -> anyhow::Result<Arc<dyn Backend>> {
        let cannot = || format!("cannot serve {}", folder.display());
        if !self.read_only && !self.overlay {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            return Ok(Arc::new(FolderBackend::open(folder).with_context(cannot)?));
        }
        let backend = FolderBackend::open(folder).with_context(cannot)?;
        if backend.names(None, 1).await.with_context(cannot)?.is_empty() {
            anyhow::bail!("{}: there is no OCI image layout in it", cannot());
        }
        Ok(match self.overlay {
            true => Arc::new(backend.with_memory_overlay()),
            false => Arc::new(backend.read_only()),
        })
    }
}

impl Security {
    fn tls(&self) -> anyhow::Result<Option<Tls>> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let tls = Tls::from_pem_files(certificate, key)?;
        Ok(Some(match &self.tls_client_ca {
            Some(roots) => tls.with_client_ca_file(roots, ClientCertificates::Required)?,
            None => tls,
        }))
    }
}
