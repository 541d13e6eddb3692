//! Tests whether a registry conforms to distribution-spec 1.1.1, and to the draft after it.
//!
//! Some hundreds of [cases](cases()), each for one rule with its section and level, are run against a [`Target`]: any
//! reachable registry. The suite uses raw HTTP and none of the client crates, so that it never shares a mistake with the
//! code under test.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras_protocol_suite::{Case, Client, Expected, Protocol, Target, Trust, cases, judge, report};
//!
//! let client = Client::new("https://registry.example", None, &Trust::default(), Protocol::Http1)?;
//! let target = Target::new("mine", client, Expected::Unknown).with_prefix("team/conformance");
//! let cases = cases();
//! let rows = target.run(&cases.iter().collect::<Vec<&Case>>()).await;
//! print!("{}", report("mine", &rows));
//! judge(&rows)?;
//! # Ok(())
//! # }
//! ```

mod answer;
mod case;
mod cases;
mod client;
mod content;
mod docker_registry;
mod error;
mod expected;
mod judge;
mod junit;
mod kind;
mod login;
mod official;
mod report;
mod request;
mod run;
mod session;
mod trial;
mod trust;

pub use case::{Case, Level, Outcome, Problem};
pub use cases::cases;
pub use client::{Client, Protocol};
pub use error::Error;
pub use expected::{Difference, Expected, How, Verdict};
pub use judge::{Unfit, judge};
pub use junit::junit;
pub use login::Login;
pub use official::{OFFICIAL, official_rows};
pub use report::report;
pub use run::{Row, Target};
pub use trust::Trust;

/// The example of this crate's README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
