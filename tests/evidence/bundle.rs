//! Bundles of evidence, honest and forged, and what `verify` says of them.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use proofmark::inside::digest::sha256_hex;
use proofmark::inside::evidence::{
    BundleFiles, BundleManifest, Digest, ENVELOPE, EVENTS, ListedFile, MANIFEST, Packer, ResourceDescriptor,
    SigningKey, Statement, Unpacker, open, seal,
};
use serde_json::Value as Json;

use crate::support::{Served, code, err, out, proofmark};

/// The key of RFC 8410, section 10.3, and its fingerprint.
pub(crate) const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

/// The cases of most bundles here: few, of which a fault breaks some.
pub(crate) const CASES: &str = "tag-count";
pub(crate) const FAULT: &str = "wrong-message:Duplicate.TagKey";

/// A key and the folder in which bundles are written.
pub(crate) struct Desk(pub(crate) tempfile::TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.path("key.pem"), PRIVATE).unwrap();
        fs::write(desk.path("key.pem.pub"), key().public().to_pem()).unwrap();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Certifies into `b.tar` with these arguments more.
    pub(crate) fn certify(&self, arguments: &[&str]) -> (i32, String) {
        let (key, output) = (self.text("key.pem"), self.text("b.tar"));
        shown(
            &proofmark(&[&["certify", "--key", &key, "--output", &output], arguments].concat())
                .output()
                .unwrap(),
        )
    }

    /// Certifies cases on a served endpoint with these faults.
    pub(crate) fn certify_served(&self, faults: &[&str], arguments: &[&str]) -> (i32, String) {
        let faults: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
        let served = Served::start(&faults);
        let place = ["--endpoint", served.at("url"), "--states", served.at("states")];
        self.certify(&[&place, arguments].concat())
    }

    pub(crate) fn bundle(&self) -> Vec<u8> {
        fs::read(self.path("b.tar")).unwrap()
    }

    pub(crate) fn forged(&self) -> Forged {
        Forged(unpack(&self.bundle()))
    }

    /// What `verify` says of these bytes, with the key.
    pub(crate) fn verify(&self, bytes: &[u8]) -> (i32, String) {
        let public = self.text("key.pem.pub");
        self.verify_with(bytes, &["--key", &public])
    }

    pub(crate) fn verify_with(&self, bytes: &[u8], arguments: &[&str]) -> (i32, String) {
        let folder = tempfile::tempdir_in(self.0.path()).unwrap();
        let path = folder.path().join("v.tar");
        fs::write(&path, bytes).unwrap();
        shown(&verify_command(&path, arguments).output().unwrap())
    }
}

/// The program, wide enough for every line to stay whole.
pub(crate) fn verify_command(path: &Path, arguments: &[&str]) -> std::process::Command {
    let mut command = proofmark(&[&["verify", path.to_str().unwrap()], arguments].concat());
    command.env("COLUMNS", "200");
    command
}

fn shown(output: &Output) -> (i32, String) {
    (code(output), out(output) + &err(output))
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_pem(PRIVATE).unwrap()
}

/// The bundle of these files.
pub(crate) fn pack(files: &BundleFiles) -> Vec<u8> {
    let mut packer = Packer::new(Vec::new());
    for (name, content) in files {
        packer.add(name, content.len() as u64, content.as_slice()).unwrap();
    }
    packer.finish().unwrap()
}

/// The files of a bundle, its events included.
pub(crate) fn unpack(bundle: &[u8]) -> BundleFiles {
    let (mut unpacker, mut files) = (Unpacker::new(bundle), BundleFiles::new());
    while let Some(entry) = unpacker.next_file().unwrap() {
        let mut content = Vec::new();
        unpacker.content(&entry, &mut content).unwrap();
        files.insert(entry.name, content);
    }
    files
}

/// The files of a bundle, in the hands of the owner of the key.
#[derive(Clone)]
pub(crate) struct Forged(pub(crate) BundleFiles);

impl Forged {
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.0[name].clone()).unwrap()
    }

    pub(crate) fn write(&mut self, name: &str, text: impl Into<String>) {
        self.0.insert(name.to_owned(), text.into().into_bytes());
    }

    pub(crate) fn replace(&mut self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, text.replace(from, to));
    }

    /// The events, one after the other.
    pub(crate) fn events(&self) -> Vec<Json> {
        self.text(EVENTS).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn write_events(&mut self, events: &[Json]) {
        let lines: Vec<String> = events.iter().map(|event| format!("{event}\n")).collect();
        self.write(EVENTS, lines.concat());
    }

    /// Changes every event, and drops those for which `change` says so.
    pub(crate) fn change_events(&mut self, mut change: impl FnMut(&mut Json) -> bool) {
        let mut events = self.events();
        events.retain_mut(|event| change(event));
        self.write_events(&events);
    }

    pub(crate) fn statement(&self) -> Statement {
        Statement::from_bytes(open(&self.0[ENVELOPE]).unwrap().payload()).unwrap()
    }

    /// Makes the list of files anew, the digests in the statement, and the signature: as consistent as it gets.
    pub(crate) fn signed(mut self, change: impl FnOnce(&mut Statement)) -> Vec<u8> {
        let mut statement = self.statement();
        let manifest =
            BundleManifest::new(self.0.iter().map(|(name, content)| ListedFile::of(name, content)))
                .to_bytes();
        self.0.insert(MANIFEST.to_owned(), manifest);
        let resource = |(name, bytes): (&String, &Vec<u8>)| ResourceDescriptor {
            digest: Digest { sha256: sha256_hex(bytes) },
            name: name.clone(),
            uri: None,
        };
        let own = self.0.iter().filter(|(name, _)| *name == MANIFEST);
        let tables = self.0.iter().filter(|(name, _)| name.starts_with("cases/"));
        statement.configuration = own.chain(tables).map(resource).collect();
        if statement.subject[0].name == MANIFEST {
            statement.subject = vec![statement.configuration[0].clone()];
        }
        change(&mut statement);
        self.0.insert(ENVELOPE.to_owned(), seal(&statement.to_bytes(), &key()));
        pack(&self.0)
    }
}

/// The id of a finished case.
pub(crate) fn id(event: &Json) -> String {
    let part = |key: &str| event[key].as_str();
    [part("table"), part("case"), part("row")].into_iter().flatten().collect::<Vec<_>>().join("/")
}
