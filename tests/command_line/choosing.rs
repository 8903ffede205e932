//! Choosing cases: those that are skipped on purpose, and those that failed when they last ran.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::support::odd::{JSON, answer, serve};
use crate::support::{code, err, out, proofmark};

const CONTRACT: &str = "operation = \"Get\"\nversion = \"1\"\nabout = \"Gets a thing.\"\n\n[request]\nmethod = \
    \"GET\"\npath = \"/thing\"\nplace = \"query\"\n\n[[param]]\nname = \"row\"\ntype = \"string\"\n\n[envelope]\ncode = \
    \"$.code\"\nmessage = \"$.message\"\ncontent-type = { json = \"application/json\" }\n";

const TABLE: &str = "[[case]]\nid = \"one\"\nabout = \"It is there.\"\nparams = { row = \"{{ r }}\" }\n\
    rows = [{ id = \"a\", r = \"a\" }, { id = \"b\", r = \"b\" }, { id = \"c\", r = \"c\" }]\n\
    expect = { status = 200 }\n";

/// A thing that is broken for the rows a and b until it is mended, and the rows that it was asked for.
pub(super) struct Thing {
    pub(super) url: String,
    pub(super) is_mended: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<String>>>,
}

pub(super) fn thing() -> Thing {
    let (is_mended, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let (mended, log) = (Arc::clone(&is_mended), Arc::clone(&asked));
    let url = serve(move |head, stream| {
        if let Some(row) = head.split("row=").nth(1).map(|rest| rest[..1].to_owned()) {
            log.lock().unwrap().push(row.clone());
            let is_right = mended.load(Ordering::SeqCst) || row == "c";
            let status = if is_right { "200 OK" } else { "500 Broken" };
            let _ = stream.write_all(&answer(status, JSON, "{}"));
        } else {
            let _ = stream.write_all(&answer("200 OK", JSON, "{}"));
        }
    });
    Thing { url, is_mended, asked }
}

impl Thing {
    /// The rows that were asked for since the last time, in order.
    pub(super) fn rows(&self) -> Vec<String> {
        let mut rows = std::mem::take(&mut *self.asked.lock().unwrap());
        rows.sort();
        rows
    }
}

pub(super) fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("cases/shop/Get");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), CONTRACT).unwrap();
    fs::write(operation.join("t.toml"), TABLE).unwrap();
    folder
}

pub(super) fn ran(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let mut command = proofmark(arguments);
    // Where nothing may be written, no run is recorded.
    let output = command.current_dir(folder.path()).env_remove("INSTA_UPDATE").output().unwrap();
    (code(&output), out(&output) + &err(&output))
}

#[test]
fn failed_runs_the_cases_that_did_not_pass_when_they_last_ran_and_no_others() {
    let (thing, folder) = (thing(), project());
    let run = |more: &[&str]| ran(&folder, &[&["run", "--endpoint", &thing.url], more].concat());
    let (status, text) = run(&["--failed"]);
    assert_eq!(status, 2, "{text}");
    assert!(
        text.contains("--failed: no earlier run on `http://") && text.contains("is recorded in"),
        "{text}"
    );
    let (status, text) = run(&[]);
    assert_eq!(status, 1, "{text}");
    assert_eq!(thing.rows(), ["a", "b", "c"]);
    assert!(text.contains(&format!("      proofmark run --failed --endpoint {}\n", thing.url)), "{text}");
    // What leaves nothing does not offer to go on from it.
    let (_, text) = run(&["--update", "no"]);
    assert!(text.contains("proofmark explain") && !text.contains("--failed"), "{text}");
    assert_eq!(thing.rows(), ["a", "b", "c"]);
    let (status, text) = run(&["--failed", "one/a"]);
    assert_eq!((status, thing.rows()), (1, vec!["a".to_owned()]), "{text}");
    thing.is_mended.store(true, Ordering::SeqCst);
    // One that passes is forgotten, and the other is not.
    let (status, text) = run(&["one/a"]);
    assert_eq!((status, thing.rows()), (0, vec!["a".to_owned()]), "{text}");
    let (status, text) = run(&["--failed"]);
    assert_eq!((status, thing.rows()), (0, vec!["b".to_owned()]), "{text}");
    // A run of nothing has not passed, and writes the reports that are asked for.
    let (status, text) = run(&["--failed", "--report", "junit=r.xml", "--report", "json=r.json"]);
    assert_eq!((status, thing.rows().len()), (5, 0), "{text}");
    assert!(text.contains("no selected case failed in the last run on http://"), "{text}");
    assert!(text.contains("INCONCLUSIVE"), "{text}");
    let report: Json = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    assert_eq!((&report["outcome"], &report["counts"]["total"]), (&"inconclusive".into(), &0.into()));
    assert!(folder.path().join("r.xml").is_file());
    // A file that is not ours is not one that says that nothing failed.
    fs::write(folder.path().join(".proofmark/last-run.json"), "{").unwrap();
    let (status, text) = run(&["--failed"]);
    assert_eq!(status, 2, "{text}");
    let (status, _) = run(&[]);
    assert_eq!((status, thing.rows().len()), (0, 3));
}

