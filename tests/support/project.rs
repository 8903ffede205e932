//! A project with the shipped cases and snapshots, which a test may break, and what the program makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::support::{code, copied_cases, copied_snapshots, err, out, proofmark};

/// A row of the contract that few cases meet, a fault that changes its message, and the cases.
pub(crate) const FAULT: &str = "wrong-message:Duplicate.TagKey";
pub(crate) const CASES: &str = "tag-count/duplicate-key*";

/// The operation's folder, below `cases` and below `snapshots`.
pub(crate) const OPERATION: &str = "ecs/StartImagePipelineExecution";

pub(crate) struct Project(pub(crate) tempfile::TempDir);

impl Project {
    pub(crate) fn new() -> Self {
        let folder = copied_cases();
        copied_snapshots(&folder.path().join("snapshots"));
        Self(folder)
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// The program in the project's folder, where it may write what waits.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = proofmark(arguments);
        command.env_remove("INSTA_UPDATE").current_dir(self.0.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    }

    /// The report of a run.
    pub(crate) fn report(&self, arguments: &[&str]) -> Json {
        self.run(&[&["run", "-q", "--report", "json=report.json"], arguments].concat());
        serde_json::from_slice(&fs::read(self.path("report.json")).unwrap()).unwrap()
    }

    /// Every file and link below a folder of the project, also ours, and what is in it.
    pub(crate) fn tree(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.path(folder), &mut found);
        found
    }

    /// The snapshots alone.
    pub(crate) fn snapshots(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = self.tree("snapshots");
        found.retain(|path, _| !path.components().any(|part| part.as_os_str() == ".proofmark"));
        found
    }

    /// The entries of a side file, by case.
    pub(crate) fn entries(&self) -> BTreeMap<String, Json> {
        let text = fs::read_to_string(self.path(SIDE_FILE)).unwrap();
        let entries = text.lines().skip(1).map(|line| serde_json::from_str::<Json>(line).unwrap());
        entries.map(|entry| (entry["case"].as_str().unwrap().to_owned(), entry)).collect()
    }

    /// Changes the side file's text.
    pub(crate) fn edit_side_file(&self, edit: impl FnOnce(String) -> String) {
        self.edit(SIDE_FILE, edit);
    }

    pub(crate) fn edit(&self, path: &str, edit: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        let new = edit(text.clone());
        assert_ne!(new, text, "{path}");
        fs::write(self.path(path), new).unwrap();
    }

    /// Makes every confirmation as old as this.
    pub(crate) fn confirmed_at(&self, time: &str) {
        self.edit_side_file(|text| {
            let times = regex::Regex::new("\"at\":\"[^\"]*\"").unwrap();
            times.replace_all(&text, format!("\"at\":\"{time}\"")).into_owned()
        });
    }
}

pub(crate) const SIDE_FILE: &str = "snapshots/.proofmark/provenance.ndjson";

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), found);
        } else if kind.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap();
            found.insert(entry.path(), target.display().to_string().into_bytes());
        } else {
            found.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
}
