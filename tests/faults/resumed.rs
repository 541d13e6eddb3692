//! A push that goes on with what was there: how much of that it reads.

use std::fs;
use std::path::Path;

use oras_tests::{BROKEN_AT, Work, files};

use crate::disk::reset;
use crate::step::{Step, told};
use crate::strace::strace;

/// How many bytes of the part the step reads.
fn read_of_part(work: &Work, step: Step, folder: &Path) -> usize {
    let log = work.path("trace");
    let traced = strace(&["-y", "-e", "trace=read,pread64"], &step.command(folder), &log);
    assert!(traced.output.status.success(), "{}", told(&traced.output));
    let of_part = |line: &&str| line.contains("/.oras-part-") && !line.contains(".state>");
    let counts = traced.trace.lines().filter(of_part).map(|line| {
        let (_, count) = line.rsplit_once(" = ").unwrap();
        count.parse::<usize>().unwrap()
    });
    counts.sum()
}

#[test]
#[ignore = "needs strace"]
fn only_what_came_after_the_state_of_a_part_is_read_again() {
    let work = Work::new().unwrap();
    for step in [Step("resume-push"), Step("resume-pull")] {
        let folder = work.path("try");
        reset(&step.before(&work), &folder);
        assert_eq!(
            read_of_part(&work, step, &folder),
            BROKEN_AT - (6 << 20),
            "{step:?}"
        );
        step.check(&folder, true).unwrap();
        reset(&step.before(&work), &folder);
        for state in files(&folder).iter().filter(|file| file.ends_with(".state")) {
            fs::remove_file(folder.join(state)).unwrap();
        }
        assert_eq!(read_of_part(&work, step, &folder), BROKEN_AT, "{step:?}");
        step.check(&folder, true).unwrap();
    }
}