#[test]
fn failed_has_what_was_inconclusive_and_keeps_what_is_skipped_and_drops_what_is_waived() {
    let (asked, is_silent) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicBool::new(true)));
    let (log, silent) = (Arc::clone(&asked), Arc::clone(&is_silent));
    let url = serve(move |head, stream| {
        let row = head.split("row=").nth(1).map_or(String::new(), |rest| rest[..1].to_owned());
        log.lock().unwrap().push_str(&row);
        if row == "a" && silent.load(Ordering::SeqCst) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
        let status = if row == "b" { "500 Broken" } else { "200 OK" };
        let _ = stream.write_all(&answer(status, JSON, "{}"));
    });
    let folder = project();
    let rows = |arguments: &[&str]| {
        asked.lock().unwrap().clear();
        let (_, text) = ran(&folder, &[&["run", "--jobs", "1", "--endpoint", &url], arguments].concat());
        let mut rows: Vec<char> = asked.lock().unwrap().chars().collect();
        rows.sort_unstable();
        rows.dedup();
        (String::from_iter(rows), text)
    };
    assert_eq!(rows(&[]).0, "abc");
    // What is inconclusive is run again as well; what is skipped stays.
    let (found, text) = rows(&["--failed", "--skip", "one/b"]);
    assert_eq!(found, "a", "{text}");
    let (found, text) = rows(&["--failed"]);
    assert_eq!(found, "ab", "{text}");
    is_silent.store(false, Ordering::SeqCst);
    let waiver = format!(
        "[[waiver]]\nendpoint = \"{url}\"\ncase = \"one/b\"\nlevel = \"status\"\nreason = \"r\"\nowner = \"o\"\n\
         expires = \"2999-12-31\"\n"
    );
    fs::write(folder.path().join("cases/waivers.toml"), waiver).unwrap();
    let (found, text) = rows(&["--failed"]);
    assert!(found == "ab" && text.contains("CONFORMS  1 of 2 cases passed, 1 waived\n"), "{found} {text}");
    let (found, text) = rows(&["--failed"]);
    assert!(found.is_empty() && text.contains("no selected case failed in the last run"), "{found} {text}");
}

#[test]
fn what_failed_on_one_endpoint_is_nothing_that_failed_on_another() {
    let (broken, sound, folder) = (thing(), thing(), project());
    sound.is_mended.store(true, Ordering::SeqCst);
    let run = |thing: &Thing, more: &[&str]| {
        let (status, text) = ran(&folder, &[&["run", "--endpoint", &thing.url], more].concat());
        (status, thing.rows().len(), text)
    };
    assert_eq!(run(&broken, &[]).0, 1);
    // One that was never tested has no cases of another, and is not sound.
    let (status, count, text) = run(&sound, &["--failed"]);
    assert_eq!((status, count), (2, 0), "{text}");
    assert!(text.contains("there are runs on http://"), "{text}");
    assert_eq!(run(&sound, &[]).0, 0);
    let (status, count, text) = run(&broken, &["--failed"]);
    assert_eq!((status, count), (1, 2), "{text}");
    // A slash at the end of an address makes no other endpoint of it.
    let slashed = format!("{}/", broken.url.trim_end_matches('/'));
    let (status, text) = ran(&folder, &["run", "--failed", "--endpoint", &slashed]);
    assert_eq!((status, broken.rows().len()), (1, 2), "{text}");
    // Of several endpoints, those where something failed run.
    let entry = |name: &str, thing: &Thing| format!("[endpoint.{name}]\nurl = \"{}\"\n", thing.url);
    let both = entry("broken", &broken) + &entry("sound", &sound);
    fs::write(folder.path().join("cases/endpoints.toml"), both).unwrap();
    let named = ["run", "--endpoint", "broken", "--endpoint", "sound"];
    assert_eq!(ran(&folder, &named).0, 1);
    broken.rows();
    sound.rows();
    let (status, text) = ran(&folder, &[&named[..], &["--failed"]].concat());
    assert_eq!((status, broken.rows().len(), sound.rows().len()), (1, 2, 0), "{text}");
    assert!(text.contains("no selected case failed in the last run on sound"), "{text}");
    // One that cannot be reached is not known by that.
    let gone = "http://127.0.0.1:9";
    assert_eq!(ran(&folder, &["run", "--endpoint", gone]).0, 5);
    let (status, text) = ran(&folder, &["run", "--endpoint", gone, "--failed"]);
    assert_eq!(status, 2, "{text}");
}

