//! Calls of state hooks: whose an answer is, and what a hook does to a connection.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;
use socket2::SockRef;
use tempfile::TempDir;

use super::connections::{Ran, Server, ran, rows};
use crate::support::odd::{JSON, answer, judged, say, serve};

/// A call as a hook sees it.
struct Call<'a> {
    /// The number of the connection, and of the call on it.
    place: (usize, usize),
    body: &'a Json,
}

impl Call<'_> {
    fn is_set_up(&self) -> bool {
        self.body["action"] == "setup"
    }

    /// A row that no other call is answered with.
    fn row(&self) -> String {
        format!("c{}-{}", self.place.0, self.place.1)
    }
}

/// Starts a hook that sends its answers itself, and says each time whether the connection goes on.
fn hook(act: impl Fn(&Call, &mut TcpStream) -> bool + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/states", listener.local_addr().unwrap());
    let act = Arc::new(act);
    thread::spawn(move || {
        for (connection, stream) in listener.incoming().flatten().enumerate() {
            let act = Arc::clone(&act);
            thread::spawn(move || converse(connection, stream, &*act));
        }
    });
    url
}

fn converse(connection: usize, mut stream: TcpStream, act: &impl Fn(&Call, &mut TcpStream) -> bool) {
    let (mut seen, mut buffer, mut number) = (Vec::new(), [0; 4096], 0);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..read]);
        let Some(head) = seen.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let Ok(body) = serde_json::from_slice::<Json>(&seen[head + 4..]) else { continue };
        seen.clear();
        if !act(&Call { place: (connection, number), body: &body }, &mut stream) {
            return;
        }
        number += 1;
    }
}

fn given(row: &str) -> Vec<u8> {
    answer("200 OK", JSON, format!(r#"{{"thing": "{row}"}}"#))
}

/// So many rows, each asked for by GET and by POST, in a state that says which row it is.
fn stateful(count: usize) -> TempDir {
    let folder = rows(count);
    let table = folder.path().join("shop/Get/t.toml");
    let text = fs::read_to_string(&table).unwrap();
    let text = text
        .replace("params = { row = \"{{ row }}\"", "given = \"a thing\"\nparams = { row = \"{{ thing }}\"");
    let lines = text.lines().map(|line| match line.split_once(", row = ") {
        Some((row, _)) if line.starts_with("  {") => format!("{row} }},\n"),
        _ => format!("{line}\n"),
    });
    let text: String = lines.collect();
    fs::write(&table, text).unwrap();
    let states = "[[state]]\nname = \"a thing\"\nabout = \"x\"\n[state.provides.thing]\nabout = \"x\"\nexample = \"r\"\n";
    fs::write(folder.path().join("shop/Get/states.toml"), states).unwrap();
    folder
}

/// What a state was said to be for, and the row that its case asked for.
fn asked(ran: &Ran) -> BTreeMap<String, String> {
    let asked = ran.cases().map(|case| {
        let set_up = case["set_ups"][0]["asked"].as_str().unwrap_or_default();
        let purpose = serde_json::from_str::<Json>(set_up).map_or(Json::Null, |body| body["purpose"].clone());
        let target = case["exchanges"][0]["request"]["target"].as_str().unwrap_or_default();
        let row = target.split_once("row=").map_or("", |(_, row)| row.split('&').next().unwrap());
        (purpose.as_str().unwrap_or_default().to_owned(), row.to_owned())
    });
    asked.collect()
}

#[test]
fn no_case_runs_in_a_state_that_another_call_has_set_up() {
    let folder = stateful(10);
    for jobs in ["1", "4"] {
        for mode in ["fresh", "reuse"] {
            let rows: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
            let noted = Arc::clone(&rows);
            // Each second answer of a connection is followed by another one, late.
            let url = hook(move |call, stream| {
                if call.is_set_up() {
                    let purpose = call.body["purpose"].as_str().unwrap().to_owned();
                    noted.lock().unwrap().insert(purpose, call.row());
                }
                let _ = stream.write_all(&given(&call.row()));
                let mut late = stream.try_clone().unwrap();
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(20));
                    let _ = late.write_all(&given("late"));
                });
                true
            });
            let server = Server::acting(|turn, stream| {
                thread::sleep(Duration::from_millis(5));
                let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
                true
            });
            let ran = ran(folder.path(), &server.url, &["-j", jobs, "--states", &url, "--connections", mode]);
            assert_eq!((ran.code, ran.count("passed")), (0, 20), "{jobs} {mode}: {}", ran.out);
            assert_eq!(asked(&ran), *rows.lock().unwrap(), "{jobs} {mode}: {}", ran.out);
        }
    }
}

