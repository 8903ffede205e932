//! The fenced blocks of a document: its commands with their output, and its whole files.
//!
//! How blocks are marked is at the head of `tests/documents/docs.rs`. What a document should say is not known here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::MockServer;

use crate::bookshop;
use crate::support::{self, Served};

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

/// The address of an endpoint of the reader's own, as documents write it. It runs on a free port.
const OWN: &str = "127.0.0.1:8080";

/// What runs at the address of an endpoint of the reader's own.
enum Own {
    Reference(Served),
    Shop { server: MockServer, _runtime: Runtime },
}

impl Own {
    /// Starts what a line such as `$ proofmark serve --fault no-request-id &` starts.
    fn start(words: &[String]) -> Self {
        match words[0].as_str() {
            "proofmark" => {
                assert_eq!(words[1..4], ["serve", "--listen", OWN], "a mock listens at {OWN}");
                let rest: Vec<&str> = words[4..].iter().map(String::as_str).collect();
                Self::Reference(Served::start(&rest))
            }
            "./start-the-shop" => {
                let runtime = Runtime::new().unwrap();
                let server = runtime.block_on(bookshop::start(bookshop::Mistake::None));
                Self::Shop { server, _runtime: runtime }
            }
            other => panic!("the documents start nothing like {other}"),
        }
    }

    /// Its host and port.
    fn place(&self) -> String {
        let url = match self {
            Self::Reference(served) => served.at("url").to_owned(),
            Self::Shop { server, .. } => server.uri(),
        };
        url.trim_start_matches("http://").to_owned()
    }
}

/// A folder in which commands run, and the endpoint that they have started.
pub(crate) struct Place {
    folder: TempDir,
    own: Option<Own>,
    files: BTreeMap<String, String>,
}

impl Place {
    /// An empty folder, or one with the files that its name asks for.
    fn new(name: &str) -> Self {
        let folder =
            if name.starts_with("project") { support::copied_cases() } else { tempfile::tempdir().unwrap() };
        let mut place = Self { folder, own: None, files: BTreeMap::new() };
        if name.starts_with("shop") || name.starts_with("mistakes") {
            for block in blocks(&tutorial()).iter().filter(|block| block.folder.as_deref() == Some("shop")) {
                place.write(block);
            }
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A text of the documents, with the address at which the endpoint really is.
    fn real(&self, text: &str) -> String {
        self.own.as_ref().map_or_else(|| text.to_owned(), |own| text.replace(OWN, &own.place()))
    }

    /// The other way round.
    fn shown(&self, text: &str) -> String {
        self.own.as_ref().map_or_else(|| text.to_owned(), |own| text.replace(&own.place(), OWN))
    }

    fn write(&mut self, block: &Block) {
        if let Some(file) = block.file() {
            self.files.insert(file.to_owned(), format!("{}\n", block.text));
            self.write_file(file);
        }
    }

    fn write_file(&self, file: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.real(&self.files[file])).unwrap();
    }

    /// What a command prints, on both streams, with its exit code where that is not 0.
    pub(crate) fn printed(&mut self, command: &str) -> String {
        if let Some(command) = command.strip_suffix(" &") {
            self.own = Some(Own::start(&shlex::split(command).unwrap()));
            self.files.keys().for_each(|file| self.write_file(file));
            return String::new();
        }
        self.shown(&printed(&self.real(command), self.path()))
    }
}

/// The page whose shop other pages use.
fn tutorial() -> String {
    fs::read_to_string(format!("{}/docs/writing-cases.md", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Where the commands of one document run.
#[derive(Default)]
pub(crate) struct Folders(pub(crate) BTreeMap<String, Place>);

impl Folders {
    pub(crate) fn place(&mut self, name: &str) -> &mut Place {
        self.0.entry(name.to_owned()).or_insert_with(|| Place::new(name))
    }

    pub(crate) fn write(&mut self, block: &Block) {
        if let (Some(_), Some(folder)) = (block.file(), &block.folder) {
            self.place(folder).write(block);
        }
    }
}

/// What a command prints in a folder.
pub(crate) fn printed(command: &str, folder: &Path) -> String {
    let mut settings = shlex::split(command).unwrap();
    let first = settings.iter().position(|word| !word.contains('=')).unwrap();
    let words = settings.split_off(first);
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
    program.envs(settings.iter().filter_map(|setting| setting.split_once('=')));
    let output = program.output().unwrap();
    let code = support::code(&output);
    let head = if code == 0 { String::new() } else { format!("? {code}\n") };
    let (out, err) = (support::out(&output), support::err(&output));
    // A busy machine may stop a process for a second, which the run says.
    let is_pause = |line: &&str| line.starts_with("  paused      ");
    let lines = out.lines().chain(err.lines()).filter(|line| !is_pause(line));
    let lines: Vec<&str> = lines.map(str::trim_end).collect();
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
    let seed = Regex::new(r"^(  seed +)\d{2,}$").unwrap();
    let curl = Regex::new(r"^(    curl -sS -i -X [A-Z]+ ).*$").unwrap();
    let open: Vec<&str> = shown.lines().filter(|line| line.contains("[..]")).collect();
    let line = |line: &str| {
        if let Some(shown) = open.iter().find(|shown| agrees(shown, line)) {
            (*shown).to_owned()
        } else {
            let line = time.replace(line, "${1}[..] s");
            curl.replace(&seed.replace(&line, "${1}[..]"), "${1}[..]").into_owned()
        }
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
