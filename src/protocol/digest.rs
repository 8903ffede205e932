//! Digests, by which bytes are told apart without being kept.

use sha2::{Digest, Sha256};

/// The SHA-256 of bytes (FIPS 180-4), as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::digest(bytes))
}
