//! Blocking versions of the calls: each runs to completion on the calling thread.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras::blocking::Blocking;
//! use oras::{CopyOptions, ManifestVersion, MemoryStore, PackOptions};
//!
//! let blocking = Blocking::new()?;
//! let (here, there) = (MemoryStore::new(), MemoryStore::new());
//! let artifact = blocking.pack_manifest(&here, ManifestVersion::V1_1, "text/x", PackOptions::default())?;
//! blocking.tag(&here, &artifact.digest, "v1")?;
//! blocking.copy(&here, "v1", &there, "v1", &CopyOptions::default())?;
//! assert_eq!(blocking.resolve(&there, "v1")?.digest, artifact.digest);
//! # Ok(())
//! # }
//! ```

use std::io;

use oras_content::{Descriptor, IntoName, MediaType, Store, StoreExt, Verified, Writer, WriterExt};
use oras_copy::{CopyError, CopyOptions, ExtendedCopyOptions, FetchOptions};
use oras_pack::{ManifestVersion, PackError, PackOptions};
use tokio::runtime::{Builder, Handle, Runtime};

/// The error of a blocking call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E: std::error::Error + 'static> {
    /// The thread belongs to a tokio runtime, which must not be blocked. Threads of `spawn_blocking` count as well.
    /// Nothing was done.
    #[error("cannot block a thread of an asynchronous runtime; await the call instead")]
    WithinRuntime,
    /// The call itself failed.
    #[error(transparent)]
    Failed(#[from] E),
}

/// Runs asynchronous calls to completion, on a single-threaded runtime of its own that runs only during a call.
///
/// Several threads may share it. Use each [`Client`](crate::Client) with only one such handle, or with one runtime,
/// because its connections live there. Between calls nothing services the connections. If a registry closes them
/// meanwhile, the next call opens others.
#[derive(Debug)]
pub struct Blocking {
    /// `Some` until the handle is dropped.
    runtime: Option<Runtime>,
}

impl Blocking {
    /// Creates a handle with a runtime of its own.
    ///
    /// # Errors
    ///
    /// The system cannot provide the resources of a runtime, such as file descriptors.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            runtime: Some(runtime),
        })
    }

    /// Runs any future of this library to completion.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oras::blocking::Blocking;
    /// use oras::{MediaType, MemoryStore, Store, WriterExt};
    ///
    /// let (blocking, store) = (Blocking::new()?, MemoryStore::new());
    /// let pushed = blocking.run(store.push_bytes(MediaType::OCTET_STREAM, "hello"))?;
    /// assert!(blocking.run(store.exists(&pushed))?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::WithinRuntime`]: the thread belongs to a runtime.
    /// - [`Error::Failed`]: the call failed.
    pub fn run<T, E: std::error::Error + 'static>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error<E>> {
        match &self.runtime {
            Some(runtime) if Handle::try_current().is_err() => Ok(runtime.block_on(call)?),
            _ => Err(Error::WithinRuntime),
        }
    }

    /// Runs [`copy`](crate::copy()) to completion.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn copy<S: Store + ?Sized, D: Writer + ?Sized>(
        &self,
        source: &S,
        source_name: impl IntoName,
        destination: &D,
        destination_name: impl IntoName,
        options: &CopyOptions,
    ) -> Result<Descriptor, Error<CopyError>> {
        self.run(oras_copy::copy(
            source,
            source_name,
            destination,
            destination_name,
            options,
        ))
    }

    /// Runs [`extended_copy`](crate::extended_copy) to completion.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn extended_copy<S: Store + ?Sized, D: Writer + ?Sized>(
        &self,
        source: &S,
        source_name: impl IntoName,
        destination: &D,
        destination_name: impl IntoName,
        options: &ExtendedCopyOptions,
    ) -> Result<Descriptor, Error<CopyError>> {
        self.run(oras_copy::extended_copy(
            source,
            source_name,
            destination,
            destination_name,
            options,
        ))
    }

    /// Runs [`pack_manifest`](crate::pack_manifest) to completion.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn pack_manifest<W: Writer + ?Sized>(
        &self,
        writer: &W,
        version: ManifestVersion,
        artifact_type: &str,
        options: PackOptions,
    ) -> Result<Descriptor, Error<PackError>> {
        self.run(oras_pack::pack_manifest(writer, version, artifact_type, options))
    }

    /// Runs [`tag`](crate::tag) to completion.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn tag<W: Writer + ?Sized>(
        &self,
        store: &W,
        name: impl IntoName,
        tag: &str,
    ) -> Result<Descriptor, Error<oras_content::Error>> {
        self.run(oras_copy::tag(store, name, tag))
    }

    /// Runs [`StoreExt::resolve`] to completion.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn resolve<S: Store + ?Sized>(
        &self,
        store: &S,
        name: impl IntoName,
    ) -> Result<Descriptor, Error<oras_content::Error>> {
        self.run(store.resolve(name))
    }

    /// Runs [`fetch_bytes`](crate::fetch_bytes) to completion.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn fetch_bytes<S: Store + ?Sized>(
        &self,
        store: &S,
        name: impl IntoName,
        options: &FetchOptions,
    ) -> Result<Verified, Error<oras_content::Error>> {
        self.run(oras_copy::fetch_bytes(store, name, options))
    }

    /// Runs [`WriterExt::push_bytes`] to completion.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn push_bytes<W: Writer + ?Sized>(
        &self,
        writer: &W,
        media_type: MediaType,
        bytes: impl Into<bytes::Bytes> + Send,
    ) -> Result<Descriptor, Error<oras_content::Error>> {
        self.run(writer.push_bytes(media_type, bytes))
    }
}

impl Drop for Blocking {
    /// Waiting is not allowed within another runtime, so pending file operations are left to finish on their own.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take()
            && Handle::try_current().is_ok()
        {
            runtime.shutdown_background();
        }
    }
}
