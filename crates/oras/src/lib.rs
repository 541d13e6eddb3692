//! OCI artifacts in Rust: push, pull, copy, attach, discover
