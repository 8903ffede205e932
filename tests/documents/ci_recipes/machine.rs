//! A machine of a CI service: a checkout of the project, with the program where a build leaves it, and a shell.
//!
//! Other programs that a recipe calls before ours, such as `cargo`, are stand-ins that do nothing. What a service knows
//! of its jobs is in variables, and nothing else of this process's environment is seen.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support;

/// What a recipe calls and this test does not mean.
const STAND_INS: [&str; 3] = ["bin/cargo", "bin/curl", "start-the-mock"];

/// The tables that are kept of the shipped ones: enough for every part to have cases, and few enough to run often.
const TABLES: [&str; 3] = ["tag-count", "running", "required"];

/// The files that all machines of a service check out: a few tables of the shipped ones, their manifest and snapshots.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = support::copied_cases();
        support::copied_snapshots(&folder.path().join("snapshots"));
        for below in ["cases", "snapshots"] {
            let operation = folder.path().join(below).join("ecs/StartImagePipelineExecution");
            for entry in fs::read_dir(operation).unwrap().map(|entry| entry.unwrap().path()) {
                let name = entry.file_stem().unwrap().to_str().unwrap();
                if TABLES.contains(&name) || ["contract", "states"].contains(&name) {
                    continue;
                }
                if entry.is_dir() { fs::remove_dir_all(&entry) } else { fs::remove_file(&entry) }.unwrap();
            }
        }
        let mut manifest = Command::new(env!("CARGO_BIN_EXE_proofmark"));
        let written = manifest.args(["manifest", "--write"]).current_dir(folder.path()).output().unwrap();
        assert!(written.status.success(), "{written:?}");
        Self { folder }
    }
}

/// A machine on which one job runs.
pub(crate) struct Machine {
    folder: TempDir,
}

impl Machine {
    pub(crate) fn new(project: &Project) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["cases", "snapshots"] {
            symlink(project.folder.path().join(name), machine.path(name)).unwrap();
        }
        for folder in ["bin", "target/release"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        for place in ["bin/proofmark", "target/release/proofmark"] {
            symlink(env!("CARGO_BIN_EXE_proofmark"), machine.path(place)).unwrap();
        }
        for name in STAND_INS {
            fs::write(machine.path(name), "#!/bin/sh\n").unwrap();
            fs::set_permissions(machine.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        machine
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a script in a shell, such as `["bash", "-e", "-c"]`, and gives its exit code.
    #[expect(clippy::print_stdout, reason = "what a script printed is shown where a test fails")]
    pub(crate) fn run(&self, shell: &[&str], script: &str, variables: &[(&str, &str)]) -> i32 {
        let path = env::var("PATH").unwrap();
        let output = Command::new(shell[0])
            .args(&shell[1..])
            .arg(script)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        println!("$ {script}\n{}{}", support::out(&output), support::err(&output));
        support::code(&output)
    }

    /// Takes a file of another machine, as an artefact or a stash does; whether there is one.
    pub(crate) fn take(&self, from: &Machine, name: &str) -> bool {
        fs::copy(from.path(name), self.path(name)).is_ok()
    }

    /// Whether a shell can parse a script.
    pub(crate) fn parses(script: &str) -> bool {
        let checked = Command::new("bash").args(["-n", "-c", script]).output().unwrap();
        checked.status.success()
    }
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
