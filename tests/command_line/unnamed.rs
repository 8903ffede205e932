//! The endpoint of commands that name none: of `PROOFMARK_ENDPOINT`, else the default of endpoints.toml.

use std::fs;

use tempfile::TempDir;

use super::choosing::{project, thing};
use crate::support::project::Project;
use crate::support::{code, err, out, proofmark};

/// Runs the program with this value of `PROOFMARK_ENDPOINT`.
fn ran_with(folder: &TempDir, endpoint: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = proofmark(arguments);
    let output = command.current_dir(folder.path()).env("PROOFMARK_ENDPOINT", endpoint).output().unwrap();
    (code(&output), out(&output) + &err(&output))
}

fn ran(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let output = proofmark(arguments).current_dir(folder.path()).output().unwrap();
    (code(&output), out(&output) + &err(&output))
}

/// A project whose file of endpoints begins with this.
fn project_with(text: &str) -> TempDir {
    let folder = project();
    fs::write(folder.path().join("cases/endpoints.toml"), text).unwrap();
    folder
}

#[test]
fn an_argument_outranks_the_environment_and_that_the_file_of_endpoints() {
    let (first, second, third) = (thing(), thing(), thing());
    let folder = project_with(&format!(
        "default = \"first\"\n[endpoint.first]\nurl = \"{}\"\n[endpoint.second]\nurl = \"{}\"\n",
        first.url, second.url
    ));
    let asked = || [first.rows().len(), second.rows().len(), third.rows().len()];
    let one = ["run", "-q", "one/c"];
    let (status, text) = ran(&folder, &one);
    assert_eq!((status, asked()), (0, [1, 0, 0]), "{text}");
    let line = format!("endpoint first, from `default` in {}", "cases/endpoints.toml");
    assert!(text.lines().any(|each| each == line), "{text}");
    // Without a command, too.
    let (status, text) = ran(&folder, &["one/c"]);
    assert_eq!((status, asked()), (0, [1, 0, 0]), "{text}");
    // A variable that is empty names none.
    let (_, text) = ran_with(&folder, "", &one);
    assert_eq!(asked(), [1, 0, 0], "{text}");
    let (status, text) = ran_with(&folder, "second", &one);
    assert_eq!((status, asked()), (0, [0, 1, 0]), "{text}");
    assert!(text.lines().any(|each| each == "endpoint second, from PROOFMARK_ENDPOINT"), "{text}");
    let (status, text) = ran_with(&folder, &third.url, &one);
    assert_eq!((status, asked()), (0, [0, 0, 1]), "{text}");
    let (status, text) = ran_with(&folder, "second", &[&one[..], &["--endpoint", "first"]].concat());
    assert_eq!((status, asked()), (0, [1, 0, 0]), "{text}");
    assert!(!text.contains("PROOFMARK_ENDPOINT") && !text.contains("`default`"), "{text}");
    // The embedded endpoint does not carry the contract of this project.
    for (status, text) in [
        ran(&folder, &[&one[..], &["--endpoint", "reference"]].concat()),
        ran_with(&folder, "reference", &one),
    ] {
        assert!(status == 2 && text.contains("embedded reference endpoint"), "{text}");
        assert_eq!(asked(), [0, 0, 0]);
    }
}

