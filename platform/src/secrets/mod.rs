//! Secrets: a text type that cannot be shown by accident, sealing with the master key, and masking by value.
//!
//! This room knows neither what a secret is for nor where it is stored; a *purpose* given by the caller binds a sealed
//! value to its place.

pub mod mask;
mod seal;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use seal::{CodeHash, KeyId, MasterKey, MasterKeyError, OpenError, Sealed, Signer};

/// A secret text: no `Display`, no `Serialize`, `Debug` prints `***`, wiped from memory when dropped. Making one
/// registers it, so that it is masked wherever text leaves the process.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Deserialize)]
#[serde(from = "String")]
pub struct Secret(String);

impl Secret {
    /// Takes a text over as a secret.
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        mask::register(&value);
        Self(value)
    }

    /// Takes over a text that holds a secret part which is registered by itself, such as a URL with a password: only
    /// that part is masked then, and the rest stays readable in logs.
    pub fn with_known_part(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// A new random password of `length` letters and digits.
    pub fn password(length: usize) -> Self {
        Self::new(crate::clock::random::password(length))
    }

    /// A new random token of 192 bits, safe in links and in callback data.
    pub fn token() -> Self {
        Self::new(crate::clock::random::token())
    }

    /// `bytes` random bytes (at most 64) as standard base64.
    pub fn base64(bytes: usize) -> Self {
        let random = crate::clock::random::bytes::<64>();
        Self::new(STANDARD.encode(&random[..bytes.min(random.len())]))
    }

    /// The text itself. Every call is a place to look at when a secret leaked.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(mask::MASK)
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

/// Equal in a time that depends on the lengths only.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "only its Debug form matters")]
        struct Holder {
            key: Secret,
        }
        let holder = Holder { key: Secret::new("correct horse battery") };
        assert_eq!(format!("{holder:?}"), "Holder { key: *** }");
    }

    #[test]
    fn comparison_is_by_value() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd") && !same(b"abc", b"ab"));
        assert_eq!(Secret::new("x"), Secret::new("x"));
    }

    #[test]
    fn generated_secrets_have_their_size() {
        assert_eq!(Secret::password(20).expose().len(), 20);
        assert_eq!(STANDARD.decode(Secret::base64(32).expose()).expect("base64").len(), 32);
    }
}
