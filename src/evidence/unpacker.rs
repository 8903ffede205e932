//! Reads what is a bundle to the byte, and nothing else. Main type: [`Unpacker`].
//!
//! It goes from one file to the next, holds none of them, and knows nothing of what they are.

use std::io::{self, Read, Write};

use tar::{EntryType, Header};

use super::archive::{ArchiveError, BLOCK, Order, header, is_archive, padding};

/// Where a bundle ends.
const BEHIND: &str = "behind the last file";

/// A file of a bundle that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveEntry {
    /// Its name.
    pub name: String,
    /// How many bytes it has, by its head.
    pub size: u64,
    /// Where in the bundle its content begins.
    pub at: u64,
}

/// A bundle that is being read, file by file: [`Unpacker::next_file`], and [`Unpacker::content`] of each.
#[derive(Debug)]
pub struct Unpacker<R> {
    from: R,
    at: u64,
    order: Order,
}

impl<R: Read> Unpacker<R> {
    /// Reads from the beginning of a bundle.
    pub fn new(from: R) -> Self {
        Self { from, at: 0, order: Order::default() }
    }

    /// The head of the next file; none at the end, behind which there is nothing.
    ///
    /// # Errors
    /// Bytes that [`Packer`](super::Packer) would not have written: what is wrong, and where.
    pub fn next_file(&mut self) -> Result<Option<ArchiveEntry>, ArchiveError> {
        let start = self.at;
        let (block, count) = self.block()?;
        let is_zero = block[..count].iter().all(|byte| *byte == 0);
        // The bundle of no files has no head.
        if start == 0 && !is_zero && !is_archive(&block) {
            return Err(ArchiveError::NoTar);
        }
        match count {
            0 if start == 0 => return Err(ArchiveError::Empty),
            BLOCK => {}
            _ if is_zero => return Err(self.cut_off(BEHIND)),
            _ => return Err(self.cut_off("in the head of a file")),
        }
        if is_zero { self.end().map(|()| None) } else { self.head(start, &block).map(Some) }
    }

    /// Reads the second empty block, and that nothing follows.
    fn end(&mut self) -> Result<(), ArchiveError> {
        let start = self.at;
        let (block, count) = self.block()?;
        let more = fill(&mut self.from, &mut [0])?;
        let wrong = block[..count].iter().position(|byte| *byte != 0);
        match wrong.or_else(|| (more > 0).then_some(BLOCK)) {
            Some(wrong) => Err(encoding_error(start + wrong as u64, BEHIND)),
            None if count < BLOCK => Err(self.cut_off(BEHIND)),
            None => Ok(()),
        }
    }

    fn head(&mut self, start: u64, block: &[u8; BLOCK]) -> Result<ArchiveEntry, ArchiveError> {
        let unreadable = |reason: String| ArchiveError::Unreadable { at: start, reason };
        let found = Header::from_byte_slice(block);
        let mut summed = found.clone();
        summed.set_cksum();
        if !is_archive(block) || summed.cksum().ok() != found.cksum().ok() {
            return Err(unreadable("it is not the head of a file".to_owned()));
        }
        let name = String::from_utf8_lossy(&found.path_bytes()).into_owned();
        if found.entry_type() != EntryType::Regular {
            return Err(ArchiveError::NoFile { name });
        }
        let size = found.entry_size().map_err(|error| unreadable(error.to_string()))?;
        let due = header(&name, size)?;
        self.order.take(&name)?;
        let wrong = block.iter().zip(due.as_bytes()).position(|(found, due)| found != due);
        if let Some(wrong) = wrong {
            return Err(encoding_error(start + wrong as u64, &format!("in the head of `{name}`")));
        }
        Ok(ArchiveEntry { name, size, at: self.at })
    }

    /// Copies the content of the file whose head was read last. A size is not believed before the bytes are there.
    ///
    /// # Errors
    /// A bundle that ends before, what is not empty behind the content, and what `out` says.
    pub fn content(&mut self, entry: &ArchiveEntry, out: &mut impl Write) -> Result<(), ArchiveError> {
        let room = io::copy(&mut self.from.by_ref().take(entry.size), out)?;
        self.at += room;
        let (name, size) = (&entry.name, entry.size);
        if room < size {
            return Err(self.cut_off(&format!("inside `{name}`, of whose {size} bytes {room} are there")));
        }
        let mut rest = [0; BLOCK];
        let rest = &mut rest[..padding(size)];
        let (start, count) = (self.at, fill(&mut self.from, rest)?);
        self.at += count as u64;
        let place = format!("in or behind `{name}`");
        match rest[..count].iter().position(|byte| *byte != 0) {
            Some(wrong) => Err(encoding_error(start + wrong as u64, &place)),
            None if count < rest.len() => Err(self.cut_off(&place)),
            None => Ok(()),
        }
    }

    /// The next block, and how much of it is there.
    fn block(&mut self) -> io::Result<([u8; BLOCK], usize)> {
        let mut block = [0; BLOCK];
        let count = fill(&mut self.from, &mut block)?;
        self.at += count as u64;
        Ok((block, count))
    }

    fn cut_off(&self, place: &str) -> ArchiveError {
        ArchiveError::CutOff { length: self.at, place: place.to_owned() }
    }
}

fn encoding_error(at: u64, place: &str) -> ArchiveError {
    ArchiveError::Encoding { at, place: place.to_owned() }
}

/// Reads until the buffer is full or nothing is left, and gives how much there was.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match from.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}
