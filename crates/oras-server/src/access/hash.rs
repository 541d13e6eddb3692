//! Password hashes in bcrypt format.

use std::fmt;

use super::secret::Secret;

/// Maximum cost of a hash: each step doubles the work, and 14 takes about a second.
const MAX_COST: u32 = 14;
/// Length of salt and digest in the text of a hash.
const TAIL: usize = 53;

/// A bcrypt hash with a checked format.
#[derive(Clone)]
pub(super) struct Hash {
    text: String,
    cost: u32,
}

/// The reason why a text is not a usable hash.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HashError {
    #[error("is hashed with {0}; only bcrypt is accepted: hash it with 'htpasswd -B'")]
    Kind(&'static str),
    #[error("is not a hash; only bcrypt is accepted: hash it with 'htpasswd -B'")]
    Plain,
    #[error("has a damaged bcrypt hash; hash it again with 'htpasswd -B'")]
    Damaged,
    #[error("has a bcrypt cost of {0}, above {MAX_COST}; hash it with 'htpasswd -B -C 10'")]
    Cost(u32),
}

impl Hash {
    /// Parses a hash of the forms `$2a$`, `$2b$` and `$2y$`, which are equivalent.
    pub(super) fn parse(text: &str) -> Result<Self, HashError> {
        let rest = ["$2a$", "$2b$", "$2y$"]
            .iter()
            .find_map(|form| text.strip_prefix(form));
        let (cost, tail) = rest
            .ok_or_else(|| other_form(text))?
            .split_once('$')
            .ok_or(HashError::Damaged)?;
        let is_number = cost.len() == 2 && cost.bytes().all(|b| b.is_ascii_digit());
        let cost = cost.parse().ok().filter(|_| is_number);
        let cost: u32 = cost.ok_or(HashError::Damaged)?;
        let is_code = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'/';
        if cost < 4 || tail.len() != TAIL || !tail.bytes().all(is_code) {
            return Err(HashError::Damaged);
        }
        if cost > MAX_COST {
            return Err(HashError::Cost(cost));
        }
        let text = text.to_owned();
        text.parse::<bcrypt::HashParts>()
            .map_err(|_| HashError::Damaged)?;
        Ok(Self { text, cost })
    }

    /// Returns a hash with the given cost that matches no known password.
    pub(super) fn decoy(cost: u32) -> Self {
        let text = format!("$2b${cost:02}${}", ".".repeat(TAIL));
        Self { text, cost }
    }

    pub(super) fn cost(&self) -> u32 {
        self.cost
    }

    /// Whether this is the hash of the password. This is slow on purpose: milliseconds to a second.
    ///
    /// As in all bcrypt implementations, only the first 72 bytes of a password count.
    pub(super) fn is_of(&self, password: &Secret) -> bool {
        bcrypt::verify(password.expose(), &self.text).unwrap_or(false)
    }
}

/// Identifies another hash format for the error.
fn other_form(text: &str) -> HashError {
    let is_crypt = text.len() == 13
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"./".contains(&b));
    let kinds = [
        ("$apr1$", "MD5"),
        ("$1$", "MD5"),
        ("{SHA}", "SHA-1"),
        ("{SSHA}", "SHA-1"),
        ("$5$", "SHA-256"),
        ("$6$", "SHA-512"),
        ("$2x$", "a faulty bcrypt"),
        ("$2$", "an early bcrypt"),
        ("$y$", "yescrypt"),
        ("$argon2", "Argon2"),
    ];
    match kinds.iter().find(|(form, _)| text.starts_with(form)) {
        Some((_, kind)) => HashError::Kind(kind),
        None if is_crypt => HashError::Kind("crypt"),
        None => HashError::Plain,
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hash")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Hash, HashError, Secret, TAIL};

    #[test]
    fn a_decoy_has_the_form_of_a_hash_and_is_nobodys() {
        let decoy = Hash::decoy(4);
        assert!(Hash::parse(&decoy.text).is_ok());
        assert!(!decoy.is_of(&Secret::new("")));
    }

    #[test]
    fn other_forms_are_told_apart() {
        for (text, error) in [
            ("$apr1$salt$hash", HashError::Kind("MD5")),
            ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", HashError::Kind("SHA-1")),
            ("$5$salt$hash", HashError::Kind("SHA-256")),
            ("rqXexS6ZhobKA", HashError::Kind("crypt")),
            ("hunter2", HashError::Plain),
            ("", HashError::Plain),
            ("$2y$", HashError::Damaged),
            ("$2y$10$short", HashError::Damaged),
            ("$2y$5$", HashError::Damaged),
        ] {
            assert_eq!(Hash::parse(text).unwrap_err(), error, "{text}");
        }
        for cost in ["00", "03", "+9", " 9", "99"] {
            let text = format!("$2y${cost}${}", ".".repeat(TAIL));
            let expected = match cost {
                "99" => HashError::Cost(99),
                _ => HashError::Damaged,
            };
            assert_eq!(Hash::parse(&text).unwrap_err(), expected, "{text}");
        }
        let odd = format!("$2y$10${}!", ".".repeat(TAIL - 1));
        assert_eq!(Hash::parse(&odd).unwrap_err(), HashError::Damaged);
    }
}
