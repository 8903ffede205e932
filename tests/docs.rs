//! Holds the documents against the program: what they show is what it prints.
//!
//! A block that starts with ```` ```console ```` has commands in lines that start with `$ proofmark`,
//! each followed by its exit code, if it is not 0, as `? CODE`, and its output. `[..]` in a line stands
//! for anything, for what differs from run to run. With `PROOFMARK_UPDATE_DOCS=1` blocks are written anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        found.push(entry.unwrap().path());
    }
    found.sort();
    found
}

/// What the program prints, on both streams, with its exit code where that is not 0.
fn printed(command: &str) -> String {
    let words = shlex::split(command).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    program.current_dir(root()).args(&words[1..]).stdin(Stdio::null());
    for name in ["INSTA_UPDATE", "NO_COLOR", "CLICOLOR_FORCE", "TERM", "INSTA_FORCE_PASS"] {
        program.env_remove(name);
    }
    let output = program.env("CI", "1").env("COLUMNS", "100").output().unwrap();
    let code = output.status.code().unwrap();
    let head = if code == 0 { String::new() } else { format!("? {code}\n") };
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = out.lines().chain(err.lines()).map(str::trim_end).collect();
    format!("{head}{}", lines.join("\n")).trim_end().to_owned()
}

fn agrees(shown: &str, found: &str) -> bool {
    let line_agrees = |(shown, found): (&str, &str)| match shown.split_once("[..]") {
        None => shown == found,
        Some((before, after)) => {
            found.len() >= before.len() + after.len() && found.starts_with(before) && found.ends_with(after)
        }
    };
    shown.lines().count() == found.lines().count() && shown.lines().zip(found.lines()).all(line_agrees)
}

/// The lines of `found`, with those of `shown` kept where they agree.
fn renewed(shown: &str, found: &str) -> String {
    let shown: Vec<&str> = shown.lines().collect();
    let lines =
        found.lines().map(|line| shown.iter().find(|shown| agrees(shown, line)).copied().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// A command of a block, and what is shown for it.
struct Shown {
    command: String,
    output: String,
}

fn shown(block: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Shown { command: command.to_owned(), output: String::new() });
        } else if let Some(last) = found.last_mut() {
            last.output.push_str(line);
            last.output.push('\n');
        }
    }
    found
}

#[test]
fn the_output_in_the_documents_is_what_the_program_prints() {
    let is_update = env::var("PROOFMARK_UPDATE_DOCS").is_ok_and(|value| value == "1");
    let mut wrong = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let mut renewed_text = text.clone();
        for block in text.split("```console\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()) {
            let mut renewed_block = Vec::new();
            for Shown { command, output } in shown(block) {
                let found = printed(&command);
                if !agrees(output.trim_end(), &found) {
                    wrong.push(format!("{}: $ {command}\n{found}", path.display()));
                }
                renewed_block.push(format!("$ {command}\n{}", renewed(&output, &found)));
            }
            renewed_text = renewed_text.replace(block, &renewed_block.join("\n\n"));
        }
        if is_update && renewed_text != text {
            fs::write(&path, renewed_text).unwrap();
        }
    }
    assert!(
        is_update || wrong.is_empty(),
        "{}\nPROOFMARK_UPDATE_DOCS=1 writes them anew",
        wrong.join("\n\n")
    );
}

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut broken = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = target.split('#').next().unwrap();
            let is_outside = target.contains("://") || file.is_empty();
            if !is_outside && !path.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

/// A block that starts with a comment `# FILE` is a whole file; together they make a folder of cases.
#[test]
fn the_files_in_the_tutorial_are_valid() {
    let text = fs::read_to_string(root().join("docs/writing-cases.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for block in text.split("```toml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()) {
        let Some(name) = block.lines().next().and_then(|line| line.strip_prefix("# cases/")) else {
            continue;
        };
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{block}\n")).unwrap();
        count += 1;
    }
    assert!(count >= 3);
    if let Err(error) = proofmark::source::load(folder.path(), proofmark::source::Wanted::All) {
        panic!("{error:?}");
    }
}

#[test]
fn no_document_has_a_path_of_one_machine() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for part in ["/home/", "/root/", "/Users/", "/work/"] {
            assert!(!text.contains(part), "{}: {part}", Path::new(&path).display());
        }
    }
}
