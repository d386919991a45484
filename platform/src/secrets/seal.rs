//! Sealing: authenticated encryption with the master key, bound to a purpose; and keyed hashes of one-time codes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Secret, mask, same};

/// The layout of a sealed value: version, key id, nonce, ciphertext with tag.
const VERSION: u8 = 1;
const KEY_ID: usize = 8;
const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_ID + NONCE;

/// The key that every stored secret is sealed with: 32 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// Which key sealed a value; says nothing about the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID]);

/// A sealed value as it is stored (`bytea`).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// The keyed hash of a one-time code, as it is stored. Who reads the database can neither use nor guess the code.
#[derive(Clone)]
pub struct CodeHash([u8; 32]);

/// Signs for one purpose, quickly: the key is prepared once.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// The signature of these bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

/// The text is no master key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the master key must be 32 bytes in base64 (make one: `openssl rand -base64 32`)")]
pub struct MasterKeyError;

/// Why a sealed value does not open. Trying again changes nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short, or of a layout that this version does not know.
    #[error("not a sealed value of this version")]
    Malformed,
    /// Sealed with another key: the configured master key is not the one that this database was written with.
    #[error("sealed with master key {found:?}, this is {ours:?}")]
    OtherKey {
        /// The key it was sealed with.
        found: KeyId,
        /// The key at hand.
        ours: KeyId,
    },
    /// Changed, or moved here from a place with another purpose.
    #[error("the sealed value was changed or belongs elsewhere")]
    Forged,
}

impl MasterKey {
    /// Reads 32 bytes from standard base64.
    ///
    /// # Errors
    /// It is not base64, or not 32 bytes.
    pub fn parse(text: &Secret) -> Result<Self, MasterKeyError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.expose().trim()).map_err(|_| MasterKeyError)?);
        bytes.as_slice().try_into().map(Self).map_err(|_| MasterKeyError)
    }

    /// A new random key, as the text that the setting takes.
    pub fn generate() -> Secret {
        Secret::base64(32)
    }

    /// This key's id.
    pub fn id(&self) -> KeyId {
        let digest = Sha256::new().chain_update(b"waas-hub master key id\0").chain_update(self.0).finalize();
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        KeyId(id)
    }

    /// Encrypts a secret for one purpose, such as `tenant:new_salon:POSTGRES_PASSWORD`; it opens for no other.
    pub fn seal(&self, purpose: &str, secret: &Secret) -> Sealed {
        let nonce = crate::clock::random::bytes::<NONCE>();
        let payload = Payload { msg: secret.expose().as_bytes(), aad: purpose.as_bytes() };
        #[expect(clippy::expect_used, reason = "this cipher fails only on texts beyond 256 GiB")]
        let ciphertext = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("the text fits in memory");
        let mut bytes = Vec::with_capacity(HEAD + ciphertext.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.id().0);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&ciphertext);
        Sealed(bytes)
    }

    /// Decrypts what was sealed for this purpose. The secret is registered for masking.
    ///
    /// # Errors
    /// It is malformed, sealed with another key, changed, or sealed for another purpose.
    pub fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, OpenError> {
        let (head, ciphertext) = sealed.0.split_at_checked(HEAD).ok_or(OpenError::Malformed)?;
        let (id, nonce) = head[1..].split_at(KEY_ID);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| OpenError::Malformed)?;
        if head[0] != VERSION {
            return Err(OpenError::Malformed);
        }
        if id != self.id().0 {
            let found = KeyId(id.try_into().map_err(|_| OpenError::Malformed)?);
            return Err(OpenError::OtherKey { found, ours: self.id() });
        }
        let payload = Payload { msg: ciphertext, aad: purpose.as_bytes() };
        let plain = self.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| OpenError::Forged)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| OpenError::Malformed)
    }

    /// The hash to store, and to look a code up by, for one purpose (`enrol`, `onboarding` …).
    pub fn hash_code(&self, purpose: &str, code: &str) -> CodeHash {
        let mut mac = self.hmac();
        for part in ["waas-hub one-time code", purpose, code] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        CodeHash(mac.finalize().into_bytes().into())
    }

    /// Signs bytes for one purpose: who does not have this key can neither make nor change what was signed.
    pub fn signer(&self, purpose: &str) -> Signer {
        let mut mac = self.hmac();
        for part in ["waas-hub signature", purpose] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Signer(mac)
    }

    fn hmac(&self) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("32 bytes are a key")
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({:?}, {})", self.id(), mask::MASK)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Sealed {
    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Sealed {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl CodeHash {
    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Equal in constant time.
impl PartialEq<[u8]> for CodeHash {
    fn eq(&self, other: &[u8]) -> bool {
        same(&self.0, other)
    }
}

/// Equal in constant time.
impl PartialEq for CodeHash {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for CodeHash {}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> MasterKey {
        MasterKey::parse(&MasterKey::generate()).expect("a key")
    }

    #[test]
    fn a_sealed_value_opens_for_its_purpose_only() {
        let (key, secret) = (key(), Secret::new("s3cret-value"));
        let sealed = key.seal("tenant:a:PASSWORD", &secret);
        assert_eq!(key.open("tenant:a:PASSWORD", &sealed), Ok(secret));
        assert_eq!(key.open("tenant:b:PASSWORD", &sealed), Err(OpenError::Forged));
    }

    #[test]
    fn another_key_is_told_apart_from_a_forgery() {
        let (one, other) = (key(), key());
        let sealed = one.seal("p", &Secret::new("s3cret-value"));
        assert_eq!(other.open("p", &sealed), Err(OpenError::OtherKey { found: one.id(), ours: other.id() }));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let key = key();
        let sealed = key.seal("p", &Secret::new("s3cret-value"));
        for at in 0..sealed.0.len() {
            let mut bytes = sealed.0.clone();
            bytes[at] ^= 1;
            assert!(key.open("p", &Sealed(bytes)).is_err(), "byte {at}");
            assert!(key.open("p", &Sealed(sealed.0[..at].to_vec())).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let (key, secret) = (key(), Secret::new("s3cret-value"));
        assert_ne!(key.seal("p", &secret), key.seal("p", &secret));
    }

    #[test]
    fn a_code_is_found_by_its_hash_under_its_purpose_and_key() {
        let key = key();
        assert_eq!(key.hash_code("enrol", "abc"), key.hash_code("enrol", "abc"));
        assert_ne!(key.hash_code("enrol", "abc"), key.hash_code("onboarding", "abc"));
        assert_ne!(key.hash_code("enrola", "bc"), key.hash_code("enrol", "abc"));
        assert_ne!(key.hash_code("enrol", "abc"), self::key().hash_code("enrol", "abc"));
    }

    #[test]
    fn a_master_key_has_32_bytes() {
        for text in ["", "not base64!", "c2hvcnQ="] {
            assert_eq!(MasterKey::parse(&Secret::new(text)).map(|_| ()), Err(MasterKeyError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(key().open("p", &Sealed(bytes)).is_err());
        }
    }
}
