//! What of oras-go is where in this library.
#![doc = include_str!("parity.md")]

#[allow(unused_imports)] // The links of the page start here.
use crate::*;
