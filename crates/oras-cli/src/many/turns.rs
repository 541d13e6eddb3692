//! Turns: of those that push the same blob at the same time, one does, and the others use what it pushed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::lock::Mutex as AsyncMutex;
use oras::Digest;
use oras::content::{Descriptor, Location, Payload, PushOptions, Pushed, Result, Writer};

/// How many blobs are kept in mind; more are pushed without a turn.
const MOST: usize = 100_000;

/// The blobs that were pushed or are being, and the repository that got each first.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<Digest, Turn>>);

type Turn = Arc<AsyncMutex<Option<Location>>>;

impl Turns {
    /// Pushes content; a blob that another repository is getting is waited for, and mounted from there.
    pub(crate) async fn push(
        &self,
        writer: &dyn Writer,
        expected: &Descriptor,
        payload: Payload,
        mut opts: PushOptions,
    ) -> Result<Pushed> {
        if expected.is_manifest() {
            return writer.push_opts(expected, payload, opts).await;
        }
        let turn = self.of(&expected.digest);
        let mut first = turn.lock().await;
        if let Some(first) = first.clone() {
            opts.mount_from.push(first);
        }
        if !opts.mount_from.is_empty() {
            // It is there: nobody has to wait for this one.
            drop(first);
            return writer.push_opts(expected, payload, opts).await;
        }
        let pushed = writer.push_opts(expected, payload, opts).await?;
        *first = writer.location();
        Ok(pushed)
    }

    fn of(&self, blob: &Digest) -> Turn {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match turns.get(blob) {
            Some(turn) => Arc::clone(turn),
            None if turns.len() >= MOST => Turn::default(),
            None => Arc::clone(turns.entry(blob.clone()).or_default()),
        }
    }
}
