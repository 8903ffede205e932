//! The suite's manifest: a case that silently disappears fails the gate, whatever the way it went.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::support::odd::{JSON, answer, one_case, say, serve};
use crate::support::structure::{commands, junit_cases};
use crate::support::{code, copied_cases, err, out, proofmark, run};
use proofmark::harness::Harness;
use proofmark::inside::digest::sha256_hex;
use proofmark::inside::report::ReportFormat;
use serde_json::Value as Json;

const OPERATION: &str = "ecs/StartImagePipelineExecution";

/// A copy of the shipped cases with a manifest of its own, which a test may break.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(copied_cases());
        assert_eq!(project.run(&["manifest", "--write"]).0, 0);
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = proofmark(arguments).current_dir(self.0.path()).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{path} has {from}");
        fs::write(self.path(path), text.replacen(from, to, 1)).unwrap();
    }

    fn table(name: &str) -> String {
        format!("cases/{OPERATION}/{name}.toml")
    }
}

#[test]
fn the_shipped_manifest_lists_the_suite_and_its_contract() {
    let output = run(&["manifest"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let read = |path: &str| fs::read_to_string(cases.join(path)).unwrap();
    let text = read(&format!("{OPERATION}/contract.toml")) + &read("ecs/common.toml");
    let digest = format!("digest = \"sha256:{}\"", sha256_hex(text.as_bytes()));
    assert!(read("manifest.toml").contains(&digest), "{digest}");
}

#[test]
fn a_test_of_the_harness_fails_unless_the_suite_is_the_listed_one() {
    let project = Project::new();
    let ended = |arguments: &[&str]| {
        let arguments = [&["conformance"], arguments].concat();
        let harness = Harness::new(project.0.path()).snapshots(None);
        format!("{:?}", harness.run_with(arguments.into_iter().map(Into::into)))
    };
    let [passed, failed] = [ExitCode::SUCCESS, ExitCode::from(101)].map(|expected| format!("{expected:?}"));
    assert_eq!(ended(&["--exact", "manifest"]), passed);
    fs::remove_file(project.path(&Project::table("tag-count"))).unwrap();
    assert_eq!(ended(&["--exact", "manifest"]), failed);
    // Who asks for a case by its name gets that case.
    let case = "ecs::StartImagePipelineExecution::tag-key::128-emoji";
    assert_eq!(ended(&["--exact", case]), passed);
    fs::remove_file(project.path("cases/manifest.toml")).unwrap();
    assert_eq!(ended(&["--exact", "manifest"]), passed, "there is no such test without one");
}

/// What is done to a project.
type Change<'a> = &'a dyn Fn(&Project);

#[test]
fn whatever_way_a_case_goes_is_told_also_by_a_run_of_others() {
    let (count, states) = (Project::table("tag-count"), Project::table("state-errors"));
    let contract = format!("cases/{OPERATION}/contract.toml");
    let ways: [(&str, Change<'_>, &str); 6] = [
        (
            "a case renamed",
            &|it| it.edit(&count, "\"none\"", "\"nil\""),
            "missing: ecs/StartImagePipelineExecution/tag-count/none/form",
        ),
        (
            "a case added",
            &|it| it.edit(&count, "\"none\"", "\"nil\""),
            "not listed: ecs/StartImagePipelineExecution/tag-count/nil/form",
        ),
        (
            "a table removed",
            &|it| fs::remove_file(it.path(&states)).unwrap(),
            "missing: ecs/StartImagePipelineExecution/state-errors/",
        ),
        (
            "a table set aside",
            &|it| fs::rename(it.path(&states), it.path(&format!("{states}.off"))).unwrap(),
            "missing: ecs/StartImagePipelineExecution/state-errors/",
        ),
        (
            "the contract changed",
            &|it| it.edit(&contract, "operation = ", "# A note.\noperation = "),
            "changed contract: ecs/StartImagePipelineExecution",
        ),
        (
            "what it shares changed",
            &|it| it.edit("cases/ecs/common.toml", "# What every", "# A note. What every"),
            "changed contract: ecs/StartImagePipelineExecution",
        ),
    ];
    for (name, change, shown) in ways {
        let project = Project::new();
        let conforming = ["run", "--level", "body", "tag-key/empty"];
        assert_eq!(project.run(&conforming).0, 0);
        change(&project);
        let (exit, text) = project.run(&conforming);
        assert!(exit == 5 && text.contains("INCONCLUSIVE") && text.contains(shown), "{name}: {text}");
        let (exit, text) = project.run(&["manifest"]);
        assert!(exit == 1 && text.contains(shown), "{name}: {text}");
        assert_eq!(project.run(&["manifest", "--write"]).0, 0);
        assert_eq!(project.run(&conforming).0, 0, "{name}");
    }
}

#[test]
fn a_row_that_is_gone_is_told() {
    let project = Project::new();
    let listed = fs::read_to_string(project.path("cases/manifest.toml")).unwrap();
    // As if a row had been there when the manifest was written.
    fs::write(
        project.path("cases/manifest.toml"),
        listed.replace(
            "    \"tag-count/none/form\",\n",
            "    \"tag-count/none/form\",\n    \"tag-count/none/gone\",\n",
        ),
    )
    .unwrap();
    let (exit, text) = project.run(&["run", "-q", "--level", "body", "tag-key/empty"]);
    assert!(exit == 5 && text.contains("1 case of the manifest is missing"), "{text}");
    assert!(text.contains("missing: ecs/StartImagePipelineExecution/tag-count/none/gone"), "{text}");
}

#[test]
fn ends_of_lines_make_no_other_contract() {
    let project = Project::new();
    for path in [format!("cases/{OPERATION}/contract.toml"), "cases/ecs/common.toml".to_owned()] {
        let text = fs::read_to_string(project.path(&path)).unwrap();
        fs::write(project.path(&path), text.replace('\n', "\r\n")).unwrap();
    }
    assert_eq!(project.run(&["manifest"]).0, 0);
}

#[test]
fn a_manifest_that_is_named_must_be_selected_as_a_whole() {
    let project = Project::new();
    let named = ["run", "-q", "--level", "body", "--manifest", "cases/manifest.toml"];
    assert_eq!(project.run(&named).0, 0);
    let (exit, text) = project.run(&[&named[..], &["tag-key"]].concat());
    assert!(exit == 5 && text.contains("of the manifest are missing"), "{text}");
    let (exit, text) = project.run(&[&named[..], &["--shard", "2/5"]].concat());
    assert_eq!(exit, 0, "a part of it is all that is in the part: {text}");
    let (exit, text) = project.run(&[&named[..], &["--shard", "2/5", "tag-key"]].concat());
    assert!(exit == 5 && text.contains("of the manifest are missing"), "{text}");
    let (exit, text) = project.run(&["run", "--manifest", "nosuch.toml"]);
    assert!(exit == 3 && text.contains("nosuch.toml"), "{text}");
}

#[test]
fn a_run_that_is_broken_is_broken_whatever_its_manifest_says() {
    let project = Project::new();
    project.edit("cases/manifest.toml", "    \"tag-count/none/form\",\n", "");
    let fault = ["run", "-q", "--fault", "wrong-message:Duplicate.TagKey", "tag-count"];
    assert_eq!(project.run(&fault).0, 1);
}

/// Runs the shards of the suite, each of which writes its events.
fn shards(project: &Project) -> Vec<String> {
    let part = |number: usize| {
        let (shard, path) =
            (format!("{number}/3"), project.path(&format!("{number}.ndjson")).display().to_string());
        let target = format!("ndjson={path}");
        let (exit, text) =
            project.run(&["run", "-q", "--level", "body", "--shard", &shard, "--report", &target]);
        assert_eq!(exit, 0, "{text}");
        path
    };
    (1..=3).map(part).collect()
}

#[test]
fn a_part_that_is_missing_is_noticed_where_the_parts_are_put_together() {
    let project = Project::new();
    let parts = shards(&project);
    let merge = |parts: &[String], more: &[&str]| {
        let from = parts.iter().flat_map(|part| ["--from", part]);
        let arguments: Vec<&str> =
            ["report", "-q"].into_iter().chain(from).chain(more.iter().copied()).collect();
        project.run(&arguments)
    };
    let manifest = ["--manifest", "cases/manifest.toml", "--report", "json=all.json"];
    let (exit, text) = merge(&parts, &manifest);
    assert_eq!(exit, 0, "{text}");
    let report = || -> Json { serde_json::from_slice(&fs::read(project.path("all.json")).unwrap()).unwrap() };
    assert_eq!(
        report()["manifest"],
        serde_json::json!({ "missing": [], "new": [], "changed": [], "parts": [] })
    );
    let (exit, text) = merge(&parts[..2], &[]);
    assert!(exit == 5 && text.contains("missing part: 3/3"), "{text}");
    let (exit, text) = merge(&parts[..2], &manifest);
    assert!(exit == 5 && text.contains("cases of the manifest are missing"), "{text}");
    let shown = report()["cases"].as_array().unwrap().len();
    let missing = report()["manifest"]["missing"].as_array().unwrap().len();
    assert!(missing > 100 && shown + missing == 1418, "{shown} and {missing}");
    // Events of another contract, and those that do not say of which.
    for (from, to) in [("\"digest\":\"sha256:", "\"digest\":\"sha256:0"), ("\"digest\":", "\"undigested\":")]
    {
        let other = fs::read_to_string(&parts[0]).unwrap().replacen(from, to, 1);
        fs::write(project.path("other.ndjson"), other).unwrap();
        let (exit, text) = merge(&["other.ndjson".to_owned()], &manifest);
        assert!(exit == 5 && text.contains("is not that of the manifest"), "{text}");
    }
    let (exit, text) = merge(&[parts[1].clone(), "other.ndjson".to_owned()], &manifest);
    assert!(exit == 5 && text.contains("is not that of the manifest"), "{text}");
}

#[test]
fn every_report_tells_it_and_one_made_later_tells_the_same() {
    let project = Project::new();
    project.edit("cases/manifest.toml", "    \"tag-count/none/form\",\n", "    \"tag-count/gone\",\n");
    let formats = ReportFormat::NAMES;
    let flags = |name: &str| -> Vec<String> {
        formats
            .iter()
            .flat_map(|format| ["--report".to_owned(), format!("{format}={name}.{format}")])
            .collect()
    };
    let (first, second) = (flags("a"), flags("b"));
    let shown = |arguments: &[&str], flags: &[String]| {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        project.run(&[arguments, &flags].concat())
    };
    let at_once = shown(&["run", "--level", "body", "tag-key/empty"], &first);
    assert_eq!(at_once, shown(&["report", "--from", "a.ndjson"], &second));
    assert_eq!(at_once.0, 5);
    let read = |name: &str| fs::read_to_string(project.path(name)).unwrap();
    for format in formats {
        assert_eq!(read(&format!("a.{format}")), read(&format!("b.{format}")), "{format}");
        assert!(read(&format!("a.{format}")).contains("tag-count/gone"), "{format}");
    }
    let cases = junit_cases(&read("a.junit"));
    let suite = cases.iter().find(|case| case.suite == "manifest").unwrap();
    assert_eq!(suite.results, ["error"]);
    assert!(
        read("a.tap")
            .ends_with("Bail out! 1 case of the manifest is missing, 1 case is not in the manifest\n")
    );
    let [annotation] = &commands(&read("a.github"))[..] else { panic!("{}", read("a.github")) };
    assert!(
        annotation.starts_with("::error title=manifest::1 case of the manifest is missing"),
        "{annotation}"
    );
    let log: Json = serde_json::from_str(&read("a.sarif")).unwrap();
    let shown = &log["runs"][0]["invocations"][0]["toolConfigurationNotifications"];
    assert_eq!(shown[0]["level"], "error");
}

#[test]
fn each_run_of_a_series_is_held_against_the_manifest() {
    let folder = one_case();
    let good = || serve(say(answer("200 OK", JSON, "{\"id\":\"t\"}")));
    let (one, other) = (good(), good());
    let in_folder = |arguments: &[&str]| {
        let output = proofmark(arguments).current_dir(folder.path()).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    };
    assert_eq!(in_folder(&["manifest", "--cases", ".", "--manifest", "listed.toml", "--write"]).0, 0);
    let endpoints = ["--endpoint", &one, "--endpoint", &other];
    let arguments = ["run", "-q", "--cases", ".", "--report", "ndjson=out.ndjson", "plain"];
    assert_eq!(in_folder(&[&arguments[..], &endpoints].concat()).0, 0);
    assert_eq!(in_folder(&["report", "-q", "--from", "out.ndjson"]).0, 0);
    let (exit, text) = in_folder(&["report", "-q", "--from", "out.ndjson", "--manifest", "listed.toml"]);
    assert_eq!((exit, text.matches("missing: shop/Get/t/stateful").count()), (5, 2), "{text}");
}

#[test]
fn a_manifest_that_is_wrong_is_told_at_its_place() {
    let digest = "0".repeat(64);
    let head = format!("version = 1\n[[contract]]\nid = \"a/B\"\ndigest = \"sha256:{digest}\"\n");
    let project = Project::new();
    for (text, place, said) in [
        ("version = 2\n".to_owned(), "1:11", "this is version 2 of the file"),
        ("contract = []\n".to_owned(), "1:1", "the key `version` is missing"),
        ("version = 1\n[[contrat]]\n".to_owned(), "2:3", "did you mean `contract`?"),
        (head.clone() + "cases = [\n  \"t\",\n]\n", "6:3", "`t` is not a case of a contract"),
        (head.clone() + "cases = [\n  \"t/A\",\n]\n", "6:3", "'A' cannot stand in an id"),
        (head.clone() + "cases = [\n  \"t/../x\",\n]\n", "6:3", "cannot stand in an id"),
        (head.clone() + "cases = [\n  \"t/a\",\n  \"t/a\",\n]\n", "7:3", "`t/a` is there twice"),
        (head.clone() + "cases = [1]\n", "5:10", "expected a string"),
        (head.replace("sha256:", "md5:") + "cases = []\n", "4:10", "it is not a digest"),
        (head.replace("a/B", "a/../B") + "cases = []\n", "3:6", "it names no contract"),
        (
            format!("{head}cases = []\n{}cases = []\n", head.replace("version = 1\n", "")),
            "7:6",
            "is there twice",
        ),
        ("version = \u{1b}[2J\n".to_owned(), "1:11", ""),
    ] {
        fs::write(project.path("cases/manifest.toml"), &text).unwrap();
        for arguments in [&["run", "tag-count/none"][..], &["manifest"], &["check"]] {
            let (exit, shown) = project.run(arguments);
            assert_eq!(exit, 3, "{text}: {shown}");
            assert!(
                shown.contains(&format!("cases/manifest.toml:{place}")) && shown.contains(said),
                "{text}: {shown}"
            );
            assert!(!shown.contains('\u{1b}'), "{shown}");
        }
    }
}

#[test]
fn what_is_current_is_not_written_over_so_that_comments_stay() {
    let project = Project::new();
    project.edit(
        "cases/manifest.toml",
        "    \"tag-count/none/form\",\n",
        "    # By hand.\n    \"tag-count/none/form\",\n",
    );
    let before = fs::read_to_string(project.path("cases/manifest.toml")).unwrap();
    let (exit, text) = project.run(&["manifest", "--write"]);
    assert_eq!((exit, text.as_str()), (0, "cases/manifest.toml is as the suite is\n"));
    assert_eq!(fs::read_to_string(project.path("cases/manifest.toml")).unwrap(), before);
}

#[test]
fn branches_that_add_cases_in_different_places_merge() {
    let project = Project::new();
    let base = fs::read_to_string(project.path("cases/manifest.toml")).unwrap();
    let (near, far) = ("    \"tag-count/none/form\",\n", "    \"tag-value/");
    let ours = base.replacen(near, &format!("{near}    \"tag-count/none/ours\",\n"), 1);
    let theirs = base.replacen(far, &format!("    \"tag-theirs/a\",\n{far}"), 1);
    for (name, text) in [("base", &base), ("ours", &ours), ("theirs", &theirs)] {
        fs::write(project.path(name), text).unwrap();
    }
    let mut merge = Command::new("git");
    let merged = merge.args(["merge-file", "-p", "ours", "base", "theirs"]).current_dir(project.0.path());
    let merged = merged.output().unwrap();
    assert!(merged.status.success(), "there is no conflict");
    let merged = String::from_utf8(merged.stdout).unwrap();
    assert_eq!(merged.lines().count(), base.lines().count() + 2);
    fs::write(project.path("cases/manifest.toml"), merged).unwrap();
    let (exit, text) = project.run(&["manifest"]);
    assert!(exit == 1 && text.contains("2 cases of the manifest are missing"), "{text}");
}

#[test]
fn a_suite_without_a_manifest_is_not_held_and_the_command_says_so() {
    let project = Project(copied_cases());
    assert_eq!(project.run(&["run", "-q", "--level", "body", "tag-count/none"]).0, 0);
    let (exit, text) = project.run(&["manifest"]);
    assert!(exit == 2 && text.contains("there is no cases/manifest.toml"), "{text}");
    let (exit, text) = project.run(&["manifest", "--write", "--manifest", "nosuch/m.toml"]);
    assert!(exit == 6 && text.contains("cannot be written"), "{text}");
}
