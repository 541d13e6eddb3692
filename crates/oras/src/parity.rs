//! The items of oras-go, and their counterparts in this library.
#![doc = include_str!("parity.md")]

#[allow(unused_imports)] // The links of the page start here.
use crate::*;
