//! Serialised hash states, from which a later run can continue.

use ::digest::Digest;
use ::digest::common::BlockSizeUser;
use ::digest::common::hazmat::{SerializableState, SerializedState};

use crate::Algorithm;

/// The prefix of a serialised state: a versioned format name.
const FORM: &str = "oras-hash-state-1";

/// A hash function of the SHA-2 family.
pub(crate) trait Sha2: Digest + BlockSizeUser + SerializableState + Clone {}

impl<T: Digest + BlockSizeUser + SerializableState + Clone> Sha2 for T {}

/// Serialises the state of a hash of `seen` bytes, with the digest so far to validate it on restore.
pub(crate) fn save<H: Sha2>(hasher: &H, algorithm: Algorithm, seen: u64) -> Vec<u8> {
    let mut saved = head(algorithm);
    saved.extend(seen.to_le_bytes());
    saved.extend(hasher.clone().finalize());
    saved.extend(hasher.serialize());
    saved
}

/// Restores a hash and the number of bytes it has seen.
pub(crate) fn restore<H: Sha2>(algorithm: Algorithm, saved: &[u8]) -> Option<(H, u64)> {
    let (seen, rest) = saved.strip_prefix(&*head(algorithm))?.split_first_chunk()?;
    let (digest, state) = rest.split_at_checked(<H as Digest>::output_size())?;
    let seen = u64::from_le_bytes(*seen);
    if !has_seen(state, H::block_size(), seen) {
        return None;
    }
    let hasher = H::deserialize(&SerializedState::<H>::try_from(state).ok()?).ok()?;
    (hasher.clone().finalize()[..] == *digest).then_some((hasher, seen))
}

fn head(algorithm: Algorithm) -> Vec<u8> {
    format!("{FORM} {}\n", algorithm.name()).into_bytes()
}

/// Whether `state` is that of a hash after `seen` bytes. Continuing from another count could overflow.
///
/// A state consists of the chaining value (half a block), the number of whole blocks, and the current partial block.
fn has_seen(state: &[u8], block: usize, seen: u64) -> bool {
    let (words, count) = (block / 2, block / 8);
    let Some((counted, begun)) = state.get(words..).and_then(|rest| rest.split_at_checked(count)) else {
        return false;
    };
    let blocks = u128::from(seen / block as u64).to_le_bytes();
    let bits_fit = seen.checked_mul(8).is_some();
    bits_fit
        && *counted == blocks[..count]
        && begun.first().map(|at| u64::from(*at)) == Some(seen % block as u64)
}
