//! Against programs that are not ours: docker-registry, skopeo, curl, jq, openssl, strace, tar, bsdtar, Go, and a disk that is full.
//!
//! They are run by `cargo xtask test --interop`, on a machine that has these programs.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod archives;
mod backup;
mod cut;
mod disk;
mod docker_registry;
mod folders;
mod jobs;
mod odd_folders;
#[path = "../../crates/oras-cli/tests/it/page.rs"]
mod page;
mod registry;
mod served;
#[path = "../../crates/oras-cli/tests/it/shell.rs"]
mod shell;
mod skopeo;
mod tokens;
