//! Digests, which distinguish bytes without keeping them, and bytes as text.

use std::io::{self, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::model::Contract;

/// How much is read at once, in bytes.
const PART: usize = 64 * 1024;

/// The SHA-256 of bytes (FIPS 180-4), as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::digest(bytes))
}

/// The digest of a contract: of its own file's text, followed by that of the one that it shares.
///
/// Ends of lines count as line feeds, whatever a checkout makes of them.
pub fn contract_digest(contract: &Contract) -> String {
    let texts = contract.files.iter().map(|file| file.text.replace("\r\n", "\n"));
    format!("sha256:{}", sha256_hex(texts.collect::<String>().as_bytes()))
}

/// The same of all that can be read, without keeping it.
///
/// # Errors
/// What cannot be read.
pub fn sha256_of(mut source: impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut part = vec![0; PART];
    loop {
        match source.read(&mut part)? {
            0 => return Ok(base16ct::lower::encode_string(&digest.finalize())),
            length => digest.update(&part[..length]),
        }
    }
}

/// Takes the SHA-256 of all that is read from a source, or written to a sink, through it.
#[derive(Debug)]
pub struct Digesting<T> {
    inner: T,
    digest: Sha256,
    length: u64,
}

impl<T> Digesting<T> {
    /// Reads from `inner`, or writes to it.
    pub fn new(inner: T) -> Self {
        Self { inner, digest: Sha256::new(), length: 0 }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// How many bytes there were.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The digest of these bytes, as [`sha256_hex`] writes it.
    pub fn finish(self) -> String {
        base16ct::lower::encode_string(&self.digest.finalize())
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.take(&buffer[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.take(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Bytes in base64 (RFC 4648, section 4), with padding.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a text in base64; none if it is not in that form.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The SHA-256 of a text as a Content-Security-Policy names it (CSP level 3, section 2.3.1): `sha256-` and base64.
pub fn sha256_source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::{sha256_hex, sha256_source};

    #[test]
    fn a_digest_is_written_as_each_reader_wants_it() {
        // NIST's example for the message "abc".
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256_source("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
