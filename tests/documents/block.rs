//! The fenced blocks of a document: its commands with their output, and its whole files.
//!
//! How blocks are marked stands at the head of `tests/documents/docs.rs`. What a document should say is not known here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;
use tempfile::TempDir;

use crate::support;

/// A fenced block.
pub(crate) struct Block {
    pub(crate) kind: String,
    pub(crate) folder: Option<String>,
    pub(crate) text: String,
    /// Its lines in the document, without the fences.
    pub(crate) lines: std::ops::Range<usize>,
}

impl Block {
    /// The path of the whole file that it is, if it is one.
    pub(crate) fn file(&self) -> Option<&str> {
        let first = self.text.lines().next().filter(|_| self.kind == "toml")?;
        first.strip_prefix("# ").filter(|path| path.starts_with("cases/"))
    }
}

pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(info) = lines[at].strip_prefix("```") {
            let start = at + 1;
            let end = (start..lines.len()).find(|line| lines[*line] == "```").unwrap();
            let mut words = info.split_whitespace().map(str::to_owned);
            found.push(Block {
                kind: words.next().unwrap_or_default(),
                folder: words.next(),
                text: lines[start..end].join("\n"),
                lines: start..end,
            });
            at = end;
        }
        at += 1;
    }
    found
}

/// Where the commands of one document run.
#[derive(Default)]
pub(crate) struct Folders(pub(crate) BTreeMap<String, TempDir>);

impl Folders {
    pub(crate) fn path(&mut self, name: &str) -> &Path {
        let empty = || tempfile::tempdir().unwrap();
        let is_copy = name == "project";
        let make = || if is_copy { support::copied_cases() } else { empty() };
        self.0.entry(name.to_owned()).or_insert_with(make).path()
    }

    pub(crate) fn write(&mut self, block: &Block) {
        if let (Some(file), Some(folder)) = (block.file(), &block.folder) {
            // What shows mistakes shows them in the shop.
            let also = if folder == "shop" { Some("mistakes") } else { None };
            for folder in [folder.as_str()].into_iter().chain(also) {
                let path = self.path(folder).join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, format!("{}\n", block.text)).unwrap();
            }
        }
    }
}

/// What a command prints, on both streams, with its exit code where that is not 0.
pub(crate) fn printed(command: &str, folder: &Path) -> String {
    let words = shlex::split(command).unwrap();
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    if words[0] == "cat" {
        return fs::read_to_string(folder.join(arguments[0])).unwrap().trim_end().to_owned();
    }
    assert_eq!(words[0], "proofmark", "{command}");
    let mut program = support::proofmark(&arguments);
    program.current_dir(folder).env_remove("INSTA_UPDATE").env("COLUMNS", "100");
    // A person writes snapshots, and CI does not; all else is the same for both.
    if command.contains("--update") {
        program.env_remove("CI");
    } else {
        program.env("CI", "1");
    }
    let output = program.output().unwrap();
    let code = support::code(&output);
    let head = if code == 0 { String::new() } else { format!("? {code}\n") };
    let (out, err) = (support::out(&output), support::err(&output));
    let lines: Vec<&str> = out.lines().chain(err.lines()).map(str::trim_end).collect();
    format!("{head}{}", lines.join("\n")).trim_end().to_owned()
}

pub(crate) fn agrees(shown: &str, found: &str) -> bool {
    let line_agrees = |(shown, found): (&str, &str)| match shown.split_once("[..]") {
        None => shown == found,
        Some((before, after)) => {
            found.len() >= before.len() + after.len() && found.starts_with(before) && found.ends_with(after)
        }
    };
    shown.lines().count() == found.lines().count() && shown.lines().zip(found.lines()).all(line_agrees)
}

/// The lines of `found`, without what differs from run to run: a line of `shown` with `[..]` that agrees is
/// kept, and times and requests to a free port lose what differs.
pub(crate) fn renewed(shown: &str, found: &str) -> String {
    let time = Regex::new(r"^(  time +)\d+\.\d\d s$").unwrap();
    let curl = Regex::new(r"^(    curl -sS -i -X [A-Z]+ ).*$").unwrap();
    let open: Vec<&str> = shown.lines().filter(|line| line.contains("[..]")).collect();
    let line = |line: &str| match open.iter().find(|shown| agrees(shown, line)) {
        Some(shown) => (*shown).to_owned(),
        None => curl.replace(&time.replace(line, "${1}[..] s"), "${1}[..]").into_owned(),
    };
    found.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The commands of a block, each with what is shown for it.
pub(crate) fn commands(block: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push((command.to_owned(), String::new()));
        } else if let Some((_, output)) = found.last_mut() {
            output.push_str(line);
            output.push('\n');
        }
    }
    found
}
