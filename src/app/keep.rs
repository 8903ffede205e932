//! What an output must not replace: one place that knows all files of a command. Main type: [`Keep`].
//!
//! Files are compared, and not their names: a link, a second name, or another way to the same file is the same file.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::AppError;
#[cfg(feature = "evidence")]
use crate::evidence::is_bundle;
use crate::report::{PAGE_MARK, ReportFormat};

/// How deep folders are searched for a second name of a file.
const DEEPEST: usize = 32;

/// How much of a file is read to see what it is: a page has its mark in front of its style.
const HEAD: u64 = 4096;

/// What an output is, and so what it may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// A report of a run.
    Report(ReportFormat),
    /// The page of a review.
    ReviewPage,
    /// A bundle of evidence.
    Bundle,
    /// A badge.
    Badge,
    /// A certificate as a page of Markdown.
    Certificate,
    /// A manifest.
    Manifest,
    /// The certificate that `serve` has made.
    TlsCertificate,
    /// The log of `serve`, which is added to.
    RequestLog,
}

impl OutputKind {
    /// Whether a file begins as one of this kind does.
    fn begins(self, head: &[u8]) -> bool {
        let text = String::from_utf8_lossy(head);
        match self {
            Self::Report(format) => format.begins(&text),
            Self::ReviewPage => text.starts_with("<!doctype html>") && text.contains(PAGE_MARK),
            // Whether a statement is in it is looked at in the whole file.
            Self::Bundle => true,
            Self::Badge => text.starts_with("<svg ") && text.contains("<title>") && text.contains("<desc>"),
            Self::Certificate => text.starts_with("# Certificate of conformance\n"),
            Self::Manifest => text.contains("`proofmark manifest --write` writes this file anew"),
            Self::TlsCertificate => text.starts_with("-----BEGIN CERTIFICATE-----"),
            Self::RequestLog => text.starts_with("{\"method\":"),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Report(format) => format!("a {format} report of proofmark"),
            Self::ReviewPage => "a page of proofmark".into(),
            Self::Bundle => "a bundle of proofmark".into(),
            Self::Badge => "a badge of proofmark".into(),
            Self::Certificate => "a certificate page of proofmark".into(),
            Self::Manifest => "a manifest".into(),
            Self::TlsCertificate => "a certificate".into(),
            Self::RequestLog => "a log of requests".into(),
        }
    }

    /// Whether `--force` is a flag of the commands that write it.
    fn takes_force(self) -> bool {
        matches!(self, Self::Report(_) | Self::Bundle | Self::Badge | Self::Certificate)
    }
}

/// A folder that is read.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    what: &'static str,
    /// Whether a file in it is read.
    is_part: fn(&Path) -> bool,
}

/// The files that a command reads, and those that it is to write.
#[derive(Debug, Default)]
pub struct Keep {
    files: Vec<(PathBuf, &'static str)>,
    folders: Vec<Folder>,
    outputs: Vec<PathBuf>,
    is_forced: bool,
}

impl Keep {
    /// For a command with or without `--force`.
    pub fn new(is_forced: bool) -> Self {
        Self { is_forced, ..Self::default() }
    }

    /// A file that is read.
    pub fn file(&mut self, path: Option<&Path>, what: &'static str) {
        self.files.extend(path.map(|path| (path.to_path_buf(), what)));
    }

    /// A folder of cases, with all that is read there.
    pub fn cases(&mut self, folder: &Path) {
        let is_part =
            |path: &Path| path.extension().is_some_and(|ending| ending == "toml" || ending == "csv");
        self.folders.push(Folder { path: folder.to_path_buf(), what: "a file of the suite", is_part });
    }

    /// A folder of snapshots, in which nothing else is written.
    pub fn snapshots(&mut self, root: Option<&Path>) {
        let folder = |path: &Path| Folder {
            path: path.to_path_buf(),
            what: "in the folder of snapshots",
            is_part: |_| true,
        };
        self.folders.extend(root.map(folder));
    }

