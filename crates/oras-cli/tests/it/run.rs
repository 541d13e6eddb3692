//! A working folder, a registry, and the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use oras_server::ServerOptions;
use oras_server_faults::{Journal, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::shell::shell;

pub(crate) struct World {
    folder: TempDir,
    server: Server,
    // Dropped last, because the server runs on it.
    _runtime: Runtime,
}

/// A repository or a layout: its argument, its name in messages, and its flags.
pub(crate) type Place = (String, &'static str, Vec<&'static str>);

/// Concatenates the words and the flags of a command.
pub(crate) fn with<T: Clone>(words: &[T], flags: &[T]) -> Vec<T> {
    [words, flags].concat()
}

/// The result of running the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The policy of a user who has no requirements.
const ACCEPTING: &str = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;

impl World {
    pub(crate) fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    pub(crate) fn with(options: ServerOptions) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(Server::start(options)).unwrap();
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            server,
            _runtime: runtime,
        };
        // The user's files take precedence over those of the machine.
        world.write(".config/containers/registries.conf", "");
        world.write(".config/containers/policy.json", ACCEPTING);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Returns `registry/name`.
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.server.registry())
    }

    pub(crate) fn registry(&self) -> String {
        self.server.registry()
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn journal(&self) -> Journal {
        self.server.journal()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        program(self.folder.path(), arguments)
    }

    /// Prepares shell lines as users type them, with this registry.
    pub(crate) fn shell(&self, lines: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_oras"));
        shell(self.folder.path(), program, &self.registry(), lines)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs the program with this stdin.
    pub(crate) fn run_with(&self, stdin: &str, arguments: &[&str]) -> Ran {
        self.write(".stdin", stdin);
        let stdin = std::fs::File::open(self.path(".stdin")).unwrap();
        Ran::of(self.command(arguments).stdin(stdin).output().unwrap())
    }

    /// Runs the program, which must succeed. Returns its stdout.
    pub(crate) fn oras(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "oras {arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Runs the program, which must fail. Returns the one-line error.
    pub(crate) fn fails(&self, arguments: &[&str]) -> String {
        self.fails_with(None, arguments)
    }

    /// Runs the program, which must fail, with this exit code if given. Returns the one-line error.
    pub(crate) fn fails_with(&self, code: Option<i32>, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        let is_right = code.map_or((1..=6).contains(&ran.code), |code| ran.code == code);
        assert!(is_right, "oras {arguments:?}: {} {}", ran.code, ran.stderr);
        assert_eq!(ran.stdout, "", "nothing is a result");
        let errors: Vec<&str> = ran
            .stderr
            .lines()
            .filter(|line| line.starts_with("Error: "))
            .collect();
        assert_eq!(errors.len(), 1, "one line says why: {}", ran.stderr);
        assert!(
            ran.stderr.trim_end().ends_with(errors[0]),
            "and it is the last one: {}",
            ran.stderr
        );
        errors[0].to_owned()
    }

    /// Runs the program, which must refuse the command line before it does anything.
    pub(crate) fn fails_usage(&self, arguments: &[&str]) {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 2, "oras {arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "nothing is a result");
    }

    /// Pushes `hello.txt` as an artifact `name`. Returns its digest.
    pub(crate) fn push_hello(&self, name: &str) -> String {
        self.write("hello.txt", "hello");
        let pushed = self.oras(&[
            "push",
            &self.at(name),
            "--artifact-type",
            "application/vnd.test",
            "hello.txt:text/plain",
        ]);
        digest(&pushed)
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Prepares the program in a folder that is also its home, so that the machine's configuration has no effect.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oras"));
    command.args(arguments).current_dir(folder).env_clear();
    command.env("HOME", folder).env("PATH", "/usr/bin:/bin");
    command
}

/// Returns the text after `Digest: `.
pub(crate) fn digest(stdout: &str) -> String {
    stdout
        .lines()
        .find_map(|line| line.strip_prefix("Digest: "))
        .unwrap()
        .to_owned()
}

/// Returns every file below `folder`, including hidden ones.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path.display().to_string()),
        }
    }
    found.sort();
    found
}
