//! `cargo xtask quickstart`: the main job, on real files, against the embedded registry.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use oras_server::{Route, ServerOptions};
use oras_server_faults::{Journal, Server};

use crate::cargo::{build_oras, root};

const TYPE: &str = "application/vnd.oras.quickstart";

pub(crate) fn run() -> anyhow::Result<()> {
    run_with(build_oras()?)
}

/// Runs it with this program.
pub(crate) fn run_with(oras: PathBuf) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    let server = runtime.block_on(Server::start(ServerOptions::default()))?;
    println!("A registry of our own listens on {}.", server.registry());
    let play = Play::new(oras, &server)?;
    let played = play.all();
    runtime.block_on(server.shutdown());
    played
}

struct Play {
    oras: PathBuf,
    /// The registry's address.
    registry: String,
    journal: Journal,
    /// The files to push, as paths from the workspace.
    files: Vec<String>,
    /// The output folder, which is emptied first.
    scratch: PathBuf,
}

impl Play {
    fn new(oras: PathBuf, server: &Server) -> anyhow::Result<Self> {
        let scratch = root().join("target").join("quickstart");
        if scratch.exists() {
            std::fs::remove_dir_all(&scratch)
                .with_context(|| format!("cannot empty {}", scratch.display()))?;
        }
        std::fs::create_dir_all(&scratch).with_context(|| format!("cannot make {}", scratch.display()))?;
        Ok(Self {
            files: files(&oras, &scratch)?,
            registry: server.registry(),
            journal: server.journal(),
            oras,
            scratch,
        })
    }

    fn all(&self) -> anyhow::Result<()> {
        let app = format!("{}/demo/app:v1", self.registry);
        let copy = format!("{}/demo/copy:v1", self.registry);
        let layout = format!("{}:v1", text(&self.scratch.join("layout")));
        let (from_copy, from_layout) = (self.scratch.join("from-copy"), self.scratch.join("from-layout"));

        self.push_and_attach(&app)?;
        self.oras(
            "Copy it with all that is attached, into an OCI image layout:",
            &["cp", "-r", &app, "--to-oci-layout", &layout],
        )?;
        let sent = self.blob_bytes();
        self.oras(
            "Copy it with all that is attached, into another repository:",
            &["cp", "-r", &app, &copy],
        )?;
        let spared = sent.saturating_sub(self.blob_bytes().saturating_sub(sent));
        self.oras(
            "Pull from the other repository:",
            &["pull", &copy, "-o", &text(&from_copy)],
        )?;
        self.oras(
            "Pull from the layout:",
            &["pull", "--oci-layout", &layout, "-o", &text(&from_layout)],
        )?;
        for folder in [&from_copy, &from_layout] {
            self.compare(folder)?;
        }
        ensure!(
            self.blob_bytes() == sent,
            "blobs were sent again although they could have been mounted"
        );
        println!(
            "\nEvery byte is the same, both ways: {} files, twice.",
            self.files.len()
        );
        println!("  requests:     {}", self.journal.requests());
        println!(
            "  bytes sent:   {} to the registry, {} from it",
            self.journal.bytes_received(),
            self.journal.bytes_sent()
        );
        println!("  bytes spared: {spared}, by mounting blobs instead of sending them again");
        Ok(())
    }

    fn push_and_attach(&self, app: &str) -> anyhow::Result<()> {
        let described = "org.opencontainers.image.description=The quickstart's artifact";
        let mut push = vec![
            "push",
            app,
            "--artifact-type",
            TYPE,
            "-a",
            described,
            "-a",
            "org.example.answer=42",
        ];
        push.extend(self.files.iter().map(String::as_str));
        self.oras("Push files as one artifact:", &push)?;

        let lock = [
            "attach",
            app,
            "--artifact-type",
            "application/vnd.oras.quickstart.lock",
            "Cargo.lock:text/plain",
        ];
        let attached = self.oras("Attach a file to it:", &lock)?;
        let digest = attached
            .lines()
            .find_map(|line| line.strip_prefix("Digest: "))
            .context("attach tells a digest")?;
        let attached = format!("{}/demo/app@{digest}", self.registry);
        let note = [
            "attach",
            &attached,
            "--artifact-type",
            "application/vnd.oras.quickstart.note",
            "-a",
            "org.example.note=checked",
        ];
        self.oras("Attach something to what was attached:", &note)?;
        self.oras("Show the tree:", &["discover", app])?;
        Ok(())
    }

    /// Runs the program as a person would, and prints the command.
    fn oras(&self, why: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let quoted = arguments.iter().map(|word| {
            if word.contains(' ') {
                format!("'{word}'")
            } else {
                (*word).to_owned()
            }
        });
        println!("\n{why}\n$ oras {}", quoted.collect::<Vec<_>>().join(" "));
        let output = Command::new(&self.oras)
            .args(arguments)
            .current_dir(root())
            .output();
        let output = output.with_context(|| format!("cannot run {}", self.oras.display()))?;
        let (results, rest) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        print!("{rest}{results}");
        if !output.status.success() {
            bail!("oras {} failed", arguments[0]);
        }
        Ok(results.into_owned())
    }

    /// Returns the bytes of blobs sent to the registry so far.
    fn blob_bytes(&self) -> u64 {
        let entries = self.journal.entries();
        let uploads = entries.iter().filter(|entry| entry.route == Route::Upload);
        uploads.map(|entry| entry.bytes_received).sum()
    }

    fn compare(&self, folder: &Path) -> anyhow::Result<()> {
        for file in &self.files {
            let path = file.split(':').next().unwrap_or(file);
            let (pushed, pulled) = (root().join(path), folder.join(path));
            let same = read(&pushed)? == read(&pulled)?;
            ensure!(same, "{} differs from {}", pulled.display(), pushed.display());
        }
        Ok(())
    }
}

/// Returns the documents and the program as arguments of a push.
fn files(oras: &Path, scratch: &Path) -> anyhow::Result<Vec<String>> {
    let docs = std::fs::read_dir(root().join("docs")).context("cannot list docs")?;
    let mut files = Vec::new();
    for entry in docs {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            continue;
        }
        let name = entry.file_name();
        let name = name.to_str().context("the documents have plain names")?;
        files.push(format!("docs/{name}:text/markdown"));
    }
    files.sort();
    let program = scratch.join("oras");
    std::fs::copy(oras, &program).with_context(|| format!("cannot copy {}", oras.display()))?;
    files.push(format!("{}:application/octet-stream", text(&program)));
    Ok(files)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn text(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::{files, root};

    #[test]
    fn folders_among_the_documents_are_left_out() {
        let scratch = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        let files = files(&program, scratch.path()).unwrap();
        assert!(root().join("docs/schemas").is_dir());
        assert!(files.contains(&"docs/jobs.md:text/markdown".to_owned()));
        assert!(
            !files.iter().any(|file| file.starts_with("docs/schemas")),
            "{files:?}"
        );
    }
}
