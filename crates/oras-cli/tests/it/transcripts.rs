//! What users see: `transcripts.txt` has commands, and the screen or pipe after each.
//!
//! `REG` is a registry; `…` matches anything; alone on a line, any lines.

use crate::page::fits;
use crate::pty::Terminal;
use crate::run::{Ran, World};

struct Transcript {
    title: &'static str,
    command: &'static str,
    shown: Vec<&'static str>,
}

fn transcripts() -> Vec<Transcript> {
    let sections = include_str!("transcripts.txt").split("\n## ").skip(1);
    let all = sections.map(|section| {
        let (title, rest) = section.split_once("\n\n$ ").unwrap();
        let (command, shown) = rest.split_once('\n').unwrap();
        let shown = shown.trim_end().lines().collect();
        Transcript {
            title,
            command,
            shown,
        }
    });
    all.collect()
}

impl Transcript {
    /// The columns of the terminal, or `None` for a pipe.
    fn columns(&self) -> Option<u16> {
        let (_, columns) = self.title.split_once(" at ")?;
        columns.strip_suffix(" columns").unwrap().parse().ok()
    }

    fn replayed(&self, world: &World) -> String {
        let registry = world.registry();
        let line = self.command.replace("REG", &registry);
        // A name of the same length keeps line breaks in place.
        let name = format!("{:x<width$}", "REG", width = registry.len());
        let renamed = |text: &str| text.replace(&registry, &name);
        match self.columns() {
            None => renamed(&Ran::of(world.shell(&format!("{line} 2>&1 || true")).output().unwrap()).stdout),
            Some(columns) => {
                let mut terminal = Terminal::start(world, columns, &line);
                terminal.end();
                terminal.screen_with(renamed)
            }
        }
    }
}

/// Sorts the events of content moved concurrently, whose order varies.
fn sort_events(lines: &mut [&str]) {
    let is_event = |line: &&str| {
        let digits = line.split(' ').nth(1).unwrap_or_default();
        digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let events = lines.iter().take_while(|line| is_event(line)).count();
    lines[..events].sort_unstable();
}

#[test]
fn people_see_what_the_transcripts_show() {
    let world = World::new();
    world.write("release-notes-of-version-1.txt", "hello");
    world.write("sbom.json", "{}");
    let mut wrong = String::new();
    let transcripts = transcripts();
    for transcript in &transcripts {
        let shown = transcript.replayed(&world);
        let mut lines: Vec<&str> = shown.trim_end().lines().collect();
        sort_events(&mut lines);
        if !fits(&transcript.shown, &lines) {
            wrong += &format!(
                "\n## {}\n\n$ {}\n{}\n",
                transcript.title,
                transcript.command,
                lines.join("\n")
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for title in ["push", "pull", "cp", "discover", "errors"] {
        for columns in [Some(60), Some(80), Some(200), None] {
            let mut of_title = transcripts
                .iter()
                .filter(|transcript| transcript.title.starts_with(title));
            assert!(
                of_title.any(|transcript| transcript.columns() == columns),
                "{title} at {columns:?}"
            );
        }
    }
}
