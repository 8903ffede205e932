//! Answers on kept connections of which it cannot be known whose they are: the connection ends with them or right after,
//! or the endpoint is slow.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use socket2::SockRef;

use super::connections::{Server, ran, rows};
use crate::support::odd::{JSON, PROXIES, answer, program};
use crate::support::{code, err, out, proofmark, skipped};

const MIXED: &str = "run with --connections fresh";

/// How a server ends a connection.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Said,
    Unsaid,
    Reset,
}

/// A server that, so many milliseconds after an answer, sends another one and ends the connection without reading on.
fn ending(
    status: &'static str,
    ending: Ending,
    (at, millis): (usize, u64),
) -> (Server, Arc<Mutex<Vec<String>>>) {
    let read = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&read);
    let server = Server::acting(move |turn, stream| {
        let Some(own) = &turn.answer else { return false };
        noted.lock().unwrap().push(String::from_utf8(own.clone()).unwrap());
        let _ = stream.write_all(own);
        if turn.place.1 != at {
            return true;
        }
        thread::sleep(Duration::from_millis(millis));
        let head = if matches!(ending, Ending::Said) { "connection: close\r\n" } else { "" };
        let _ = stream.write_all(&answer(status, &format!("{JSON}{head}"), r#"{"id": "more"}"#));
        end(stream, ending);
        false
    });
    (server, read)
}

fn end(stream: &mut TcpStream, ending: Ending) {
    if matches!(ending, Ending::Reset) {
        thread::sleep(Duration::from_millis(2));
        let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
        return;
    }
    // What the client still sends is taken and not looked at, so that no reset tells it anything.
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    while let Ok(1..) = stream.read(&mut [0; 1024]) {}
}

#[test]
fn no_case_passes_by_an_answer_with_which_a_connection_ends() {
    let folder = rows(15);
    let endings = [Ending::Said, Ending::Unsaid, Ending::Reset];
    let servers = endings.into_iter().flat_map(|ending| {
        [(1, 0), (1, 1), (1, 5), (2, 1), (2, 30)]
            .into_iter()
            .flat_map(move |when| ["1", "4"].map(|jobs| (ending, when, jobs)))
    });
    thread::scope(|scope| {
        for (how, when, jobs) in servers {
            let folder = folder.path();
            scope.spawn(move || {
                let (server, read) = ending("200 OK", how, when);
                let ran = ran(folder, &server.url, &["-j", jobs, "--connections", "reuse"]);
                let what = format!("{how:?} {when:?} {jobs}: {}", ran.out);
                assert!(ran.code == 0 || (ran.code == 5 && ran.out.contains(MIXED)), "{what}");
                if ran.code == 0 {
                    assert_eq!(ran.count("passed"), 30, "{what}");
                    assert_eq!(ran.mixed(), Vec::<&Json>::new(), "{what}");
                    assert!(read.lock().unwrap().len() >= 30, "{what}");
                }
            });
        }
    });
}

/// A server that answers one request twice, the second time 20 ms later, and from then on is one answer behind; after so
/// many answers on a connection it ends that.
fn shifted(how: Ending, most: usize) -> Server {
    let turns = AtomicUsize::new(0);
    Server::acting(move |turn, stream| {
        let Some(own) = &turn.answer else { return false };
        thread::sleep(Duration::from_millis(8));
        let _ = stream.write_all(own);
        if turns.fetch_add(1, Ordering::Relaxed) == 1 {
            let mut late = stream.try_clone().unwrap();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                let _ = late.write_all(&answer("200 OK", JSON, r#"{"id": "more"}"#));
            });
        }
        if turn.place.1 + 2 == most {
            thread::sleep(Duration::from_millis(1));
            end(stream, how);
            return false;
        }
        true
    })
}

#[test]
fn no_case_passes_by_answers_that_are_shifted_until_a_connection_ends() {
    let folder = rows(20);
    let kinds = [Ending::Unsaid, Ending::Reset].into_iter().flat_map(|how| {
        [5, 10, 15, 20].into_iter().flat_map(move |most| ["1", "4"].map(|jobs| (how, most, jobs)))
    });
    thread::scope(|scope| {
        for (how, most, jobs) in kinds {
            let folder = folder.path();
            scope.spawn(move || {
                let server = shifted(how, most);
                let kept = tempfile::tempdir().unwrap();
                let snapshots = kept.path().to_str().unwrap();
                let more =
                    ["--snapshots", snapshots, "--update", "always", "-j", jobs, "--connections", "reuse"];
                let ran = ran(folder, &server.url, &more);
                let what = format!("{how:?} {most} {jobs}: {}", ran.out);
                let mixed = ran.mixed();
                let passed = mixed.iter().filter(|case| case["verdict"]["name"] == "passed");
                assert_eq!(passed.count(), 0, "{what}");
                assert!(ran.code == 0 || (ran.code == 5 && ran.out.contains(MIXED)), "{what}");
                assert!(texts(kept.path()).iter().all(|text| !text.contains("more")), "{what}");
            });
        }
    });
}

#[test]
#[cfg(unix)]
fn an_interrupt_waits_for_no_proof_and_what_is_not_proved_has_not_passed() {
    let folder = rows(2);
    let (tell, heard) = channel();
    let tell = Mutex::new(tell);
    // The silence that would prove the last answers is twice as long as the slowest one took.
    let server = Server::acting(move |turn, stream| {
        let Some(own) = &turn.answer else { return false };
        if turn.place == (1, 0) {
            thread::sleep(Duration::from_secs(3));
        }
        let _ = stream.write_all(own);
        let _ = tell.lock().unwrap().send(turn.place);
        true
    });
    let report = folder.path().join("out.json");
    let flag = format!("json={}", report.display());
    let arguments = ["--endpoint", &server.url, "-j", "1", "--connections", "reuse", "--report", &flag];
    let child =
        program(folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(heard.iter().any(|place| place == (1, 2)), "the fourth case is the third on its connection");
    thread::sleep(Duration::from_millis(200));
    let start = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(code(&output), 130, "{}", out(&output));
    let report: Json = serde_json::from_str(&fs::read_to_string(&report).unwrap()).unwrap();
    let verdicts: Vec<&str> =
        report["cases"].as_array().unwrap().iter().map(|case| case["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["passed", "passed", "inconclusive", "inconclusive"], "{report}");
}

#[test]
fn no_snapshot_is_recorded_from_an_answer_with_which_a_connection_ends() {
    let folder = rows(15);
    for (how, when) in [(Ending::Reset, (1, 0)), (Ending::Reset, (2, 5)), (Ending::Unsaid, (1, 1))] {
        let (server, _) = ending("200 OK", how, when);
        let kept = tempfile::tempdir().unwrap();
        let snapshots = kept.path().to_str().unwrap();
        let arguments = ["--snapshots", snapshots, "--update", "always", "-j", "1", "--connections", "reuse"];
        let ran = ran(folder.path(), &server.url, &arguments);
        let what = format!("{how:?} {when:?}: {}", ran.out);
        assert!(ran.code == 0 || (ran.code == 5 && ran.out.contains(MIXED)), "{what}");
        let texts = texts(kept.path());
        assert!(texts.len() == 30 || ran.code == 5, "{what}");
        assert!(texts.iter().all(|text| !text.contains("more")), "{what}");
    }
}

/// The snapshots below a folder.
fn texts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts = Vec::new();
    for path in entries {
        if path.is_dir() {
            texts.append(&mut self::texts(&path));
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            texts.push(fs::read_to_string(&path).unwrap());
        }
    }
    texts
}

#[test]
fn an_answer_to_no_request_that_ends_a_connection_is_no_finding() {
    let folder = rows(15);
    for millis in [0, 1, 30] {
        let (server, _) = ending("408 Request Timeout", Ending::Said, (1, millis));
        let ran = ran(folder.path(), &server.url, &["-j", "1", "--connections", "reuse"]);
        assert!(ran.code == 0 || (ran.code == 5 && ran.out.contains(MIXED)), "{millis}: {}", ran.out);
        assert!(ran.code == 5 || ran.count("passed") == 30, "{millis}: {}", ran.out);
    }
}

#[test]
fn a_slow_endpoint_with_one_answer_too_many_is_noticed_at_the_end() {
    let folder = rows(3);
    thread::scope(|scope| {
        for slow in [120, 250] {
            let folder = folder.path();
            scope.spawn(move || {
                let server = Server::acting(move |turn, stream| {
                    let Some(own) = &turn.answer else { return false };
                    thread::sleep(Duration::from_millis(slow));
                    let _ = stream.write_all(own);
                    if turn.place.1 == 2 {
                        thread::sleep(Duration::from_millis(30));
                        let _ = stream.write_all(own);
                    }
                    true
                });
                let ran = ran(folder, &server.url, &["-j", "1", "--connections", "reuse"]);
                assert_eq!(ran.code, 5, "{slow}: {}", ran.out);
                assert!(ran.out.contains(MIXED), "{slow}: {}", ran.out);
            });
        }
    });
}

/// A server that sends one answer more, 30 ms after the first.
fn late() -> Server {
    let turns = AtomicUsize::new(0);
    Server::acting(move |turn, stream| {
        let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
        if turn.answer.is_some() && turns.fetch_add(1, Ordering::Relaxed) == 0 {
            let mut late = stream.try_clone().unwrap();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(30));
                let _ = late.write_all(&answer("200 OK", JSON, r#"{"id": "late"}"#));
            });
        }
        turn.answer.is_some()
    })
}

#[test]
fn every_command_that_sends_the_cases_says_that_answers_may_be_mixed_up() {
    let folder = rows(5);
    let cases = folder.path().to_str().unwrap();
    let common = ["--cases", cases, "--sign", "none", "--connections", "reuse", "-j", "1"];
    for command in ["diff", "noise", "mutants"] {
        let (server, other) = (
            late(),
            Server::acting(|turn, stream| {
                let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
                true
            }),
        );
        let own = match command {
            "diff" => vec![command, &other.url, &server.url],
            _ => vec![command, "--endpoint", &server.url],
        };
        let mut program = proofmark(&[&own[..], &common].concat());
        for name in PROXIES {
            program.env_remove(name);
        }
        let output = program.output().unwrap();
        let said = out(&output) + &err(&output);
        assert_eq!(code(&output), 5, "{command}: {said}");
        assert_eq!(err(&output).matches(MIXED).count(), 1, "{command}: {said}");
    }
}

#[test]
#[cfg(unix)]
fn no_more_connections_are_listened_to_than_this_process_may_have_open() {
    let folder = rows(20);
    // It says after each answer that it ends the connection, and does so late.
    let server = Server::acting(|turn, stream| {
        let Some(own) = &turn.answer else { return false };
        let text = String::from_utf8(own.clone()).unwrap();
        let _ = stream.write_all(text.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes());
        thread::sleep(Duration::from_millis(300));
        false
    });
    for limit in [24, 40] {
        let mut program = std::process::Command::new("sh");
        let script = format!("ulimit -n {limit}; exec \"$@\"");
        program.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_proofmark"), "run", "--cases"]);
        program.arg(folder.path()).args(["--endpoint", &server.url, "-j", "64", "--connections", "reuse"]);
        let output = program.stdin(Stdio::null()).output().unwrap();
        let said = out(&output) + &err(&output);
        if said.contains("cannot modify limit") {
            return skipped("the limit of open files cannot be set");
        }
        assert_eq!(code(&output), 0, "{limit}: {said}");
    }
}
