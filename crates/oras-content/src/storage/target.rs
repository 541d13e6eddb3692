//! Names for the common sums of capabilities. Every type that has the parts has the sum.

use super::{Exists, Fetcher, PredecessorFinder, Pusher, Resolver, Tagger};

/// Content can be read.
pub trait ReadOnlyStorage: Fetcher + Exists {}
impl<T: Fetcher + Exists + ?Sized> ReadOnlyStorage for T {}

/// Content can be read and written.
pub trait Storage: ReadOnlyStorage + Pusher {}
impl<T: ReadOnlyStorage + Pusher + ?Sized> Storage for T {}

/// Content can be read, and found by name.
pub trait ReadOnlyTarget: ReadOnlyStorage + Resolver {}
impl<T: ReadOnlyStorage + Resolver + ?Sized> ReadOnlyTarget for T {}

/// Content can be read, written and named.
pub trait Target: Storage + Resolver + Tagger {}
impl<T: Storage + Resolver + Tagger + ?Sized> Target for T {}

/// Content can be read, and found by name or by what it refers to.
pub trait ReadOnlyGraphTarget: ReadOnlyTarget + PredecessorFinder {}
impl<T: ReadOnlyTarget + PredecessorFinder + ?Sized> ReadOnlyGraphTarget for T {}

/// Content can be read, written, named, and found by what it refers to.
pub trait GraphTarget: Target + PredecessorFinder {}
impl<T: Target + PredecessorFinder + ?Sized> GraphTarget for T {}
