//! `run --watch`: what starts a run, what does not, and how it ends.

#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::choosing::{Thing, project, ran, thing};
use crate::support::odd::{JSON, answer, one_case, serve, serve_bodies};
use crate::support::{proofmark, skipped};

/// How long something is waited for that must come: a bound for a broken program, never waited for in full.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the program prints when a run is over and it waits.
const WAITING: &str = "waiting for changes";

/// A program that watches, and all that it has printed so far, standard error within standard output.
struct Watching {
    child: Child,
    text: Arc<Mutex<String>>,
}

impl Watching {
    fn start(folder: &TempDir, arguments: &[&str]) -> Self {
        Self::start_by(&[], folder, arguments)
    }

    /// Starts it by a program that starts others.
    fn start_by(starter: &[&str], folder: &TempDir, arguments: &[&str]) -> Self {
        // What runs the tests may ignore signals, as `nohup` does, and so would the program.
        let launcher =
            if cfg!(target_os = "linux") { &["env", "--default-signal=HUP,INT", "sh"][..] } else { &["sh"] };
        let launcher = [starter, launcher].concat();
        let mut command = Command::new(launcher[0]);
        let program = proofmark(&[]).get_program().to_owned();
        command
            .args(&launcher[1..])
            .args(["-c", "exec \"$0\" \"$@\" 2>&1"])
            .arg(program)
            .args(["run", "--watch"])
            .args(arguments);
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        for name in ["CI", "GITHUB_ACTIONS", "INSTA_UPDATE", "PROOFMARK_ENDPOINT"] {
            command.env_remove(name);
        }
        let mut child = command.spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let text = Arc::new(Mutex::new(String::new()));
        let all = Arc::clone(&text);
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut part) {
                all.lock().unwrap().push_str(&String::from_utf8_lossy(&part[..length]));
            }
        });
        Self { child, text }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    fn runs(&self) -> usize {
        self.text().matches(WAITING).count()
    }

    /// Waits until so many runs are over.
    fn after(&self, runs: usize) -> String {
        let begin = Instant::now();
        while self.runs() < runs {
            assert!(begin.elapsed() < PATIENCE, "run {runs} does not come: {}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(self.runs(), runs, "{}", self.text());
        self.text()
    }

    /// Waits until it has printed this.
    fn has(&self, part: &str) -> String {
        let begin = Instant::now();
        while !self.text().contains(part) {
            assert!(begin.elapsed() < PATIENCE, "`{part}` does not come: {}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
        self.text()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for its end, and gives its exit code.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), self.text());
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end: {}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a file at once, so that no look finds half of it.
fn write(folder: &TempDir, path: &str, text: &str) {
    let new = folder.path().join("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, folder.path().join(path)).unwrap();
}

fn table(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("cases/shop/Get/t.toml")).unwrap()
}

/// Changes the table, and gives its new text.
fn touch(folder: &TempDir) {
    write(folder, "cases/shop/Get/t.toml", &(table(folder) + "\n"));
}

fn mended() -> (Thing, TempDir) {
    let (thing, folder) = (thing(), project());
    thing.is_mended.store(true, Ordering::SeqCst);
    (thing, folder)
}

#[test]
fn a_changed_file_starts_the_next_run_which_is_parted_from_the_last_and_says_why() {
    let (thing, folder) = (thing(), project());
    let watching = Watching::start(&folder, &["--endpoint", &thing.url]);
    let text = watching.after(1);
    assert!(text.contains("DOES NOT CONFORM") && !text.contains("--- run"), "{text}");
    assert_eq!(thing.rows(), ["a", "b", "c"]);
    thing.is_mended.store(true, Ordering::SeqCst);
    touch(&folder);
    let text = watching.after(2);
    let (_, second) = text.split_once("\n--- run 2: cases/shop/Get/t.toml changed ---\n").unwrap();
    assert!(second.contains("CONFORMS  3 of 3") && !second.contains("NOT CONFORM"), "{text}");
    assert_eq!(thing.rows(), ["a", "b", "c"]);
    assert!(!text.contains('\u{1b}'), "a pipe is not cleared: {text}");
    // What a run looks at beside the cases counts as well.
    write(&folder, "cases/waivers.toml", "");
    let text = watching.after(3);
    assert!(text.contains("--- run 3: cases/waivers.toml is new ---"), "{text}");
    fs::remove_file(folder.path().join("cases/waivers.toml")).unwrap();
    let text = watching.after(4);
    assert!(text.contains("--- run 4: cases/waivers.toml was removed ---"), "{text}");
    let (code, text) = watching.end("-INT");
    assert_eq!(code, Some(130), "{text}");
}

#[test]
fn a_thousand_changes_that_come_together_are_few_runs() {
    let (thing, folder) = mended();
    let watching = Watching::start(&folder, &["-q", "--endpoint", &thing.url]);
    watching.after(1);
    thing.rows();
    for number in 0..1000 {
        write(
            &folder,
            &format!("cases/shop/Get/more{}.toml", number % 20),
            &table(&folder).replace("\"one\"", "\"two\""),
        );
    }
    watching.has(" more ---");
    // Its path comes before all others, so it is named however many change together with it.
    write(&folder, "cases/endpoints.toml", "");
    let text = watching.has("cases/endpoints.toml is new");
    // A slow machine may be seen to pause between two of them; what must not be is a run for each.
    assert!(text.matches("--- run").count() <= 10, "{text}");
    let (code, text) = watching.end("-INT");
    assert!(code == Some(130) && text.contains("is new, "), "{text}");
}

#[test]
fn changes_during_a_run_are_one_more_run_after_it() {
    let ((tell, heard), (release, released)) = (channel(), channel::<()>());
    let held = Mutex::new(Some((tell, released)));
    let url = serve(move |head, stream| {
        let first = if head.contains("row=a") { held.lock().unwrap().take() } else { None };
        if let Some((tell, released)) = first {
            tell.send(()).unwrap();
            let _ = released.recv_timeout(PATIENCE);
        }
        let _ = stream.write_all(&answer("200 OK", JSON, "{}"));
    });
    let folder = project();
    let watching = Watching::start(&folder, &["--endpoint", &url]);
    heard.recv_timeout(PATIENCE).unwrap();
    touch(&folder);
    write(&folder, "cases/waivers.toml", "");
    release.send(()).unwrap();
    let text = watching.after(2);
    assert!(text.contains("t.toml changed, cases/waivers.toml is new ---"), "{text}");
    assert_eq!(text.matches("CONFORMS  3 of 3").count(), 2, "{text}");
}

#[test]
fn what_a_run_writes_and_what_editors_leave_starts_none() {
    let (thing, folder) = mended();
    write(
        &folder,
        "cases/endpoints.toml",
        &format!("default = \"mock\"\n[endpoint.mock]\nurl = \"{}\"\n", thing.url),
    );
    let reports = ["--report", "json=r.json", "--report", "html=r.html", "--report", "junit=cases/r.xml"];
    let watching = Watching::start(&folder, &[&["--update", "always"][..], &reports].concat());
    let text = watching.after(1);
    assert!(folder.path().join("snapshots/@mock/shop/Get/t/one@a.snap").is_file(), "{text}");
    assert!(folder.path().join("r.json").is_file() && folder.path().join("cases/r.xml").is_file());
    for name in ["t.toml~", ".t.toml.swp", "#t.toml#", "4913", "t.toml.tmp"] {
        write(&folder, &format!("cases/shop/Get/{name}"), "x");
        let _ = (name == "4913").then(|| fs::remove_file(folder.path().join("cases/shop/Get/4913")).unwrap());
    }
    fs::create_dir_all(folder.path().join("target/debug")).unwrap();
    write(&folder, "target/debug/t.toml", "x");
    fs::create_dir_all(folder.path().join("cases/.git")).unwrap();
    write(&folder, "cases/.git/t.toml", "x");
    write(&folder, "snapshots/@mock/shop/Get/t/other.txt", "x");
    write(&folder, "snapshots/@mock/.proofmark/note", "x");
    // The next run is the one of this change alone, so nothing before it has started one.
    touch(&folder);
    let text = watching.after(2);
    assert!(text.contains("--- run 2: cases/shop/Get/t.toml changed ---"), "{text}");
    // A snapshot that is decided on does.
    let snapshot = "snapshots/@mock/shop/Get/t/one@a.snap";
    fs::remove_file(folder.path().join(snapshot)).unwrap();
    let text = watching.after(3);
    assert!(text.contains(&format!("--- run 3: {snapshot} was removed ---")), "{text}");
    assert!(folder.path().join(snapshot).is_file(), "{text}");
    touch(&folder);
    let text = watching.after(4);
    assert!(text.contains("--- run 4: cases/shop/Get/t.toml changed ---"), "{text}");
}

#[test]
fn a_broken_file_prints_its_problems_and_is_waited_for() {
    let (thing, folder) = mended();
    let right = table(&folder);
    let endpoints = format!("[endpoint.mock]\nurl = \"{}\"\n", thing.url);
    write(&folder, "cases/endpoints.toml", &endpoints);
    write(&folder, "cases/shop/Get/t.toml", "[[case]\n");
    let watching = Watching::start(&folder, &["--endpoint", "mock"]);
    let text = watching.after(1);
    assert!(text.contains("cases/shop/Get/t.toml:1") && text.contains("problems found"), "{text}");
    write(&folder, "cases/shop/Get/t.toml", &right);
    let text = watching.after(2);
    assert!(text.contains("CONFORMS  3 of 3"), "{text}");
    // What would end it at first does not end it later.
    write(&folder, "cases/endpoints.toml", &endpoints.replace("mock", "other"));
    let text = watching.after(3);
    assert!(text.contains("`mock` is not a URL"), "{text}");
    write(&folder, "cases/endpoints.toml", &endpoints);
    let text = watching.after(4);
    assert_eq!(text.matches("CONFORMS  3 of 3").count(), 2, "{text}");
    // A folder that goes away is reported, and noticed when it comes back.
    let (here, there) = (folder.path().join("cases"), folder.path().join("elsewhere"));
    fs::rename(&here, &there).unwrap();
    let text = watching.after(5);
    assert!(text.contains("--- run 5: cases cannot be read"), "{text}");
    fs::rename(&there, &here).unwrap();
    let text = watching.after(6);
    assert!(text.contains("--- run 6: cases can be read again"), "{text}");
    assert_eq!(text.matches("CONFORMS  3 of 3").count(), 3, "{text}");
    touch(&folder);
    assert!(watching.after(7).contains("--- run 7: cases/shop/Get/t.toml changed ---"));
    let (code, _) = watching.end("-TERM");
    assert_eq!(code, Some(130));
}

/// What starts a program that may read no folder against its permissions, as root may; none if that is not to be had here.
fn without_privileges(locked: &Path) -> Option<&'static [&'static str]> {
    let starter: &[&str] = &["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
    let is_locked_for = |starter: &[&str]| {
        let words = [starter, &["ls"]].concat();
        let mut command = Command::new(words[0]);
        let output = command.args(&words[1..]).arg(locked).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("ermission denied"))
    };
    [&[], starter].into_iter().find(|starter| is_locked_for(starter))
}

#[test]
fn a_folder_that_cannot_be_read_is_reported_and_waited_for() {
    let (thing, folder) = mended();
    let other = folder.path().join("cases/shop/Other");
    fs::create_dir(&other).unwrap();
    let allow = |mode: u32| fs::set_permissions(&other, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o000);
    let starter = without_privileges(&other);
    allow(0o755);
    let Some(starter) = starter else { return skipped("this user may read every folder") };
    let arguments = ["--endpoint", thing.url.as_str()];
    let watching = Watching::start_by(starter, &folder, &arguments);
    assert!(watching.after(1).contains("CONFORMS  3 of 3"));
    allow(0o000);
    let text = watching.after(2);
    assert!(text.contains("--- run 2: cases/shop/Other cannot be read (Permission denied"), "{text}");
    assert!(text.contains("error: "), "{text}");
    assert!(text.contains("warning: cannot watch cases (Permission denied"), "{text}");
    // The others are still watched.
    touch(&folder);
    let text = watching.after(3);
    assert!(text.contains("--- run 3: cases/shop/Get/t.toml changed ---"), "{text}");
    allow(0o755);
    let text = watching.after(4);
    assert!(text.contains("--- run 4: cases/shop/Other can be read again"), "{text}");
    assert_eq!(text.matches("CONFORMS  3 of 3").count(), 2, "{text}");
    assert_eq!(watching.end("-TERM").0, Some(130));
    // It does not start with one.
    allow(0o000);
    let mut watching = Watching::start_by(starter, &folder, &arguments);
    let text = watching.has("error: cannot watch cases");
    assert_eq!(watching.child.wait().unwrap().code(), Some(2), "{text}");
    assert!(watching.has("because: Permission denied").contains("error: cannot watch cases"));
    allow(0o755);
}

#[test]
fn each_signal_ends_it_with_the_code_of_an_interrupt() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let (thing, folder) = mended();
        let watching = Watching::start(&folder, &["--endpoint", &thing.url]);
        watching.after(1);
        let (code, text) = watching.end(signal);
        assert_eq!(code, Some(130), "{signal}: {text}");
        assert!(!text.contains("cleaning up"), "nothing is left to clean up: {text}");
    }
}

