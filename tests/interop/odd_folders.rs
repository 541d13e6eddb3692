//! Folders that archives are made of, and what is in those that come out.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The path, kind, permissions, time of change, number of names and content of everything in `dir`. GNU tar changes the
/// times of folders again whose content does not follow at once; they are left out.
pub(crate) fn tree(dir: &Path) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    let mut next = vec![dir.to_owned()];
    while let Some(at) = next.pop() {
        let metadata = fs::symlink_metadata(&at).unwrap();
        let (mode, time) = (metadata.mode() & 0o7777, metadata.mtime());
        let what = if metadata.is_dir() {
            next.extend(fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().path()));
            format!("folder {mode:04o}")
        } else if metadata.is_symlink() {
            format!("link to {:?}", fs::read_link(&at).unwrap())
        } else {
            let content = oras_content::Algorithm::Sha256.digest(&fs::read(&at).unwrap());
            format!("file {mode:04o} {time} {} {content}", metadata.nlink())
        };
        let path = at.strip_prefix(dir).unwrap().as_os_str().as_bytes();
        found.insert(path.to_vec(), what);
    }
    found
}

pub(crate) fn write(path: &Path, content: &[u8], mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A folder that fits into the oldest format.
pub(crate) fn plain_folder(docs: &Path) {
    fs::create_dir_all(docs.join("empty")).unwrap();
    for len in [0, 1, 511, 512, 513, 10_240, 1_000_000] {
        write(&docs.join(format!("sizes/{len}")), &vec![b'x'; len], 0o644);
    }
    write(&docs.join("tool"), b"#!", 0o755);
    write(&docs.join("secret/nobody"), b"", 0o000);
    fs::set_permissions(docs.join("secret"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::hard_link(docs.join("tool"), docs.join("tool2")).unwrap();
    fs::hard_link(docs.join("tool"), docs.join("a-tool")).unwrap();
    symlink("tool", docs.join("link")).unwrap();
    symlink("../tool", docs.join("sizes/up")).unwrap();
    symlink("nowhere", docs.join("broken")).unwrap();
    write(&docs.join("-x --exec=sh"), b"dash", 0o644);
    write(&docs.join(" \"quoted\" \\ * ? "), b"odd", 0o644);
    let old = SystemTime::UNIX_EPOCH + Duration::from_millis(1_234_567);
    let file = fs::File::options().append(true).open(docs.join("tool"));
    file.unwrap().set_modified(old).unwrap();
}

/// What only newer formats can hold: long names and targets, names that are not ASCII or not even UTF-8.
pub(crate) fn odd_folder(docs: &Path) {
    plain_folder(docs);
    let long = format!("{}/{}", "l".repeat(120), "m".repeat(255));
    write(&docs.join(&long).join("n".repeat(110)), b"long", 0o644);
    // At the borders of what the fields of a header hold.
    for len in [94, 95, 96, 97, 149, 150, 151] {
        write(&docs.join("b".repeat(len)), len.to_string().as_bytes(), 0o644);
        symlink("t".repeat(len), docs.join(format!("to-{len}"))).unwrap();
    }
    symlink(&long, docs.join("long-link")).unwrap();
    fs::hard_link(docs.join(&long).join("n".repeat(110)), docs.join("z-hard")).unwrap();
    for name in ["ü ö\nnew line", "e\u{301}", "日本語"] {
        write(&docs.join(name), name.as_bytes(), 0o644);
    }
}
