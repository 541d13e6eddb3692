//! Shell completion. The scripts of `oras completion` run this program with [`SHELL`] in the environment, and the words so
//! far as arguments. On any failure the shell gets no candidates.

mod line;
mod names;
pub(crate) mod script;

use std::ffi::OsString;
use std::io::Write as _;

use clap::builder::StyledStr;
use clap::{Command, CommandFactory as _, ValueHint};
use clap_complete::engine::{ArgValueCompleter, complete};
use clap_complete::env::{EnvCompleter as _, Fish, Powershell, Zsh};

use crate::cli::Cli;
use crate::say;
use line::Line;
use names::Side;

/// The variable with the name of the calling shell.
const SHELL: &str = "ORAS_COMPLETE";

/// Answers a completion request; returns `false` if there is none.
pub(crate) fn answer() -> bool {
    let Some(shell) = std::env::var_os(SHELL) else {
        return false;
    };
    say::set_level(say::Level::Nothing);
    std::panic::set_hook(Box::new(|_| {}));
    let answered = std::panic::catch_unwind(|| candidates(&shell.to_string_lossy()));
    if let Ok(Some(answer)) = answered {
        // If the shell is gone, there is nobody to answer.
        let _ = std::io::stdout().write_all(&answer);
    }
    true
}

/// Returns the candidates in the shell's own format.
fn candidates(shell: &str) -> Option<Vec<u8>> {
    let mut arguments = std::env::args_os();
    // Skips the name of this program and the separator before the words.
    let words: Vec<OsString> = arguments.by_ref().skip(2).collect();
    let folder = std::env::current_dir().ok();
    let mut answer = Vec::new();
    let answered = match shell {
        "bash" => {
            let line = Line::from_environment()?;
            let mut command = completing(&line.words);
            let last = line.words.len().checked_sub(1)?;
            let found = complete(&mut command, line.words.clone(), last, folder.as_deref()).ok()?;
            let values = found.iter().map(|found| found.get_value().to_string_lossy());
            return Some(line.answer(values).into_bytes());
        }
        "zsh" => Zsh.write_complete(&mut completing(&words), words, folder.as_deref(), &mut answer),
        "fish" => Fish.write_complete(&mut completing(&words), words, folder.as_deref(), &mut answer),
        "powershell" => {
            Powershell.write_complete(&mut completing(&words), words, folder.as_deref(), &mut answer)
        }
        _ => return None,
    };
    answered.ok().map(|()| answer)
}

/// Returns the command line of this program, with completers for its arguments that depend on the other words.
fn completing(words: &[OsString]) -> Command {
    let words = words.to_vec();
    hinted(Cli::command(), &words)
}

fn hinted(command: Command, words: &[OsString]) -> Command {
    let command = command.mut_args(|argument| {
        let names = argument.get_value_names().unwrap_or_default();
        let name = names.first().map(|name| name.as_str()).unwrap_or_default();
        let side = match name {
            "NAME" if argument.is_positional() => Side::Only,
            "FROM" => Side::From,
            "TO" => Side::To,
            "REGISTRY" => Side::Registry,
            "FILE" | "PATH" => return argument.value_hint(ValueHint::AnyPath),
            "FOLDER" => return argument.value_hint(ValueHint::DirPath),
            _ => return argument,
        };
        let words = words.to_vec();
        argument.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| {
            names::complete(side, &words, typed)
        }))
    });
    command.mut_subcommands(|subcommand| hinted(named(subcommand, words), words))
}

/// Hides the aliases of the command unless one is being typed, so that a list shows each command once.
fn named(command: Command, words: &[OsString]) -> Command {
    let typed = words.last().and_then(|word| word.to_str()).unwrap_or_default();
    let is_typed = |alias: &str| !typed.is_empty() && alias.starts_with(typed);
    if command.get_visible_aliases().any(is_typed) && !command.get_name().starts_with(typed) {
        return command;
    }
    let aliases: Vec<String> = command.get_visible_aliases().map(str::to_owned).collect();
    command.visible_alias(None).aliases(aliases)
}

/// Describes a candidate in one word.
fn kind(text: &'static str) -> Option<StyledStr> {
    Some(text.into())
}