#[test]
fn a_signal_during_a_run_undoes_its_states_first() {
    let (tell, heard) = channel();
    let tell = Mutex::new(tell);
    let held = Mutex::new(Vec::new());
    let url = serve(move |_, stream| {
        // The answer never comes.
        held.lock().unwrap().push(stream.try_clone());
        tell.lock().unwrap().send(()).unwrap();
        thread::sleep(PATIENCE);
    });
    let actions: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&actions);
    let hook = serve_bodies(move |body| {
        noted.lock().unwrap().push(body["action"].as_str().unwrap().to_owned());
        r#"{"thing": "t-1"}"#.to_owned()
    });
    let folder = one_case();
    let arguments =
        ["--cases", ".", "--endpoint", &url, "--states", &hook, "stateful", "--answer-timeout", "60"];
    let watching = Watching::start(&folder, &arguments);
    heard.recv_timeout(PATIENCE).unwrap();
    let (code, text) = watching.end("-INT");
    assert_eq!(code, Some(130), "{text}");
    assert_eq!(*actions.lock().unwrap(), ["setup", "teardown"]);
    assert!(text.contains("interrupted: cleaning up") && !text.contains(WAITING), "{text}");
}

#[test]
fn while_watching_failed_means_what_failed_and_all_once_nothing_does() {
    let (thing, folder) = (thing(), project());
    let watching = Watching::start(&folder, &["--failed", "--endpoint", &thing.url]);
    let text = watching.after(1);
    assert!(text.contains("no selected case failed in the last run on http://"), "{text}");
    assert_eq!(thing.rows(), ["a", "b", "c"]);
    touch(&folder);
    watching.after(2);
    assert_eq!(thing.rows(), ["a", "b"]);
    thing.is_mended.store(true, Ordering::SeqCst);
    touch(&folder);
    watching.after(3);
    assert_eq!(thing.rows(), ["a", "b"]);
    touch(&folder);
    watching.after(4);
    assert_eq!(thing.rows(), ["a", "b", "c"]);
    drop(watching);
    // Where nothing is recorded, the program itself knows.
    let (thing, folder) = (self::thing(), project());
    let watching =
        Watching::start(&folder, &["--failed", "--update", "no", "--endpoint", &thing.url, "one/"]);
    watching.after(1);
    assert_eq!(thing.rows(), ["a", "b", "c"]);
    touch(&folder);
    watching.after(2);
    assert_eq!(thing.rows(), ["a", "b"]);
    assert!(!folder.path().join(".proofmark").exists());
}

#[test]
fn flags_that_make_no_sense_with_it_are_refused() {
    let folder = project();
    for flags in [
        &["--shard", "1/2"][..],
        &["--partition", "hash:1/2"],
        &["--stale"],
        &["--dry-run"],
        &["--keep-states", "--endpoint", "http://127.0.0.1:9"],
        &["--allow", "billable", "--endpoint", "http://127.0.0.1:9"],
        &["--report", "json=-"],
        &["--endpoint", "nothing-of-this-name"],
        &["--cases", "cases", "--fault", "nothing-of-this-name"],
    ] {
        let (code, text) = ran(&folder, &[&["run", "--watch"][..], flags].concat());
        assert_eq!(code, 2, "{flags:?}: {text}");
        assert!(!text.contains(WAITING), "{text}");
    }
    let (code, text) = ran(&folder, &["certify", "--watch", "--output", "b.tar"]);
    assert_eq!(code, 2, "{text}");
}
