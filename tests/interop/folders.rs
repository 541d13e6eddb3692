//! Folders: what other programs make of them, and disks that fail while they are unpacked.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use oras_tests::{Work, files, succeeds};

/// A folder and a file, as they are pulled.
fn publish(work: &Work) {
    fs::create_dir_all(work.path("new/docs/sub")).unwrap();
    for name in ["docs/a", "docs/sub/b", "f"] {
        fs::write(work.path("new").join(name), format!("new {name}")).unwrap();
    }
    fs::hard_link(work.path("new/docs/a"), work.path("new/docs/same")).unwrap();
    symlink("a", work.path("new/docs/link")).unwrap();
    let oras = work.oras(&[]).get_program().to_owned();
    let push = r#"cd new && "$0" push --oci-layout ../lay:v1 docs f"#;
    succeeds(work.command("sh", &["-c", push]).arg(oras));
}

/// What was there before, among it a file that the archive does not have.
fn prepare(out: &Path) {
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out.join("docs/sub")).unwrap();
    for name in ["docs/a", "docs/sub/b", "docs/mine", "f"] {
        fs::write(out.join(name), format!("old {name}")).unwrap();
    }
}

/// Every file is the old one or the new one, and nothing is lost.
fn assert_whole(out: &Path, what: &str) {
    for name in ["docs/a", "docs/sub/b", "f"] {
        let text =
            fs::read_to_string(out.join(name)).unwrap_or_else(|error| panic!("{what}: {name}: {error}"));
        let is_whole = text == format!("old {name}") || text == format!("new {name}");
        assert!(is_whole, "{what}: {name} is {text:?}");
    }
    assert_eq!(
        fs::read_to_string(out.join("docs/mine")).unwrap(),
        "old docs/mine",
        "{what}"
    );
}

fn traced(work: &Work, inject: &str) -> Output {
    let oras = work.oras(&[]).get_program().to_owned();
    let mut strace = work.command("strace", &["-f", "-qq", "-o", "trace", "-e", inject]);
    strace
        .arg(oras)
        .args(["pull", "--oci-layout", "lay:v1", "-o", "out"]);
    strace
        .output()
        .expect("strace is installed: apt-get install strace")
}

/// Every call that gets a path or a file of a pull fails once, over what is there and where nothing is.
#[test]
#[ignore = "needs strace"]
fn no_error_of_a_pull_shows_how_its_folder_was_opened() {
    let work = Work::new().unwrap();
    publish(&work);
    let out = work.path("out");
    // A pull goes on without some calls, which may tell nothing.
    for (call, is_told) in [
        ("openat", true),
        ("statx,newfstatat", true),
        ("mkdir,mkdirat", true),
        ("lseek", false),
        ("getdents64", false),
        ("symlinkat,linkat", true),
        ("fchmod,fchmodat,chmod", true),
        ("rename,renameat,renameat2", true),
        ("unlink,unlinkat", false),
        ("fsync,fdatasync,syncfs", true),
    ] {
        let mut told = 0;
        for nth in 1.. {
            match nth % 2 {
                0 => prepare(&out),
                _ => drop(fs::remove_dir_all(&out)),
            }
            let ran = traced(&work, &format!("inject={call}:error=EACCES:when={nth}"));
            let text = String::from_utf8_lossy(&ran.stderr);
            assert!(!text.contains("/proc/self"), "{call} {nth}: {text}");
            told += usize::from(text.lines().any(|line| line.starts_with("Error: ")));
            let trace = fs::read_to_string(work.path("trace")).unwrap();
            if !trace.contains("(INJECTED)") {
                break;
            }
        }
        assert!(told > 0 || !is_told, "no fault of {call} was told");
    }
}

#[test]
#[ignore = "needs strace"]
fn a_pull_that_is_killed_or_fails_at_any_change_of_the_disk_leaves_whole_files() {
    let work = Work::new().unwrap();
    publish(&work);
    let out = work.path("out");
    for (call, fault) in [
        ("mkdir,mkdirat", "signal=KILL"),
        ("mkdir,mkdirat", "error=ENOSPC"),
        ("symlinkat,linkat", "signal=KILL"),
        ("symlinkat,linkat", "error=EACCES"),
        ("fchmod,utimensat", "signal=KILL"),
        ("fchmod", "error=EIO"),
        ("rename,renameat,renameat2", "signal=KILL"),
        ("rename,renameat,renameat2", "error=EIO"),
        ("unlink,unlinkat", "signal=KILL"),
        ("fsync,fdatasync,syncfs", "signal=KILL"),
        ("fsync,fdatasync,syncfs", "error=EIO"),
        ("openat", "error=EMFILE"),
    ] {
        let mut points = 0;
        for nth in 1.. {
            prepare(&out);
            let what = format!("{call} {fault} {nth}");
            let ran = traced(&work, &format!("inject={call}:{fault}:when={nth}"));
            assert_whole(&out, &what);
            let trace = fs::read_to_string(work.path("trace")).unwrap();
            let is_over = ran.status.success() && !trace.contains("(INJECTED)");
            if fault.starts_with("error") && !ran.status.success() {
                let told = String::from_utf8_lossy(&ran.stderr).into_owned();
                assert!(
                    told.lines().last().unwrap().starts_with("Error: "),
                    "{what}: {told}"
                );
                assert!(!told.contains("/proc/self"), "{what}: {told}");
                let left = files(&out).into_iter().find(|file| file.contains(".oras-tmp-"));
                assert_eq!(left, None, "{what}");
            }
            succeeds(&mut work.oras(&["pull", "--oci-layout", "lay:v1", "-o", "out"]));
            assert_eq!(
                fs::read(out.join("docs/sub/b")).unwrap(),
                b"new docs/sub/b",
                "{what}"
            );
            assert_eq!(
                fs::read_link(out.join("docs/link")).unwrap(),
                Path::new("a"),
                "{what}"
            );
            if is_over {
                break;
            }
            points += 1;
        }
        assert!(points > 0, "{call} was never called");
    }
}
