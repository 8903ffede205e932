//! Ed25519 keys (RFC 8032), as PEM: [`SigningKey`] in PKCS#8 and [`PublicKey`] as a `SubjectPublicKeyInfo` (RFC 8410).
//!
//! No error and no `Debug` repeats a part of a private key.

use std::fmt;

use pem::{EncodeConfig, LineEnding, Pem};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::digest::sha256_hex;

/// The label of a private key in PKCS#8 (RFC 7468, section 10).
const PRIVATE: &str = "PRIVATE KEY";
/// The label of a public key (RFC 7468, section 13).
const PUBLIC: &str = "PUBLIC KEY";

/// The bytes before the 32 bytes of a private key: version 1 of PKCS#8, which more tools read than version 2, the
/// algorithm's identifier 1.3.101.112, and two octet strings (RFC 8410, section 7).
const BEFORE_SEED: [u8; 16] = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
/// The bytes before the 32 bytes of a public key: the same identifier, and a bit string (RFC 8410, section 4).
const BEFORE_POINT: [u8; 12] = [0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0];

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has no block of PEM.
    #[error("it has no key in PEM: no block from `-----BEGIN …` to `-----END …`")]
    NoPem,
    /// The text has more than one block.
    #[error("it has more than one block of PEM, and just the key may stand there")]
    Several,
    /// Something is beside the block, or the block is not in the usual form.
    #[error("there is something beside the key's block, or inside it")]
    Beside,
    /// The block is something else.
    #[error("it holds {found}, and {needed} is needed")]
    Label {
        /// What it is.
        found: &'static str,
        /// What it should be.
        needed: &'static str,
    },
    /// A key that is broken, or for another algorithm.
    #[error("it holds no whole Ed25519 key; other algorithms are not taken")]
    Unfit,
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    NoRandom,
}

/// A private key, which signs.
pub struct SigningKey {
    pkcs8: Vec<u8>,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// A new key, from the system's random numbers.
    ///
    /// # Errors
    /// A system that has none.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| KeyError::NoRandom)?;
        Self::from_pkcs8([&BEFORE_SEED[..], &seed].concat())
    }

    /// The key in a text: one block of PEM with PKCS#8, version 1 or 2, as OpenSSL and others write it.
    ///
    /// # Errors
    /// Any other text, an encrypted key, and a key for another algorithm.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::from_pkcs8(contents(text, PRIVATE, "a private key in PKCS#8 that is not encrypted")?)
    }

    fn from_pkcs8(pkcs8: Vec<u8>) -> Result<Self, KeyError> {
        // Version 1 holds no public key to check the private one against; where there is one, it is checked.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).map_err(|_| KeyError::Unfit)?;
        Ok(Self { pkcs8, pair })
    }

    /// The key as a text, which [`SigningKey::from_pem`] reads.
    pub fn to_pem(&self) -> String {
        text(PRIVATE, &self.pkcs8)
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        let mut point = [0; 32];
        // An Ed25519 public key has 32 bytes (RFC 8032, section 5.1.5).
        point.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey { point }
    }

    /// The signature of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        // An Ed25519 signature has 64 bytes (RFC 8032, section 5.1.6).
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey({})", self.public().id())
    }
}

/// A public key, by which signatures are checked.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    point: [u8; 32],
}

impl PublicKey {
    /// The key in a text: one block of PEM with a `SubjectPublicKeyInfo`, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// Any other text, and a key for another algorithm.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let spki = contents(text, PUBLIC, "a public key")?;
        let point = spki.strip_prefix(&BEFORE_POINT).and_then(|point| point.try_into().ok());
        point.map(|point| Self { point }).ok_or(KeyError::Unfit)
    }

    /// The key as a text, which [`PublicKey::from_pem`] reads.
    pub fn to_pem(&self) -> String {
        text(PUBLIC, &self.spki())
    }

    /// Its fingerprint, by which an envelope names it: the SHA-256 of its `SubjectPublicKeyInfo` in DER, in lower-case
    /// hexadecimal digits.
    pub fn id(&self) -> String {
        sha256_hex(&self.spki())
    }

    /// Whether the signature is one of this message by this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.point).verify(message, signature).is_ok()
    }

    fn spki(&self) -> Vec<u8> {
        [&BEFORE_POINT[..], &self.point].concat()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.id())
    }
}

fn text(label: &str, der: &[u8]) -> String {
    pem::encode_config(&Pem::new(label, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

/// The bytes of the one block in a text, which must have this label and nothing beside it.
fn contents(pem: &str, label: &str, needed: &'static str) -> Result<Vec<u8>, KeyError> {
    let mut blocks = pem::parse_many(pem).map_err(|_| KeyError::NoPem)?;
    let block = blocks.pop().ok_or(KeyError::NoPem)?;
    if !blocks.is_empty() {
        return Err(KeyError::Several);
    }
    if block.tag() != label {
        return Err(KeyError::Label { found: name(block.tag()), needed });
    }
    let der = block.into_contents();
    // The parser ignores text around the block, and some text inside it.
    if pem.replace("\r\n", "\n").trim_end() != text(label, &der).trim_end() {
        return Err(KeyError::Beside);
    }
    Ok(der)
}

/// What a block is. Its own label is not repeated, since it may hold anything.
fn name(label: &str) -> &'static str {
    match label {
        PRIVATE => "a private key",
        PUBLIC => "a public key",
        "ENCRYPTED PRIVATE KEY" => "an encrypted private key",
        "OPENSSH PRIVATE KEY" => "a private key in OpenSSH's form",
        "EC PRIVATE KEY" | "RSA PRIVATE KEY" | "DSA PRIVATE KEY" => "a private key for another algorithm",
        "CERTIFICATE" => "a certificate",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests;
