//! The jobs of `docs/jobs.md`: their commands and output.

use std::process::Command;

/// A job of the page, including the steps before it.
pub(crate) struct Job {
    pub(crate) title: String,
    steps: Vec<Step>,
}

/// A command, and its stdout on the page; empty if it does not matter.
struct Step {
    command: String,
    printed: Vec<String>,
}

/// Returns all jobs as described for this registry.
pub(crate) fn jobs(registry: &str) -> Vec<Job> {
    let page = include_str!("../../../../docs/jobs.md");
    let mut sections = page.split("\n## ").skip(1);
    let before = sections.next().expect("what goes before each job is told");
    sections.map(|section| job(before, section, registry)).collect()
}

fn job(before: &str, section: &str, registry: &str) -> Job {
    let (title, body) = section.split_once('\n').expect("a job has a text");
    let mut parts = body.split("\n### With ");
    let mut blocks = blocks(parts.next().unwrap_or_default());
    for part in parts.filter(|part| part.lines().next() == Some(registry)) {
        // It replaces the block before it.
        blocks.pop();
        blocks.extend(self::blocks(part));
    }
    let mut job = Job {
        title: title.to_owned(),
        steps: blocks.into_iter().flatten().collect(),
    };
    if !job.has_login() {
        job.steps.splice(0..0, self::blocks(before).into_iter().flatten());
    }
    job
}

/// Returns the steps of each block of a text.
fn blocks(text: &str) -> Vec<Vec<Step>> {
    let blocks = text.split("```console\n").skip(1);
    blocks
        .map(|block| steps(block.split("```").next().unwrap_or_default()))
        .collect()
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                printed: Vec::new(),
            });
            continue;
        }
        let step = steps.last_mut().expect("a block starts with a command");
        match line.strip_prefix("> ") {
            Some(more) => step.command.extend(["\n", more]),
            None => step.printed.push(line.to_owned()),
        }
    }
    steps
}

impl Job {
    /// Whether it needs a registry that only admits `ann`.
    pub(crate) fn has_login(&self) -> bool {
        self.title.contains("Log in")
    }

    /// Whether it needs a program that is not on every machine.
    pub(crate) fn needs_others(&self) -> bool {
        let mut commands = self.steps.iter().map(|step| &step.command);
        commands.any(|command| command.contains("jq ") || command.contains("openssl "))
    }

    /// Runs the job in a shell that reads commands one by one.
    pub(crate) fn run(&self, registry: &str, shell: impl Fn(&str) -> Command) {
        let ends = |step: &Step| format!("{}\nprintf '\\036'\n", step.command);
        let script: String = self.steps.iter().map(ends).collect();
        let ran = shell(&script).output().unwrap();
        let (stdout, stderr) = (
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr),
        );
        let mut answers: Vec<&str> = stdout.split('\x1e').collect();
        answers.pop();
        for (at, step) in self.steps.iter().enumerate() {
            let what = format!("{}: {}", self.title, step.command);
            let answer = answers.get(at);
            let answer = answer.unwrap_or_else(|| panic!("{what} failed: {stderr}"));
            step.check(answer, registry, &what);
        }
        assert!(ran.status.success(), "{}: {stderr}", self.title);
    }
}

impl Step {
    fn check(&self, answer: &str, registry: &str, what: &str) {
        let expected = self.printed.join("\n").replace("localhost:5000", registry);
        let lines: Vec<&str> = expected.lines().collect();
        let found: Vec<&str> = answer.lines().collect();
        let fits = lines.is_empty() || fits(&lines, &found);
        assert!(fits, "{what} is to print\n{expected}\nand printed\n{answer}");
    }
}

/// Whether the output matches the page. `…` matches anything; alone on a line, any lines.
pub(crate) fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=printed.len()).any(|at| fits(rest, &printed[at..])),
        ([line, rest @ ..], [first, others @ ..]) => is_like(line, first) && fits(rest, others),
        _ => false,
    }
}

fn is_like(shown: &str, printed: &str) -> bool {
    let Some((start, rest)) = shown.split_once('…') else {
        return shown == printed;
    };
    let Some(more) = printed.strip_prefix(start) else {
        return false;
    };
    let mut ends = more.char_indices().map(|(at, _)| at).chain([more.len()]);
    ends.any(|at| is_like(rest, &more[at..]))
}

/// Writes a credential helper `pass`, used by the job with a login. It keeps one credential in a file.
pub(crate) fn write_helper(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;

    let path = folder.join("bin/docker-credential-pass");
    std::fs::create_dir_all(folder.join("bin")).unwrap();
    std::fs::write(&path, HELPER).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

const HELPER: &str = r#"#!/bin/sh
case "$1" in
store) cat > "$HOME/kept" ;;
get) cat "$HOME/kept" 2> /dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
erase) rm "$HOME/kept" ;;
esac
"#;
