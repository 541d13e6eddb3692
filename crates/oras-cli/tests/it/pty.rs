//! The program in a terminal, and the contents of the screen.

use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, Command, Stdio};

use crate::run::World;

/// The rows of a terminal.
const ROWS: NonZero<u16> = NonZero::new(40).unwrap();

/// The program in its own terminal.
pub(crate) struct Terminal {
    child: Child,
    columns: NonZero<u16>,
    said: Vec<u8>,
}

impl Terminal {
    /// Runs a shell line, in which `oras` is the program.
    pub(crate) fn start(world: &World, columns: u16, line: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_oras");
        let words = line.strip_prefix("oras ").unwrap();
        let line = format!("stty rows {ROWS} cols {columns}; exec {program} {words}");
        let mut command = Command::new("script");
        command
            .args(["-q", "-e", "-c", &line, "/dev/null"])
            .current_dir(world.path(""));
        command
            .env_clear()
            .env("HOME", world.path(""))
            .env("PATH", "/usr/bin:/bin")
            .env("SHELL", "/bin/sh");
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self {
            child: command.spawn().unwrap(),
            columns: NonZero::new(columns).unwrap(),
            said: Vec::new(),
        }
    }

    pub(crate) fn types(&mut self, text: &str) {
        self.child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    /// Reads until `end` was written. Returns everything written.
    pub(crate) fn read_until(&mut self, end: &str) -> String {
        while !self.said().contains(end) {
            assert!(self.read(), "{}", self.said());
        }
        self.said()
    }

    /// Reads until the screen matches. Returns the screen.
    pub(crate) fn watch_until(&mut self, is_such: impl Fn(&str) -> bool) -> String {
        while self.read() {
            let screen = self.screen();
            if is_such(&screen) {
                return screen;
            }
        }
        panic!("{}", self.screen());
    }

    /// Waits for the end. Returns the exit code and everything written.
    pub(crate) fn end(&mut self) -> (i32, String) {
        while self.read() {}
        (self.child.wait().unwrap().code().unwrap(), self.said())
    }

    /// Returns the screen as a user sees it.
    pub(crate) fn screen(&self) -> String {
        self.screen_with(|said| said.to_owned())
    }

    /// Returns the screen after `change` was applied to everything written.
    pub(crate) fn screen_with(&self, change: impl Fn(&str) -> String) -> String {
        let mut parser = vt100::Parser::new(ROWS, self.columns, 0);
        parser.process(change(&self.said()).as_bytes());
        let rows = parser.screen().rows(0, self.columns.get());
        let rows: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// Reads more. Returns `false` at the end.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let len = self.child.stdout.as_mut().unwrap().read(&mut buffer).unwrap();
        self.said.extend_from_slice(&buffer[..len]);
        len > 0
    }
}
