//! Finds and runs the program of a helper, within limits.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::try_join;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

/// Maximum number of bytes of a helper's output.
const OUTPUT_LIMIT: u64 = 64 * 1024;

/// The output of a program, and whether it succeeded.
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) printed: Zeroizing<Vec<u8>>,
}

/// Finds the program `name` in one of `folders`, or in `PATH`.
///
/// Only absolute folders are searched, so that a file in the working folder is not run by accident.
pub(crate) fn find(name: &str, folders: Option<&[PathBuf]>) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    match folders {
        Some(folders) => first_in(folders.iter().cloned(), &file),
        None => first_in(env::split_paths(&env::var_os("PATH").unwrap_or_default()), &file),
    }
}

fn first_in(folders: impl Iterator<Item = PathBuf>, file: &str) -> Option<PathBuf> {
    folders
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(file))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Runs `program` with one argument and `input`, without a shell. Its error output is discarded.
///
/// # Errors
///
/// The program cannot be started, prints more than 64 KiB, or takes longer than `limit`. It is then killed.
pub(crate) async fn run(program: &Path, argument: &str, input: &[u8], limit: Duration) -> io::Result<Output> {
    let mut child = Command::new(program)
        .arg(AsRef::<OsStr>::as_ref(argument))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let result = match tokio::time::timeout(limit, converse(&mut child, input)).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no answer within {} s", limit.as_secs()),
        )),
    };
    if result.is_err() {
        child.kill().await?;
    }
    result
}

async fn converse(child: &mut Child, input: &[u8]) -> io::Result<Output> {
    let mut stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let write = async move {
        match stdin.write_all(input).await {
            // A program that does not read its input may still respond.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    };
    let read = async move {
        let mut printed = Zeroizing::new(Vec::new());
        stdout.take(OUTPUT_LIMIT + 1).read_to_end(&mut printed).await?;
        if printed.len() as u64 > OUTPUT_LIMIT {
            return Err(io::Error::other("it printed more than 64 KiB"));
        }
        Ok(printed)
    };
    let ((), printed) = try_join(write, read).await?;
    Ok(Output {
        success: child.wait().await?.success(),
        printed,
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_programs_in_absolute_folders_are_found() {
        let here = tempfile::tempdir_in(".").unwrap();
        let program = here.path().join("docker-credential-x");
        std::fs::write(&program, "#!/bin/sh\n").unwrap();
        let absolute = std::path::absolute(here.path()).unwrap();
        let relative = PathBuf::from(here.path().file_name().unwrap());
        let found = |folder: &Path| find("docker-credential-x", Some(&[folder.to_owned()]));

        assert_eq!(found(&absolute), None, "not executable yet");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(found(&absolute), Some(absolute.join("docker-credential-x")));
        for folder in [relative.as_path(), Path::new(""), Path::new(".")] {
            assert_eq!(found(folder), None, "{folder:?}");
        }
    }
}
