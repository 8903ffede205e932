//! The side file of snapshots: what runs note in it, which snapshots are stale, and what is checked again.

#![cfg(unix)]

use std::fs;

use crate::support::project::{CASES, FAULT, OPERATION, Project, SIDE_FILE};

const LONG_AGO: &str = "2001-02-03T04:05:06Z";
const ONE: &str = "tag-count/none";

/// A project in which the cases of one table were confirmed.
fn confirmed() -> Project {
    let project = Project::new();
    assert_eq!(project.run(&["run", "-q", "tag-count"]).0, 0);
    project
}

#[test]
fn a_run_confirms_what_it_has_seen_and_touches_no_snapshot() {
    let project = Project::new();
    let before = project.snapshots();
    assert_eq!(project.run(&["run", "-q", "tag-count"]).0, 0);
    assert_eq!(project.snapshots(), before);
    let entries = project.entries();
    assert_eq!(entries.len(), 40);
    for (case, entry) in &entries {
        assert!(entry["recorded"].is_null(), "it came with the project: {case}");
        let confirmed = &entry["confirmed"];
        assert_eq!(confirmed["kind"], "reference");
        assert_eq!(confirmed["contract"], "2014-05-26");
        assert!(confirmed["at"].as_str().unwrap().ends_with('Z'));
    }
    let lines = fs::read_to_string(project.path(SIDE_FILE)).unwrap();
    let cases = lines.lines().skip(1).map(|line| line.split('"').nth(3).unwrap());
    assert!(cases.is_sorted(), "so that git merges the lines");
}

#[test]
fn the_side_file_is_ignored_by_git_until_somebody_shares_it() {
    let project = confirmed();
    let ignore = project.path("snapshots/.proofmark/.gitignore");
    assert_eq!(fs::read_to_string(&ignore).unwrap(), "*\n");
    fs::write(&ignore, "lock\n").unwrap();
    assert_eq!(project.run(&["run", "-q", ONE]).0, 0);
    assert_eq!(fs::read_to_string(&ignore).unwrap(), "lock\n");
    fs::remove_file(&ignore).unwrap();
    assert_eq!(project.run(&["run", "-q", ONE]).0, 0);
    assert!(!ignore.exists(), "it was removed on purpose");
}

#[test]
fn what_waits_is_recorded_whatever_accepts_it() {
    let shown: Vec<String> = [true, false]
        .into_iter()
        .map(|is_ours| {
            let project = Project::new();
            let path = project.path(&format!("snapshots/{OPERATION}/tag-count/none@form.snap"));
            fs::remove_file(&path).unwrap();
            assert_eq!(project.run(&["run", "-q", "tag-count/none/form"]).0, 1);
            let (exit, text) = project.run(&["stale", "tag-count/none/form"]);
            assert_eq!(exit, 4, "there is none yet: {text}");
            if is_ours {
                assert_eq!(project.run(&["accept"]).0, 0);
            } else {
                // As `cargo insta accept` does it.
                fs::rename(path.with_extension("snap.new"), &path).unwrap();
            }
            project.confirmed_at(LONG_AGO);
            let (exit, text) = project.run(&["stale", "--all", "tag-count/none/form"]);
            assert_eq!(exit, 0, "{text}");
            text
        })
        .collect();
    assert_eq!(shown[0], shown[1]);
    let seen = format!("{LONG_AGO}  reference  reference  contract 2014-05-26");
    assert!(shown[0].contains(&format!("recorded   {seen}")), "{}", shown[0]);
    assert!(shown[0].contains(&format!("confirmed  {seen}")), "{}", shown[0]);
}

#[test]
fn a_run_with_a_fault_confirms_nothing_and_marks_what_it_records() {
    let project = Project::new();
    assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", FAULT, ONE, CASES]).0, 1);
    let entries = project.entries();
    assert!(entries.keys().all(|case| case.contains("duplicate-key")), "{:?}", entries.keys());
    assert!(entries.values().all(|entry| entry["pending"]["recorded"]["faults"][0] == FAULT));
    let (exit, text) = project.run(&["accept"]);
    assert!(text.contains(&format!("recorded while a fault was switched on: {FAULT}")), "{text}");
    assert_eq!(exit, 0, "it is what was asked for");
    let (exit, text) = project.run(&["stale", "--all", "duplicate-key-in-a-form"]);
    assert_eq!(exit, 1, "{text}");
    assert!(text.contains("never confirmed here") && text.contains("with the fault wrong-message"), "{text}");
}

