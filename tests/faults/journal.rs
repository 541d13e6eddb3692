//! What a program did to the disk, as `strace` recorded it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::strace::strace;

/// Every call by which a file or folder can change, or by which it becomes certain that it did.
const TRACED: &str = "trace=openat,openat2,creat,read,write,pwrite64,writev,pwritev,pwritev2,lseek,\
    copy_file_range,sendfile,splice,ftruncate,truncate,fallocate,rename,renameat,renameat2,link,linkat,\
    symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,fsync,fdatasync,sync,syncfs,sync_file_range,fcntl";

/// One change of the disk. Paths are those within the folder that was watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Create(PathBuf),
    Write(PathBuf, usize, Vec<u8>),
    Truncate(PathBuf, usize),
    CreateFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Remove(PathBuf),
    Sync(PathBuf),
}

/// Runs a program and records what it changes in its folder; whether it succeeded.
pub(crate) fn record(program: &Command, log: &Path) -> (Vec<Change>, bool) {
    let folder = program.get_current_dir().unwrap();
    let traced = strace(&["-y", "-xx", "-s", "1048576", "-e", TRACED], program, log);
    let mut reader = Reader {
        folder: folder.canonicalize().unwrap(),
        offsets: HashMap::new(),
        opened: HashMap::new(),
        changes: Vec::new(),
    };
    for line in whole_lines(&traced.trace) {
        reader.read(&line);
    }
    (reader.changes, traced.output.status.success())
}

/// The calls in the order in which they ended. Those during which another thread made one are in two lines.
fn whole_lines(trace: &str) -> Vec<String> {
    let (mut begun, mut whole) = (HashMap::new(), Vec::new());
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if let Some(start) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, start.trim_end());
        } else if let Some((_, end)) = call
            .strip_prefix("<... ")
            .and_then(|call| call.split_once("resumed>"))
        {
            whole.push(format!("{}{end}", begun.remove(thread).unwrap()));
        } else {
            whole.push(call.to_owned());
        }
    }
    whole
}

struct Reader {
    folder: PathBuf,
    /// Where in its file each open descriptor is.
    offsets: HashMap<u32, usize>,
    /// What each open descriptor is of.
    opened: HashMap<u32, PathBuf>,
    changes: Vec<Change>,
}

impl Reader {
    fn read(&mut self, line: &str) {
        let Some((call, result)) = line.rsplit_once(" = ") else {
            return;
        };
        let (name, arguments) = call.split_once('(').unwrap();
        let arguments = arguments.trim_end().trim_end_matches(')');
        let arguments: Vec<&str> = arguments.split(", ").collect();
        // A call that failed changed nothing.
        if !result.starts_with('-') {
            self.enter(name, &arguments, result, line);
        }
    }

    fn enter(&mut self, name: &str, arguments: &[&str], result: &str, line: &str) {
        match name {
            "openat" | "openat2" => self.open(arguments, result),
            "read" => self.advance(arguments[0], number(result)),
            "lseek" => drop(self.offsets.insert(descriptor(arguments[0]), number(result))),
            "write" => self.write(arguments, number(result)),
            "ftruncate" => {
                let len = number(arguments[1]);
                self.enter_at(arguments[0], |path| Change::Truncate(path, len));
            }
            "mkdir" => self.enter_named(None, arguments[0], Change::CreateFolder),
            "mkdirat" => self.enter_named(Some(arguments[0]), arguments[1], Change::CreateFolder),
            "unlink" | "rmdir" => self.enter_named(None, arguments[0], Change::Remove),
            "unlinkat" => self.enter_named(Some(arguments[0]), arguments[1], Change::Remove),
            "rename" => self.enter_pair([None, None], [arguments[0], arguments[1]], Change::Rename),
            "renameat" | "renameat2" => self.enter_pair(
                [Some(arguments[0]), Some(arguments[2])],
                [arguments[1], arguments[3]],
                Change::Rename,
            ),
            "link" => self.enter_pair([None, None], [arguments[0], arguments[1]], Change::Link),
            "linkat" => self.enter_pair(
                [Some(arguments[0]), Some(arguments[2])],
                [arguments[1], arguments[3]],
                Change::Link,
            ),
            "fsync" | "fdatasync" => self.enter_at(arguments[0], Change::Sync),
            "fcntl" if !arguments[1].contains("DUPFD") => {}
            _ if !line.contains(&hexadecimal(&self.folder)) => {}
            _ => panic!("this call is not understood: {line}"),
        }
    }

