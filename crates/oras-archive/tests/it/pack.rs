//! Folders into archives.

use std::fs;
use std::path::Path;

use oras_archive::{Compression, Modes, PackOptions, Packed, Reader, Times, UnpackOptions, pack, unpack};
use oras_content::{Algorithm, ErrorChain, ErrorKind};

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

    let archives = |opts: &PackOptions| [&a, &b].map(|dir| packed(dir.path(), opts).1);
    let [first, second] = archives(&PackOptions::default());
    assert_eq!(first, second);
    let [first, second] = archives(&PackOptions::default().with_times(Times::Kept));
    assert_ne!(first, second);
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

fn refusals(dir: &Path) -> Vec<String> {
    let (packed, archive) = packed(dir, &PackOptions::default());
    let to = tempfile::tempdir().unwrap();
    let unpacked = unpack(
        &archive[..],
        "docs",
        &to.path().join("docs"),
        &UnpackOptions::default(),
    );
    assert_eq!(unpacked.is_ok(), packed.refusals.is_empty());
    let texts = packed.refusals.iter().map(|error| ErrorChain(error).to_string());
    texts.collect()
}

#[cfg(unix)]
#[test]
fn links_that_are_not_unpacked_are_told() {
    use std::os::unix::fs::symlink;

    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("d")).unwrap();
    symlink("d", dir.path().join("stays")).unwrap();
    symlink("../stays", dir.path().join("d/back")).unwrap();
    assert_eq!(refusals(dir.path()), [""; 0]);

    symlink("/etc/hosts", dir.path().join("absolute")).unwrap();
    symlink("../../out", dir.path().join("d/out")).unwrap();
    symlink("d/../x", dir.path().join("round")).unwrap();
    let expected = [
        r#"refused to unpack "docs/absolute": it is a link to "/etc/hosts", which is absolute"#,
        r#"refused to unpack "docs/d/out": it is a link to "../../out", which is outside of the folder"#,
        r#"refused to unpack "docs/round": it is a link to "d/../x", with ".." after other names"#,
    ];
    assert_eq!(refusals(dir.path()), expected);
}

#[cfg(unix)]
#[test]
fn at_most_a_hundred_refusals_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..101 {
        std::os::unix::fs::symlink("/", dir.path().join(format!("{number}"))).unwrap();
    }
    assert_eq!(refusals(dir.path()).len(), 100);
}

#[test]
fn folders_that_are_too_deep_to_be_unpacked_are_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("x/".repeat(129))).unwrap();
    let refusals = refusals(dir.path());
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].contains("more than 128 folders deep"), "{refusals:?}");
}

#[test]
fn zeros_that_are_not_unpacked_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = fs::File::create(dir.path().join("image")).unwrap();
    file.set_len(300 * 1024 * 1024).unwrap();
    let refusals = refusals(dir.path());
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].contains("200 times as large"), "{refusals:?}");
}

#[test]
fn everything_can_be_at_the_top() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::write(dir.path().join("sub/a"), "a").unwrap();
    let mut archive = Vec::new();
    pack(dir.path(), ".", &plain(), &mut archive).unwrap();
    assert_eq!(names(&archive), ["./", "sub/", "sub/a"]);
}

#[test]
fn temporary_files_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("sub/.oras-tmp-x")).unwrap();
    fs::write(dir.path().join("sub/.oras-tmp-x/a"), "a").unwrap();
    fs::write(dir.path().join(".oras-part-x"), "a").unwrap();
    let (packed, archive) = packed(dir.path(), &plain());
    assert_eq!(names(&archive), ["docs/", "docs/sub/"]);
    assert!(packed.refusals.is_empty());
}
