//! `Hasher`: an incremental digest computation.

use std::fmt;

use ::digest::Digest as _;

use crate::hash_state::{restore, save};
use crate::{Algorithm, Digest};

/// An incremental digest computation.
#[derive(Clone)]
pub struct Hasher {
    state: State,
    seen: u64,
}

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    /// Boxed because it is many times larger than the others.
    #[cfg(feature = "blake3")]
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// Starts a digest computation.
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha384 => State::Sha384(sha2::Sha384::new()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
            #[cfg(feature = "blake3")]
            Algorithm::Blake3 => State::Blake3(Box::default()),
        };
        Self { state, seen: 0 }
    }

    /// Continues a [saved](Self::save) computation. Returns `None` if `saved` is not a state of this algorithm in a
    /// known format.
    ///
    /// The caller must know that the bytes already hashed are unchanged: the final digest does not prove it.
    pub fn restore(algorithm: Algorithm, saved: &[u8]) -> Option<Self> {
        let (state, seen) = match algorithm {
            Algorithm::Sha256 => restore(algorithm, saved).map(|(hash, seen)| (State::Sha256(hash), seen)),
            Algorithm::Sha384 => restore(algorithm, saved).map(|(hash, seen)| (State::Sha384(hash), seen)),
            Algorithm::Sha512 => restore(algorithm, saved).map(|(hash, seen)| (State::Sha512(hash), seen)),
            #[cfg(feature = "blake3")]
            Algorithm::Blake3 => None,
        }?;
        Some(Self { state, seen })
    }

    /// Serialises the state, a few hundred bytes at most, for [`restore`](Self::restore) in another run. Returns `None`
    /// for algorithms that do not support this, such as BLAKE3.
    ///
    /// ```
    /// use oras_content::{Algorithm, Digest, Hasher};
    ///
    /// let mut hasher = Hasher::new(Algorithm::Sha256);
    /// hasher.update(b"hel");
    /// let saved = hasher.save().expect("SHA-256 can be saved");
    ///
    /// let mut hasher = Hasher::restore(Algorithm::Sha256, &saved).expect("it was saved just now");
    /// assert_eq!(hasher.seen(), 3);
    /// hasher.update(b"lo");
    /// assert_eq!(hasher.finish(), Digest::sha256(b"hello"));
    /// ```
    pub fn save(&self) -> Option<Vec<u8>> {
        match &self.state {
            State::Sha256(hasher) => Some(save(hasher, Algorithm::Sha256, self.seen)),
            State::Sha384(hasher) => Some(save(hasher, Algorithm::Sha384, self.seen)),
            State::Sha512(hasher) => Some(save(hasher, Algorithm::Sha512, self.seen)),
            #[cfg(feature = "blake3")]
            State::Blake3(_) => None,
        }
    }

    /// Returns the number of bytes added so far.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        match &mut self.state {
            State::Sha256(hasher) => hasher.update(bytes),
            State::Sha384(hasher) => hasher.update(bytes),
            State::Sha512(hasher) => hasher.update(bytes),
            #[cfg(feature = "blake3")]
            State::Blake3(hasher) => drop(hasher.update(bytes)),
        }
    }

    /// Returns the digest of all bytes added.
    pub fn finish(self) -> Digest {
        match self.state {
            State::Sha256(hasher) => Digest::of_hash(Algorithm::Sha256, &hasher.finalize()),
            State::Sha384(hasher) => Digest::of_hash(Algorithm::Sha384, &hasher.finalize()),
            State::Sha512(hasher) => Digest::of_hash(Algorithm::Sha512, &hasher.finalize()),
            #[cfg(feature = "blake3")]
            State::Blake3(hasher) => Digest::of_hash(Algorithm::Blake3, hasher.finalize().as_bytes()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}
