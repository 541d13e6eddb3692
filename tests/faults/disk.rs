//! Folders that are made anew for each try.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Makes `to` what `from` is.
pub(crate) fn reset(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    copy(from, to);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => copy_file(&entry.path(), &target),
        }
    }
}

/// Copies a file with its time, in which a part has its mark.
fn copy_file(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    let modified = fs::metadata(from).unwrap().modified().unwrap();
    // A blob may not be written to, and its time tells nothing.
    if let Ok(file) = File::options().write(true).open(to) {
        file.set_modified(modified).unwrap();
    }
}

/// Gives each part in `folder` the mark that is in its state: of all that could be there after the power was lost, it is
/// what makes most of the state.
pub(crate) fn mark_parts(folder: &Path) {
    for state in oras_tests::files(folder)
        .iter()
        .filter(|file| file.ends_with(".state"))
    {
        let text = fs::read(folder.join(state)).unwrap();
        let line = text.split(|byte| *byte == b'\n').next().unwrap();
        let mark = String::from_utf8_lossy(line)
            .rsplit(' ')
            .next()
            .and_then(|mark| mark.parse().ok());
        let part = File::options()
            .write(true)
            .open(folder.join(state.trim_end_matches(".state")));
        if let (Some(mark), Ok(part)) = (mark, part) {
            // An old part would be swept.
            let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
            let time = SystemTime::UNIX_EPOCH + Duration::new(now - 2, mark);
            part.set_modified(time).unwrap();
        }
    }
}
