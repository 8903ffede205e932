//! No output replaces what is read, or a file that is something else: files are compared, and not their names.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use proofmark::inside::report::ReportFormat;

use crate::support::project::{OPERATION, Project};
use crate::support::{code, err, out, run};

const FORMATS: [&str; ReportFormat::NAMES.len()] = ReportFormat::NAMES;
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
                let (exit, printed) = project.run(&arguments);
                assert!(
                    exit == 2 && printed.contains("would replace a file that is needed"),
                    "{name}: {printed}"
                );
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
            let (exit, printed) = project.run(&[&common, more, force].concat());
            assert_eq!(exit, 2, "{output} {more:?}: {printed}");
            assert_eq!(project.tree(""), before, "{output} {more:?}: {printed}");
        }
    }
}

/// Makes a bundle, with a badge and a page.
fn certify(output: &str) -> Vec<&str> {
    let common = ["certify", "-q", "--key", "key", CASE, "--badge", "badge.svg", "--certificate", "page.md"];
    [&common[..], &["--output", output]].concat()
}

/// A project with an output of each kind, all of which were written twice.
fn written() -> Project {
    let project = project();
    let own: Vec<String> =
        FORMATS.iter().flat_map(|format| ["--report".into(), format!("{format}={format}.out")]).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    // The reports of one endpoint, and of several.
    for (endpoints, due) in [(&[][..], 0), (&["--endpoint", "reference", "--endpoint", "one"], 5)] {
        for _ in 0..2 {
            let (exit, printed) = project.run(&[&["run", "-q", CASE], endpoints, &own].concat());
            assert_eq!(exit, due, "{printed}");
        }
    }
    for _ in 0..2 {
        let (exit, printed) = project.run(&certify("bundle.tar"));
        assert_eq!(exit, 0, "{printed}");
    }
    project
}

#[test]
fn an_output_replaces_only_its_own_kind_unless_that_is_forced() {
    let project = written();
    fs::write(project.path("notes.md"), "# My notes\n").unwrap();
    fs::write(project.path("empty"), "").unwrap();
    let before = project.tree("");
    for format in FORMATS {
        let others = ["notes.md", "key.pub", "bundle.tar", "badge.svg"].into_iter().map(str::to_owned);
        let reports = FORMATS.into_iter().filter(|other| *other != format && *other != "github");
        for other in others.chain(reports.map(|other| format!("{other}.out"))) {
            let (exit, printed) = project.run(&["run", "-q", CASE, "--report", &format!("{format}={other}")]);
            assert!(
                exit == 2 && printed.contains("is there already, and is not"),
                "{format}={other}: {printed}"
            );
            assert!(printed.contains("--force"), "{printed}");
        }
    }
    assert_eq!(project.tree(""), before);
    let reports = ["--report", "json=empty", "--report", "tap=notes.md", "--force"];
    assert_eq!(project.run(&[&["run", "-q", CASE], &reports[..]].concat()).0, 0);
    assert!(fs::read_to_string(project.path("notes.md")).unwrap().starts_with("TAP"));
    assert!(fs::read_to_string(project.path("empty")).unwrap().starts_with('{'));
}

#[test]
fn outputs_beside_reports_replace_only_their_own_kind_too() {
    let project = written();
    fs::write(project.path("notes.md"), "# My notes\n").unwrap();
    let mut archive = Command::new("tar");
    archive.args(["-cf", "other.tar", "notes.md"]).current_dir(project.path(""));
    assert!(archive.status().unwrap().success());
    let before = project.tree("");
    let certificate = ["certificate", "bundle.tar", "--key", "key.pub", "--badge"];
    let onto = |arguments: &[&str], more: &[&str]| [arguments, more].concat().join(" ");
    for (arguments, said) in [
        (certify("notes.md").join(" "), "is not a bundle"),
        (certify("json.out").join(" "), "is not a bundle"),
        (certify("other.tar").join(" "), "is not a bundle"),
        (certify("badge.svg").join(" "), "is not a bundle"),
        ("review --html notes.md".into(), "is not a page"),
        (onto(&certificate, &["notes.md"]), "is not a badge"),
        (onto(&certificate, &["bundle.tar", "--force"]), "it is what is shown"),
        ("manifest --write --manifest notes.md".into(), "is not a manifest"),
        ("serve --listen 127.0.0.1:0 --log cases/endpoints.toml".into(), "is not a log"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let (exit, printed) = project.run(&arguments);
        assert!(exit == 2 && printed.contains(said), "{arguments:?}: {printed}");
    }
    assert_eq!(project.tree(""), before);
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
