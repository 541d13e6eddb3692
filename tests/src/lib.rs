//! What the tests over several crates share: a folder to work in, and the `oras` program.

mod graph;
mod large;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use graph::write_graph;
pub use large::{BROKEN_AT, LARGE, large, large_descriptor, push_large};

/// A folder that is removed afterwards, and the program run in it.
#[derive(Debug)]
pub struct Work {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Work {
    /// A new, empty folder.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, or the program has not been built: `cargo build -p oras-cli` does that.
    pub fn new() -> io::Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    /// A new, empty folder in memory, where the system has such a place: nothing there waits for a disk.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn in_memory() -> io::Result<Self> {
        let memory = Path::new("/dev/shm");
        match memory.is_dir() {
            true => Self::within(memory),
            false => Self::new(),
        }
    }

    fn within(folder: &Path) -> io::Result<Self> {
        // Tests are built into `<target>/<profile>/deps`.
        let test = std::env::current_exe()?;
        let profile = test.ancestors().nth(2).unwrap_or(Path::new("."));
        let program = profile.join(format!("oras{}", std::env::consts::EXE_SUFFIX));
        if !program.is_file() {
            let missing = format!(
                "{} is missing: run cargo build -p oras-cli first",
                program.display()
            );
            return Err(io::Error::new(io::ErrorKind::NotFound, missing));
        }
        Ok(Self {
            folder: tempfile::tempdir_in(folder)?,
            program,
        })
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The `oras` program with these arguments, in the folder, without the machine's own configuration.
    pub fn oras(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.program.display().to_string(), arguments);
        command.env("HOME", self.folder.path());
        command
    }

    /// Another program with these arguments, in the folder.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path());
        command
    }
}

/// Runs a command that must succeed; what it wrote to stdout.
///
/// # Panics
///
/// It could not be run, or failed: the text has what it wrote to stderr.
pub fn succeeds(command: &mut Command) -> String {
    let output = output(command);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command that must fail; what it wrote to stderr.
///
/// # Panics
///
/// It could not be run, or succeeded.
pub fn fails(command: &mut Command) -> String {
    let output = output(command);
    assert!(!output.status.success(), "{command:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn output(command: &mut Command) -> Output {
    let output = command.output();
    output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"))
}

/// Every file below `folder`, by its path from there, in order.
///
/// # Panics
///
/// A folder cannot be listed.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(folder).unwrap_or(&path).display().to_string()),
            }
        }
    }
    found.sort();
    found
}

/// The most memory that this process had so far, in bytes.
///
/// # Panics
///
/// The system does not say: only Linux does.
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system has /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.expect("the high-water mark is told").trim();
    let peak = peak.trim_end_matches(" kB").parse::<u64>();
    peak.expect("the high-water mark is a number") * 1024
}

/// Whether tests that can be short are to be thorough, as for `cargo xtask faults`: then they take minutes.
pub fn is_thorough() -> bool {
    std::env::var_os("ORAS_TESTS").is_some_and(|value| value == "thorough")
}
