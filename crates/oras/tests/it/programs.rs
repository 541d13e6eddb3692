//! The programs in `examples`. Their `main` only reads arguments and prints.

#[allow(dead_code)]
#[path = "../../examples/attach_blob.rs"]
pub(crate) mod attach_blob;
#[allow(dead_code)]
#[path = "../../examples/copy_between_repositories.rs"]
pub(crate) mod copy_between_repositories;
#[allow(dead_code)]
#[path = "../../examples/copy_by_digest.rs"]
pub(crate) mod copy_by_digest;
#[allow(dead_code)]
#[path = "../../examples/copy_in_memory.rs"]
pub(crate) mod copy_in_memory;
#[allow(dead_code)]
#[path = "../../examples/copy_to_layout.rs"]
pub(crate) mod copy_to_layout;
#[allow(dead_code)]
#[path = "../../examples/copy_to_memory.rs"]
pub(crate) mod copy_to_memory;
#[allow(dead_code)]
#[path = "../../examples/copy_to_repository.rs"]
pub(crate) mod copy_to_repository;
#[allow(dead_code)]
#[path = "../../examples/copy_with_referrers.rs"]
pub(crate) mod copy_with_referrers;
#[allow(dead_code)]
#[path = "../../examples/handle_copy_error.rs"]
pub(crate) mod handle_copy_error;
#[allow(dead_code)]
#[path = "../../examples/mount_blobs.rs"]
pub(crate) mod mount_blobs;
#[allow(dead_code)]
#[path = "../../examples/pack_1_0.rs"]
pub(crate) mod pack_1_0;
#[allow(dead_code)]
#[path = "../../examples/pack_1_1.rs"]
pub(crate) mod pack_1_1;
#[allow(dead_code)]
#[path = "../../examples/pull_files.rs"]
pub(crate) mod pull_files;
#[allow(dead_code)]
#[path = "../../examples/pull_image.rs"]
pub(crate) mod pull_image;
#[allow(dead_code)]
#[path = "../../examples/pull_with_docker_login.rs"]
pub(crate) mod pull_with_docker_login;
#[allow(dead_code)]
#[path = "../../examples/push_files.rs"]
pub(crate) mod push_files;
#[allow(dead_code)]
#[path = "../../examples/push_with_referrers.rs"]
pub(crate) mod push_with_referrers;
