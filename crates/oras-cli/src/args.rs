//! Arguments that many commands share.

use clap::{Args, ValueEnum};
use oras::Platform;
use oras::content::InvalidPlatform;

use crate::formats::{Formats, GO_TEMPLATE};
use crate::progress::Style;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: as JSON, or as a template of the user's makes of it.
    Json,
}

#[derive(Args, Clone)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// How to write the result to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = TEXT_OR_JSON, env = "ORAS_FORMAT")]
    pub(crate) format: Format,

    /// The Go template for --format go-template
    #[arg(long, value_name = "TEMPLATE", hide_short_help = true)]
    template: Option<String>,
}

const TEXT_OR_JSON: Formats<Format> = Formats(&[
    ("text", "For people", Format::Text),
    ("json", "For programs", Format::Json),
    (GO_TEMPLATE, "A Go template, applied to the JSON", Format::Json),
]);

#[derive(Args, Clone)]
#[command(next_help_heading = "How")]
pub(crate) struct Transfer {
    /// How many blobs to transfer at once; up to four times as many if they have at most 256 KiB and a registry is slow to answer
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=512), env = "ORAS_CONCURRENCY")]
    concurrency: u16,

    /// How to show progress on stderr
    #[arg(
        long,
        value_enum,
        value_name = "STYLE",
        default_value = "bar",
        env = "ORAS_PROGRESS",
        help_heading = "Output"
    )]
    progress: Style,

    /// Show progress as lines even on a terminal, like --progress plain
    #[arg(long, env = "ORAS_NO_TTY", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Output", hide_short_help = true)]
    no_tty: bool,
}

impl Transfer {
    /// Returns the style of progress output.
    pub(crate) fn style(&self) -> Style {
        match (self.progress, self.no_tty) {
            (Style::Bar, true) => Style::Plain,
            (style, _) => style,
        }
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.into()
    }
}

/// The version of the distribution specification that decides how referrers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DistributionSpec {
    /// By the referrers API
    #[value(name = "v1.1-referrers-api")]
    ReferrersApi,
    /// By an index under a tag
    #[value(name = "v1.1-referrers-tag")]
    ReferrersTag,
}

/// Parses `os[/arch][/variant][:os-version]`; the default architecture is this machine's.
pub(crate) fn platform(text: &str) -> Result<Platform, InvalidPlatform> {
    if text.is_empty() || text.contains('/') {
        return text.parse();
    }
    let (os, version) = text.split_once(':').unwrap_or((text, ""));
    let architecture = architecture();
    match version {
        "" => format!("{os}/{architecture}").parse(),
        version => format!("{os}/{architecture}:{version}").parse(),
    }
}

/// Returns the architecture of this machine, by its Go name.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        other => other,
    }
}
