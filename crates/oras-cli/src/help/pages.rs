//! Manual pages: the help of each command as a page.

use std::io::{self, Write as _};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// Returns the pages, with their file names.
pub(crate) fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add(&command, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    pages.push((format!("{name}.1"), page(command)?));
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    for subcommand in below {
        add(subcommand, pages)?;
    }
    Ok(())
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if let Some(text) = command.get_after_help() {
        after_help(&text.to_string(), &mut page)?;
    }
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    Ok(page)
}

/// Formats examples line by line, and other text as paragraphs, indented below their first line.
fn after_help(text: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let (title, rest) = text.split_once(':').unwrap_or(("Notes", text));
    let mut roff = Roff::new();
    roff.control("SH", [title.to_uppercase().as_str()]);
    let is_list = rest.starts_with('\n');
    if is_list {
        roff.control("nf", []);
    }
    roff.text([roman(rest.trim_matches('\n'))]);
    if is_list {
        roff.control("fi", []);
    }
    page.write_all(roff.render().as_bytes())
}
