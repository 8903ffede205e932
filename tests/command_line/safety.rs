//! The folder of snapshots under bad conditions: several writers, links, a folder that cannot be written to, a full
//! disk, CI. Whatever happens, files are whole, and nothing outside is touched.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::project::{CASES, FAULT, OPERATION, Project, SIDE_FILE};
use crate::support::{code, err, out};

/// An ordinary user, as whom permissions bind; the superuser may do anything.
const UNPRIVILEGED: u32 = 65_534;

fn started(project: &Project, arguments: &[&str]) -> Child {
    project.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The files of a project that are new, other or gone.
fn changed(project: &Project, before: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let after = project.tree("");
    let paths: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn nothing_at_all_is_written_in_ci() {
    let project = Project::new();
    let before = project.tree("");
    for (arguments, due) in [
        (&["run", "-q"][..], 0),
        (&["run", "-q", "--fault", FAULT, CASES], 1),
        (&["run", "-q", "--max-age", "1d", CASES], 0),
        (&["run", "--stale", CASES], 0),
        (&["stale", CASES], 1),
        (&["pending"], 0),
    ] {
        let output = project.command(arguments).env("CI", "true").output().unwrap();
        assert_eq!(code(&output), due, "{}", out(&output) + &err(&output));
        assert_eq!(changed(&project, &before), Vec::<String>::new(), "{arguments:?}");
    }
    let output = project.command(&["run", "-q", "--update", "no"]).output().unwrap();
    assert_eq!((code(&output), project.tree("") == before), (0, true));
}

#[test]
fn runs_and_decisions_at_once_lose_nothing_and_end_with_whole_files() {
    let tables = ["tag-count", "tag-key", "tag-value", "running"];
    for _ in 0..3 {
        let project = Project::new();
        // Something to decide upon while the others run.
        assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", FAULT, CASES]).0, 1);
        // So many cases of others that to read and write the side file takes longer than to start a process.
        project.edit_side_file(|text| {
            let entry = text.lines().last().unwrap().to_owned();
            let case = entry.split('"').nth(3).unwrap();
            let others = (0..5000).map(|number| entry.replace(case, &format!("other/case-{number}")) + "\n");
            text + &others.collect::<String>()
        });
        let runs = tables.map(|table| started(&project, &["run", "-q", &format!("/{table}/")]));
        let decision = started(&project, &["accept"]);
        for mut child in runs.into_iter().chain([decision]) {
            child.wait().unwrap();
        }
        let entries = project.entries();
        for table in tables {
            let (_, cases) = project.run(&["list", &format!("/{table}/")]);
            let lost: Vec<&str> = cases.lines().filter(|case| !entries.contains_key(*case)).collect();
            assert_eq!(lost, Vec::<&str>::new());
        }
        assert_eq!(entries.keys().filter(|case| case.starts_with("other/")).count(), 5000);
        let (exit, shown) = project.run(&["stale"]);
        assert_eq!((exit, shown.contains("left alone")), (1, false), "every file can be read: {shown}");
        let left = project.tree("snapshots").into_keys();
        let ours = |path: &Path| path.extension().is_some_and(|ending| ending == "snap" || ending == "new");
        assert_eq!(left.filter(|path| !ours(path)).count(), 3, "no file of a write is left");
    }
}

#[test]
fn who_waits_for_the_lock_gives_up_and_who_reads_does_not_wait() {
    let project = Project::new();
    assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", FAULT, CASES]).0, 1);
    let before = project.tree("snapshots");
    let lock = File::options().write(true).open(project.path("snapshots/.proofmark/lock")).unwrap();
    lock.lock().unwrap();
    let (exit, shown) = project.run(&["accept"]);
    assert!(exit == 6 && shown.contains("cannot write below snapshots: another run or review"), "{shown}");
    assert_eq!(project.tree("snapshots"), before);
    assert_eq!(project.run(&["pending"]).0, 1);
    assert_eq!(project.run(&["run", "-q", "--update", "no", "tag-count/none"]).0, 0);
    assert_eq!(project.run(&["stale", "tag-count/none"]).0, 1);
    drop(lock);
    assert_eq!(project.run(&["accept"]).0, 0);
}

/// A link in the place of something in the folder of snapshots, to what stood there, which is outside now.
fn linked(project: &Project, path: &str) -> String {
    let (inside, outside) = (project.path(path), project.path("outside"));
    if inside.exists() {
        fs::rename(&inside, &outside).unwrap();
    } else {
        fs::create_dir(&outside).unwrap();
    }
    symlink(&outside, &inside).unwrap();
    path.to_owned()
}

#[test]
fn no_link_is_followed_out_of_the_folder() {
    let table = format!("snapshots/{OPERATION}/tag-count");
    let snapshot = format!("{table}/duplicate-key-in-a-form.snap");
    for place in ["snapshots/ecs", &format!("snapshots/{OPERATION}"), &table, &snapshot] {
        let project = Project::new();
        linked(&project, place);
        let before = project.tree("");
        for mode in [&["new", "--fault", FAULT][..], &["always"], &["no", "--fault", FAULT]] {
            let arguments = [&["run", "-q", "tag-count/duplicate-key-in-a-form", "--update"], mode].concat();
            let (exit, shown) = project.run(&arguments);
            assert_eq!(exit, 1, "{place}: {shown}");
            assert!(shown.contains("not followed") || shown.contains("not a plain file"), "{place}: {shown}");
        }
        project.run(&["accept"]);
        project.run(&["prune"]);
        let mut after = project.tree("");
        after.retain(|path, _| !path.components().any(|part| part.as_os_str() == ".proofmark"));
        assert_eq!(after, before, "{place}");
    }
}

#[test]
fn a_pending_snapshot_that_is_a_link_is_neither_followed_nor_replaced() {
    let project = Project::new();
    let snapshot = format!("snapshots/{OPERATION}/tag-count/duplicate-key-in-a-form.snap");
    fs::write(project.path("outside.txt"), "mine").unwrap();
    symlink(project.path("outside.txt"), project.path(&format!("{snapshot}.new"))).unwrap();
    let before = project.snapshots();
    let arguments = ["run", "-q", "--update", "new", "--fault", FAULT, "tag-count/duplicate-key-in-a-form"];
    let (exit, shown) = project.run(&arguments);
    assert!(exit == 1 && shown.contains("it is not a plain file"), "{shown}");
    project.run(&["accept"]);
    assert_eq!(project.run(&["run", "-q", "tag-count/duplicate-key-in-a-form"]).0, 0, "it is not in the way");
    assert_eq!(project.snapshots(), before);
    assert_eq!(fs::read_to_string(project.path("outside.txt")).unwrap(), "mine");
}

#[test]
fn a_pending_file_that_is_no_snapshot_is_not_written_over() {
    for text in ["my notes\n", "", "---\nsource: a\n---\n<<<<<<< HEAD\n"] {
        let project = Project::new();
        let waiting =
            project.path(&format!("snapshots/{OPERATION}/tag-count/duplicate-key-in-a-form.snap.new"));
        fs::write(&waiting, text).unwrap();
        let changed = ["--fault", FAULT, "--update", "new"];
        for fault in [&changed[..], &["--update", "always"], &[]] {
            project.run(&[&["run", "-q", "tag-count/duplicate-key-in-a-form"], fault].concat());
            assert_eq!(fs::read_to_string(&waiting).unwrap(), text);
        }
    }
}

#[test]
fn a_folder_of_our_own_that_is_a_link_leads_nowhere_and_stops_no_run() {
    let project = Project::new();
    linked(&project, "snapshots/.proofmark");
    let (exit, shown) = project.run(&["run", "-q", "tag-count/none"]);
    assert!(exit == 0 && shown.contains("WARNING") && shown.contains("not followed"), "{shown}");
    assert_eq!(fs::read_dir(project.path("outside")).unwrap().count(), 0);
    let project = Project::new();
    assert_eq!(project.run(&["run", "-q", "tag-count/none"]).0, 0);
    let side_file = linked(&project, SIDE_FILE);
    let before = fs::read(project.path("outside")).unwrap();
    let (exit, shown) = project.run(&["run", "-q", "required/both-missing"]);
    assert!(exit == 0 && shown.contains("not a plain file"), "{shown}");
    assert!(fs::symlink_metadata(project.path(&side_file)).unwrap().is_symlink());
    assert_eq!(fs::read(project.path("outside")).unwrap(), before);
}

#[test]
fn what_is_kept_of_the_last_run_goes_through_no_link() {
    let project = Project::new();
    let folder = linked(&project, ".proofmark");
    assert_eq!(project.run(&["run", "-q", "tag-count/none"]).0, 0);
    assert_eq!(fs::read_dir(project.path("outside")).unwrap().count(), 0, "{folder}");
    for file in [".gitignore", "last-run.json"] {
        let project = Project::new();
        fs::create_dir(project.path(".proofmark")).unwrap();
        symlink(project.path("nowhere"), project.path(&format!(".proofmark/{file}"))).unwrap();
        assert_eq!(project.run(&["run", "-q", "tag-count/none"]).0, 0);
        assert!(!project.path("nowhere").exists(), "{file}");
    }
}

/// The program as a user whom permissions bind; none if that cannot be had here.
fn as_nobody(project: &Project, arguments: &[&str]) -> Option<Command> {
    let mut probe = Command::new("sh");
    let touched = project.path("snapshots/probe");
    probe.args(["-c", "exec touch \"$0\""]).arg(&touched).stderr(Stdio::null());
    let mut command = project.command(arguments);
    if probe.status().unwrap().success() {
        // The superuser: permissions say nothing to them.
        fs::remove_file(&touched).unwrap();
        command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
        let mut can_start = Command::new(env!("CARGO_BIN_EXE_proofmark"));
        can_start
            .arg("--version")
            .uid(UNPRIVILEGED)
            .gid(UNPRIVILEGED)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        can_start.status().ok()?;
    }
    Some(command)
}

#[test]
fn a_folder_that_cannot_be_written_to_still_verifies() {
    let project = Project::new();
    fs::set_permissions(project.0.path(), Permissions::from_mode(0o555)).unwrap();
    for folder in ["snapshots", &format!("snapshots/{OPERATION}/tag-count")] {
        fs::set_permissions(project.path(folder), Permissions::from_mode(0o555)).unwrap();
    }
    let before = project.tree("");
    if let Some(mut command) = as_nobody(&project, &["run", "-q", "tag-count"]) {
        let output = command.output().unwrap();
        let shown = out(&output) + &err(&output);
        assert_eq!(code(&output), 0, "{shown}");
        assert!(shown.contains("WARNING") && shown.contains("is not kept"), "{shown}");
        let mut command =
            as_nobody(&project, &["run", "-q", "--update", "new", "--fault", FAULT, CASES]).unwrap();
        assert_eq!(code(&command.output().unwrap()), 1, "what differs is reported all the same");
    }
    // No user at all can make a folder where a file is.
    let plain = Project::new();
    fs::write(plain.path("snapshots/.proofmark"), "").unwrap();
    let (exit, shown) = plain.run(&["run", "-q", "tag-count"]);
    assert!(exit == 0 && shown.contains("WARNING"), "{shown}");
    assert_eq!(changed(&project, &before), Vec::<String>::new());
    fs::set_permissions(project.path("snapshots"), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(project.0.path(), Permissions::from_mode(0o755)).unwrap();
    let table = project.path(&format!("snapshots/{OPERATION}/tag-count"));
    fs::set_permissions(table, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_full_disk_keeps_the_old_files_whole() {
    let project = Project::new();
    assert_eq!(project.run(&["run", "-q", "tag-count"]).0, 0);
    let before = project.tree("snapshots");
    // No file may grow beyond nothing, and a write fails as on a full disk.
    let limited = |arguments: &str| {
        let script = format!("trap '' XFSZ; ulimit -f 0; exec \"$0\" {arguments}");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_proofmark")]).current_dir(project.0.path());
        command.env_remove("CI").env_remove("INSTA_UPDATE").output().unwrap()
    };
    let snapshot = format!("snapshots/{OPERATION}/tag-count/duplicate-key-in-a-form.snap");
    for mode in [&*format!("new --fault {FAULT}"), "always"] {
        if mode == "always" {
            project.edit(&snapshot, |text| text.replace("< 400", "< 401"));
        }
        let before = project.tree("snapshots");
        let output = limited(&format!("run -q --update {mode} {CASES}"));
        let shown = out(&output) + &err(&output);
        assert!(code(&output) == 1 && shown.contains("cannot write snapshots/"), "{shown}");
        assert_eq!(project.tree("snapshots"), before, "{mode}");
    }
    project.edit(&snapshot, |text| text.replace("< 401", "< 400"));
    let output = limited("run -q tag-count");
    let shown = out(&output) + &err(&output);
    assert!(code(&output) == 0 && shown.contains("WARNING") && shown.contains("is not kept"), "{shown}");
    assert_eq!(project.tree("snapshots"), before);
}

#[test]
fn in_ci_no_snapshot_is_accepted_without_a_flag_that_says_so() {
    let project = Project::new();
    let snapshot = project.path(&format!("snapshots/{OPERATION}/tag-count/duplicate-key-in-a-form.snap"));
    fs::remove_file(&snapshot).unwrap();
    let before = project.tree("");
    let case = "tag-count/duplicate-key-in-a-form";
    for mode in ["always", "force", "unseen"] {
        let flag =
            project.command(&["run", "-q", "--update", mode, case]).env("CI", "true").output().unwrap();
        let variable =
            project.command(&["run", "-q", case]).env("CI", "1").env("INSTA_UPDATE", mode).output().unwrap();
        for output in [flag, variable] {
            assert_eq!(code(&output), 2, "{mode}: {}", out(&output) + &err(&output));
            assert!(err(&output).contains("--in-ci"), "{}", err(&output));
            assert_eq!(changed(&project, &before), Vec::<String>::new(), "{mode}");
        }
    }
    // What writes no snapshot is not in the way of it.
    let noise =
        project.command(&["noise", case]).env("CI", "1").env("INSTA_UPDATE", "always").output().unwrap();
    assert_ne!(code(&noise), 2, "{}", err(&noise));
    let allowed = ["run", "-q", "--update", "unseen", "--in-ci", case];
    let output = project.command(&allowed).env("CI", "true").output().unwrap();
    assert!(code(&output) == 0 && snapshot.exists(), "{}", out(&output) + &err(&output));
}

#[test]
fn a_run_with_a_fault_writes_no_snapshot() {
    let project = Project::new();
    let before = project.tree("");
    for mode in ["always", "unseen"] {
        let (exit, shown) = project.run(&["run", "-q", "--update", mode, "--fault", FAULT, CASES]);
        assert!(exit == 2 && shown.contains("a run with a fault writes no snapshots"), "{shown}");
        let output = project
            .command(&["run", "-q", "--fault", FAULT, CASES])
            .env("INSTA_UPDATE", mode)
            .output()
            .unwrap();
        assert_eq!(code(&output), 2, "{}", err(&output));
    }
    assert_eq!(project.run(&["run", "-q", "--fault", FAULT, CASES]).0, 1);
    assert_eq!(changed(&project, &before), Vec::<String>::new());
    // What waits for a decision is written where it is asked for by name, and marked.
    assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", FAULT, CASES]).0, 1);
    let (_, shown) = project.run(&["accept"]);
    assert!(shown.contains("recorded while a fault was switched on"), "{shown}");
}
