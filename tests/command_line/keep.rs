//! No output replaces what is read, or a file that is something else: files are compared, and not their names.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::project::{OPERATION, Project};
use crate::support::{code, err, out, run};

const FORMATS: [&str; 8] = ["json", "ndjson", "junit", "tap", "markdown", "github", "html", "sarif"];
const CASE: &str = "tag-count/none";

/// A project with a key, and everything else that a run may read.
fn project() -> Project {
    let project = Project::new();
    let key = project.path("key");
    assert_eq!(code(&run(&["keygen", "--output", key.to_str().unwrap()])), 0);
    fs::write(project.path("cases/endpoints.toml"), "[endpoint.one]\nurl = \"http://127.0.0.1:9\"\n")
        .unwrap();
    fs::write(project.path("cases/waivers.toml"), "").unwrap();
    assert_eq!(project.run(&["manifest", "--write"]).0, 0);
    project
}

fn needed() -> Vec<String> {
    let operation = format!("cases/{OPERATION}");
    let mut files =
        vec!["cases/endpoints.toml".into(), "cases/waivers.toml".into(), "cases/manifest.toml".into()];
    files.extend(["contract", "states", "tag-count"].map(|name| format!("{operation}/{name}.toml")));
    files.extend([
        "cases/ecs/common.toml".into(),
        format!("snapshots/{OPERATION}/tag-count/duplicate-key-in-a-form.snap"),
    ]);
    files
}

#[test]
fn no_report_replaces_what_a_run_reads_by_whatever_name_or_flag() {
    let project = project();
    let before = project.tree("");
    for file in needed() {
        let (link, other) = (project.path("link"), project.path("other"));
        symlink(project.path(&file), &link).unwrap();
        fs::hard_link(project.path(&file), &other).unwrap();
        let upwards = format!("snapshots/../{file}");
        for name in [file.as_str(), "link", "other", &upwards] {
            for force in [&[][..], &["--force"]] {
                let report = format!("json={name}");
                let arguments = [&["run", "-q", CASE, "--report", &report], force].concat();
                let (exit, told) = project.run(&arguments);
                assert!(exit == 2 && told.contains("would replace a file that is needed"), "{name}: {told}");
            }
        }
        fs::remove_file(link).unwrap();
        fs::remove_file(other).unwrap();
    }
    assert_eq!(project.tree(""), before);
}

#[test]
fn no_output_of_certify_replaces_a_key_a_case_or_another_output() {
    let project = project();
    let before = project.tree("");
    for (output, more) in [
        ("key", &[][..]),
        ("cases/endpoints.toml", &[]),
        (&format!("snapshots/{OPERATION}/tag-count/duplicate-key-in-a-form.snap"), &[]),
        ("new.tar", &["--badge", "key"]),
        ("new.tar", &["--certificate", "cases/waivers.toml"]),
        ("new.tar", &["--badge", "./new.tar"]),
        ("new.tar", &["--report", "html=new.tar"]),
        ("new.tar", &["--badge", "a", "--certificate", "a"]),
    ] {
        for force in [&[][..], &["--force"]] {
            let common = ["certify", "--key", "key", "--output", output, CASE];
            let (exit, told) = project.run(&[&common, more, force].concat());
            assert_eq!(exit, 2, "{output} {more:?}: {told}");
            assert_eq!(project.tree(""), before, "{output} {more:?}: {told}");
        }
    }
}

#[test]
fn an_output_replaces_only_its_own_kind_unless_that_is_forced() {
    let project = project();
    // A report of each kind, and a bundle, are replaced by the same again.
    let own = |format: &str| format!("{format}={format}.out");
    for format in FORMATS {
        for _ in 0..2 {
            let (exit, told) = project.run(&["run", "-q", CASE, "--report", &own(format)]);
            assert_eq!(exit, 0, "{format}: {told}");
        }
    }
    let common = [
        "certify",
        "-q",
        "--key",
        "key",
        CASE,
        "--badge",
        "badge.svg",
        "--certificate",
        "page.md",
        "--output",
    ];
    for _ in 0..2 {
        let (exit, told) = project.run(&[&common[..], &["bundle.tar"]].concat());
        assert_eq!(exit, 0, "{told}");
    }
    // So are those of several endpoints.
    let all: Vec<String> = FORMATS.iter().flat_map(|format| ["--report".to_owned(), own(format)]).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for _ in 0..2 {
        let several = ["run", "-q", CASE, "--endpoint", "reference", "--endpoint", "one"];
        let (exit, told) = project.run(&[&several[..], &all].concat());
        assert_eq!(exit, 5, "{told}");
    }
    fs::write(project.path("notes.md"), "# My notes\n").unwrap();
    fs::write(project.path("empty"), "").unwrap();
    let mut archive = Command::new("tar");
    archive.args(["-cf", "other.tar", "notes.md"]).current_dir(project.path(""));
    assert!(archive.status().unwrap().success());
    let before = project.tree("");
    for format in FORMATS {
        let others = ["notes.md", "key.pub", "bundle.tar", "badge.svg"].into_iter().map(str::to_owned);
        let reports = FORMATS.into_iter().filter(|other| *other != format && *other != "github");
        for other in others.chain(reports.map(|other| format!("{other}.out"))) {
            let (exit, told) = project.run(&["run", "-q", CASE, "--report", &format!("{format}={other}")]);
            assert!(exit == 2 && told.contains("is there already, and is not"), "{format}={other}: {told}");
            assert!(told.contains("--force"), "{told}");
        }
    }
    for other in ["notes.md", "json.out", "other.tar", "badge.svg"] {
        let (exit, told) = project.run(&[&common[..], &[other]].concat());
        assert!(exit == 2 && told.contains("is not a bundle"), "{other}: {told}");
    }
    let (exit, told) = project.run(&["review", "--html", "notes.md"]);
    assert!(exit == 2 && told.contains("is not a page"), "{told}");
    let (exit, told) = project.run(&["certificate", "bundle.tar", "--key", "key.pub", "--badge", "notes.md"]);
    assert!(exit == 2 && told.contains("is not a badge"), "{told}");
    let (exit, told) =
        project.run(&["certificate", "bundle.tar", "--key", "key.pub", "--force", "--badge", "bundle.tar"]);
    assert!(exit == 2 && told.contains("it is what is shown"), "{told}");
    let (exit, told) = project.run(&["manifest", "--write", "--manifest", "notes.md"]);
    assert!(exit == 2 && told.contains("is not a manifest"), "{told}");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--log", "cases/endpoints.toml"];
    let (exit, told) = project.run(&serve);
    assert!(exit == 2 && told.contains("is not a log"), "{told}");
    assert_eq!(project.tree(""), before);
    let (exit, _) =
        project.run(&["run", "-q", CASE, "--report", "json=empty", "--report", "tap=notes.md", "--force"]);
    assert_eq!(exit, 0);
    assert!(fs::read_to_string(project.path("notes.md")).unwrap().starts_with("TAP"));
    assert!(fs::read_to_string(project.path("empty")).unwrap().starts_with('{'));
}

#[test]
fn the_summary_of_a_step_is_not_added_to_a_case() {
    let project = project();
    let before = project.tree("");
    let mut command = project.command(&["run", "-q", CASE]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", project.path("cases/waivers.toml"));
    let output = command.output().unwrap();
    assert_eq!(code(&output), 2, "{}", out(&output) + &err(&output));
    assert_eq!(project.tree(""), before);
}
