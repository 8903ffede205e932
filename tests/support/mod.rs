//! What the tests of the program share: the program in a plain environment, the reference endpoint served
//! by it, and a copy of the shipped cases that a test may break.

#![allow(dead_code, reason = "each test uses a part of this")]

pub(crate) mod odd;
pub(crate) mod project;
pub(crate) mod structure;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value as Json;

/// Variables that would change what the program says, writes or reaches.
const VARIABLES: [&str; 13] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "INSTA_UPDATE",
    "PROOFMARK_ENDPOINT",
    "INSTA_FORCE_PASS",
    "INSTA_SNAPSHOT_REFERENCES_FILE",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "TERM",
    "HTTP_PROXY",
];

/// The program in the project's folder, in a plain environment in which it writes no snapshot.
pub(crate) fn proofmark(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).stdin(Stdio::null());
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.env("INSTA_UPDATE", "no");
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    proofmark(arguments).output().unwrap()
}

/// The names of the commands, from the program's own help: a name and what it does, below the title of a group.
pub(crate) fn command_names() -> Vec<String> {
    let help = out(&run(&["--help"]));
    let listed = help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
    let names = listed.map(|(name, _)| name.to_owned()).filter(|name| name != "help");
    let names: Vec<String> = names.collect();
    assert!(names.len() > 20, "{help}");
    names
}

/// What it wrote to standard output.
pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it wrote to standard error.
pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Its exit code.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// Says on standard error that something cannot be tried on this machine.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// A copy of the shipped cases, in the folder `cases` of this one, without the manifest: a test may change them.
pub(crate) fn copied_cases() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("cases");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"), &cases);
    fs::remove_file(cases.join("manifest.toml")).unwrap();
    folder
}

/// A copy of the shipped snapshots, in this folder; without what runs in the project have left beside them.
pub(crate) fn copied_snapshots(folder: &Path) {
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots"), folder);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with('.') || name.ends_with(".snap.new") {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The reference endpoint, served by the program on a port of its own.
pub(crate) struct Served {
    child: Child,
    /// The line that it printed when it was ready.
    pub(crate) ready: Json,
}

impl Served {
    /// Serves with these arguments, and comes back when it is ready.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = proofmark(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    /// A text of the line.
    pub(crate) fn at(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap()
    }

    /// The peak of its memory, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Runs cases against it, with these arguments more.
    pub(crate) fn judged(&self, arguments: &[&str]) -> Output {
        let common = ["run", "-q", "--endpoint", self.at("url"), "--states", self.at("states")];
        run(&[&common, arguments].concat())
    }

    /// Ends it with a signal, such as `-INT`.
    pub(crate) fn end(mut self, signal: &str) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already if it got a signal.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