#[test]
fn each_reason_to_doubt_a_snapshot_is_told() {
    let project = confirmed();
    let stale = |arguments: &[&str]| project.run(&[&["stale"], arguments].concat());
    assert_eq!(stale(&["tag-count", "--max-age", "1d"]), (0, "0 of 40 snapshots stale\n".to_owned()));
    let (exit, text) = stale(&["required/both-missing", "--max-age", "1d"]);
    assert_eq!((exit, text.matches("  never confirmed here").count()), (1, 1), "{text}");
    let path = format!("snapshots/{OPERATION}/tag-count/none@form.snap");
    project.edit(&path, |text| text.replace("< 200", "< 201"));
    let (exit, text) = stale(&["tag-count"]);
    assert_eq!((exit, text.matches("STALE").count()), (1, 1), "{text}");
    assert!(text.contains("none/form  its text is not the one that was confirmed here"), "{text}");
    project.confirmed_at(LONG_AGO);
    assert_eq!(stale(&[CASES]).0, 0, "without a limit no age is too great");
    let (exit, text) = stale(&[CASES, "--max-age", "52w"]);
    let due = format!("  confirmed {LONG_AGO}, more than 52w ago");
    assert_eq!((exit, text.matches(&due).count()), (1, text.matches("STALE").count()), "{text}");
    project.confirmed_at("2999-01-01T00:00:00Z");
    let (exit, text) = stale(&["tag-count/none/query"]);
    assert!(exit == 1 && text.contains("which lies in the future"), "{text}");
}

#[test]
fn a_snapshot_is_stale_once_its_row_of_the_contract_has_changed_and_not_for_another_row() {
    let project = confirmed();
    for file in ["contract", "tag-count", "tag-key", "tag-lists", "template-tag"] {
        let path = format!("cases/{OPERATION}/{file}.toml");
        project.edit(&path, |text| text.replace("contain duplicate key", "contains a duplicate key"));
    }
    let (exit, text) = project.run(&["stale", "tag-count"]);
    let due = "what the contract says about it has changed since";
    assert_eq!((exit, text.matches(due).count()), (1, 13), "those that met the row: {text}");
    assert!(!text.contains("tag-count/none"), "{text}");
    let project = confirmed();
    let contract = format!("cases/{OPERATION}/contract.toml");
    project.edit(&contract, |text| text.replace("2014-05-26", "2099-01-01"));
    let (_, text) = project.run(&["stale", ONE]);
    assert_eq!(
        text.matches("seen under version 2014-05-26 of the contract, which is 2099-01-01 now").count(),
        2
    );
}

#[test]
fn run_stale_runs_what_is_stale_and_nothing_else() {
    let project = confirmed();
    let path = format!("snapshots/{OPERATION}/required/both-missing.snap");
    assert!(project.path(&path).exists());
    let arguments = ["run", "--stale", "--max-age", "30d", "tag-count", "required/both-missing"];
    let (exit, text) = project.run(&arguments);
    assert!(exit == 0 && text.contains("CONFORMS  1 of 1 case passed"), "{text}");
    assert_eq!(project.run(&arguments), (0, "no snapshot is stale\n".to_owned()));
    project.confirmed_at(LONG_AGO);
    let (exit, text) = project.run(&arguments);
    assert!(exit == 0 && text.contains("CONFORMS  41 of 41 cases passed"), "{text}");
    assert_eq!(project.run(&arguments), (0, "no snapshot is stale\n".to_owned()), "they are confirmed");
    assert_eq!(project.run(&["run", "--stale", "--endpoint", "http://127.0.0.1:9"]).0, 2, "it has none");
}

#[test]
fn run_stale_runs_a_case_whose_snapshot_cannot_be_used() {
    let project = confirmed();
    let path = format!("snapshots/{OPERATION}/tag-count/none@form.snap");
    project.edit(&path, |text| format!("<<<<<<< HEAD\n{text}"));
    let (exit, text) = project.run(&["run", "--stale", "tag-count"]);
    assert!(exit == 1 && text.contains("it has conflict markers"), "{text}");
}

#[test]
fn a_run_tells_what_is_still_stale_without_failing_also_where_nothing_is_written() {
    let project = confirmed();
    project.confirmed_at(LONG_AGO);
    let before = project.tree("snapshots");
    let report = project.report(&["--update", "no", "--max-age", "30d", "tag-count/none/form"]);
    assert_eq!((report["outcome"].as_str(), project.tree("snapshots") == before), (Some("conforms"), true));
    let stale = report["stale_snapshots"].as_array().unwrap();
    let is_stale = |case: &str| stale.iter().any(|each| each["id"].as_str().unwrap().ends_with(case));
    assert!(is_stale("tag-count/none/query") && is_stale("required/both-missing"));
    assert!(!is_stale("tag-count/none/form"), "this run has confirmed it");
    assert!(project.report(&[ONE])["stale_snapshots"].is_null(), "not asked for");
    let (exit, text) = project.run(&["run", "--max-age", "30d", ONE]);
    assert!(exit == 0 && text.contains("and not confirmed by this run:\n    ecs/"), "{text}");
    assert_eq!(project.run(&["run", "--endpoint", "http://127.0.0.1:9", "--max-age", "1d"]).0, 2);
}