#[test]
fn what_can_be_done_next_is_a_whole_command() {
    let (thing, folder) = (thing(), project());
    fs::rename(folder.path().join("cases"), folder.path().join("the cases")).unwrap();
    let run =
        ["run", "--cases", "the cases", "--endpoint", &thing.url, "--report=json=a b.json", "one/a", "one/c"];
    let (status, text) = ran(&folder, &run);
    assert_eq!((status, thing.rows()), (1, vec!["a".to_owned(), "c".to_owned()]), "{text}");
    let next: Vec<&str> = text.split_once("\nNEXT  ").unwrap().1.lines().map(str::trim).collect();
    let due = format!("proofmark show shop/Get/t/one/a --cases 'the cases' --endpoint {}", thing.url);
    assert_eq!(next[0], due);
    assert!(next[2].starts_with("proofmark run --failed --cases 'the cases' --endpoint http://"), "{next:?}");
    let report = fs::read(folder.path().join("a b.json")).unwrap();
    // A shell takes it as it is.
    let line = next[2].replacen("proofmark", env!("CARGO_BIN_EXE_proofmark"), 1);
    let mut command = Command::new("sh");
    let output =
        command.args(["-c", &line]).current_dir(folder.path()).env_remove("INSTA_UPDATE").output().unwrap();
    assert_eq!((code(&output), thing.rows()), (1, vec!["a".to_owned()]), "{line}");
    assert_eq!(fs::read(folder.path().join("a b.json")).unwrap(), report, "that of the whole run stays");
}

#[test]
fn what_cannot_be_signed_is_not_offered_as_failed() {
    let (thing, folder) = (thing(), project());
    thing.is_mended.store(true, Ordering::SeqCst);
    let table = TABLE.replace("params", "request = { sign = \"v1\" }\nparams");
    fs::write(folder.path().join("cases/shop/Get/t.toml"), table).unwrap();
    let (status, text) = ran(&folder, &["run", "--endpoint", &thing.url]);
    assert_eq!(status, 5, "{text}");
    assert!(text.contains("PM302") && !text.contains("--failed"), "{text}");
    assert!(text.contains(&format!("      proofmark run --sign none --endpoint {}\n", thing.url)), "{text}");
}

#[test]
fn what_is_skipped_on_purpose_is_listed_and_fails_no_run() {
    let (thing, folder) = (thing(), project());
    let arguments = ["run", "--endpoint", &thing.url, "--skip", "one/a", "--skip", "one/b"];
    let (status, text) = ran(&folder, &[&arguments[..], &["--report", "json=r.json"]].concat());
    assert_eq!((status, thing.rows()), (0, vec!["c".to_owned()]), "{text}");
    assert!(text.contains("CONFORMS  1 of 3 cases passed, 2 skipped on purpose\n"), "{text}");
    assert!(text.contains("on purpose") && text.contains("--skip one/a"), "{text}");
    let report: Json = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let reasons: Vec<&str> =
        report["cases"].as_array().unwrap().iter().filter_map(|case| case["reason"].as_str()).collect();
    assert_eq!(reasons, ["--skip one/a", "--skip one/b"]);
    let (_, listed) = ran(&folder, &["list", "--skip", "one/a"]);
    assert!(!listed.contains("one/a") && listed.contains("one/b"), "{listed}");
}