    /// Looks whether an output may be written, before anything is sent.
    ///
    /// # Errors
    /// One that would replace a file that is read, another output, or a file that is something else.
    pub fn allow(&mut self, path: &Path, kind: OutputKind) -> Result<(), AppError> {
        if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            // A pipe or a device is written to, and never replaced.
            return Ok(());
        }
        self.spare(path)?;
        let shown = path.display();
        if self.outputs.iter().any(|other| is_same_file(other, path)) {
            return Err(AppError::settings(format!("two outputs cannot both be the file {shown}")));
        }
        self.outputs.push(path.to_path_buf());
        if self.is_forced || is_replaceable(path, kind) {
            return Ok(());
        }
        let other = if kind.takes_force() { ", or replace it with --force" } else { ", or remove that one" };
        Err(AppError::settings_with(
            format!("{shown} is there already, and is not {}", kind.name()),
            format!("write to another file{other}"),
        ))
    }

    /// Looks whether something may be added to a file.
    ///
    /// # Errors
    /// One that is read.
    pub fn spare(&self, path: &Path) -> Result<(), AppError> {
        let Some(what) = self.is_read(path) else { return Ok(()) };
        Err(AppError::settings_with(
            format!("the output {} would replace a file that is needed: it is {what}", path.display()),
            "write to another file",
        ))
    }

    /// What a file is, if it is read.
    fn is_read(&self, path: &Path) -> Option<&'static str> {
        let file = self.files.iter().find(|(file, _)| is_same_file(file, path));
        let names_twice = has_names(path);
        let mut folders = self.folders.iter().filter(|folder| {
            let real = resolve_links(path);
            let is_below = folder.path.canonicalize().is_ok_and(|folder| real.starts_with(folder));
            (is_below && (folder.is_part)(&real))
                || names_twice.as_ref().is_some_and(|file| holds(&folder.path, file, folder.is_part, 0))
        });
        file.map(|(_, what)| *what).or_else(|| folders.next().map(|folder| folder.what))
    }
}

/// Whether two paths are the same file, which may not be there yet. A pipe or a device takes what it gets from
/// any number of writers.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let is_device = one.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir());
    !is_device && (resolve_links(one) == resolve_links(other) || has_same_contents(one, other))
}

/// Whether two names are of one file.
#[cfg(unix)]
fn has_same_contents(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino())).ok();
    place(one).is_some_and(|found| Some(found) == place(other))
}

#[cfg(not(unix))]
fn has_same_contents(_one: &Path, _other: &Path) -> bool {
    false
}

/// The path without links, also of a file that is not there yet.
fn resolve_links(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(beside).unwrap_or_else(|| path.to_path_buf())
}

/// Whether nothing is lost where the file is replaced: it is not there, is empty, or is of the same kind.
fn is_replaceable(path: &Path, kind: OutputKind) -> bool {
    let mut head = Vec::new();
    let Ok(mut file) = File::open(path) else {
        // The write itself shows whether the file can be written.
        return !path.is_file();
    };
    if file.by_ref().take(HEAD).read_to_end(&mut head).is_err() {
        return false;
    }
    head.is_empty() || (kind.begins(&head) && (kind != OutputKind::Bundle || is_bundle(&mut file)))
}

/// Without bundles nothing is one.
#[cfg(not(feature = "evidence"))]
fn is_bundle(_file: &mut File) -> bool {
    false
}

/// The file, if it has more than one name.
#[cfg(unix)]
fn has_names(path: &Path) -> Option<Metadata> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().filter(|found| found.is_file() && found.nlink() > 1)
}

#[cfg(not(unix))]
fn has_names(_path: &Path) -> Option<Metadata> {
    None
}

/// Whether a folder has another name of a file.
#[cfg(unix)]
fn holds(folder: &Path, file: &Metadata, is_part: fn(&Path) -> bool, depth: usize) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => depth < DEEPEST && holds(&path, file, is_part, depth + 1),
            Ok(found) => is_part(&path) && (found.dev(), found.ino()) == (file.dev(), file.ino()),
            Err(_) => false,
        }
    })
}

#[cfg(not(unix))]
fn holds(_folder: &Path, _file: &Metadata, _is_part: fn(&Path) -> bool, _depth: usize) -> bool {
    false
}
