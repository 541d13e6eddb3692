//! Places: where a caller keeps its stores.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::Store;
use oras_copy::Verifier;

use crate::Place;

/// Any error, as a caller's own stores have it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Opens the places of a plan.
#[async_trait]
pub trait Places: Send + Sync {
    /// Opens a repository or layout, to read it.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    async fn source(&self, place: &Place) -> Result<Arc<dyn Store>, BoxError>;

    /// Opens a repository or layout, to write it; `dry_run` says that nothing is written, so that nothing need be created.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    async fn destination(&self, place: &Place, dry_run: bool) -> Result<Arc<dyn Store>, BoxError>;

    /// Whether the next run finds what this one writes to a place. Where it does not, as in an archive that is always a new one,
    /// no [`State`](crate::State) is kept of the place. Default: yes.
    fn is_kept(&self, place: &Place) -> bool {
        let _ = place;
        true
    }

    /// Who says what may be copied from a repository or layout. Default: nobody.
    ///
    /// # Errors
    ///
    /// That cannot be found out.
    fn verifier(&self, place: &Place) -> Result<Option<Arc<dyn Verifier>>, BoxError> {
        let _ = place;
        Ok(None)
    }

    /// The repositories of a registry, or those below a path of it: their names below what is given.
    ///
    /// # Errors
    ///
    /// They cannot be listed.
    async fn repositories(&self, registry: &str) -> Result<Vec<String>, BoxError>;
}