#[test]
fn a_pattern_that_skips_nothing_or_everything_is_an_error() {
    let (thing, folder) = (thing(), project());
    for (skip, message) in [
        (&["nothing"][..], "no selected case matches `nothing`"),
        (&["one/a", "none"], "no selected case matches `none`"),
        (&["one"], "--skip leaves none of the selected cases"),
        (&[""], "empty pattern"),
    ] {
        let mut arguments = vec!["run", "--endpoint", &thing.url];
        for pattern in skip {
            arguments.extend(["--skip", pattern]);
        }
        let (status, text) = ran(&folder, &arguments);
        assert!(status == 4 || (status == 2 && skip == [""]), "{skip:?}: {status} {text}");
        assert!(text.contains(message), "{skip:?}: {text}");
    }
    // A case that no pattern selects is not skipped.
    let (status, text) = ran(&folder, &["run", "--endpoint", &thing.url, "one/c", "--skip", "one/a"]);
    assert_eq!((status, thing.rows().len()), (4, 0), "{text}");
}

#[test]
fn a_certificate_lists_what_is_skipped_on_purpose_and_is_failed() {
    let (thing, folder) = (thing(), project());
    thing.is_mended.store(true, Ordering::SeqCst);
    let (status, text) = ran(&folder, &["keygen", "--output", "k.pem"]);
    assert_eq!(status, 0, "{text}");
    let certify =
        ["certify", "--endpoint", &thing.url, "--key", "k.pem", "--output", "b.tar", "--skip", "one/a"];
    let (_, text) = ran(&folder, &certify);
    assert!(text.contains("FAILED") && text.contains("one/a: --skip one/a"), "{text}");
    let (status, text) = ran(&folder, &["verify", "b.tar", "--key", "k.pem.pub"]);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("one/a: --skip one/a"), "{text}");
}

#[test]
fn an_endpoint_that_is_starting_is_waited_for_and_one_that_never_does_is_not_for_ever() {
    let folder = project();
    // A port on which nothing listens yet.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let url = format!("http://{address}");
    let (status, text) = ran(&folder, &["run", "--endpoint", &url]);
    assert!(status == 5 && text.contains("cannot be reached"), "{status} {text}");
    let starting = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        let listener = TcpListener::bind(address).unwrap();
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let (mut stream, mut buffer) = (stream, [0; 4096]);
                while let Ok(1..) = stream.read(&mut buffer) {
                    let _ = stream.write_all(&answer("200 OK", JSON, "{}"));
                }
            });
        }
    });
    let (status, text) = ran(&folder, &["run", "--endpoint", &url, "--wait", "30s"]);
    assert_eq!(status, 0, "{text}");
    assert_eq!(text.matches("waiting for up to 30s: the endpoint cannot be reached: ").count(), 1, "{text}");
    assert!(!starting.is_finished());
    let start = Instant::now();
    let (status, text) = ran(&folder, &["run", "--endpoint", "http://127.0.0.1:9", "--wait", "1"]);
    assert!(status == 5 && text.contains("cannot be reached"), "{status} {text}");
    assert!(start.elapsed() >= Duration::from_secs(1), "{text}");
}

#[test]
fn every_flag_of_a_time_takes_the_same_units() {
    let (thing, folder) = (thing(), project());
    thing.is_mended.store(true, Ordering::SeqCst);
    for flag in ["--wait", "--total-timeout", "--connect-timeout", "--answer-timeout"] {
        for time in ["30", "30s", "1m", "20000ms"] {
            let (status, text) = ran(&folder, &["run", "-q", "--endpoint", &thing.url, flag, time]);
            assert_eq!(status, 0, "{flag} {time}: {text}");
        }
        let message = format!("invalid value 'soon' for '{flag} <TIME>': expected a number and a unit");
        for (time, message) in [("soon", message.as_str()), ("9w", "expected a time from ")] {
            let (status, text) = ran(&folder, &["run", "--endpoint", &thing.url, flag, time]);
            assert!(status == 2 && text.contains(message), "{flag} {time}: {status} {text}");
        }
    }
    let (status, text) = ran(&folder, &["run", "--endpoint", &thing.url, "--rate", "1000/1m"]);
    assert_eq!(status, 0, "{text}");
}
