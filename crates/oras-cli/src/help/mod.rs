//! Help: adds examples before the flags, and suggestions for mistyped commands.

mod examples;
mod mistyped;
mod pages;

use clap::{ArgMatches, Command, CommandFactory as _};

use crate::cli::Cli;

pub(crate) use pages::pages;

/// The order of the help: description, usage, examples, flags.
const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\n{all-args}";

/// Maximum width of an example, for a terminal of 80 columns.
const WIDTH: usize = 74;

/// Returns the command line of this program.
pub(crate) fn command() -> Command {
    described(Cli::command(), "")
}

/// Parses the command line, or reports an error and exits.
pub(crate) fn matches() -> ArgMatches {
    let parsed = command().try_get_matches();
    parsed.unwrap_or_else(|error| mistyped::explained(error).exit())
}

/// Adds the examples of the command `path` and of its subcommands.
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

/// Folds a shell command into several lines that fit a terminal and can still be pasted.
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

/// Splits a line into words, but keeps each flag together with the following word, which may be its value.
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
