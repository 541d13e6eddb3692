//! Disks that fail and processes that die, at every call of every step; and power that is lost between any two of them.
//!
//! `cargo xtask faults` tries every fault at every call; otherwise, some faults are tried at the calls that change the disk.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod disk;
mod journal;
mod power;
mod processes;
mod resumed;
mod step;
mod strace;
mod syscalls;
