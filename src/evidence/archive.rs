//! The form of a bundle: an uncompressed tar (POSIX.1-1988, "ustar") of plain files in one encoding alone.
//!
//! [`pack`] writes it. [`unpack`] reads what is of this form to the byte, and nothing else, in memory that the size of
//! the input bounds. It knows nothing of what the files are.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, SeekFrom};

use tar::{Archive, Builder, EntryType, Header};

use super::manifest::ENVELOPE;

/// The files of a bundle by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The largest bundle, in bytes: some 100,000 cases with answers of usual size. To check one takes a few times as much
/// memory.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// The most files of a bundle; contracts and tables of many products.
const MOST_FILES: usize = 20_000;

/// Where the mark of a tar stands in a head.
const MARK: usize = 257;

/// The unit of a tar, in bytes.
const BLOCK: usize = 512;
/// Where the head of an entry has the size of its file, in octal digits.
const SIZE: std::ops::Range<usize> = 124..136;

/// Why bytes are no bundle, or files cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There are too many bytes.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// There are too many files.
    #[error("it has more than {MOST_FILES} files")]
    TooMany,
    /// There are no bytes.
    #[error("it is empty")]
    Empty,
    /// It does not begin as a tar does.
    #[error("it is no tar, as a bundle is; an unpacked, compressed or other file cannot be checked")]
    NoTar,
    /// It ends too early.
    #[error("it is cut off after {length} bytes, {place}: it was not copied to its end")]
    CutOff {
        /// How many bytes there are.
        length: usize,
        /// Where they end.
        place: String,
    },
    /// What follows a file is no head of another.
    #[error("byte {at} and what follows is no tar: {reason}")]
    Unreadable {
        /// Where the part begins that cannot be read.
        at: usize,
        /// Why.
        reason: String,
    },
    /// A name that no file of a bundle has.
    #[error("`{name}` is no name of a file in a bundle")]
    Name {
        /// The name.
        name: String,
    },
    /// A link, a folder or a device.
    #[error("`{name}` is no plain file")]
    NoFile {
        /// The name.
        name: String,
    },
    /// A file that does not come after the one before it.
    #[error("`{name}` stands twice, or not in the order of names")]
    Order {
        /// The name.
        name: String,
    },
    /// Bytes that are not as they are written here.
    #[error("byte {at} is not as a bundle has it: {place}")]
    Encoding {
        /// The first such byte, from 0.
        at: usize,
        /// Where it stands.
        place: String,
    },
}

/// The bundle of these files.
///
/// # Errors
/// Names that a bundle does not have, or too much.
pub fn pack(files: &Files) -> Result<Vec<u8>, ArchiveError> {
    if files.len() > MOST_FILES {
        return Err(ArchiveError::TooMany);
    }
    let mut builder = Builder::new(Vec::new());
    let mut size = 0u64;
    for (name, bytes) in files {
        size = size.saturating_add(bytes.len() as u64);
        if size > LARGEST {
            return Err(ArchiveError::TooLarge);
        }
        let header = header(name, bytes.len() as u64)?;
        // Nothing that is written to memory fails.
        builder.append(&header, bytes.as_slice()).map_err(|error| unreadable(0, &error))?;
    }
    let packed = builder.into_inner().map_err(|error| unreadable(0, &error))?;
    if packed.len() as u64 > LARGEST { Err(ArchiveError::TooLarge) } else { Ok(packed) }
}

