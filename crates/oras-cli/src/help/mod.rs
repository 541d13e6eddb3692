//! Help: the command line with examples before its flags, and suggestions for what was mistyped.

mod examples;
mod mistyped;
mod pages;

use clap::{ArgMatches, Command, CommandFactory as _};

use crate::cli::Cli;

pub(crate) use pages::pages;

/// What it does, how it is called, examples, and then the flags.
const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\n{all-args}";

/// How wide an example may be on a terminal of 80 columns.
const WIDTH: usize = 74;

/// The command line of this program.
pub(crate) fn command() -> Command {
    described(Cli::command(), "")
}

/// Reads the command line, or says what is wrong with it and ends the program.
pub(crate) fn matches() -> ArgMatches {
    let parsed = command().try_get_matches();
    parsed.unwrap_or_else(|error| mistyped::explained(error).exit())
}

/// Adds the examples of a command, which is called `path`, and of those below it.
fn described(command: Command, path: &str) -> Command {
    let is_leaf = !command.has_subcommands();
    let command = command.mut_subcommands(|subcommand| {
        let path = format!("{path} {}", subcommand.get_name());
        described(subcommand, path.trim())
    });
    let examples = examples::of(path);
    let command = match examples.is_empty() {
        true => command,
        false => command.after_help(shown(examples)),
    };
    match is_leaf && command.get_after_help().is_some() {
        true => command.help_template(TEMPLATE),
        false => command,
    }
}

fn shown(examples: &[(&str, &str)]) -> String {
    let examples = examples
        .iter()
        .map(|(what, line)| format!("  # {what}\n  {}", folded(line)));
    format!("Examples:\n{}", examples.collect::<Vec<_>>().join("\n"))
}

/// A line of a shell as several that fit on a terminal, and can still be pasted.
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut width = 0;
    for unit in units(line) {
        if width > 0 && width + unit.len() >= WIDTH {
            folded.push_str(" \\\n      ");
            width = 4;
        } else if width > 0 {
            folded.push(' ');
        }
        folded.push_str(&unit);
        width += unit.len() + 1;
    }
    folded
}

/// The words of a line, each flag together with the word after it, which may be its value.
fn units(line: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match units.last_mut() {
            Some(flag) if flag.starts_with("--") && !flag.contains([' ', '=']) && !word.starts_with('-') => {
                flag.push(' ');
                flag.push_str(word);
            }
            _ => units.push(word.to_owned()),
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, folded};

    #[test]
    fn a_long_line_is_folded_between_words() {
        assert_eq!(folded("oras version"), "oras version");
        let long = vec!["word"; 40].join(" ");
        let several = folded(&long);
        assert!(several.lines().all(|line| line.len() <= WIDTH + 4), "{several}");
        assert_eq!(several.replace(" \\\n      ", " "), long);
        let flag = format!("{} --flag value", vec!["word"; 13].join(" "));
        assert!(
            folded(&flag).ends_with("\n      --flag value"),
            "{}",
            folded(&flag)
        );
    }
}