#[test]
fn a_hook_may_close_a_connection_after_each_answer() {
    let folder = stateful(15);
    thread::scope(|scope| {
        for (is_reset, millis) in [(false, 0), (false, 2), (true, 0), (true, 2)] {
            let folder = folder.path();
            scope.spawn(move || {
                let url = hook(move |call, stream| {
                    let _ = stream.write_all(&given(&call.row()));
                    thread::sleep(Duration::from_millis(millis));
                    if is_reset {
                        let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
                    }
                    false
                });
                let server = Server::acting(|turn, stream| {
                    let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
                    true
                });
                let ran = ran(folder, &server.url, &["-j", "4", "--states", &url]);
                let what = format!("{is_reset} {millis}: {}", ran.out);
                assert_eq!((ran.code, ran.count("passed")), (0, 30), "{what}");
                assert!(!ran.out.contains("left behind"), "{what}");
            });
        }
    });
}

#[test]
fn each_call_of_a_hook_has_a_connection_of_its_own() {
    let folder = stateful(5);
    let calls: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
    let noted = Arc::clone(&calls);
    let url = hook(move |call, stream| {
        noted.lock().unwrap().push(call.place);
        stream.write_all(&given(&call.row())).is_ok()
    });
    let server = Server::acting(|turn, stream| {
        let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
        true
    });
    let ran = ran(folder.path(), &server.url, &["-j", "2", "--states", &url, "--connections", "reuse"]);
    assert_eq!((ran.code, ran.count("passed")), (0, 10), "{}", ran.out);
    let calls = calls.lock().unwrap();
    // Set up and torn down, ten times.
    assert_eq!(calls.len(), 20);
    assert!(calls.iter().all(|(_, number)| *number == 0), "{calls:?}");
}

/// What comes of a case whose hook sends `behind` after the answers to some of its calls, and how often it was called.
fn behind(behind: &'static [u8], is_meant: fn(&Json) -> bool) -> (crate::support::odd::Judged, usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let hook = hook(move |call, stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        let more = if is_meant(call.body) { behind } else { b"" };
        let _ = stream.write_all(&[&given("t")[..], more].concat());
        true
    });
    let url = serve(say(answer("200 OK", JSON, r#"{"id": "a"}"#)));
    let judged = judged(&url, &["--states", &hook]);
    (judged, calls.load(Ordering::Relaxed))
}

#[test]
fn bytes_behind_the_answer_of_a_hook_make_its_case_inconclusive() {
    for more in [&b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..], b"}", b"\r\n\r\n"] {
        let (judged, calls) = behind(more, |body| body["action"] == "setup");
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
        let reason = judged.reason();
        assert!(reason.contains("bytes came behind the hook's answer"), "{reason}");
        // The state may be there, so it is undone.
        assert_eq!(calls, 2, "{}", judged.out);
        let (judged, _) = behind(more, |body| body["action"] == "teardown");
        assert_eq!((judged.code, judged.verdict()), (5, "passed"), "{}", judged.out);
        let left = "could not be torn down: bytes came behind the hook's answer";
        assert!(judged.raw.contains(left), "{}", judged.raw);
    }
    for harmless in [&b""[..], b"\r\n"] {
        let (judged, _) = behind(harmless, |_| true);
        assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{}", judged.out);
    }
}