/// What stands before a file: its name and size, and for the rest the same in every bundle.
fn header(name: &str, size: u64) -> Result<Header, ArchiveError> {
    let unnamed = || ArchiveError::Name { name: name.to_owned() };
    if !is_name(name) {
        return Err(unnamed());
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

/// The files of a bundle.
///
/// # Errors
/// Bytes that [`pack`] would not have written: what is wrong, and where.
pub fn unpack(bytes: &[u8]) -> Result<Files, ArchiveError> {
    if bytes.len() as u64 > LARGEST {
        return Err(ArchiveError::TooLarge);
    }
    if bytes.is_empty() {
        return Err(ArchiveError::Empty);
    }
    // The bundle of no files has no head.
    if !is_archive(bytes) && bytes.iter().any(|byte| *byte != 0) {
        return Err(ArchiveError::NoTar);
    }
    let files = read(bytes)?;
    match difference(&files, bytes)? {
        None => Ok(files),
        Some(at) if at == bytes.len() => Err(cut_off(bytes, place(&files, at))),
        Some(at) => Err(ArchiveError::Encoding { at, place: place(&files, at) }),
    }
}

/// Whether bytes are meant to be a tar, whole or not: its mark stands in the head of the first file.
#[must_use]
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.get(MARK..).is_some_and(|rest| rest.starts_with(b"ustar"))
}

/// Whether a file is a tar with a signed statement in it, as every bundle is; only the heads of its entries are read.
pub fn is_bundle(file: &mut (impl Read + Seek)) -> bool {
    let mut head = [0; BLOCK];
    let mut at = 0;
    while file.seek(SeekFrom::Start(at)).is_ok() && file.read_exact(&mut head).is_ok() {
        if !is_archive(&head) {
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

fn read(bytes: &[u8]) -> Result<Files, ArchiveError> {
    let mut files = Files::new();
    let mut archive = Archive::new(Cursor::new(bytes));
    let mut end = 0;
    // Raw entries: no header of another form, as for long names, is followed.
    let entries = archive.entries().map_err(|error| unreadable(0, &error))?;
    for entry in entries.raw(true) {
        let mut entry = entry.map_err(|error| no_head(bytes, end, &error))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(ArchiveError::NoFile { name });
        }
        if !is_name(&name) {
            return Err(ArchiveError::Name { name });
        }
        if files.last_key_value().is_some_and(|(last, _)| *last >= name) {
            return Err(ArchiveError::Order { name });
        }
        if files.len() >= MOST_FILES {
            return Err(ArchiveError::TooMany);
        }
        // A size is not believed before the bytes are there.
        let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
        let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
        let room = bytes.len().saturating_sub(start);
        if size > room {
            let place = format!("inside `{name}`, of whose {size} bytes {room} are there");
            return Err(cut_off(bytes, place));
        }
        let mut content = Vec::with_capacity(size);
        entry.read_to_end(&mut content).map_err(|error| unreadable(start, &error))?;
        end = start + size.next_multiple_of(BLOCK);
        files.insert(name, content);
    }
    Ok(files)
}

fn unreadable(at: usize, error: &std::io::Error) -> ArchiveError {
    ArchiveError::Unreadable { at, reason: error.to_string() }
}

fn cut_off(bytes: &[u8], place: String) -> ArchiveError {
    ArchiveError::CutOff { length: bytes.len(), place }
}

/// What follows a file that ends at `at`, and is no head of another: a part of one, or something else.
fn no_head(bytes: &[u8], at: usize, error: &std::io::Error) -> ArchiveError {
    if bytes.len().saturating_sub(at) < BLOCK {
        cut_off(bytes, "in the head of a file".to_owned())
    } else {
        unreadable(at, error)
    }
}

/// The first byte that is not as [`pack`] would have written it; part by part, so that no second copy is made.
fn difference(files: &Files, bytes: &[u8]) -> Result<Option<usize>, ArchiveError> {
    let mut at = 0;
    let mut differs = |part: &[u8]| {
        let rest = bytes.get(at..).unwrap_or_default();
        let within = part.iter().zip(rest).position(|(due, found)| due != found);
        let found =
            within.or_else(|| (rest.len() < part.len()).then_some(rest.len())).map(|place| at + place);
        at += part.len();
        found
    };
    for (name, content) in files {
        let header = header(name, content.len() as u64)?;
        let padding = content.len().next_multiple_of(BLOCK) - content.len();
        let mut parts = [header.as_bytes().as_slice(), content, &[0; BLOCK][..padding]].into_iter();
        if let Some(found) = parts.find_map(&mut differs) {
            return Ok(Some(found));
        }
    }
    let end = differs(&[0; 2 * BLOCK]);
    Ok(end.or_else(|| (at < bytes.len()).then_some(at)))
}

/// What a byte of a bundle belongs to.
fn place(files: &Files, at: usize) -> String {
    let mut start = 0;
    for (name, content) in files {
        let end = start + BLOCK + content.len().next_multiple_of(BLOCK);
        if at < start + BLOCK {
            return format!("in the head of `{name}`");
        }
        if at < end {
            return format!("in or behind `{name}`");
        }
        start = end;
    }
    "behind the last file".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Files, MARK, is_archive, pack, unpack};
    use tar::{Builder, EntryType, Header};

    fn files() -> Files {
        Files::from([("a/b.toml".into(), b"x = 1\n".to_vec()), ("c".into(), Vec::new())])
    }

    fn refused(bytes: &[u8]) -> String {
        unpack(bytes).unwrap_err().to_string()
    }

    /// A tar that another program might write, with entries of these kinds, names and sizes.
    fn foreign(entries: &[(EntryType, &str, u64, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, name, size, content) in entries {
            let mut header = Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(*size);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_entry_type(*kind);
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        assert_eq!(unpack(&pack(&files()).unwrap()).unwrap(), files());
        assert_eq!(unpack(&pack(&Files::new()).unwrap()).unwrap(), Files::new());
        assert!(is_archive(&pack(&files()).unwrap()) && !is_archive(b"{}") && !is_archive(&[b'{'; 600]));
    }

    #[test]
    fn no_byte_outside_the_content_of_files_can_change() {
        let packed = pack(&files()).unwrap();
        let content = BLOCK..BLOCK + 6;
        for at in (0..packed.len()).filter(|at| !content.contains(at)) {
            for change in [1, 0x20, 0x80] {
                let mut changed = packed.clone();
                changed[at] ^= change;
                assert!(unpack(&changed).is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn bytes_more_or_fewer_are_refused() {
        let packed = pack(&files()).unwrap();
        assert!(refused(&[packed.as_slice(), &[0]].concat()).contains("behind the last file"));
        assert!(refused(&[packed.as_slice(), &[0; 512]].concat()).contains("behind the last file"));
        assert_eq!(refused(&[]), "it is empty");
        for end in MARK + 5..packed.len() {
            let told = refused(&packed[..end]);
            assert!(told.starts_with(&format!("it is cut off after {end} bytes, ")), "{told}");
        }
        for foreign in [&packed[..MARK], b"{\"payload\":1}", &[0x1f; 3000], &b"<html>".repeat(200)] {
            assert!(refused(foreign).starts_with("it is no tar"), "{foreign:?}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["/etc/passwd", "../a", "a/../b", "./a", "a//b", "a/", "C:\\a", "a b", "a\u{1b}"] {
            let tar = foreign(&[(EntryType::Regular, name, 1, b"x")]);
            assert!(refused(&tar).contains("no name of a file"), "{name}");
            assert!(pack(&Files::from([(name.to_owned(), Vec::new())])).is_err(), "{name}");
        }
        assert!(pack(&Files::from([("a".repeat(300), Vec::new())])).is_err());
    }

    #[test]
    fn only_plain_files_in_order_are_taken() {
        use EntryType::{Char, Directory, GNULongName, Link, Regular, Symlink, XHeader};
        for kind in [Link, Symlink, Directory, Char, GNULongName, XHeader] {
            assert!(refused(&foreign(&[(kind, "a", 0, b"")])).contains("no plain file"), "{kind:?}");
        }
        for names in [["b", "a"], ["a", "a"]] {
            let tar = foreign(&[(Regular, names[0], 1, b"x"), (Regular, names[1], 1, b"y")]);
            assert!(refused(&tar).contains("stands twice"), "{names:?}");
        }
    }

    #[test]
    fn a_huge_size_is_not_believed() {
        for size in [1 << 20, 1 << 32, 0o77_777_777_777] {
            assert!(
                refused(&foreign(&[(EntryType::Regular, "a", size, b"x")])).contains("inside `a`, of whose")
            );
        }
    }
}
