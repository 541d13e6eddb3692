//! Shell lines as documents show them.

use std::path::Path;
use std::process::Command;

/// A shell in `folder` that finds `oras` and the programs in the folder `bin`, and stops at the first failure.
/// `localhost:5000` is replaced by `registry`.
pub(crate) fn shell(folder: &Path, oras: &Path, registry: &str, lines: &str) -> Command {
    let (own, programs) = (folder.join("bin"), oras.parent().unwrap());
    let lines = lines.replace("localhost:5000", registry);
    let mut shell = Command::new("bash");
    shell
        .args(["--norc", "-euo", "pipefail", "-c", &lines])
        .current_dir(folder)
        // The machine's configuration has no effect.
        .env_clear()
        .env("HOME", folder)
        .env(
            "PATH",
            format!("{}:{}:/usr/bin:/bin", own.display(), programs.display()),
        );
    shell
}