#[test]
fn what_is_real_or_costs_or_has_a_secret_is_tested_only_where_it_is_named() {
    let thing = thing();
    for (line, key) in [
        ("kind = \"real\"", "kind"),
        ("allow = [\"billable\"]", "allow"),
        ("sign = \"bearer\"", "sign"),
        ("credentials = \"profile:mine\"", "credentials"),
        ("client-certificate = \"me.pem\"", "client-certificate"),
    ] {
        let endpoint = format!("[endpoint.mock]\nurl = \"{}\"\n{line}\n", thing.url);
        let folder = project_with(&format!("default = \"mock\"\n{endpoint}"));
        for command in ["run", "check", "noise", "pending"] {
            let (status, text) = ran(&folder, &[command]);
            assert_eq!(status, 3, "{command} {line}: {text}");
            assert!(text.contains("endpoints.toml:1:11") && text.contains(&format!("(`{key}`)")), "{text}");
            assert!(text.contains("name it with --endpoint"), "{text}");
        }
        fs::write(folder.path().join("cases/endpoints.toml"), endpoint).unwrap();
        let (status, text) = ran_with(&folder, "mock", &["run"]);
        assert_eq!(status, 3, "{line}: {text}");
        assert!(text.contains("endpoints.toml:3:") && text.contains("PROOFMARK_ENDPOINT"), "{text}");
        assert!(text.contains("name it with --endpoint"), "{text}");
    }
    let folder = project_with(&format!("default = \"mock\"\n[endpoint.mock]\nurl = \"{}\"\n", thing.url));
    for flags in [&["--sign", "bearer"][..], &["--client-certificate", "me.pem"], &["--allow", "billable"]] {
        for command in ["run", "noise", "certify", "mutants"] {
            let mut arguments = [&[command], flags].concat();
            arguments.extend(["--output", "out.proof"].iter().filter(|_| command == "certify"));
            let (status, text) = ran(&folder, &arguments);
            assert_eq!(status, 2, "{command} {flags:?}: {text}");
            assert!(text.contains("needs --endpoint") && text.contains("--endpoint mock"), "{text}");
        }
    }
    assert_eq!(thing.rows().len(), 0, "nothing was sent");
    let (status, text) = ran(&folder, &["run", "--sign", "none", "one/c"]);
    assert_eq!(status, 0, "{text}");
}

#[test]
fn a_name_that_no_endpoint_has_is_an_error_with_its_place() {
    let folder = project_with("default = \"mokc\"\n[endpoint.mock]\nurl = \"http://127.0.0.1:9\"\n");
    let (status, text) = ran(&folder, &["run"]);
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("endpoints.toml:1:11") && text.contains("did you mean `mock`?"), "{text}");
    fs::write(folder.path().join("cases/endpoints.toml"), "default = 3\n").unwrap();
    let (status, text) = ran(&folder, &["run"]);
    assert!(status == 3 && text.contains("expected a string"), "{text}");
    let folder = project_with("[endpoint.mock]\nurl = \"http://127.0.0.1:9\"\n");
    for (given, hint) in
        [("mokc", "did you mean `mock`?"), ("else", "names mock"), (" mock", "did you mean `mock`?")]
    {
        let (status, text) = ran_with(&folder, given, &["run"]);
        assert_eq!(status, 2, "{text}");
        assert!(text.contains(&format!("PROOFMARK_ENDPOINT: `{given}`")) && text.contains(hint), "{text}");
    }
    let (status, text) = ran_with(&folder, "http://me:secret@127.0.0.1:9", &["run"]);
    assert!(status == 2 && !text.contains("secret"), "{text}");
}

#[test]
fn a_fault_is_one_of_the_embedded_endpoint_whatever_the_default_is() {
    let project = Project::new();
    let endpoints = "default = \"mock\"\n[endpoint.mock]\nurl = \"http://127.0.0.1:9\"\n";
    fs::write(project.path("cases/endpoints.toml"), endpoints).unwrap();
    let (_, text) = project.run(&["run", "--dry-run", "required/"]);
    assert!(text.contains("endpoint   mock"), "{text}");
    let (_, text) = project.run(&["run", "--dry-run", "--fault", "tag-key-129", "required/"]);
    assert!(text.contains("endpoint   the embedded reference endpoint") && !text.contains("mock"), "{text}");
}

#[test]
fn commands_about_snapshots_take_those_of_the_default() {
    let thing = thing();
    let folder = project_with(&format!("default = \"mock\"\n[endpoint.mock]\nurl = \"{}\"\n", thing.url));
    fs::create_dir_all(folder.path().join("snapshots/@mock")).unwrap();
    let mut command = proofmark(&["run", "--update", "new"]);
    command.current_dir(folder.path()).output().unwrap();
    let (status, text) = ran(&folder, &["pending"]);
    assert!(status == 1 && text.contains("one/c"), "{text}");
    let (status, text) = ran(&folder, &["pending", "--endpoint", "reference"]);
    assert!(status == 0 && !text.contains("one/c"), "{text}");
    let (status, text) = ran_with(&folder, "reference", &["accept"]);
    assert!(status == 0 && !text.contains("one/c"), "{text}");
    let (status, text) = ran(&folder, &["accept"]);
    assert!(status == 0 && folder.path().join("snapshots/@mock/shop").is_dir(), "{text}");
    let (status, text) = ran(&folder, &["pending"]);
    assert_eq!(status, 0, "{text}");
}
