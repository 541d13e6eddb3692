//! Places: how a caller opens its stores.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::Store;
use oras_copy::Verifier;

use crate::Place;

/// Any error of a caller's stores.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Opens the sources and destinations of a plan.
#[async_trait]
pub trait Places: Send + Sync {
    /// Opens a repository or layout for reading.
    ///
    /// # Errors
    ///
    /// The place cannot be opened.
    async fn source(&self, place: &Place) -> Result<Arc<dyn Store>, BoxError>;

    /// Opens a repository or layout for writing. With `dry_run` nothing is written, so that nothing need be created.
    ///
    /// # Errors
    ///
    /// The place cannot be opened.
    async fn destination(&self, place: &Place, dry_run: bool) -> Result<Arc<dyn Store>, BoxError>;

    /// Whether the next run finds what this one writes. If not, as in an archive that is always written from scratch, no
    /// [`State`](crate::State) is kept for the place. Default: yes.
    fn is_kept(&self, place: &Place) -> bool {
        let _ = place;
        true
    }

    /// Returns the verifier that decides what may be copied from a repository or layout. Default: none.
    ///
    /// # Errors
    ///
    /// The verifier cannot be determined.
    fn verifier(&self, place: &Place) -> Result<Option<Arc<dyn Verifier>>, BoxError> {
        let _ = place;
        Ok(None)
    }

    /// Lists the repositories of a registry, or those below a path of it, by their names relative to `registry`.
    ///
    /// # Errors
    ///
    /// The repositories cannot be listed.
    async fn repositories(&self, registry: &str) -> Result<Vec<String>, BoxError>;
}
