//! The oras program
