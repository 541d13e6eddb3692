//! `cargo xtask dist`: the released program, one static binary with its manual pages and completions.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use oras_archive::{Compression, Modes, PackOptions, pack};

use crate::cargo::{Metadata, output_of, program, root, run};
use crate::quickstart;
use crate::static_elf::ensure_static;

/// Maximum size of the binary in bytes.
const MOST: u64 = 12_000_000;

/// The file name of each shell's completion.
const COMPLETIONS: [(&str, &str); 4] = [
    ("bash", "oras.bash"),
    ("zsh", "_oras"),
    ("fish", "oras.fish"),
    ("powershell", "oras.ps1"),
];

pub(crate) fn run_all() -> anyhow::Result<()> {
    let target = format!("{ARCH}-unknown-linux-musl");
    ensure_tools(&target)?;
    build(&target)?;
    let metadata = Metadata::read(&["--no-deps"])?;
    let binary = metadata.target_directory.join(&target).join("dist").join("oras");
    let size = ensure_good(&binary)?;
    quickstart::run_with(binary.clone())?;

    let version = metadata.version_of("oras-cli")?;
    let name = format!("oras-{version}-{target}");
    let folder = root().join("target").join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    stage(&binary, &folder.join(&name))?;
    let archive = packed(&folder, &name)?;
    println!(
        "The binary is static and takes {:.1} MB.",
        size as f64 / 1_000_000.0
    );
    println!(
        "It is in {}, with its manual pages and completions.",
        archive.display()
    );
    Ok(())
}

/// Says what to install if a tool is missing.
fn ensure_tools(target: &str) -> anyhow::Result<()> {
    let installed = output_of(Command::new("rustup").args(["target", "list", "--installed"]));
    // Without rustup, cargo reports a missing target.
    if let Ok(installed) = installed {
        let installed = String::from_utf8_lossy(&installed);
        ensure!(
            installed.lines().any(|line| line == target),
            "the target {target} is not installed: run 'rustup target add {target}'"
        );
    }
    match Command::new("musl-gcc").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(_) => bail!(
            "there is no musl-gcc, which compiles the C code of ring and zstd: run 'apt-get install musl-tools'"
        ),
    }
}

/// Builds the program reproducibly, without anything specific to this machine.
fn build(target: &str) -> anyhow::Result<()> {
    let mut build = Command::new(program());
    build.args(["build", "--quiet", "-p", "oras-cli", "--profile", "dist"]);
    build.args(["--target", target]);
    // Panic messages contain the file names of dependencies.
    let home = cargo_home()?;
    let home = home.to_str().context("cargo's folder has a plain name")?;
    build.env(
        "CARGO_ENCODED_RUSTFLAGS",
        format!("--remap-path-prefix={home}=/cargo"),
    );
    match commit() {
        Some(commit) => build.env("ORAS_GIT_COMMIT", commit),
        None => build.env_remove("ORAS_GIT_COMMIT"),
    };
    run(&mut build)
}

/// Returns the folder of cargo's downloads.
fn cargo_home() -> anyhow::Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = std::env::home_dir().context("there is no home folder")?;
    Ok(home.join(".cargo"))
}

/// Returns the commit that is checked out; `None` if files were changed, or git fails.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| output_of(Command::new("git").args(arguments)).ok();
    let is_clean = git(&["status", "--porcelain"])?.is_empty();
    let commit = String::from_utf8(git(&["rev-parse", "HEAD"])?).ok()?;
    is_clean.then(|| commit.trim().to_owned())
}

/// Checks that a binary is small enough and static, and returns its size.
fn ensure_good(binary: &Path) -> anyhow::Result<u64> {
    let content = fs::read(binary).with_context(|| format!("cannot read {}", binary.display()))?;
    ensure_static(&content).with_context(|| format!("{} is not what is to be shipped", binary.display()))?;
    let size = content.len() as u64;
    ensure!(
        size <= MOST,
        "{} takes {size} bytes, of which {MOST} are the most",
        binary.display()
    );
    Ok(size)
}

/// Copies everything into `folder`.
fn stage(binary: &Path, folder: &Path) -> anyhow::Result<()> {
    let completions = folder.join("completions");
    fs::create_dir_all(&completions).with_context(|| format!("cannot make {}", completions.display()))?;
    let put = |from: &Path, name: &str| {
        let copied = fs::copy(from, folder.join(name));
        copied.with_context(|| format!("cannot copy {}", from.display()))
    };
    put(binary, "oras")?;
    put(&root().join("LICENSE"), "LICENSE")?;
    put(&root().join("README.md"), "README.md")?;
    for (shell, name) in COMPLETIONS {
        let script = output_of(Command::new(binary).args(["completion", shell]))?;
        fs::write(completions.join(name), script).with_context(|| format!("cannot write {name}"))?;
    }
    run(Command::new(binary)
        .arg("man")
        .arg(folder.join("man").join("man1")))
}

/// Packs the folder `name` in `folder` reproducibly, and writes the digest beside the archive.
fn packed(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let file = format!("{name}.tar.gz");
    let path = folder.join(&file);
    let archive = fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let options = PackOptions::default()
        .with_compression(Compression::Gzip(9))
        .with_modes(Modes::Normal);
    let packed = pack(&folder.join(name), name, &options, archive)?;
    let sums = format!("{}  {file}\n", packed.digest.encoded());
    fs::write(folder.join("SHA256SUMS"), sums).context("cannot write SHA256SUMS")?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::packed;

    #[test]
    fn the_archive_is_the_same_whenever_it_is_made() {
        let sums = [0, 1_000_000].map(|age| {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join("oras/man")).unwrap();
            let path = folder.path().join("oras/man/oras.1");
            fs::write(&path, "a page").unwrap();
            let time = SystemTime::now() - Duration::from_secs(age);
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(time)
                .unwrap();
            let archive = packed(folder.path(), "oras").unwrap();
            assert_eq!(archive, folder.path().join("oras.tar.gz"));
            fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap()
        });
        assert_eq!(sums[0], sums[1]);
    }
}
