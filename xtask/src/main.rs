//! Tasks of this workspace: `cargo xtask <task>`.

mod bench;
mod cargo;
mod ci;
mod conformance;
mod dist;
mod docker_registry;
mod faults;
mod man;
mod quickstart;
mod static_elf;
mod test;
mod tidy;

use clap::Parser;

/// Tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Play the main job on real files against the embedded registry
    Quickstart,
    /// Run the tests
    Test(test::Test),
    /// Run what a change must pass, after the tests
    Ci,
    /// Check that a registry keeps to the specification: the embedded one, unless told otherwise
    Conformance(Box<conformance::Conformance>),
    /// Kill programs at every call, make every call fail, lose the power, and use little memory for much content
    Faults,
    /// Measure
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Build the program as people install it: a static binary, packed with manual pages and completions
    Dist,
    /// Write the manual pages of the program
    Man(man::Man),
    /// Check the crate edges, the files and the licences
    Tidy,
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Quickstart => quickstart::run(),
        Task::Test(test) => test.run(),
        Task::Ci => ci::run(),
        Task::Conformance(conformance) => conformance.run(),
        Task::Faults => faults::run(),
        Task::Bench(bench) => bench.run(),
        Task::Dist => dist::run_all(),
        Task::Man(man) => man.run(),
        Task::Tidy => tidy::run(),
    }
}
