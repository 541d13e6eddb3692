//! Guides for common tasks, with programs that are run as tests.
//!
//! | guide | about |
//! |---|---|
//! | [`getting_started`] | the first push and pull |
//! | [`logins`] | passwords, tokens, and the files that keep them |
//! | [`files_and_folders`] | pushing and pulling files |
//! | [`layouts`] | artifacts in a folder or a tar archive |
//! | [`referrers`] | attaching signatures and other artifacts, finding and copying them |
//! | [`progress_and_cancellation`] | showing the progress of a copy, and cancelling it |
//! | [`errors_and_retries`] | handling errors |
//! | [`writing_a_store`] | implementing your own store |
//! | [`coming_from_oras_go`] | the terms of oras-go and their counterparts here |
//! | [`coming_from_oci_client`] | the terms of oci-client and their counterparts here |

#[allow(unused_imports)] // The links of the guides start here.
use crate::*;

#[doc = include_str!("getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("logins.md")]
pub mod logins {}

#[doc = include_str!("files_and_folders.md")]
pub mod files_and_folders {}

#[doc = include_str!("layouts.md")]
pub mod layouts {}

#[doc = include_str!("referrers.md")]
pub mod referrers {}

#[doc = include_str!("progress_and_cancellation.md")]
pub mod progress_and_cancellation {}

#[doc = include_str!("errors_and_retries.md")]
pub mod errors_and_retries {}

#[doc = include_str!("writing_a_store.md")]
pub mod writing_a_store {}

#[doc = include_str!("coming_from_oras_go.md")]
pub mod coming_from_oras_go {}

#[doc = include_str!("coming_from_oci_client.md")]
pub mod coming_from_oci_client {}