#[test]
fn an_age_without_a_sense_is_an_error_with_a_hint() {
    for age in ["30", "d", "1.5d", "-1d", "1y"] {
        let (exit, text) = Project::new().run(&["stale", &format!("--max-age={age}")]);
        assert!(exit == 2 && text.contains("such as 30d"), "{text}");
    }
}

#[test]
fn a_side_file_that_cannot_be_used_is_named_left_alone_and_stops_no_run() {
    let project = confirmed();
    let good = fs::read_to_string(project.path(SIDE_FILE)).unwrap();
    let second = good.lines().nth(1).unwrap();
    for (bad, what) in [
        (String::new(), "it is cut off"),
        (good[..good.len() / 2].to_owned(), "it is cut off"),
        (good[..good.len() / 2].to_owned() + "\n", "is not an entry of a case"),
        (format!("what is this\n{good}"), "does not begin as a side file"),
        (good.replace("\"version\":1}", "\"version\":2}"), "does not begin as a side file"),
        (good.replacen(second, &format!("<<<<<<< HEAD\n{second}"), 1), "line 2 is not an entry"),
        (good.replacen(second, &format!("{second}\n{second}"), 1), "line 3 names the case ecs/"),
    ] {
        fs::write(project.path(SIDE_FILE), &bad).unwrap();
        let (exit, text) = project.run(&["run", "-q", ONE]);
        assert!(
            exit == 0 && text.contains("WARNING") && text.contains("provenance.ndjson"),
            "{what}: {text}"
        );
        assert!(text.contains(what) && text.contains("mend it, or remove it"), "{what}: {text}");
        let (exit, text) = project.run(&["stale", ONE]);
        assert!(exit == 3 && text.contains("never confirmed here"), "{what}: {text}");
        assert_eq!(project.run(&["pending"]).0, 0, "{what}");
        assert_eq!(fs::read_to_string(project.path(SIDE_FILE)).unwrap(), bad);
    }
    fs::remove_file(project.path(SIDE_FILE)).unwrap();
    assert_eq!(project.run(&["run", "-q", ONE]).0, 0);
    assert_eq!(project.entries().len(), 2, "it is made anew");
}

#[test]
fn a_case_that_is_gone_is_forgotten_by_prune_alone_and_only_that_one() {
    let project = confirmed();
    let table = format!("cases/{OPERATION}/tag-count.toml");
    project.edit(&table, |text| {
        let id = text.find("\"duplicate-key-in-a-form\"").unwrap();
        let start = text[..id].rfind("[[case]]").unwrap();
        let end = text[id..].find("[[case]]").map_or(text.len(), |end| id + end);
        text[..start].to_owned() + &text[end..]
    });
    let before = (project.snapshots(), project.entries());
    for patterns in [&[][..], &["required/both-missing"], &["tag-count"]] {
        let report = project.report(patterns);
        let orphans = report["orphans"].as_array().unwrap();
        let [orphan] = &orphans[..] else { panic!("{orphans:?}") };
        assert!(orphan.as_str().unwrap().ends_with("tag-count/duplicate-key-in-a-form.snap"));
    }
    assert!(project.entries().keys().any(|case| case.contains("duplicate-key-in-a-form")));
    assert_eq!(project.run(&["prune"]).0, 0);
    let (snapshots, entries) = (project.snapshots(), project.entries());
    let gone: Vec<_> = before.0.keys().filter(|path| !snapshots.contains_key(*path)).collect();
    assert_eq!((gone.len(), entries.len()), (1, 1417), "{gone:?}");
    assert!(!entries.keys().any(|case| case.contains("duplicate-key-in-a-form")));
    assert!(
        before.1.keys().all(|case| entries.contains_key(case) || case.contains("duplicate-key-in-a-form"))
    );
}

#[test]
fn the_snapshots_of_a_table_that_moved_are_orphans_and_no_others_are() {
    let project = Project::new();
    let table = |name: &str| project.path(&format!("cases/{OPERATION}/{name}.toml"));
    fs::rename(table("tag-count"), table("tags-counted")).unwrap();
    for patterns in [&[][..], &["required/both-missing"]] {
        let report = project.report(&[&["--update", "no"], patterns].concat());
        let orphans = report["orphans"].as_array().unwrap();
        assert_eq!(orphans.len(), 40);
        assert!(orphans.iter().all(|path| path.as_str().unwrap().contains("/tag-count/")));
    }
    assert_eq!(project.run(&["prune"]).0, 0);
    assert!(!project.path(&format!("snapshots/{OPERATION}/tag-count")).exists());
    assert_eq!(project.snapshots().len(), 1418 - 40);
}
