//! A whole bundle: its files, the list of them, and the signed statement. Main type: [`Bundle`], one that was opened.
//!
//! What is opened is whole, and signed by the key that it names; whether it says what is true is another question, which
//! judging it again answers.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::archive::ArchiveError;
use super::envelope::{EnvelopeError, Sealed, open, seal};
use super::key::{KeyError, PublicKey, SigningKey};
use super::manifest::{BundleManifest, ENVELOPE, ListedFile, MANIFEST};
use super::packer::Packer;
use super::statement::{Statement, StatementError};
use super::unpacker::Unpacker;
use crate::digest::{Digesting, sha256_hex};

/// The file with the events of the run.
pub const EVENTS: &str = "events.ndjson";

/// The file with the public key of the signer, for those who only know its fingerprint.
pub const SIGNER: &str = "signer.pem";

/// The files of a bundle by name, but for [`EVENTS`], which are never held.
pub type BundleFiles = BTreeMap<String, Vec<u8>>;

/// The most bytes of all other files, which are held: contracts, tables, and lists of cases.
const MOST_HELD: u64 = 256 * 1024 * 1024;

/// The largest statement with its signature, in bytes: one about some 300,000 cases.
pub const LARGEST_STATEMENT: u64 = 64 * 1024 * 1024;

/// How much of a bundle is read at once, in bytes.
const PART: usize = 64 * 1024;

/// The largest list, in bytes: above what the most files of a bundle come to, each with a name as long as tar takes.
const LARGEST_LIST: usize = 16 * 1024 * 1024;

