//! Bundles that are written and read again, and bytes that are not one.

use std::collections::BTreeMap;
use std::io;

use tar::{Builder, EntryType, Header};

use super::super::packer::Packer;
use super::super::unpacker::Unpacker;
use super::{ArchiveError, BLOCK, LARGEST, MARK, MOST_FILES, header, is_archive};

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
        let shown = refused(&packed[..end]);
        assert!(shown.starts_with(&format!("it is cut off after {end} bytes, ")), "{shown}");
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
        assert!(refused(&foreign(&[(EntryType::Regular, "a", size, b"x")])).contains("inside `a`, of whose"));
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
