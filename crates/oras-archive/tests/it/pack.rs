//! Folders into archives.

use std::fs;
use std::path::Path;

use oras_archive::{Compression, Modes, PackOptions, Packed, Reader, Times, pack};
use oras_content::{Algorithm, ErrorKind};

fn packed(dir: &Path, opts: &PackOptions) -> (Packed, Vec<u8>) {
    let mut archive = Vec::new();
    let packed = pack(dir, "docs", opts, &mut archive).unwrap();
    (packed, archive)
}

fn plain() -> PackOptions {
    PackOptions::default().with_compression(Compression::None)
}

fn names(archive: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(archive);
    let mut names = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        names.push(String::from_utf8(entry.path).unwrap());
    }
    reader.finish().unwrap();
    names
}

#[test]
fn the_same_files_make_the_same_archive() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["z", "a", "m"] {
        fs::write(a.path().join(name), name).unwrap();
    }
    for name in ["m", "z", "a"] {
        fs::write(b.path().join(name), name).unwrap();
    }
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    let file = fs::File::options().write(true).open(a.path().join("m")).unwrap();
    file.set_modified(old).unwrap();

    assert_eq!(
        packed(a.path(), &PackOptions::default()),
        packed(b.path(), &PackOptions::default())
    );
    let kept = PackOptions::default().with_times(Times::Kept);
    assert_ne!(packed(a.path(), &kept), packed(b.path(), &kept));
}

#[test]
fn digests_and_size_are_those_of_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), vec![7; 3_000_000]).unwrap();
    let (plain, tar) = packed(dir.path(), &plain());
    let (gzip, archive) = packed(dir.path(), &PackOptions::default());

    assert_eq!(plain.digest, Algorithm::Sha256.digest(&tar));
    assert_eq!(plain.tar_digest, plain.digest);
    assert_eq!(gzip.digest, Algorithm::Sha256.digest(&archive));
    assert_eq!(gzip.tar_digest, plain.digest);
    assert_eq!(gzip.size, archive.len() as u64);
    assert!(gzip.size < 20_000, "{} bytes", gzip.size);
}

#[test]
fn a_folder_comes_before_what_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("b/c")).unwrap();
    fs::create_dir(dir.path().join("empty")).unwrap();
    fs::write(dir.path().join("b/c/d"), "").unwrap();
    fs::write(dir.path().join("b.txt"), "").unwrap();

    let (_, archive) = packed(dir.path(), &plain());

    let expected = [
        "docs/",
        "docs/b/",
        "docs/b/c/",
        "docs/b/c/d",
        "docs/b.txt",
        "docs/empty/",
    ];
    assert_eq!(names(&archive), expected);
}

#[test]
fn names_of_any_length_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let deep = ["x".repeat(200), "y".repeat(200)].join("/");
    fs::create_dir_all(dir.path().join(&deep)).unwrap();
    let (_, archive) = packed(dir.path(), &plain());
    assert_eq!(names(&archive).pop().unwrap(), format!("docs/{deep}/"));
}

#[cfg(unix)]
#[test]
fn permissions_are_kept_or_made_normal() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    for (name, mode) in [("secret", 0o600), ("tool", 0o4751)] {
        fs::write(dir.path().join(name), "").unwrap();
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    let modes = |opts: &PackOptions| {
        let (_, archive) = packed(dir.path(), opts);
        let mut reader = Reader::new(&archive[..]);
        let mut modes = Vec::new();
        while let Some(entry) = reader.next_entry().unwrap() {
            modes.push(entry.mode);
        }
        modes.split_off(1)
    };
    assert_eq!(modes(&plain()), [0o600, 0o751]);
    assert_eq!(modes(&plain().with_modes(Modes::Normal)), [0o644, 0o755]);
}

#[cfg(unix)]
#[test]
fn a_socket_is_refused_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("here")).unwrap();

    let error = pack(dir.path(), "docs", &plain(), std::io::sink()).unwrap_err();

    assert_eq!(*error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("here"), "{error}");
}

#[test]
fn a_full_destination_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "a").unwrap();
    for opts in [plain(), PackOptions::default()] {
        let error = pack(dir.path(), "docs", &opts, Full).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Storage);
    }
}
