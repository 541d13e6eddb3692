//! Tells the program what it is built with, for `oras version`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ORAS_GIT_COMMIT");
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let said = Command::new(compiler).arg("--version").output().ok();
    let said = said.and_then(|said| String::from_utf8(said.stdout).ok());
    let version = said.as_deref().and_then(|said| said.split_whitespace().nth(1));
    println!(
        "cargo::rustc-env=ORAS_RUST_VERSION={}",
        version.unwrap_or("unknown")
    );
}
