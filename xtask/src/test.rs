//! `cargo xtask test`: the tests.

use clap::Args;

use crate::cargo::{build_oras, cargo};

#[derive(Args)]
pub(crate) struct Test {
    /// Run the tests that need docker-registry, skopeo, strace, bsdtar and the right to mount, in place of the others
    #[arg(long)]
    interop: bool,
}

impl Test {
    pub(crate) fn interop() -> Self {
        Self { interop: true }
    }

    pub(crate) fn run(self) -> anyhow::Result<()> {
        if self.interop {
            build_oras()?;
            return cargo(&[
                "test",
                "-p",
                "oras-tests",
                "-p",
                "oras-auth",
                "--",
                "--ignored",
                "--test-threads=4",
            ]);
        }
        cargo(&["test", "--workspace", "--all-features"])
    }
}
