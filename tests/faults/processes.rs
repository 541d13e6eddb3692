//! Several processes that write, collect and read one layout at once, and some that are killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use oras_tests::{Work, is_thorough};

use crate::step::{Step, check_layout, prepare};

const WRITERS: usize = 4;
const TAGS: usize = 10;

fn start(folder: &Path, step: &'static str, arguments: &[&str]) -> Child {
    let mut command: Command = Step(step).command(folder);
    command.args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Ends a process by the end of its input, and gives the lines that it wrote; none of what is cut off counts.
fn lines(mut child: Child, may_be_killed: bool) -> Vec<String> {
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || may_be_killed, "{told}");
    let lines = BufReader::new(&output.stdout[..]).lines();
    lines.map_while(Result::ok).collect()
}

/// One round: four writers, a reader and a collector on one layout; half of the writers are killed after a while, where
/// `kill` says when.
fn round(folder: &Path, number: usize, kill: Option<Duration>) -> usize {
    let collector = start(folder, "collect", &[]);
    let reader = start(folder, "read", &[]);
    let names = (0..WRITERS).map(|writer| format!("r{number}-w{writer}"));
    let mut writers: Vec<Child> = names
        .map(|name| start(folder, "write", &[&name, &TAGS.to_string()]))
        .collect();
    if let Some(after) = kill {
        std::thread::sleep(after);
        writers[..WRITERS / 2]
            .iter_mut()
            .for_each(|writer| writer.kill().unwrap());
    }
    let killed = kill.map_or(0, |_| WRITERS / 2);
    let acknowledged: Vec<String> = writers
        .into_iter()
        .enumerate()
        .flat_map(|(writer, child)| lines(child, writer < killed))
        .collect();
    lines(reader, false);
    lines(collector, false);

    let tags = check_layout(&folder.join("layout")).unwrap();
    let lost: Vec<_> = acknowledged.iter().filter(|tag| !tags.contains(*tag)).collect();
    assert!(lost.is_empty(), "round {number}: {lost:?} are lost");
    assert!(tags.contains("old-0") && tags.contains("old-2"));
    assert!(
        acknowledged.len() >= (WRITERS - killed) * TAGS,
        "every survivor finishes"
    );
    acknowledged.len()
}

fn rounds(kill: impl Fn(usize) -> Option<Duration>) {
    let work = Work::in_memory().unwrap();
    fs::create_dir(work.path("before")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(prepare(&work.path("before"))).unwrap();
    let (mut acknowledged, count) = (0, if is_thorough() { 100 } else { 3 });
    for number in 0..count {
        crate::disk::reset(&work.path("before"), &work.path("try"));
        acknowledged += round(&work.path("try"), number, kill(number));
    }
    println!("{count} rounds, {acknowledged} tags acknowledged, 0 losses");
}

#[test]
#[ignore = "takes a minute"]
fn four_writers_a_reader_and_a_collector_lose_nothing() {
    rounds(|_| None);
}

#[test]
#[ignore = "takes a minute"]
fn what_was_acknowledged_survives_writers_that_are_killed() {
    // From the start of the processes until after their end.
    rounds(|number| Some(Duration::from_millis(number as u64 * 7 % 200)));
}