/// Who must have signed a bundle.
#[derive(Debug, Clone)]
pub enum ExpectedSigner {
    /// The holder of this key.
    Key(PublicKey),
    /// The holder of the key with this fingerprint.
    Fingerprint(String),
    /// Anybody: the bundle says who, and no more than its form counts.
    Unknown,
}

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not of the form of a bundle.
    #[error("the archive: {0}")]
    Archive(#[from] ArchiveError),
    /// Its files but the events are too large.
    #[error("its files but `{EVENTS}` have more than {MOST_HELD} bytes")]
    TooLarge,
    /// Its statement is too large.
    #[error("`{ENVELOPE}`: it is larger than {LARGEST_STATEMENT} bytes")]
    LargeStatement,
    /// It lacks a file that every bundle has.
    #[error("the file `{0}` is missing")]
    Missing(&'static str),
    /// The envelope is none.
    #[error("`{ENVELOPE}`: {0}")]
    Envelope(#[from] EnvelopeError),
    /// The key inside is none.
    #[error("`{SIGNER}`: {0}")]
    Key(#[from] KeyError),
    /// The key inside is not written in its one way.
    #[error("`{SIGNER}`: it is not as proofmark writes it")]
    KeyEncoding,
    /// The key inside is another one.
    #[error("`{SIGNER}`: it is not the key that `{ENVELOPE}` names")]
    OtherKey,
    /// The signer is another one.
    #[error("`{ENVELOPE}`: it names the key sha256:{found}, and not sha256:{due}")]
    OtherSigner {
        /// Who must have signed.
        due: String,
        /// Who is named.
        found: String,
    },
    /// The signature does not fit.
    #[error("`{ENVELOPE}`: the signature is not of this statement by the key sha256:{keyid}")]
    Signature {
        /// The key that is named.
        keyid: String,
    },
    /// The signed text is not a statement.
    #[error("`{ENVELOPE}`: {0}")]
    Statement(#[from] StatementError),
    /// The list is none.
    #[error("`{MANIFEST}`: {0}")]
    Manifest(String),
    /// What is signed is about another list.
    #[error("`{MANIFEST}`: it is not the one that the statement in `{ENVELOPE}` names")]
    Unbound,
    /// Files are not as the list has them.
    #[error("{}", some(.0).join("; "))]
    Files(Vec<String>),
}

/// How many things that are wrong are named.
const NAMED: usize = 20;

/// What is wrong, line by line: as much of it as is named, and how much more there is.
#[must_use]
pub fn some<T: ToString>(wrong: &[T]) -> Vec<String> {
    let mut lines: Vec<String> = wrong.iter().take(NAMED).map(ToString::to_string).collect();
    if wrong.len() > NAMED {
        lines.push(format!("and {} more", wrong.len() - NAMED));
    }
    lines
}

/// A bundle that is whole, and signed.
#[derive(Debug)]
pub struct Bundle {
    /// Its files.
    pub files: BundleFiles,
    /// What is signed.
    pub statement: Statement,
    /// Who signed.
    pub signer: PublicKey,
    /// The SHA-256 of the whole bundle.
    pub digest: String,
    events: EventsRange,
}

/// Where the events are.
#[derive(Debug)]
struct EventsRange {
    at: u64,
    length: u64,
    sha256: String,
}

/// The events of a run as a bundle gets them: their lines, and how many bytes these are.
#[derive(Debug)]
pub struct BundleEvents<R> {
    /// The lines.
    pub content: R,
    /// How many bytes they have.
    pub length: u64,
}

/// Writes the bundle of these files and events, with a list of them and the signed statement that follows from both.
///
/// # Errors
/// Names or sizes that no bundle has, a disk that is full, or what `state` says.
pub fn bundle<E: From<BundleError>>(
    out: impl io::Write,
    mut files: BundleFiles,
    events: BundleEvents<impl Read>,
    key: &SigningKey,
    state: impl FnOnce(&BundleFiles) -> Result<Statement, E>,
) -> Result<(), E> {
    files.insert(SIGNER.to_owned(), key.public().to_pem().into_bytes());
    let mut packer = Packer::new(out);
    let BundleEvents { content, length } = events;
    let earlier = |name: &str| name < EVENTS;
    add(&mut packer, files.iter().filter(|(name, _)| earlier(name)))?;
    let sha256 = packer.add(EVENTS, length, content).map_err(BundleError::Archive)?;
    let events = ListedFile { name: EVENTS.to_owned(), length, sha256 };
    let listed = files.iter().map(|(name, content)| ListedFile::of(name, content));
    let manifest = BundleManifest::new(listed.chain([events]));
    files.insert(MANIFEST.to_owned(), manifest.to_bytes());
    let statement = state(&files)?;
    files.insert(ENVELOPE.to_owned(), seal(&statement.to_bytes(), key));
    add(&mut packer, files.iter().filter(|(name, _)| !earlier(name)))?;
    packer.finish().map_err(BundleError::Archive)?;
    Ok(())
}

fn add<'a>(
    packer: &mut Packer<impl io::Write>,
    files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>,
) -> Result<(), BundleError> {
    for (name, content) in files {
        packer.add(name, content.len() as u64, content.as_slice())?;
    }
    Ok(())
}

impl Bundle {
    /// Opens a bundle: its form, the signature, and every digest. It is read once, from its beginning to its end.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn open(from: &mut (impl Read + Seek), signer: &ExpectedSigner) -> Result<Self, BundleError> {
        let Unpacked { files, events, listed: found, digest } = unpack(from)?;
        let file = |name: &'static str| files.get(name).ok_or(BundleError::Missing(name));
        let envelope = file(ENVELOPE)?;
        if envelope.len() as u64 > LARGEST_STATEMENT {
            return Err(BundleError::LargeStatement);
        }
        let sealed = open(envelope)?;
        let signer = check_signer(&sealed, signer, file(SIGNER)?)?;
        let statement = Statement::from_bytes(sealed.payload())?;
        let listed = file(MANIFEST)?;
        let list_digest = sha256_hex(listed);
        let mut resources = statement.configuration.iter();
        if !resources.any(|resource| resource.name == MANIFEST && resource.digest.sha256 == list_digest) {
            return Err(BundleError::Unbound);
        }
        if listed.len() > LARGEST_LIST {
            return Err(BundleError::Manifest(format!("it has more than {LARGEST_LIST} bytes")));
        }
        let manifest = BundleManifest::from_bytes(listed).map_err(BundleError::Manifest)?;
        let found = BundleManifest::new(found);
        let wrong = manifest.differences(&found);
        if !wrong.is_empty() {
            return Err(BundleError::Files(wrong));
        }
        if manifest != found {
            return Err(BundleError::Manifest("its list is not in order".to_owned()));
        }
        let events = events.ok_or(BundleError::Missing(EVENTS))?;
        Ok(Self { files, statement, signer, digest, events })
    }

    /// The events, read from where they are. Who has read them asks [`Bundle::is_same`].
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn events<R: Read + Seek>(&self, mut from: R) -> io::Result<Digesting<io::Take<R>>> {
        from.seek(SeekFrom::Start(self.events.at))?;
        Ok(Digesting::new(from.take(self.events.length)))
    }

    /// Whether the events that were read are those that are signed for, also if the file is written to meanwhile.
    pub fn is_same<R: Read>(&self, read: Digesting<R>) -> bool {
        read.length() == self.events.length && read.finish() == self.events.sha256
    }

    /// How many files it has.
    pub fn count(&self) -> usize {
        self.files.len() + 1
    }
}

/// What is in an archive.
struct Unpacked {
    files: BundleFiles,
    events: Option<EventsRange>,
    listed: Vec<ListedFile>,
    digest: String,
}

fn unpack(from: &mut (impl Read + Seek)) -> Result<Unpacked, BundleError> {
    from.seek(SeekFrom::Start(0)).map_err(ArchiveError::Io)?;
    let mut whole = Digesting::new(BufReader::with_capacity(PART, from));
    let mut unpacker = Unpacker::new(&mut whole);
    let (mut files, mut events, mut listed, mut held) = (BundleFiles::new(), None, Vec::new(), 0u64);
    while let Some(entry) = unpacker.next_file()? {
        if entry.name == EVENTS {
            let mut digest = Digesting::new(io::sink());
            unpacker.content(&entry, &mut digest)?;
            let sha256 = digest.finish();
            listed.push(ListedFile { name: entry.name, length: entry.size, sha256: sha256.clone() });
            events = Some(EventsRange { at: entry.at, length: entry.size, sha256 });
            continue;
        }
        held = held.saturating_add(entry.size);
        if held > MOST_HELD {
            return Err(BundleError::TooLarge);
        }
        let mut content = Vec::new();
        unpacker.content(&entry, &mut content)?;
        listed.push(ListedFile::of(&entry.name, &content));
        files.insert(entry.name, content);
    }
    Ok(Unpacked { files, events, listed, digest: whole.finish() })
}

/// The key that has signed, which must be the one that is expected, and the one inside.
fn check_signer(sealed: &Sealed, signer: &ExpectedSigner, inside: &[u8]) -> Result<PublicKey, BundleError> {
    let due = match signer {
        ExpectedSigner::Key(key) => Some(key.id()),
        ExpectedSigner::Fingerprint(id) => Some(id.clone()),
        ExpectedSigner::Unknown => None,
    };
    if let Some(due) = due.filter(|due| due != sealed.keyid()) {
        return Err(BundleError::OtherSigner { due, found: sealed.keyid().to_owned() });
    }
    let text = std::str::from_utf8(inside).map_err(|_| BundleError::KeyEncoding)?;
    let key = PublicKey::from_pem(text)?;
    if key.to_pem().as_bytes() != inside {
        return Err(BundleError::KeyEncoding);
    }
    if key.id() != sealed.keyid() {
        return Err(BundleError::OtherKey);
    }
    // The key inside is the one that is expected if its fingerprint is, which the envelope names.
    if !sealed.is_signed_by(&key) {
        return Err(BundleError::Signature { keyid: sealed.keyid().to_owned() });
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::archive::header;
    use super::{Bundle, EVENTS, ExpectedSigner, MOST_HELD};

    #[test]
    fn what_is_held_of_a_bundle_is_refused_past_the_limit_before_it_is_read() {
        let opened = |name: &str, size: u64| {
            let head = header(name, size).unwrap();
            let refused = Bundle::open(&mut Cursor::new(head.as_bytes()), &ExpectedSigner::Unknown);
            refused.unwrap_err().to_string()
        };
        assert!(opened("cases/a.toml", MOST_HELD).contains("it is cut off"));
        assert!(opened("cases/a.toml", MOST_HELD + 1).contains("more than 268435456 bytes"));
        assert!(opened(EVENTS, MOST_HELD + 1).contains("it is cut off"), "events are not held");
    }
}
