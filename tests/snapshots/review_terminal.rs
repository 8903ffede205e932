//! `proofmark review` at a real terminal: keys, widths, colours, and the terminal's mode afterwards.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{code, copied_cases, copied_snapshots, err, out, proofmark};
use rexpect::session::{PtySession, spawn_command};

/// A fault that changes one thing in many cases, and those cases.
const FAULT: &str = "wrong-message:Duplicate.TagKey";
const CASES: &str = "tag-count/duplicate-key*";

/// How long output is waited for, in milliseconds: a bound for a broken program, never waited for in full.
const PATIENCE: u64 = 60_000;

struct Project(tempfile::TempDir);

impl Project {
    /// Copies of the shipped cases and snapshots, after a run with each fault.
    fn changed(runs: &[(&str, &str)]) -> Self {
        let folder = copied_cases();
        copied_snapshots(&folder.path().join("snapshots"));
        let project = Self(folder);
        for (fault, cases) in runs {
            assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", fault, cases]).0, 1);
        }
        project
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = proofmark(arguments);
        let output = command.env_remove("INSTA_UPDATE").current_dir(self.0.path()).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    }

    fn pending(&self) -> usize {
        let (_, text) = self.run(&["pending"]);
        text.lines().last().unwrap().split(' ').next().unwrap().parse().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A terminal in which the program runs, and which says afterwards how it ended.
    fn terminal(&self, columns: usize, variables: &[(&str, &str)], arguments: &str) -> Terminal {
        let script = format!(
            "stty rows 24 cols {columns}; stty -g > before; \
             sh -c 'echo $$ > pid; exec \"$0\" review {arguments}' {}; echo \"exit $?\"; \
             stty -g > after; cmp before after && echo 'as before'",
            env!("CARGO_BIN_EXE_proofmark")
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(self.0.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("TERM", "xterm-256color");
        command.envs(variables.iter().copied());
        Terminal { session: spawn_command(command, Some(PATIENCE)).unwrap(), seen: String::new() }
    }
}

/// Runs a tool in a folder, and gives what it says.
fn tool(folder: &Path, name: &str, arguments: &[&str]) -> String {
    let output = Command::new(name).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{name} {arguments:?}: {}", err(&output));
    out(&output)
}

/// What git would commit.
fn status(project: &Project) -> String {
    tool(project.0.path(), "git", &["status", "--porcelain", "--untracked-files=all"])
}

fn committed(project: &Project) {
    let folder = project.0.path();
    tool(folder, "git", &["init", "-q"]);
    tool(folder, "git", &["add", "."]);
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    tool(folder, "git", &[&who[..], &["commit", "-q", "-m", "cases"]].concat());
}

/// Every file of a snapshot, accepted or pending, and what it holds.
fn snapshots(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            snapshots(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "snap" || ending == "new") {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
}

struct Terminal {
    session: PtySession,
    seen: String,
}

impl Terminal {
    /// Waits for a text, and keeps what came before it.
    fn sees(&mut self, text: &str) -> &mut Self {
        let before =
            self.session.exp_string(text).unwrap_or_else(|error| panic!("{text:?}: {error}\n{}", self.seen));
        self.seen += &before;
        self.seen += text;
        self
    }

    fn press(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).unwrap();
        self.session.flush().unwrap();
        self
    }

    /// The end: the exit code, and the terminal as it was before. Gives all that was shown.
    fn ends(mut self, code: i32) -> String {
        self.sees(&format!("exit {code}\r\n")).sees("as before");
        self.seen
    }
}

#[test]
fn one_key_accepts_a_kind_of_change_and_only_the_lines_that_differ_change() {
    let project = Project::changed(&[(FAULT, CASES)]);
    let count = project.pending();
    assert!(count > 3);
    let mut terminal = project.terminal(80, &[], "");
    terminal.sees("CHANGE 1 of 1").sees("message is no longer the one in the contract");
    terminal.sees(&format!("[a]ccept all {count}")).sees("> ").press("a");
    terminal.sees(&format!("accepted {count} cases")).sees("still waiting 0");
    let seen = terminal.ends(0);
    assert!(seen.contains("\u{1b}[31m") && seen.contains("\u{1b}[7m"), "in colour: {seen}");
    assert_eq!(project.pending(), 0);
    let shipped = fs::read_to_string(
        "snapshots/ecs/StartImagePipelineExecution/tag-count/duplicate-key-in-a-form.snap",
    );
    let accepted = fs::read_to_string(
        project.path("snapshots/ecs/StartImagePipelineExecution/tag-count/duplicate-key-in-a-form.snap"),
    );
    let (shipped, accepted) = (shipped.unwrap(), accepted.unwrap());
    let differing: Vec<_> = shipped.lines().zip(accepted.lines()).filter(|(old, new)| old != new).collect();
    assert!(matches!(differing[..], [(old, _)] if old.contains("Message")), "{differing:?}");
}

#[test]
fn a_narrow_terminal_without_colour_shows_all_in_lines_that_fit() {
    let project = Project::changed(&[(FAULT, CASES)]);
    for variables in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let mut terminal = project.terminal(40, &variables, "");
        terminal.sees("more; l lists all").sees("help > ").press("?").sees("quit").sees("help > ");
        let start = terminal.seen.len();
        terminal.press("l").sees("help > ");
        let all = terminal.seen[start..].matches("  ecs/").count();
        assert_eq!(all, project.pending(), "a key shows every case");
        terminal.press("o").sees("help > ").press("n").sees("help > ").press("w").sees("help > ").press("c");
        terminal.sees("help > ").press("q").sees("still waiting");
        let seen = terminal.ends(1);
        assert!(!seen.contains('\u{1b}'), "{seen}");
        let shown = seen.split("exit 1").next().unwrap();
        let wide: Vec<&str> =
            shown.lines().filter(|line| line.trim_end_matches('\r').chars().count() > 40).collect();
        assert_eq!(wide, Vec::<&str>::new());
        assert!(shown.contains("    ^") || shown.contains(" ^"), "what differs is marked: {shown}");
    }
}

#[test]
fn nothing_of_a_snapshot_acts_on_the_terminal_of_who_decides() {
    let project = Project::changed(&[(FAULT, CASES)]);
    let hostile = "\u{202e}\u{9b}2J\u{1b}]0;x\u{7}\u{2028}";
    let mut found = BTreeMap::new();
    snapshots(project.0.path(), &mut found);
    for path in found.keys().filter(|path| path.extension().is_some_and(|ending| ending == "new")) {
        let path = project.path(path.to_str().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let text = text
            .replace("\"HostId\": \"", &format!("\"Host{hostile}\": \"x"))
            .replace("\"Message\": \"", &format!("\"Message\": \"{hostile}"))
            .replace("< content-type: ", &format!("< content-type: {hostile}"));
        fs::write(&path, text).unwrap();
    }
    let mut terminal = project.terminal(200, &[("NO_COLOR", "1")], "");
    terminal.sees("help > ").press("l").sees("help > ").press("1").sees("help > ").press("w").sees("help > ");
    terminal.press("q").sees("still waiting");
    let seen = terminal.ends(1);
    assert!(seen.contains("\\u{202e}"), "it is shown escaped: {seen}");
    let acts = |letter: char| letter != '\r' && proofmark::inside::model::is_hostile(letter);
    assert_eq!(seen.chars().find(|letter| acts(*letter)), None, "{seen:?}");
}

#[test]
fn cases_are_decided_one_by_one_and_the_rest_alike() {
    let project = Project::changed(&[(FAULT, CASES)]);
    let count = project.pending();
    let mut terminal = project.terminal(80, &[("NO_COLOR", "1")], "");
    terminal.sees("help > ").press("1").sees("CASE 1 of").sees("help > ").press("r").sees("rejected 1 case");
    terminal.sees("CASE 2 of").sees("help > ").press("s").sees("skipped 1 case");
    terminal.sees("CASE 3 of").sees("help > ").press("b").sees("CASE 2 of").sees("help > ").press("a");
    terminal.sees("accepted 1 case").sees("CASE 3 of").sees("help > ").press("A");
    terminal.sees(&format!("accepted {} cases", count - 2));
    terminal.sees(&format!("accepted {}, rejected 1, still waiting 0", count - 1));
    terminal.ends(0);
    assert_eq!(project.pending(), 0);
}

#[test]
fn a_case_is_found_by_a_part_of_its_id() {
    let project = Project::changed(&[(FAULT, CASES)]);
    let mut terminal = project.terminal(80, &[("NO_COLOR", "1")], "");
    terminal
        .sees("help > ")
        .press("/")
        .sees("id: ")
        .press("nowhere\r")
        .sees("no pending case")
        .sees("help > ");
    terminal
        .press("/")
        .sees("id: ")
        .press("in-a-formx\u{7f}\r")
        .sees("CASE ")
        .sees("tag-count/duplicate-key-in-a-form");
    terminal.sees("help > ").press("a").sees("accepted 1 case").sees("help > ").press("q");
    terminal.sees("accepted 1, rejected 0");
    terminal.ends(1);
    assert_eq!(project.run(&["pending", "duplicate-key-in-a-form"]).0, 4, "it is decided");
}

#[test]
fn leaving_at_any_time_keeps_what_is_decided_and_the_mode_of_the_terminal() {
    for (keys, signal, exit) in
        [("\u{3}", None, 1), ("\u{4}", None, 1), ("q", None, 1), ("", Some("-TERM"), 130)]
    {
        let project = Project::changed(&[
            (FAULT, CASES),
            ("wrong-status:InvalidRegionId.NotFound", "region-and-pipeline"),
        ]);
        let count = project.pending();
        let mut terminal = project.terminal(80, &[], "");
        terminal
            .sees("CHANGE 1 of 2")
            .sees("help > ")
            .press("r")
            .sees("rejected")
            .sees("CHANGE 2 of 2")
            .sees("help > ");
        match signal {
            None => drop(terminal.press(keys).sees("still waiting")),
            Some(signal) => {
                let pid = fs::read_to_string(project.path("pid")).unwrap();
                assert!(Command::new("kill").args([signal, pid.trim()]).status().unwrap().success());
            }
        }
        terminal.ends(exit);
        let left = project.pending();
        assert!(0 < left && left < count, "{left} of {count} wait");
    }
}

#[test]
fn it_works_where_no_case_can_be_read() {
    let project = Project::changed(&[("no-host-id", CASES)]);
    fs::remove_dir_all(project.path("cases")).unwrap();
    let mut terminal = project.terminal(80, &[], "");
    terminal.sees("the cases cannot be read").sees("field $.HostId is gone").sees("help > ").press("r");
    terminal.sees("still waiting 0");
    terminal.ends(0);
}

#[test]
fn without_a_terminal_it_asks_nothing_and_says_what_to_use() {
    let project = Project::changed(&[(FAULT, CASES)]);
    let (exit, text) = project.run(&["review"]);
    assert_eq!(exit, 2, "{text}");
    assert!(text.contains("needs a terminal") && text.contains("`pending`"), "{text}");
    assert!(project.pending() > 0, "nothing is decided");
}

#[test]
fn files_that_are_no_snapshots_are_named_and_left_alone() {
    let project = Project::changed(&[(FAULT, CASES)]);
    let broken =
        project.path("snapshots/ecs/StartImagePipelineExecution/tag-count/duplicate-key-in-a-form.snap.new");
    fs::write(&broken, "what is this\n").unwrap();
    let mut terminal = project.terminal(80, &[], "");
    terminal.sees("left alone").sees("help > ").press("a").sees("still waiting 0");
    terminal.ends(3);
    assert_eq!(fs::read_to_string(broken).unwrap(), "what is this\n");
}

#[test]
fn a_fault_is_one_kind_that_is_rejected_without_a_trace_or_accepted_line_by_line() {
    let project = Project::changed(&[]);
    committed(&project);
    assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", FAULT, CASES]).0, 1);
    let (exit, text) = project.run(&["pending"]);
    let count = text.lines().filter(|line| line.starts_with("  ecs/")).count();
    assert!(exit == 1 && count > 3 && text.contains(&format!("{count} pending, 1 kind of change")), "{text}");
    let mut terminal = project.terminal(80, &[], "");
    terminal.sees(&format!("CHANGE 1 of 1  {count} cases")).sees("help > ").press("r");
    terminal.sees(&format!("rejected {count}, still waiting 0"));
    terminal.ends(0);
    let traces = ["before", "after", "pid"].map(|name| fs::remove_file(project.path(name)).is_ok());
    assert_eq!(traces, [true; 3], "what the terminal of this test has left");
    assert_eq!(status(&project), "");
    assert_eq!(project.run(&["run", "-q", CASES]).0, 0);

    assert_eq!(project.run(&["run", "-q", "--update", "new", "--fault", FAULT, CASES]).0, 1);
    let mut terminal = project.terminal(80, &[], "");
    terminal.sees("help > ").press("a").sees(&format!("accepted {count}, rejected 0, still waiting 0"));
    terminal.ends(0);
    let changed = tool(project.0.path(), "git", &["diff", "--numstat"]);
    assert_eq!(changed.lines().count(), count, "{changed}");
    assert!(changed.lines().all(|line| line.starts_with("1\t1\tsnapshots/")), "{changed}");
}

/// By what a change is decided about.
enum By {
    Proofmark,
    Insta,
    InstaAtATerminal,
}

/// Cargo-insta asks for a package around the snapshots.
fn make_package(root: &Path) {
    fs::write(root.join("Cargo.toml"), "[package]\nname = \"a\"\nedition = \"2024\"\n").unwrap();
    fs::create_dir(root.join("src")).unwrap();
    fs::write(root.join("src/lib.rs"), "").unwrap();
}

#[test]
fn cargo_insta_comes_to_the_same_files_byte_for_byte() {
    if !Command::new("cargo")
        .args(["insta", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        writeln!(io::stderr(), "not looked at: cargo-insta is not installed").unwrap();
        return;
    }
    for (key, ours) in [("a", "accept"), ("r", "reject")] {
        let files = [By::Proofmark, By::Insta, By::InstaAtATerminal].map(|by| {
            let project = Project::changed(&[(FAULT, CASES)]);
            let root = project.0.path();
            let place = root.to_str().unwrap();
            match by {
                By::Proofmark => {
                    let mut terminal = project.terminal(80, &[], "");
                    terminal.sees("help > ").press(key).sees("still waiting 0");
                    terminal.ends(0);
                }
                By::Insta => {
                    make_package(root);
                    tool(root, "cargo", &["insta", ours, "--workspace-root", place]);
                }
                By::InstaAtATerminal => {
                    let count = project.pending();
                    make_package(root);
                    let mut command = Command::new("cargo");
                    command.args(["insta", "review", "--workspace-root", place]).current_dir(root);
                    let session = spawn_command(command, Some(PATIENCE)).unwrap();
                    let mut terminal = Terminal { session, seen: String::new() };
                    for number in 1..=count {
                        terminal.sees(&format!("{number}/{count}")).sees("toggle snapshot diff").press(key);
                    }
                    terminal.sees("insta review finished");
                }
            }
            let mut found = BTreeMap::new();
            snapshots(&root.join("snapshots"), &mut found);
            let inside = |path: PathBuf| path.strip_prefix(root).unwrap().to_path_buf();
            found.into_iter().map(|(path, bytes)| (inside(path), bytes)).collect::<BTreeMap<_, _>>()
        });
        assert!(files[0] == files[1], "{ours}");
        assert!(files[0] == files[2], "{ours} at a terminal");
        assert!(files[0].keys().all(|path| path.extension().unwrap() == "snap") && files[0].len() > 500);
    }
}

#[test]
fn what_is_in_the_way_of_a_decision_is_told_once_and_the_rest_is_decided() {
    let project = Project::changed(&[(FAULT, CASES)]);
    let count = project.pending();
    assert!(count > 2);
    let lock = fs::File::options().append(true).open(project.path("snapshots/.proofmark/lock")).unwrap();
    lock.lock().unwrap();
    let mut terminal = project.terminal(80, &[], "");
    terminal.sees("! recorded while a fault was switched on").sees("[?] help > ").press("a");
    terminal.sees("another run or review").sees("accepted 0 cases").sees("exit 6");
    assert_eq!(terminal.seen.matches("could not:").count(), 1, "each wait takes seconds: {}", terminal.seen);
    drop(lock);
    let mut files = BTreeMap::new();
    snapshots(&project.path("snapshots"), &mut files);
    let pending = files.keys().find(|path| path.extension().unwrap() == "new").unwrap();
    let mut terminal = project.terminal(80, &[], "");
    terminal.sees("[?] help > ");
    fs::write(pending, String::from_utf8(files[pending].clone()).unwrap().replace("< 400", "< 499")).unwrap();
    terminal
        .press("a")
        .sees("has changed since")
        .sees(&format!("accepted {} case", count - 1))
        .sees("exit 3");
    assert_eq!(project.pending(), 1);
}
