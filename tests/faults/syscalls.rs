//! Every step, killed at every call and failing at every call.

use std::path::Path;

use oras_tests::{Work, is_thorough};

use crate::disk::reset;
use crate::step::{Step, temporaries, told};
use crate::strace::strace;

/// Calls that change the disk. Those in one string are counted together.
const CHANGES: [&str; 9] = [
    "mkdir,mkdirat",
    "write,pwrite64,writev",
    "rename,renameat,renameat2",
    "link,linkat,symlink,symlinkat",
    "unlink,unlinkat,rmdir",
    "fsync,fdatasync,syncfs",
    "fchmod,fchmodat,chmod",
    "ftruncate,fallocate",
    "utimensat",
];
/// Calls that do not, and yet can fail.
const QUESTIONS: [&str; 6] = [
    "openat,openat2",
    "read,pread64",
    "statx,newfstatat,fstat",
    "getdents64",
    "lseek",
    "flock",
];
const ERRORS: [&str; 6] = ["ENOSPC", "EIO", "EDQUOT", "EACCES", "EMFILE", "EINTR"];

/// A step that is tried again and again, each time with another fault.
struct Trial<'a> {
    work: &'a Work,
    step: Step,
    points: usize,
    /// Faults that the step survived, and those that it reported.
    survived: usize,
}

impl Trial<'_> {
    /// Tries `fault` at the first, second, … of these calls, until there is none.
    fn every(&mut self, calls: &str, fault: &str) {
        for nth in 1.. {
            let inject = format!("inject={calls}:{fault}:when={nth}");
            match self.once(&inject) {
                Ok(true) => self.points += 1,
                Ok(false) => return,
                Err(lost) => panic!("{} with {inject}: {lost}", self.step.0),
            }
        }
    }

    /// Whether the fault met a call.
    fn once(&mut self, inject: &str) -> Result<bool, String> {
        let (folder, log) = (self.work.path("try"), self.work.path("trace"));
        reset(&self.step.before(self.work), &folder);
        let traced = strace(&["-e", inject], &self.step.command(&folder), &log);
        let is_done = traced.output.status.success();
        self.step.check(&folder, is_done)?;
        if !is_done && inject.contains("error=") {
            self.check_report(&folder, inject, &told(&traced.output))?;
        }
        self.survived += usize::from(is_done && traced.is_hit());
        self.step.redo(&folder)?;
        Ok(traced.is_hit())
    }

    /// A step that fails says so in one line, and cleans up unless that is what fails.
    fn check_report(&self, folder: &Path, inject: &str, told: &str) -> Result<(), String> {
        // Before its first line runs, the program fails in the words of the loader.
        let is_loaded = !told.contains("error while loading shared libraries");
        let can_tell = !inject.contains("write") || !told.is_empty();
        if is_loaded && can_tell && !told.starts_with("Error: ") {
            return Err(format!("it says {told:?}"));
        }
        let left = temporaries(folder);
        match left.is_empty() || inject.contains("unlink") {
            true => Ok(()),
            false => Err(format!("it leaves {left:?}")),
        }
    }
}

fn trials(calls: &[&str], faults: &[String]) {
    let work = Work::new().unwrap();
    for step in Step::ALL {
        let (points, survived) = (0, 0);
        let mut trial = Trial {
            work: &work,
            step,
            points,
            survived,
        };
        for calls in calls {
            faults.iter().for_each(|fault| trial.every(calls, fault));
        }
        println!(
            "{:8} {:5} points, {:5} survived, 0 losses",
            step.0, trial.points, trial.survived
        );
        assert!(trial.points > 4, "{step:?}: {} points", trial.points);
    }
}

#[test]
#[ignore = "needs strace"]
fn a_step_that_is_killed_at_any_call_loses_nothing() {
    let calls = match is_thorough() {
        // The standard library holds that closing a folder cannot fail, so that it is only killed there.
        true => [&CHANGES[..], &QUESTIONS[..], &["close"]].concat(),
        false => CHANGES.to_vec(),
    };
    trials(&calls, &["signal=KILL".to_owned()]);
}

#[test]
#[ignore = "needs strace"]
fn a_step_that_fails_at_any_call_says_so_and_loses_nothing() {
    let (calls, errors) = match is_thorough() {
        true => ([&CHANGES[..], &QUESTIONS[..]].concat(), &ERRORS[..]),
        false => (CHANGES.to_vec(), &ERRORS[..2]),
    };
    let faults: Vec<String> = errors.iter().map(|error| format!("error={error}")).collect();
    trials(&calls, &faults);
}
