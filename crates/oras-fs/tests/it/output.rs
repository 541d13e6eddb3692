//! Outputs at every kind of place.

use std::fs;
use std::io::{ErrorKind, Write};

use oras_fs::{Durability, Output, write_output};

#[test]
fn a_regular_file_is_replaced_whole_and_keeps_its_permissions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "old").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o640);
    fs::set_permissions(&path, permissions).unwrap();
    let permissions = fs::metadata(&path).unwrap().permissions();

    let mut dropped = Output::open(&path).unwrap();
    dropped.write_all(b"half").unwrap();
    drop(dropped);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    write_output(&path, b"new").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(fs::metadata(&path).unwrap().permissions(), permissions);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().to_owned(), dir.path().join("new/")] {
        let error = Output::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IsADirectory);
    }
}

#[cfg(unix)]
#[test]
fn a_device_stays_a_device() {
    use std::os::unix::fs::FileTypeExt;

    write_output("/dev/null".as_ref(), b"gone").unwrap();
    assert!(
        fs::symlink_metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
    let full = Output::open("/dev/full".as_ref()).and_then(|mut output| {
        assert_eq!(output.write_all(b"x").unwrap_err().kind(), ErrorKind::StorageFull);
        output.commit(Durability::Data)
    });
    full.unwrap();
}

#[cfg(unix)]
#[test]
fn a_pipe_is_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn({
        let path = path.clone();
        move || fs::read_to_string(path).unwrap()
    });
    write_output(&path, b"through").unwrap();
    assert_eq!(reader.join().unwrap(), "through");
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_stays() {
    use std::os::unix::fs::symlink;

    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("folder/target"), "old").unwrap();
    symlink("folder/target", at("link")).unwrap();
    symlink("link", at("link to link")).unwrap();
    symlink("new", at("dangling")).unwrap();
    symlink("/dev/null", at("null")).unwrap();
    symlink("folder", at("to folder")).unwrap();
    symlink("round", at("round")).unwrap();

    write_output(&at("link to link"), b"new").unwrap();
    assert_eq!(fs::read_to_string(at("folder/target")).unwrap(), "new");
    write_output(&at("dangling"), b"made").unwrap();
    assert_eq!(fs::read_to_string(at("new")).unwrap(), "made");
    write_output(&at("null"), b"gone").unwrap();
    assert_eq!(
        Output::open(&at("to folder")).unwrap_err().kind(),
        ErrorKind::IsADirectory
    );
    assert!(Output::open(&at("round")).is_err());
    for link in ["link", "link to link", "dangling", "null", "to folder", "round"] {
        assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
    }
}

#[cfg(unix)]
#[test]
fn what_replaces_a_file_is_as_private_and_never_runs_as_its_owner() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    for (before, meanwhile, after) in [
        (0o4755, 0o755, 0o755),
        (0o600, 0o600, 0o600),
        (0o400, 0o600, 0o400),
    ] {
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
        let mut output = Output::open(&path).unwrap();
        output.write_all(b"new").unwrap();
        let mut entries = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let temp = entries.find(|found| *found != path).unwrap();
        assert_eq!(mode(&temp) | 0o022, meanwhile | 0o022, "{before:o}");
        output.commit(Durability::None).unwrap();
        assert_eq!(mode(&path), after, "{before:o}");
        fs::remove_file(&path).unwrap();
    }
}

/// `program -o /dev/fd/N N>> log`, and the same by other names.
#[cfg(target_os = "linux")]
#[test]
fn an_open_file_is_added_to() {
    use std::os::fd::AsRawFd;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    for folder in ["/proc/self/fd", "/dev/fd"] {
        fs::write(&path, "old ").unwrap();
        let log = fs::File::options().append(true).open(&path).unwrap();
        let name = format!("{folder}/{}", log.as_raw_fd());
        write_output(name.as_ref(), b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

/// Runs this test again with its standard output in a file, which the harness prints to as well.
#[cfg(target_os = "linux")]
#[test]
fn standard_output_is_shared_with_what_else_is_printed() {
    if std::env::var_os("WRITE_TO_STDOUT").is_some() {
        return write_output("/dev/stdout".as_ref(), b"<written>").unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "output::standard_output_is_shared_with_what_else_is_printed",
        ])
        .env("WRITE_TO_STDOUT", "1")
        .stdout(fs::File::create(&path).unwrap())
        .status()
        .unwrap();
    assert!(done.success());
    let out = fs::read_to_string(&path).unwrap();
    let places = ["running 1 test", "<written>", "test result: ok"].map(|part| out.find(part).expect(part));
    assert!(places.is_sorted(), "{out}");
}
