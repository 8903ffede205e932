//! Snapshots that wait, and orphans: shown, accepted, rejected and removed, each exactly.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proofmark::inside::model::is_hostile;

use crate::support::{code, copied_cases, copied_snapshots, err, out, proofmark};

/// Cases that a fault changes, and how they are selected.
const FAULT: &str = "wrong-message:Duplicate.TagKey";
const CASES: &str = "tag-count/duplicate-key*";

struct Project(tempfile::TempDir);

impl Project {
    /// Copies of the shipped cases and snapshots.
    fn new() -> Self {
        let folder = copied_cases();
        copied_snapshots(&folder.path().join("snapshots"));
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = proofmark(arguments);
        let output = command.env_remove("INSTA_UPDATE").current_dir(self.0.path()).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    }

    /// Runs with a fault, which leaves snapshots that wait.
    fn changed() -> Self {
        let project = Self::new();
        assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", FAULT, CASES]).0, 1);
        project
    }

    /// Every file of a snapshot, and what it holds.
    fn files(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        collect(&self.0.path().join("snapshots"), &mut found);
        found
    }

    fn table(&self, name: &str) -> PathBuf {
        self.0.path().join("cases/ecs/StartImagePipelineExecution").join(name)
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What runs note for themselves is no snapshot.
        if path.ends_with(".proofmark") {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.insert(path.clone(), fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn what_waits_is_shown_once_for_each_kind_of_change() {
    let project = Project::changed();
    let (exit, text) = project.run(&["pending"]);
    assert_eq!(exit, 1, "{text}");
    let count = text.lines().filter(|line| line.starts_with("  ecs/")).count();
    assert!(count > 3 && text.contains(&format!("CHANGE 1 of 1  {count} cases\n")), "{text}");
    assert!(text.ends_with(&format!("{count} pending, 1 kind of change\n")), "{text}");
    for printed in [
        "  * message is no longer the one in the contract\n",
        "  contract  was  400 Duplicate.TagKey  \"The Tag.N.Key contain duplicate key.\"\n",
        "  contract  now  no row of the contract: Duplicate.TagKey has another message there\n",
    ] {
        assert!(text.contains(printed), "{text}");
    }
    assert_eq!(text.matches("  -   \"Message\"").count(), 1, "the difference is shown once: {text}");
    let marks = text.lines().skip_while(|line| !line.starts_with("  -")).nth(1).unwrap();
    assert_eq!(marks.trim(), "^", "what differs in the line is marked: {text}");
    let in_columns = |columns: &str| {
        let mut command = proofmark(&["pending"]);
        command.env_remove("INSTA_UPDATE").env("COLUMNS", columns).current_dir(project.0.path());
        out(&command.output().unwrap())
    };
    assert!(in_columns("80").lines().all(|line| line.chars().count() <= 80), "{}", in_columns("80"));
    assert_eq!(in_columns("200"), text, "in a pipe no sentence is broken");
    let (exit, text) = project.run(&["pending", "duplicate-key-in-a-form"]);
    assert_eq!((exit, text.matches("\n  ecs/").count()), (1, 1), "{text}");
    assert_eq!(Project::new().run(&["pending"]), (0, "0 pending, 0 kinds of change\n".to_owned()));
}

#[test]
fn nothing_of_a_snapshot_acts_on_the_terminal() {
    let project = Project::changed();
    let waiting: Vec<PathBuf> =
        project.files().into_keys().filter(|path| path.extension().unwrap() == "new").collect();
    let text = fs::read_to_string(&waiting[0]).unwrap();
    let hostile = "\u{202e}\u{200b}\u{2060}\u{9b}2J\u{1b}]0;x\u{7}";
    // Each in a field's name, its value, a header, a parameter and the message, as a file that others wrote may have it.
    let text = text
        .replace("\"HostId\": \"", &format!("\"Host{hostile}\": \"x"))
        .replace("< content-type: ", &format!("< x-{hostile}: a\n< content-type: {hostile}"))
        .replace("\n> Action = ", &format!("\n> Act{hostile} = {hostile}"));
    fs::write(&waiting[0], text).unwrap();
    let (exit, text) = project.run(&["pending"]);
    assert_eq!(exit, 1, "{text}");
    assert!(text.contains("\\u{202e}"), "it is shown escaped: {text}");
    assert_eq!(text.chars().find(|letter| is_hostile(*letter)), None, "{text:?}");
}

#[test]
fn reject_restores_a_green_run_and_leaves_no_trace() {
    let before = Project::new().files().into_values().collect::<Vec<_>>();
    let project = Project::changed();
    let (exit, text) = project.run(&["reject"]);
    assert_eq!(exit, 0, "{text}");
    assert_eq!(project.files().into_values().collect::<Vec<_>>(), before);
    assert_eq!(project.run(&["run", "-q", CASES]).0, 0);
}

#[test]
fn accept_takes_what_is_meant_and_changes_only_the_lines_that_differ() {
    let project = Project::changed();
    let before = project.files();
    let (exit, text) = project.run(&["accept", "duplicate-key-in-a-form"]);
    assert_eq!((exit, text.matches("accepted  ecs/").count()), (0, 1), "{text}");
    let after = project.files();
    assert_eq!(after.len(), before.len() - 1, "one is no longer pending, and nothing else is gone");
    let changed: Vec<_> = after.iter().filter(|(path, text)| before[*path] != **text).collect();
    let [(path, text)] = changed[..] else { panic!("{changed:?}") };
    assert!(path.ends_with("tag-count/duplicate-key-in-a-form.snap"), "{}", path.display());
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(&before[path]), lines(text));
    let differing = old.iter().zip(&new).filter(|(old, new)| old != new).count();
    assert_eq!((old.len(), differing), (new.len(), 1), "{text}");
    assert_eq!(
        project.run(&["run", "-q", "--update", "new", "--fault", FAULT, "duplicate-key-in-a-form"]).0,
        1,
        "the contract"
    );
    assert_eq!(project.run(&["pending", "duplicate-key-in-a-form"]).0, 4, "and not the snapshot");
}

#[test]
fn files_that_are_no_snapshots_are_named_and_left_alone() {
    let project = Project::changed();
    let pending: Vec<PathBuf> =
        project.files().into_keys().filter(|path| path.extension().unwrap() == "new").collect();
    let [cut, conflict, foreign, ..] = &pending[..] else { panic!("{pending:?}") };
    let texts = ["", "---\nsource: a\n---\n<<<<<<< HEAD\n", "what is this\n"];
    for (path, text) in [cut, conflict, foreign].into_iter().zip(texts) {
        fs::write(path, text).unwrap();
    }
    for command in ["pending", "accept"] {
        let (exit, text) = project.run(&[command]);
        assert_eq!((exit, text.matches("left alone: cannot read").count()), (3, 3), "{text}");
    }
    let files = project.files();
    for (path, text) in [cut, conflict, foreign].into_iter().zip(texts) {
        assert_eq!(files[path], text);
    }
    assert_eq!(files.keys().filter(|path| path.extension().unwrap() == "new").count(), 3, "others are done");
}

#[test]
fn prune_removes_just_what_belongs_to_no_case() {
    let project = Project::new();
    let table = fs::read_to_string(project.table("tag-count.toml")).unwrap();
    let start = table.find("[[case]]\nid     = \"duplicate-key-in-a-form\"").or_else(|| {
        let id = table.find("\"duplicate-key-in-a-form\"")?;
        table[..id].rfind("[[case]]")
    });
    let start = start.unwrap();
    let end = table[start + 1..].find("[[case]]").map_or(table.len(), |end| start + 1 + end);
    fs::write(project.table("tag-count.toml"), table[..start].to_owned() + &table[end..]).unwrap();
    let before = project.files();
    let (exit, text) = project.run(&["prune", "--dry-run"]);
    assert_eq!((exit, text.matches("would remove").count()), (1, 1), "{text}");
    assert_eq!(project.files(), before);
    let (exit, text) = project.run(&["prune"]);
    assert_eq!(exit, 0, "{text}");
    let after = project.files();
    let gone: Vec<_> = before.keys().filter(|path| !after.contains_key(*path)).collect();
    assert!(
        matches!(gone[..], [path] if path.ends_with("tag-count/duplicate-key-in-a-form.snap")),
        "{gone:?}"
    );
    assert_eq!(project.run(&["prune", "--dry-run"]).0, 0);
}

#[test]
fn nothing_is_removed_while_a_table_is_broken_or_by_a_name_that_no_endpoint_has() {
    let project = Project::new();
    let before = project.files();
    fs::remove_file(project.table("tag-count.toml")).unwrap();
    fs::write(project.table("running.toml"), "broken").unwrap();
    assert_eq!(project.run(&["prune"]).0, 3);
    assert_eq!(project.files(), before);
    let project = Project::new();
    for name in ["../..", "nosuch", "http://127.0.0.1:9"] {
        let (exit, text) = project.run(&["prune", "--endpoint", name]);
        assert_eq!(exit, 2, "{text}");
    }
}

#[test]
fn what_a_fault_has_made_is_told_wherever_it_can_be_accepted() {
    let project = Project::changed();
    let note = format!("recorded while a fault was switched on: {FAULT}");
    let (_, text) = project.run(&["pending"]);
    let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(shown.matches(&format!("! {note}")).count(), 1, "once for the kind: {text}");
    assert_eq!(project.run(&["review", "--html", "page.html"]).0, 0);
    let page = fs::read_to_string(project.0.path().join("page.html")).unwrap();
    let cases = page.matches("<article").count();
    assert_eq!(page.matches(&format!("<p class=\"warning\">{note}</p>")).count(), 1 + cases);
    let data = page.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    for (choice, is_told) in [("reject", false), ("accept", true)] {
        let mut decision = data["cases"][usize::from(is_told)].clone();
        decision["decision"] = choice.into();
        let file = serde_json::json!({
            "format": data["format"], "version": data["version"], "store": data["store"], "decisions": [decision],
        });
        fs::write(project.0.path().join("d.json"), file.to_string()).unwrap();
        let (exit, text) = project.run(&["accept", "--decisions", "d.json"]);
        assert_eq!((exit, text.contains(&format!("1 {note}"))), (0, is_told), "{text}");
    }
}

#[test]
fn the_page_tells_what_was_in_the_contract_before_what_is() {
    let project = Project::changed();
    let (exit, text) = project.run(&["review", "--html", "page.html"]);
    assert_eq!(exit, 0, "{text}");
    let page = fs::read_to_string(project.0.path().join("page.html")).unwrap();
    let [was, now] = ["<li>was  400 Duplicate.TagKey", "<li>now  no row"].map(|row| page.find(row).unwrap());
    assert!(was < now, "{was} and {now}");
}

#[test]
fn a_different_snapshot_is_shown_where_nothing_can_be_written() {
    let project = Project::new();
    let name = "snapshots/ecs/StartImagePipelineExecution/tag-count/none@query.snap";
    let path = project.0.path().join(name);
    let old = fs::read_to_string(&path).unwrap();
    assert!(old.contains("< 200"));
    fs::write(&path, old.replace("< 200", "< 201")).unwrap();
    // A folder is where the lock belongs, as no file can be written in a folder that is only read.
    let lock = project.0.path().join("snapshots/.proofmark/lock");
    let _ = fs::remove_file(&lock);
    fs::create_dir_all(&lock).unwrap();
    for update in ["new", "always", "unseen"] {
        let (code, text) = project.run(&["run", "--update", update, "tag-count/none"]);
        assert_eq!(code, 1, "{text}");
        assert!(
            text.contains("expected  status line: 201") && text.contains("got       status line: 200"),
            "{update}: {text}"
        );
        assert!(text.contains("the new answers are not kept: cannot write"), "{update}: {text}");
        assert!(text.contains("1 different"), "{update}: {text}");
    }
    fs::remove_file(&path).unwrap();
    let (code, text) = project.run(&["run", "--update", "always", "tag-count/none"]);
    assert!(code == 1 && text.contains("1 missing") && text.contains("are not kept"), "{text}");
}

#[test]
fn what_is_pending_for_other_endpoints_is_mentioned() {
    let project = Project::changed();
    fs::write(project.0.path().join("cases/endpoints.toml"), "[endpoint.mock]\nurl = \"http://h\"\n")
        .unwrap();
    let (code, text) = project.run(&["pending", "--endpoint", "mock"]);
    assert!(code == 0 && text.contains("0 pending"), "{text}");
    assert!(text.contains("more pending for the reference endpoint: leave out --endpoint"), "{text}");
    let folder = project.0.path().join("snapshots");
    let operation = folder.join("ecs/StartImagePipelineExecution/tag-count");
    let other = folder.join("@mock/ecs/StartImagePipelineExecution/tag-count");
    fs::create_dir_all(&other).unwrap();
    for entry in fs::read_dir(operation).unwrap().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "new") {
            fs::rename(entry.path(), other.join(entry.file_name())).unwrap();
        }
    }
    let (code, text) = project.run(&["pending"]);
    assert!(code == 0 && text.contains("more pending for `mock`: --endpoint mock"), "{text}");
}

#[test]
fn links_among_snapshots_are_named_and_not_followed() {
    let project = Project::new();
    let folder = project.0.path().join("snapshots");
    let elsewhere = project.0.path().join("elsewhere");
    fs::create_dir_all(elsewhere.join("t")).unwrap();
    fs::write(elsewhere.join("t/a.snap.new"), "---\nsource: x\n---\nold\n").unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.join("linked")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("a.snap.new")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.join("@mock")).unwrap();
    let (code, text) = project.run(&["pending"]);
    assert_eq!((code, text.matches("no link is followed here").count()), (3, 2), "{text}");
    let (_, text) = project.run(&["run", "tag-count/none"]);
    assert!(text.contains("2 belong to no case") && text.contains("snapshots/linked"), "{text}");
    let (code, text) = project.run(&["prune"]);
    assert!(code == 3 && text.matches("left alone").count() == 2, "{text}");
    assert!(elsewhere.join("t/a.snap.new").exists());
}
