//! Writes a bundle, and holds none of its files. Main type: [`Packer`].
//!
//! It knows nothing of what the files are.

use std::io::{self, Read, Write};

use super::archive::{ArchiveError, BLOCK, Order, header, padding};
use crate::digest::Digesting;

/// A bundle that is being written, file by file.
#[derive(Debug)]
pub struct Packer<W> {
    out: W,
    order: Order,
}

impl<W: Write> Packer<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, order: Order::default() }
    }

    /// Writes one more file, whose name comes after the last one's, and gives its digest.
    ///
    /// # Errors
    /// Names and sizes that a bundle does not have, content of another size, and a disk that is full.
    pub fn add(&mut self, name: &str, size: u64, content: impl Read) -> Result<String, ArchiveError> {
        let header = header(name, size)?;
        self.order.take(name)?;
        self.out.write_all(header.as_bytes())?;
        let mut content = Digesting::new(content);
        if io::copy(&mut content, &mut self.out)? != size {
            return Err(io::Error::other(format!("`{name}` has changed while it was read")).into());
        }
        self.out.write_all(&[0; BLOCK][..padding(size)])?;
        Ok(content.finish())
    }

    /// Writes the end.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn finish(mut self) -> Result<W, ArchiveError> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        Ok(self.out)
    }
}
