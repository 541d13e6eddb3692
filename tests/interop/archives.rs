//! Archives of GNU tar, BSD tar and Go: we make the same files of them as GNU tar does, or refuse them for a reason.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use oras_archive::{UnpackOptions, unpack};
use oras_content::{Error, ErrorChain, ErrorKind};
use oras_tests::{Work, succeeds};

use crate::odd_folders::{odd_folder, plain_folder, tree, write};

fn unpacked(work: &Work, archive: &str) -> Result<(), Error> {
    let opts = UnpackOptions::default().with_permissions_preserved(true);
    let file = fs::File::open(work.path(archive)).unwrap();
    fs::create_dir_all(work.path("ours")).unwrap();
    unpack(file, "docs", &work.path("ours/docs"), &opts).map(drop)
}

/// Unpacks `archive` with GNU tar and with ours, and compares the files.
#[track_caller]
fn assert_same(work: &Work, archive: &str, what: &str) {
    for folder in ["ours", "theirs"] {
        let _ = fs::remove_dir_all(work.path(folder));
        fs::create_dir(work.path(folder)).unwrap();
    }
    let tar = ["-xpf", archive, "--no-same-owner", "-C", "theirs"];
    succeeds(&mut work.command("tar", &tar));
    unpacked(work, archive).unwrap_or_else(|error| panic!("{what}: {}", ErrorChain(&error)));
    let (ours, theirs) = (tree(&work.path("ours/docs")), tree(&work.path("theirs/docs")));
    assert!(ours.len() > 10, "{what}: {ours:?}");
    for (path, theirs) in &theirs {
        let name = String::from_utf8_lossy(path);
        assert_eq!(ours.get(path), Some(theirs), "{what}: {name}");
    }
    assert_eq!(ours.len(), theirs.len(), "{what}");
}

/// The time of change of a folder that was unpacked, in seconds.
fn time(work: &Work, folder: &str) -> i64 {
    fs::metadata(work.path(folder)).unwrap().mtime()
}

/// Packs with `program` in each of these ways, and compares.
#[track_caller]
fn assert_each(work: &Work, program: &str, ways: &[&[&str]]) {
    for way in ways {
        let arguments = [&["-cf", "a"], *way, &["docs"]].concat();
        succeeds(&mut work.command(program, &arguments));
        assert_same(work, "a", &format!("{program} {way:?}"));
    }
}

#[test]
#[ignore = "needs tar and zstd"]
fn archives_of_gnu_tar() {
    let work = Work::new().unwrap();
    plain_folder(&work.path("docs"));
    assert_each(
        &work,
        "tar",
        &[
            &["--format=v7"],
            &["--format=ustar"],
            &["--format=v7", "--gzip"],
            &["--format=v7", "-b", "1"],
        ],
    );

    odd_folder(&work.path("more/docs"));
    fs::remove_dir_all(work.path("docs")).unwrap();
    fs::rename(work.path("more/docs"), work.path("docs")).unwrap();
    write(
        &work.path("docs").join(OsStr::from_bytes(b"not \xff UTF-8")),
        b"bytes",
        0o644,
    );
    assert_each(
        &work,
        "tar",
        &[
            &["--format=oldgnu"],
            &["--format=gnu"],
            &["--format=posix"],
            &["--gzip"],
            &["--zstd"],
            &["--zstd", "--format=posix"],
            &["--hard-dereference"],
            &["--hard-dereference", "--format=posix"],
            &["-b", "1"],
            &["-b", "2048"],
            &[
                "--format=posix",
                "--pax-option=globexthdr.name=all,comment=for all",
            ],
            &["--format=posix", "--pax-option=delete=mtime,delete=atime"],
            &[
                "--format=posix",
                "--owner=somebody-else:4000000000",
                "--group=:4000000000",
            ],
            &["--format=gnu", "--owner=:4000000000", "--numeric-owner"],
            &["--mtime=@8589934592"],
            &["--format=posix", "--mtime=@1234567890.75"],
            &["--sort=name", "--mode=a+rwX"],
            &["--xattrs", "--acls", "--format=posix"],
        ],
    );
}

#[test]
#[ignore = "needs tar"]
fn archives_that_were_changed_or_put_together() {
    let work = Work::new().unwrap();
    plain_folder(&work.path("docs"));
    succeeds(&mut work.command("tar", &["-cf", "a", "docs"]));
    // Newer files after older ones of their names.
    write(&work.path("docs/sizes/1"), b"newer", 0o600);
    succeeds(&mut work.command("tar", &["-rf", "a", "docs/sizes/1", "docs/tool2"]));
    assert_same(&work, "a", "tar -r");
    succeeds(&mut work.command("tar", &["--delete", "-f", "a", "docs/sizes/512"]));
    assert_same(&work, "a", "tar --delete");

    let many = r#"head -c 700 a | gzip > b; tail -c +701 a | head -c 5000 | gzip -1 >> b; tail -c +5701 a | gzip >> b"#;
    succeeds(&mut work.command("sh", &["-ec", many]));
    assert_same(&work, "b", "gzip of several members");
    let many = "head -c 700 a | zstd -q > c; tail -c +701 a | zstd -q >> c";
    succeeds(&mut work.command("sh", &["-ec", many]));
    assert_same(&work, "c", "zstd of several frames");
    succeeds(&mut work.command("sh", &["-ec", "zstd -q -T2 --ultra -22 --long=23 -c a > d"]));
    assert_same(&work, "d", "zstd with the largest window");

    succeeds(&mut work.command("tar", &["--mtime=@1000000000", "-cf", "a", "docs"]));
    assert_same(&work, "a", "times of folders");
    for folder in ["ours/docs", "ours/docs/sizes", "ours/docs/empty"] {
        assert_eq!(time(&work, folder), 1_000_000_000, "{folder}");
    }
}