    fn open(&mut self, arguments: &[&str], result: &str) {
        self.offsets.insert(descriptor(result), 0);
        self.opened.insert(descriptor(result), path_of(result));
        let flags = arguments[2];
        if flags.contains("O_CREAT") {
            self.enter_at(result, Change::Create);
        }
        if flags.contains("O_TRUNC") {
            self.enter_at(result, |path| Change::Truncate(path, 0));
        }
    }

    fn write(&mut self, arguments: &[&str], len: usize) {
        let Some(offset) = self.offsets.get(&descriptor(arguments[0])).copied() else {
            return;
        };
        let mut data = decoded(arguments[1]);
        data.truncate(len);
        self.enter_at(arguments[0], |path| Change::Write(path, offset, data));
        self.advance(arguments[0], len);
    }

    fn advance(&mut self, argument: &str, by: usize) {
        if let Some(offset) = self.offsets.get_mut(&descriptor(argument)) {
            *offset += by;
        }
    }

    fn enter_at(&mut self, descriptor: &str, change: impl FnOnce(PathBuf) -> Change) {
        self.changes.extend(self.within(&path_of(descriptor)).map(change));
    }

    fn enter_named(&mut self, at: Option<&str>, name: &str, change: impl FnOnce(PathBuf) -> Change) {
        self.changes.extend(self.named(at, name).map(change));
    }

    fn enter_pair(
        &mut self,
        at: [Option<&str>; 2],
        names: [&str; 2],
        change: impl FnOnce(PathBuf, PathBuf) -> Change,
    ) {
        let (from, to) = (self.named(at[0], names[0]), self.named(at[1], names[1]));
        self.changes
            .extend(from.zip(to).map(|(from, to)| change(from, to)));
    }

    fn named(&self, at: Option<&str>, name: &str) -> Option<PathBuf> {
        let at = at.map_or_else(|| self.folder.clone(), path_of);
        let name = String::from_utf8(decoded(name)).unwrap();
        self.within(&self.by_handle(&at.join(name)))
    }

    /// Where a path leads through a folder that is held open: `/proc/self/fd/11/a` is `/tmp/a` where 11 is `/tmp`.
    fn by_handle(&self, path: &Path) -> PathBuf {
        let found = path.strip_prefix("/proc/self/fd").ok().and_then(|rest| {
            let mut rest = rest.components();
            let handle = rest.next()?.as_os_str().to_str()?.parse().ok()?;
            Some(self.opened.get(&handle)?.join(rest.as_path()))
        });
        found.unwrap_or_else(|| path.to_owned())
    }

    /// The path from the folder on, or nothing where it is elsewhere.
    fn within(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.folder).ok().map(Path::to_owned)
    }
}

/// The number of a descriptor: that of `11</tmp>` is 11.
fn descriptor(text: &str) -> u32 {
    text.split('<').next().unwrap().trim().parse().unwrap_or(u32::MAX)
}

/// The path of a descriptor: that of `11</tmp>` is `/tmp`.
fn path_of(text: &str) -> PathBuf {
    let path = text.split_once('<').map_or("", |(_, path)| path);
    PathBuf::from(String::from_utf8(decoded(path.trim_end_matches('>'))).unwrap())
}

fn number(text: &str) -> usize {
    text.split(['<', ' ']).next().unwrap().parse().unwrap()
}

/// The bytes of text in which all are hexadecimal: `"\x2f"` is `/`.
fn decoded(text: &str) -> Vec<u8> {
    assert!(!text.ends_with("..."), "the record is cut off: {text}");
    let digits = text.trim_matches('"').split("\\x").skip(1);
    digits
        .map(|digits| u8::from_str_radix(&digits[..2], 16).unwrap())
        .collect()
}

fn hexadecimal(path: &Path) -> String {
    path.to_str()
        .unwrap()
        .bytes()
        .map(|byte| format!("\\x{byte:02x}"))
        .collect()
}
