//! Programs: their command lines for each task, and the cost of a run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::task::{Place, Places, Task};
use super::workload::Workload;
use crate::bench::program::peak_of;

#[derive(Clone, Debug)]
pub(super) struct Program {
    kind: Kind,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Floor,
    Ours,
    OrasGo,
    Regctl,
    Crane,
    Skopeo,
}

/// The names of the two programs that others are compared with.
pub(super) const OURS: &str = "oras";
pub(super) const FLOOR: &str = "the least";

/// The cost of one run.
pub(super) struct Taken {
    pub(super) wall: f64,
    pub(super) cpu: f64,
    /// Peak memory in MiB.
    pub(super) memory: f64,
    pub(super) requests: u64,
}

/// Returns the installed programs.
pub(super) fn found(oras: &Path) -> anyhow::Result<Vec<Program>> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let mut programs = vec![
        Program {
            kind: Kind::Floor,
            path: own,
        },
        Program {
            kind: Kind::Ours,
            path: oras.to_owned(),
        },
    ];
    for (kind, name) in [
        (Kind::OrasGo, "oras"),
        (Kind::Regctl, "regctl"),
        (Kind::Crane, "crane"),
        (Kind::Skopeo, "skopeo"),
    ] {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&folders)
            .map(|folder| folder.join(name))
            .find(|path| path.is_file());
        programs.extend(found.map(|path| Program { kind, path }));
    }
    Ok(programs)
}

impl Program {
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Floor => FLOOR,
            Kind::Ours => OURS,
            Kind::OrasGo => "oras in Go",
            Kind::Regctl => "regctl",
            Kind::Crane => "crane",
            Kind::Skopeo => "skopeo",
        }
    }

    /// Returns the command for a task, if the program can do it.
    pub(super) fn command(&self, task: Task, places: &Places) -> Option<Command> {
        let mut command = Command::new(&self.path);
        let words = match self.kind {
            Kind::Floor => floor(task, places)?,
            Kind::Ours | Kind::OrasGo => oras(task, places, self.kind == Kind::OrasGo)?,
            Kind::Regctl => regctl(task, places),
            Kind::Crane => crane(task, places)?,
            Kind::Skopeo => skopeo(task, places)?,
        };
        command.args(words).stdout(Stdio::null()).stderr(Stdio::piped());
        Some(command)
    }
}

/// Returns the tag to copy, or a flag for all tags.
fn tag(task: Task) -> &'static str {
    match task {
        Task::Tags | Task::TagsAgain => "",
        _ => ":v1",
    }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).into()
}

fn floor(task: Task, places: &Places) -> Option<Vec<String>> {
    let (Task::Pull(workload) | Task::Push(workload) | Task::Between(workload)) = task else {
        return None;
    };
    // It supports images, but not indexes.
    if workload == Workload::Platforms {
        return None;
    }
    let place = |place: &Place| match place {
        Place::Registry(name) => name.clone(),
        Place::Layout(path) => path.display().to_string(),
    };
    let mut all = words(["bench", "copy", "--floor"]);
    all.extend([place(&places.from), place(&places.to)]);
    Some(all)
}

fn oras(task: Task, places: &Places, is_go: bool) -> Option<Vec<String>> {
    let mut all = words(["cp"]);
    for (place, side) in [(&places.from, "from"), (&places.to, "to")] {
        match place {
            Place::Registry(name) => {
                all.push(format!("{name}{}", tag(task)));
                if is_go {
                    all.push(format!("--{side}-plain-http"));
                }
            }
            Place::Layout(path) => {
                all.push(format!("--{side}-oci-layout"));
                all.push(format!("{}{}", path.display(), tag(task)));
            }
        }
    }
    match task {
        Task::Tags | Task::TagsAgain if is_go => return None,
        Task::Tags | Task::TagsAgain => all.push("--all-tags".to_owned()),
        Task::Extended => all.push("-r".to_owned()),
        _ => {}
    }
    Some(all)
}

fn regctl(task: Task, places: &Places) -> Vec<String> {
    let mut all = Vec::new();
    for host in &places.hosts {
        all.extend(["--host".to_owned(), format!("reg={host},tls=disabled")]);
    }
    all.extend(match task {
        Task::Tags | Task::TagsAgain => words(["repo", "copy"]),
        Task::Extended => words(["image", "copy", "--referrers"]),
        _ => words(["image", "copy"]),
    });
    for place in [&places.from, &places.to] {
        all.push(match place {
            Place::Registry(name) => format!("{name}{}", tag(task)),
            Place::Layout(path) => format!("ocidir://{}{}", path.display(), tag(task)),
        });
    }
    all
}

fn crane(task: Task, places: &Places) -> Option<Vec<String>> {
    let mut all = match task {
        Task::Pull(_) => words(["pull", "--insecure", "--format=oci"]),
        Task::Between(_) | Task::Within(_) => words(["copy", "--insecure"]),
        Task::Tags | Task::TagsAgain => words(["copy", "--insecure", "--all-tags"]),
        // It pushes a layout only if the layout has one image and no tag is given.
        Task::Push(_) | Task::PushAgain(_) => words(["push", "--insecure"]),
        Task::Extended => return None,
    };
    for place in [&places.from, &places.to] {
        all.push(match place {
            Place::Registry(name) => format!("{name}{}", tag(task)),
            Place::Layout(path) => path.display().to_string(),
        });
    }
    Some(all)
}

fn skopeo(task: Task, places: &Places) -> Option<Vec<String>> {
    if matches!(task, Task::Tags | Task::TagsAgain | Task::Extended) {
        return None;
    }
    let mut all = words(["--insecure-policy", "copy", "--quiet", "--all"]);
    for (place, side) in [(&places.from, "src"), (&places.to, "dest")] {
        all.extend(match place {
            Place::Registry(name) => [
                format!("--{side}-tls-verify=false"),
                format!("docker://{name}{}", tag(task)),
            ],
            Place::Layout(path) => [
                format!("--{side}-tls-verify=false"),
                format!("oci:{}{}", path.display(), tag(task)),
            ],
        });
    }
    Some(all)
}

/// Runs a command, which must succeed; meanwhile this thread serves the registries.
pub(super) async fn run(command: Command) -> anyhow::Result<Taken> {
    tokio::task::spawn_blocking(move || measured(command)).await?
}

fn measured(mut command: Command) -> anyhow::Result<Taken> {
    let before = cpu_of_children()?;
    let start = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let mut memory: f64 = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        memory = memory.max(peak_of(child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(1));
    };
    let wall = start.elapsed().as_secs_f64();
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        std::io::Read::read_to_string(&mut stderr, &mut said)?;
    }
    ensure!(status.success(), "{command:?} fails: {said}");
    let cpu = cpu_of_children()? - before;
    Ok(Taken {
        wall,
        cpu,
        memory,
        requests: 0,
    })
}

/// Returns the processor time of all ended child processes, in seconds.
///
/// Spec: `proc(5)`, `/proc/PID/stat`, fields 16 and 17, in hundredths of a second.
fn cpu_of_children() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    let after = stat.rsplit_once(')').context("it has no name")?.1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    let ticks = ticks(13).zip(ticks(14)).context("it has no times of children")?;
    Ok((ticks.0 + ticks.1) / 100.0)
}
