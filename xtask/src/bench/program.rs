//! Programs: servers as separate processes, and their memory.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::docker_registry::DockerRegistry;

/// A running server, which is stopped when this is dropped.
#[derive(Debug)]
pub(super) enum Program {
    Ours(Ours),
    Docker(DockerRegistry),
}

/// `oras registry serve` on a new folder.
#[derive(Debug)]
pub(super) struct Ours {
    child: Child,
    addr: SocketAddr,
    _folder: TempDir,
}

impl Program {
    /// Starts our registry, with this many milliseconds of additional latency per response.
    pub(super) fn ours(oras: &Path, folder: &Path, latency: u64) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(folder).context("cannot make a folder for the server")?;
        let mut command = Command::new(oras);
        command.args(["registry", "serve", "--addr", "127.0.0.1:0", "--layout"]);
        command.arg(folder.path().join("layouts")).stdout(Stdio::piped());
        if latency > 0 {
            let faults = folder.path().join("faults.json");
            let late = format!(r#"{{"faults":[{{"do":{{"latency":{latency}}},"times":"always"}}]}}"#);
            std::fs::write(&faults, late).context("cannot write the faults of the server")?;
            command.arg("--faults").arg(faults);
        }
        let mut child = command.spawn().context("cannot start oras")?;
        let out = child.stdout.take().context("oras has no stdout")?;
        let mut line = String::new();
        BufReader::new(out)
            .read_line(&mut line)
            .context("oras says nothing")?;
        let addr = line.trim().parse();
        let addr = addr.with_context(|| format!("oras does not say where it listens, but {line:?}"))?;
        Ok(Self::Ours(Ours {
            child,
            addr,
            _folder: folder,
        }))
    }

    pub(super) fn docker(folder: &Path) -> anyhow::Result<Self> {
        DockerRegistry::start_in(folder).map(Self::Docker)
    }

    pub(super) fn addr(&self) -> SocketAddr {
        match self {
            Self::Ours(ours) => ours.addr,
            Self::Docker(docker) => docker.addr(),
        }
    }

    fn process(&self) -> u32 {
        match self {
            Self::Ours(ours) => ours.child.id(),
            Self::Docker(docker) => docker.process(),
        }
    }

    /// Resets the peak memory of the process.
    ///
    /// Spec: `proc(5)`, `/proc/PID/clear_refs`.
    pub(super) fn forget_peak(&self) -> anyhow::Result<()> {
        let file = format!("/proc/{}/clear_refs", self.process());
        std::fs::write(&file, "5").with_context(|| format!("cannot write {file}"))
    }

    /// Returns the peak memory of the process since then, in MiB.
    pub(super) fn peak(&self) -> anyhow::Result<f64> {
        peak_of(self.process())
    }
}

/// Returns the peak memory of a process so far, in MiB.
pub(super) fn peak_of(process: u32) -> anyhow::Result<f64> {
    let file = format!("/proc/{process}/status");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    peak(&text).with_context(|| format!("{file} has no VmHWM"))
}

impl Drop for Ours {
    fn drop(&mut self) {
        // The process may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn peak(status: &str) -> anyhow::Result<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("no line")?;
    let kib = line.trim().strip_suffix("kB").context("no unit")?;
    let mib = kib.trim().parse::<f64>()? / 1024.0;
    ensure!(mib > 0.0, "no memory at all");
    Ok(mib)
}

#[cfg(test)]
mod tests {
    use super::peak;

    #[test]
    fn the_peak_is_read() {
        let status = "Name:\toras\nVmPeak:\t  999999 kB\nVmHWM:\t   20480 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(peak(status).unwrap(), 20.0);
        assert!(peak("Name:\toras\n").is_err());
    }
}
