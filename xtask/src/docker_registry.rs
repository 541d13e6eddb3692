//! Runs docker-registry on a free port and a folder of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;

/// A running docker-registry, which is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct DockerRegistry {
    child: Child,
    addr: SocketAddr,
    _folder: TempDir,
}

impl DockerRegistry {
    /// Starts one with deletion enabled, in the system's temporary folder.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::start_in(&std::env::temp_dir())
    }

    /// Starts one on a new folder below this one.
    pub(crate) fn start_in(folder: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(folder).context("cannot make a folder for docker-registry")?;
        let addr = free_address()?;
        let config = folder.path().join("config.yml");
        std::fs::write(&config, configuration(folder.path(), addr))
            .context("cannot configure docker-registry")?;
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.context("cannot start docker-registry: apt-get install docker-registry")?;
        let mut registry = Self {
            child,
            addr,
            _folder: folder,
        };
        registry.wait()?;
        Ok(registry)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns its process id.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self) -> anyhow::Result<()> {
        for _ in 0..400 {
            if TcpStream::connect(self.addr).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("docker-registry ended: {status}");
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        bail!("docker-registry does not listen on {}", self.addr)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // The process may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn free_address() -> anyhow::Result<SocketAddr> {
    let free = TcpListener::bind("127.0.0.1:0").context("there is no free port")?;
    free.local_addr().context("there is no free port")
}

/// Returns Debian's configuration, except for the log, the address and the folder.
fn configuration(folder: &Path, addr: SocketAddr) -> String {
    let data = folder.join("data");
    format!(
        "\
version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: {}
  delete:
    enabled: true
http:
  addr: {addr}
",
        data.display()
    )
}
