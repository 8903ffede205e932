//! The form of a bundle: an uncompressed tar (POSIX.1-1988, "ustar") of plain files in one encoding alone.
//!
//! [`Packer`] writes it, and [`Unpacker`] reads what is of this form to the byte, and nothing else. Both go from one file
//! to the next and hold none of them. They know nothing of what the files are.

use std::io::{self, Read, Seek, SeekFrom, Write};

use tar::{EntryType, Header};

use super::manifest::ENVELOPE;
use crate::protocol::Digesting;

/// The largest file, in bytes: what the head of a ustar entry can say in its 11 octal digits.
const LARGEST: u64 = 8 * 1024 * 1024 * 1024 - 1;

/// The most files of a bundle; contracts and tables of many products.
const MOST_FILES: usize = 20_000;

/// Where the mark of a tar is in a head.
const MARK: usize = 257;

/// The unit of a tar, in bytes.
const BLOCK: usize = 512;

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
    /// Bytes that [`Packer`] would not have written: what is wrong, and where.
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

const BEHIND: &str = "behind the last file";

fn encoding_error(at: u64, place: &str) -> ArchiveError {
    ArchiveError::Encoding { at, place: place.to_owned() }
}

/// The names so far: as many as there may be, each behind the one before.
#[derive(Debug, Default)]
struct Order {
    last: Option<String>,
    count: usize,
}

impl Order {
    fn take(&mut self, name: &str) -> Result<(), ArchiveError> {
        if self.last.as_deref().is_some_and(|last| last >= name) {
            return Err(ArchiveError::Order { name: name.to_owned() });
        }
        self.count += 1;
        self.last = Some(name.to_owned());
        if self.count > MOST_FILES { Err(ArchiveError::TooMany) } else { Ok(()) }
    }
}

/// How many bytes fill the last block of a file.
fn padding(size: u64) -> usize {
    let rest = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    if rest == 0 { 0 } else { BLOCK - rest }
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
mod tests {
    use std::collections::BTreeMap;
    use std::io;

    use super::{ArchiveError, BLOCK, LARGEST, MARK, MOST_FILES, Packer, Unpacker, header, is_archive};
    use tar::{Builder, EntryType, Header};

    type Files = BTreeMap<String, Vec<u8>>;

    fn pack(files: &Files) -> Result<Vec<u8>, ArchiveError> {
        let mut packer = Packer::new(Vec::new());
        for (name, content) in files {
            packer.add(name, content.len() as u64, content.as_slice())?;
        }
        packer.finish()
    }

    fn unpack(bytes: &[u8]) -> Result<Files, ArchiveError> {
        let (mut unpacker, mut files) = (Unpacker::new(bytes), Files::new());
        while let Some(entry) = unpacker.next_file()? {
            let mut content = Vec::new();
            unpacker.content(&entry, &mut content)?;
            files.insert(entry.name, content);
        }
        Ok(files)
    }

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
            assert!(refused(foreign).starts_with("not a bundle"), "{foreign:?}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["/etc/passwd", "../a", "a/../b", "./a", "a//b", "a/", "C:\\a", "a b", "a\u{1b}"] {
            let tar = foreign(&[(EntryType::Regular, name, 1, b"x")]);
            assert!(refused(&tar).contains("is not a name of a file"), "{name}");
            assert!(pack(&Files::from([(name.to_owned(), Vec::new())])).is_err(), "{name}");
        }
        assert!(pack(&Files::from([("a".repeat(300), Vec::new())])).is_err());
    }

    #[test]
    fn only_plain_files_in_order_are_taken() {
        use EntryType::{Char, Directory, GNULongName, Link, Regular, Symlink, XHeader};
        for kind in [Link, Symlink, Directory, Char, GNULongName, XHeader] {
            assert!(refused(&foreign(&[(kind, "a", 0, b"")])).contains("is not a plain file"), "{kind:?}");
        }
        for names in [["b", "a"], ["a", "a"]] {
            let tar = foreign(&[(Regular, names[0], 1, b"x"), (Regular, names[1], 1, b"y")]);
            assert!(refused(&tar).contains("is there twice"), "{names:?}");
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

    /// Heads of empty files without end, as many as are read.
    struct Endless {
        made: usize,
        head: io::Cursor<Vec<u8>>,
    }

    impl io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.head.position() == BLOCK as u64 {
                self.made += 1;
                let head = header(&format!("a{:09}", self.made), 0).unwrap();
                self.head = io::Cursor::new(head.as_bytes().to_vec());
            }
            self.head.read(buffer)
        }
    }

    #[test]
    fn no_more_heads_are_read_than_files_are_allowed() {
        let head = header("a", 0).unwrap().as_bytes().to_vec();
        let mut endless = Endless { made: 0, head: io::Cursor::new(head) };
        let mut unpacker = Unpacker::new(&mut endless);
        let refused = loop {
            match unpacker.next_file() {
                Ok(entry) => unpacker.content(&entry.unwrap(), &mut io::sink()).unwrap(),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, ArchiveError::TooMany));
        assert_eq!(endless.made, MOST_FILES);
        let names = |count: usize| (0..count).map(|number| (format!("a{number:09}"), Vec::new())).collect();
        assert_eq!(unpack(&pack(&names(MOST_FILES)).unwrap()).unwrap().len(), MOST_FILES);
        assert!(matches!(pack(&names(MOST_FILES + 1)), Err(ArchiveError::TooMany)));
    }

    #[test]
    fn a_file_is_as_large_as_a_head_can_say() {
        assert!(header("a", LARGEST).is_ok());
        assert!(matches!(header("a", LARGEST + 1), Err(ArchiveError::TooLarge { .. })));
        let content = || Packer::new(Vec::new()).add("a", 3, &b"four"[..]);
        assert!(content().unwrap_err().to_string().contains("has changed"));
    }
}
