//! Programs that are watched, killed and made to fail by `strace`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// What happened to a program, and which calls it made.
pub(crate) struct Traced {
    pub(crate) output: Output,
    pub(crate) trace: String,
}

impl Traced {
    /// Whether the program got as far as the call that a fault was meant for.
    pub(crate) fn is_hit(&self) -> bool {
        !self.output.status.success() || self.trace.contains("(INJECTED)")
    }
}

/// Runs a program under strace with these arguments.
pub(crate) fn strace(arguments: &[&str], program: &Command, log: &Path) -> Traced {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(log).args(arguments);
    strace.arg(program.get_program()).args(program.get_args());
    strace.env_remove("RUST_BACKTRACE");
    if let Some(folder) = program.get_current_dir() {
        strace.current_dir(folder);
    }
    let output = strace
        .output()
        .expect("strace is installed: apt-get install strace");
    let trace = fs::read(log).unwrap();
    Traced {
        output,
        trace: String::from_utf8_lossy(&trace).into_owned(),
    }
}
