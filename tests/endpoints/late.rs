//! Bytes that come after an answer and that no request asked for: whose they are cannot be known on a connection that is kept.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

use super::connections::{Ran, Server, Turn, ran, rows};
use crate::support::odd::{JSON, answer};

/// How often a server sends one more answer.
#[derive(Debug, Clone, Copy)]
enum Often {
    Once,
    Each,
    /// One time in three, and the first time.
    Random,
}

impl Often {
    const ALL: [Self; 3] = [Self::Once, Self::Each, Self::Random];

    fn is_it(self, turn: usize) -> bool {
        match self {
            Self::Once => turn == 0,
            Self::Each => true,
            Self::Random => turn == 0 || (turn.wrapping_mul(2_654_435_761) >> 3).is_multiple_of(3),
        }
    }
}

/// What a server sends late.
#[derive(Clone, Default)]
struct Late(Arc<Mutex<Vec<JoinHandle<Duration>>>>);

impl Late {
    /// Sends one more answer on a connection, after so many milliseconds.
    fn send(&self, stream: &TcpStream, millis: u64) {
        let (mut late, start) = (stream.try_clone().unwrap(), Instant::now());
        let sending = thread::spawn(move || {
            thread::sleep(Duration::from_millis(millis));
            let _ = late.write_all(&answer("200 OK", JSON, r#"{"id": "late"}"#));
            start.elapsed()
        });
        self.0.lock().unwrap().push(sending);
    }

    /// How late the latest was, once all are sent.
    fn latest(&self) -> Duration {
        let sent = std::mem::take(&mut *self.0.lock().unwrap());
        sent.into_iter().map(|sending| sending.join().unwrap()).max().unwrap_or_default()
    }
}

/// A server that sends one more answer so many milliseconds after one, and before each answer waits for so many.
fn late(millis: u64, often: Often, pause: u64) -> (Server, Late) {
    let (turns, late) = (AtomicUsize::new(0), Late::default());
    let own = late.clone();
    let server = Server::acting(move |turn, stream| {
        let Some(answer) = &turn.answer else { return false };
        thread::sleep(Duration::from_millis(pause));
        let _ = stream.write_all(answer);
        if often.is_it(turns.fetch_add(1, Ordering::Relaxed)) {
            own.send(stream, millis);
        }
        true
    });
    (server, late)
}

/// Fails unless a run on kept connections could not find anything out, and says why.
fn assert_mixed_up(ran: &Ran, what: &str) {
    assert_eq!(ran.code, 5, "{what}: {}", ran.out);
    assert!(ran.out.contains("run with --connections fresh"), "{what}: {}", ran.out);
    let end = ran.events.iter().find(|event| event["event"] == "ended").unwrap();
    assert_eq!(end["stopped"]["why"], "mixed-up", "{what}: {end}");
}

/// A run of one row on kept connections; another one where the server itself was so late, on a busy machine, that it
/// cannot be listened to.
fn in_time(folder: &TempDir, jobs: &str, start: impl Fn() -> (Server, Late)) -> Ran {
    let run = || {
        let (server, late) = start();
        let kept = ran(folder.path(), &server.url, &["-j", jobs, "--connections", "reuse"]);
        (kept, late.latest())
    };
    let mut runs = std::iter::repeat_with(run).take(50);
    runs.find(|(_, latest)| *latest <= Duration::from_millis(85)).expect("this machine is too busy").0
}

#[test]
fn no_verdict_rests_on_another_requests_answer() {
    let folder = rows(15);
    let late_ones = [0, 1, 30, 80].into_iter().flat_map(|millis| Often::ALL.map(|often| (millis, often)));
    thread::scope(|scope| {
        for (millis, often) in late_ones {
            let folder = folder.path();
            scope.spawn(move || {
                let (server, _) = late(millis, often, millis / 5);
                let what = format!("{often:?} after {millis} ms");
                let fresh = ran(folder, &server.url, &["-j", "2"]);
                assert_eq!(fresh.mixed(), Vec::<&Json>::new(), "{what}: {}", fresh.out);
                assert_eq!(fresh.count("passed") + fresh.count("failed"), 30, "{what}: {}", fresh.out);
                for case in fresh.cases().filter(|case| case["verdict"]["name"] == "failed") {
                    assert_eq!(case["findings"][0]["subject"], "end of the answer", "{case}");
                }
            });
        }
    });
}

#[test]
fn answers_that_may_be_mixed_up_make_a_run_on_kept_connections_inconclusive() {
    let folder = rows(15);
    let late_ones = [0, 1, 30, 80].into_iter().flat_map(|millis| Often::ALL.map(|often| (millis, often)));
    thread::scope(|scope| {
        for (millis, often) in late_ones {
            let folder = folder.path();
            scope.spawn(move || {
                // So that the run is not over before the first late answer comes.
                let (server, _) = late(millis, often, millis / 5);
                let kept = ran(folder, &server.url, &["-j", "2", "--connections", "reuse"]);
                assert_mixed_up(&kept, &format!("{often:?} after {millis} ms"));
            });
        }
    });
}

#[test]
fn bytes_that_come_when_the_last_case_is_over_make_a_run_inconclusive_too() {
    let folder = rows(1);
    for millis in [0, 1, 30, 80] {
        for often in Often::ALL {
            let kept = in_time(&folder, "1", || late(millis, often, 0));
            assert_mixed_up(&kept, &format!("{often:?} after {millis} ms"));
        }
    }
    // Sent as an answer to the end of the connection, at once.
    let server = Server::acting(|turn: &Turn, stream| {
        let late = || answer("200 OK", JSON, r#"{"id": "late"}"#);
        let _ = stream.write_all(&turn.answer.clone().unwrap_or_else(late));
        true
    });
    let kept = ran(folder.path(), &server.url, &["-j", "1", "--connections", "reuse"]);
    assert_mixed_up(&kept, "at the end");
}

#[test]
fn bytes_on_a_connection_that_carries_no_further_request_make_a_run_inconclusive_too() {
    // The second request has a connection of its own again, on which the third one follows.
    let (folder, longer) = (rows(1), rows(2));
    for millis in [0, 30, 80] {
        let said = in_time(&longer, "1", || last_said(millis));
        assert_mixed_up(&said, &format!("behind the last answer, after {millis} ms"));
        let other = in_time(&folder, "2", || other_closed(millis));
        assert_mixed_up(&other, &format!("beside one that is closed, after {millis} ms"));
    }
}

/// A server whose second answer says that it is the last one, and is not.
fn last_said(millis: u64) -> (Server, Late) {
    let late = Late::default();
    let own = late.clone();
    let server = Server::acting(move |turn, stream| {
        let Some(answer) = &turn.answer else { return false };
        let text = String::from_utf8(answer.clone()).unwrap();
        let last = text.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let _ = stream.write_all(if turn.place.1 == 1 { last.as_bytes() } else { answer });
        if turn.place.1 == 1 {
            own.send(stream, millis);
        }
        true
    });
    (server, late)
}

/// A server that closes one connection of two, so that none is used again, and sends late on the other one.
fn other_closed(millis: u64) -> (Server, Late) {
    let (late, both) = (Late::default(), Barrier::new(2));
    let own = late.clone();
    let server = Server::acting(move |turn, stream| {
        let Some(answer) = &turn.answer else { return false };
        if turn.place.0 < 2 && turn.place.1 == 0 {
            both.wait();
        }
        let _ = stream.write_all(answer);
        if turn.place.0 == 1 {
            own.send(stream, millis);
        }
        turn.place.0 != 0
    });
    (server, late)
}

#[test]
fn an_endpoint_that_sends_nothing_unasked_is_not_waited_for_at_length() {
    let folder = rows(1);
    for is_closing in [false, true] {
        let (tell, heard) = channel();
        let tell = Mutex::new(tell);
        let server = Server::acting(move |turn, stream| {
            let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
            let _ = tell.lock().unwrap().send((turn.answer.is_none(), Instant::now()));
            // One that never closes what it is asked to close holds up nothing for longer, either.
            if turn.answer.is_none() && !is_closing {
                thread::sleep(Duration::from_secs(2));
            }
            true
        });
        let kept = ran(folder.path(), &server.url, &["-j", "1", "--connections", "reuse"]);
        assert_eq!((kept.code, kept.count("passed")), (0, 2), "{}", kept.out);
        let times: Vec<_> = heard.iter().take(3).collect();
        assert!(!times[1].0 && times[2].0, "two answers and the end");
        let listened = times[2].1 - times[1].1;
        assert!((80..1000).contains(&listened.as_millis()), "{listened:?}");
        let elapsed = kept.events.last().unwrap()["duration_us"].as_u64().unwrap();
        assert!(elapsed < 1_500_000, "{elapsed}");
    }
}
