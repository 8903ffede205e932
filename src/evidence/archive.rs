//! The form of a bundle: an uncompressed tar (POSIX.1-1988, "ustar") of plain files in one encoding alone.
//!
//! What [`Packer`](super::Packer), which writes it, and [`Unpacker`](super::Unpacker), which reads it, have in common.
//! Main type: [`ArchiveError`].

use std::io::{self, Read, Seek, SeekFrom};

use tar::{EntryType, Header};

use super::manifest::ENVELOPE;

/// The largest file, in bytes: what the head of a ustar entry can say in its 11 octal digits.
const LARGEST: u64 = 8 * 1024 * 1024 * 1024 - 1;

/// The most files of a bundle; contracts and tables of many products.
const MOST_FILES: usize = 20_000;

/// Where the mark of a tar is in a head.
const MARK: usize = 257;

/// The unit of a tar, in bytes.
pub(super) const BLOCK: usize = 512;

/// Where the head of an entry has the size of its file, in octal digits.
const SIZE: std::ops::Range<usize> = 124..136;

/// Why bytes are not a bundle, or files cannot be in one.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file is too large.
    #[error("`{name}` is larger than {LARGEST} bytes")]
    TooLarge {
        /// Its name.
        name: String,
    },
    /// There are too many files.
    #[error("it has more than {MOST_FILES} files")]
    TooMany,
    /// There are no bytes.
    #[error("it is empty")]
    Empty,
    /// It cannot be read, or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not begin as a tar does.
    #[error("not a bundle: expected an uncompressed tar file")]
    NoTar,
    /// It ends too early.
    #[error("it is cut off after {length} bytes, {place}: it was not copied to its end")]
    CutOff {
        /// How many bytes there are.
        length: u64,
        /// Where they end.
        place: String,
    },
    /// The bytes after a file are not the head of another one.
    #[error("byte {at} and what follows is not a tar: {reason}")]
    Unreadable {
        /// Where the part begins that cannot be read.
        at: u64,
        /// Why.
        reason: String,
    },
    /// A name that no file of a bundle has.
    #[error("`{name}` is not a name of a file in a bundle")]
    Name {
        /// The name.
        name: String,
    },
    /// A link, a folder or a device.
    #[error("`{name}` is not a plain file")]
    NoFile {
        /// The name.
        name: String,
    },
    /// A file that does not come after the one before it.
    #[error("`{name}` is there twice, or not in the order of names")]
    Order {
        /// The name.
        name: String,
    },
    /// Bytes that are not as they are written here.
    #[error("byte {at} is not as a bundle has it: {place}")]
    Encoding {
        /// The first such byte, from 0.
        at: u64,
        /// Where it is.
        place: String,
    },
}

/// The names so far: as many as there may be, each behind the one before.
#[derive(Debug, Default)]
pub(super) struct Order {
    last: Option<String>,
    count: usize,
}

impl Order {
    /// Takes one more name.
    pub(super) fn take(&mut self, name: &str) -> Result<(), ArchiveError> {
        if self.last.as_deref().is_some_and(|last| last >= name) {
            return Err(ArchiveError::Order { name: name.to_owned() });
        }
        self.count += 1;
        self.last = Some(name.to_owned());
        if self.count > MOST_FILES { Err(ArchiveError::TooMany) } else { Ok(()) }
    }
}

/// How many bytes fill the last block of a file.
pub(super) fn padding(size: u64) -> usize {
    let rest = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    if rest == 0 { 0 } else { BLOCK - rest }
}

/// What is before a file: its name and size, and for the rest the same in every bundle.
pub(super) fn header(name: &str, size: u64) -> Result<Header, ArchiveError> {
    let unnamed = || ArchiveError::Name { name: name.to_owned() };
    if !is_name(name) {
        return Err(unnamed());
    }
    if size > LARGEST {
        return Err(ArchiveError::TooLarge { name: name.to_owned() });
    }
    let mut header = Header::new_ustar();
    header.set_path(name).map_err(|_| unnamed())?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// Names that mean the same on every system, and lead to no place outside.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.chars().all(|letter| letter == '.')
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    };
    name.split('/').all(is_part)
}

/// Whether bytes are meant to be a tar, whole or not: its mark is in the head of the first file.
#[must_use]
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.get(MARK..).is_some_and(|rest| rest.starts_with(b"ustar"))
}

/// Whether a file is a tar with a signed statement in it, as every bundle is; only the heads of its entries are read.
pub fn is_bundle(file: &mut (impl Read + Seek)) -> bool {
    let mut head = [0; BLOCK];
    let mut at = 0;
    for _ in 0..MOST_FILES {
        if file.seek(SeekFrom::Start(at)).is_err()
            || file.read_exact(&mut head).is_err()
            || !is_archive(&head)
        {
            return false;
        }
        if head.starts_with(ENVELOPE.as_bytes()) {
            return true;
        }
        let digits = String::from_utf8_lossy(&head[SIZE]);
        let Ok(size) = u64::from_str_radix(digits.trim_matches([' ', '\0']), 8) else { return false };
        at += (1 + size.div_ceil(BLOCK as u64)) * BLOCK as u64;
    }
    false
}

#[cfg(test)]
mod tests;