#[test]
#[ignore = "needs bsdtar (libarchive-tools)"]
fn archives_of_bsd_tar() {
    let work = Work::new().unwrap();
    plain_folder(&work.path("docs"));
    assert_each(&work, "bsdtar", &[&["--format=v7tar"], &["--format=ustar"]]);

    odd_folder(&work.path("docs2"));
    fs::remove_dir_all(work.path("docs")).unwrap();
    fs::rename(work.path("docs2"), work.path("docs")).unwrap();
    assert_each(
        &work,
        "bsdtar",
        &[
            &["--format=pax"],
            &["--format=paxr"],
            &["--format=gnutar"],
            &["--format=pax", "--gzip"],
            &["--format=pax", "--zstd"],
            &["--format=gnutar", "-b", "1"],
            &["--format=pax", "--options=pax:hdrcharset=BINARY"],
            &["--format=pax", "--xattrs", "--acls", "--fflags"],
            &["--format=pax", "--uid=2000000000", "--uname=somebody else"],
        ],
    );
}

#[test]
#[ignore = "needs go"]
fn archives_of_go() {
    let work = Work::new().unwrap();
    fs::write(work.path("writer.go"), include_str!("writer.go")).unwrap();
    let built = work
        .command("go", &["build", "-o", "writer", "writer.go"])
        .output();
    let Ok(built) = built else {
        eprintln!("NOT RUN: archives of Go, because go is not installed");
        return;
    };
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    plain_folder(&work.path("docs"));
    succeeds(&mut work.command("sh", &["-ec", "./writer ustar docs > a"]));
    assert_same(&work, "a", "go ustar");
    fs::remove_dir_all(work.path("docs")).unwrap();
    odd_folder(&work.path("docs"));
    for format in ["pax", "gnu"] {
        succeeds(&mut work.command("sh", &["-ec", &format!("./writer {format} docs | gzip > a")]));
        assert_same(&work, "a", &format!("go {format}"));
    }
}

/// What GNU tar takes, and we do not: how such an archive is made, what it is refused as, and why.
const REFUSED: [(&str, ErrorKind, &str); 11] = [
    // A hole costs nothing to write and a disk to read; artifacts have no use for it.
    ("tar -S -cf a docs", ErrorKind::Unsupported, "sparse files"),
    (
        "tar -S --format=oldgnu -cf a docs",
        ErrorKind::Unsupported,
        "sparse files",
    ),
    (
        "tar -S --format=posix -cf a docs",
        ErrorKind::Unsupported,
        "sparse files",
    ),
    (
        "tar -S --format=posix --sparse-version=0.0 -cf a docs",
        ErrorKind::Unsupported,
        "sparse files",
    ),
    (
        "bsdtar --format=pax -cf a docs",
        ErrorKind::Unsupported,
        "sparse files",
    ),
    // An absolute name is for one machine.
    (
        "tar -P --transform='s,^,/,' -cf a docs",
        ErrorKind::PathTraversal,
        "it is absolute",
    ),
    // Whoever reads only the first archive sees other files than whoever reads both.
    (
        "tar -cf a docs/plain; cat a a > b; mv b a",
        ErrorKind::Refused,
        "something follows the end",
    ),
    // A label, a list of what a folder had, and the rest of a file are no files.
    (
        "tar --label=x -cf a docs/plain",
        ErrorKind::Refused,
        "of the type 'V'",
    ),
    (
        "tar --listed-incremental=snapshot --format=gnu -cf a docs",
        ErrorKind::Refused,
        "of the type 'D'",
    ),
    (
        "mkfifo docs/pipe; tar -cf a docs/pipe; rm docs/pipe",
        ErrorKind::Refused,
        "of the type '6'",
    ),
    // A target that leads out of the folder would be written through by the next program.
    (
        "ln -s /etc docs/etc; tar -cf a docs/etc; rm docs/etc",
        ErrorKind::PathTraversal,
        "which is absolute",
    ),
];

#[test]
#[ignore = "needs tar and bsdtar (libarchive-tools)"]
fn what_is_refused_is_refused_for_a_reason() {
    let work = Work::new().unwrap();
    write(&work.path("docs/plain"), b"plain", 0o644);
    let holes = fs::File::create(work.path("docs/sparse")).unwrap();
    holes.set_len(8 << 20).unwrap();
    (&holes).write_all(b"start").unwrap();
    for (how, kind, reason) in REFUSED {
        succeeds(&mut work.command("sh", &["-ec", how]));
        let error = unpacked(&work, "a").expect_err(how);
        let text = ErrorChain(&error).to_string();
        assert_eq!(*error.kind(), kind, "{how}: {text}");
        assert!(text.contains(reason), "{how}: {text}");
        assert!(!work.path("ours/docs").exists(), "{how}");
    }
}

/// What is unpacked differs from GNU tar in these, on purpose: nothing runs as its owner, and a time before 1970 is
/// taken for none.
#[test]
#[ignore = "needs tar"]
fn what_is_left_out() {
    let work = Work::new().unwrap();
    write(&work.path("docs/setuid"), b"#!", 0o6755);
    write(&work.path("docs/old"), b"old", 0o644);
    for format in ["--format=gnu", "--format=posix"] {
        let _ = fs::remove_dir_all(work.path("ours"));
        succeeds(&mut work.command("tar", &[format, "--mtime=@-1000", "-cf", "a", "docs"]));
        unpacked(&work, "a").unwrap();
        let found = |name: &str| fs::metadata(work.path("ours/docs").join(name)).unwrap();
        assert_eq!(found("setuid").mode() & 0o7777, 0o755);
        assert!(found("old").mtime() > 1_000_000_000, "{format}");
    }
}
