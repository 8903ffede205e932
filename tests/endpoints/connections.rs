//! Connections: one for each request, or kept where that is asked for. What a server reads is logged as a whole, and tests
//! count there, not in our reports.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use proofmark::inside::event::Event;
use proofmark::inside::judgement::judge_again;
use proofmark::inside::plan::plan;
use proofmark::inside::report::read_event;
use proofmark::inside::source::{Wanted, load};
use proofmark::inside::template::Templates;
use serde_json::Value as Json;
use socket2::SockRef;
use tempfile::TempDir;

use crate::support::odd::{self, JSON, answer, program};

/// How a server deals with a connection after an answer.
#[derive(Debug, Clone, Copy)]
enum After {
    /// It goes on.
    Keep,
    /// It closes, orderly or not, after so many milliseconds up to so many, one time out of so many.
    Close { is_reset: bool, millis: (u64, u64), one_of: usize },
    /// It does either, or goes on, at random, after up to 30 milliseconds.
    Random,
}

impl After {
    /// Says whether the connection goes on after that answer of the server.
    fn act(self, turn: usize, stream: &TcpStream) -> bool {
        match self {
            Self::Random => {
                let drawn = turn.wrapping_mul(0x9E37_79B9).rotate_right(7);
                let millis = (drawn as u64 / 4) % 31;
                let close = |is_reset| Self::Close { is_reset, millis: (millis, millis), one_of: 1 };
                match drawn % 4 {
                    0 => close(false).act(turn, stream),
                    1 => close(true).act(turn, stream),
                    _ => true,
                }
            }
            Self::Close { is_reset, millis: (least, most), one_of } if turn.is_multiple_of(one_of) => {
                let wait = least + (turn as u64 * 7) % (most - least + 1);
                thread::sleep(Duration::from_millis(wait));
                if is_reset {
                    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
                }
                false
            }
            Self::Keep | Self::Close { .. } => true,
        }
    }
}

/// What a server has to do on a connection.
pub(crate) struct Turn {
    /// The number of the connection, in the order of first requests, and of the request on it.
    pub(crate) place: (usize, usize),
    /// The answer to a request; none where the client has closed the connection.
    pub(crate) answer: Option<Vec<u8>>,
}

/// A server that echoes the `row` of a target, and what it has read.
pub(crate) struct Server {
    pub(crate) url: String,
    /// The first line of each request, with the number of its connection.
    log: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Server {
    fn start(after: After) -> Self {
        let answered = AtomicUsize::new(0);
        Self::acting(move |turn, stream| {
            let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
            turn.answer.is_some() && after.act(answered.fetch_add(1, Ordering::Relaxed), stream)
        })
    }

    /// A server that sends its answers itself, and says each time whether the connection goes on.
    pub(crate) fn acting(act: impl Fn(&Turn, &mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let (noted, act, connections) = (Arc::clone(&log), Arc::new(act), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, act, connections) =
                    (Arc::clone(&noted), Arc::clone(&act), Arc::clone(&connections));
                thread::spawn(move || converse(stream, &*act, &noted, &connections));
            }
        });
        Self { url, log }
    }

    /// How often each row was asked for.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (_, line) in self.log.lock().unwrap().iter() {
            *counts.entry(format!("{} {}", line.split(' ').next().unwrap(), row(line))).or_default() += 1;
        }
        counts
    }

    fn connections(&self) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().map(|(connection, _)| connection).collect::<std::collections::BTreeSet<_>>().len()
    }
}

fn row(line: &str) -> &str {
    line.split_once("row=").unwrap().1.split(['&', ' ']).next().unwrap()
}

fn converse(
    mut stream: TcpStream,
    act: &impl Fn(&Turn, &mut TcpStream) -> bool,
    log: &Mutex<Vec<(usize, String)>>,
    connections: &AtomicUsize,
) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    let mut place = None;
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..read]);
        while let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") {
            let head: Vec<u8> = seen.drain(..end + 4).collect();
            let line = String::from_utf8(head).unwrap().lines().next().unwrap().to_owned();
            let (connection, number) =
                place.unwrap_or_else(|| (connections.fetch_add(1, Ordering::Relaxed), 0));
            place = Some((connection, number + 1));
            let answer = answer("200 OK", JSON, format!(r#"{{"id": "{}"}}"#, row(&line)));
            log.lock().unwrap().push((connection, line));
            if !act(&Turn { place: (connection, number), answer: Some(answer) }, &mut stream) {
                return;
            }
        }
    }
    if let Some(place) = place {
        act(&Turn { place, answer: None }, &mut stream);
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// A folder with so many rows, each asked for by GET and by POST; only the status is expected, so that any answer passes.
pub(crate) fn rows(count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    let contract = "operation = \"Get\"\nversion = \"1\"\nabout = \"Gets a thing.\"\n\n[request]\nmethod = \"GET\"\npath = \"/thing\"\nplace = \"query\"\n\n[envelope]\ncode = \"$.code\"\nmessage = \"$.message\"\ncontent-type = { json = \"application/json\" }\n";
    fs::write(operation.join("contract.toml"), contract).unwrap();
    let mut table = "[[case]]\nid = \"each\"\nabout = \"It is there.\"\nparams = { row = \"{{ row }}\", n = \"{{ token(16) }}\" }\naxes = { method = [\"GET\", \"POST\"] }\nexpect = { status = 200 }\nrows = [\n".to_owned();
    (0..count).for_each(|row| writeln!(table, "  {{ id = \"r{row}\", row = \"r{row}\" }},").unwrap());
    fs::write(operation.join("t.toml"), table + "]\n").unwrap();
    folder
}

/// What a run came to: exit code, output, and its events.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) events: Vec<Json>,
}

pub(crate) fn ran(folder: &Path, url: &str, arguments: &[&str]) -> Ran {
    let path = tempfile::NamedTempFile::new().unwrap();
    let report = format!("ndjson={}", path.path().display());
    let common = ["--endpoint", url, "--report", &report, "--all-exchanges", "--answer-timeout", "5"];
    let output = program(folder, &[&common, arguments].concat()).output().unwrap();
    let text = fs::read_to_string(path.path()).unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        events: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    }
}

impl Ran {
    pub(crate) fn cases(&self) -> impl Iterator<Item = &Json> {
        self.events.iter().filter(|event| event["event"] == "finished")
    }

    pub(crate) fn count(&self, verdict: &str) -> usize {
        self.cases().filter(|case| case["verdict"]["name"] == verdict).count()
    }

    /// The cases whose answer is another request's.
    pub(crate) fn mixed(&self) -> Vec<&Json> {
        let is_own = |case: &&Json| {
            case["exchanges"].as_array().unwrap().iter().all(|exchange| {
                let target = exchange["request"]["target"].as_str().unwrap();
                exchange["answer"]["text"] == format!(r#"{{"id": "{}"}}"#, row(target))
            })
        };
        self.cases().filter(|case| !is_own(case)).collect()
    }

    /// Judges each case again from its record, with the seed 7: a second attempt has random values of its own.
    fn judge_again(&self, folder: &Path) {
        let plan = plan(&load(folder, Wanted::All).unwrap(), &[]).unwrap();
        for (planned, case) in plan.cases.iter().zip(self.cases()) {
            let Event::Finished(record) = read_event(&case.to_string()).unwrap() else { panic!("{case}") };
            let again = judge_again(planned, &record, 7, &Templates::default()).unwrap();
            assert_eq!((again.verdict, again.exchanges), (record.verdict, record.exchanges), "{case}");
        }
    }

    /// The rows whose case was started again.
    fn started_again(&self) -> Vec<String> {
        let again = self.cases().filter(|case| case.get("started_again").is_some());
        let named = again.map(|case| case["row"].as_str().unwrap().rsplit_once('-').unwrap());
        named.map(|(row, method)| format!("{} {row}", method.to_uppercase())).collect()
    }
}

#[test]
fn an_endpoint_that_closes_connections_spoils_no_case_and_sees_no_request_twice_unsaid() {
    let folder = rows(15);
    let close = |is_reset, millis, one_of| After::Close { is_reset, millis, one_of };
    let closing = [
        close(false, (0, 0), 1),
        close(true, (0, 0), 1),
        close(false, (1, 30), 3),
        close(true, (1, 30), 3),
        close(false, (0, 2), 2),
        After::Random,
        After::Keep,
    ];
    let runs = closing.into_iter().flat_map(|after| {
        ["fresh", "reuse"].into_iter().flat_map(move |mode| ["1", "4", "16"].map(|jobs| (after, mode, jobs)))
    });
    thread::scope(|scope| {
        for (after, mode, jobs) in runs {
            let folder = folder.path();
            scope.spawn(move || {
                let server = Server::start(after);
                let ran = ran(folder, &server.url, &["-j", jobs, "--seed", "7", "--connections", mode]);
                let what = format!("{after:?} {mode} {jobs}: {}", ran.out);
                assert_eq!((ran.code, ran.count("passed")), (0, 30), "{what}");
                assert_eq!(ran.mixed(), Vec::<&Json>::new(), "{what}");
                ran.judge_again(folder);
                let again = ran.started_again();
                assert!(mode == "reuse" || again.is_empty(), "{what}");
                for (row, count) in server.counts() {
                    // Of a request that is lost, it is not known whether it was read.
                    let most = 1 + usize::from(again.contains(&row));
                    assert!((1..=most).contains(&count), "{row} {count} times: {what}");
                }
            });
        }
    });
}

#[test]
fn an_end_that_no_request_has_asked_for_leaves_no_case_undecided() {
    let folder = rows(60);
    let passes = |url: &str, jobs: &str, what: &str| {
        let ran = ran(folder.path(), url, &["-j", jobs, "--connections", "reuse"]);
        assert_eq!((ran.code, ran.count("passed")), (0, 120), "{what} {jobs}: {}", ran.out);
        assert_eq!(ran.mixed(), Vec::<&Json>::new(), "{what} {jobs}: {}", ran.out);
    };
    for jobs in ["1", "16"] {
        // Without a word of that, shortly after so many answers on a connection.
        for (most, millis) in [(16, 2), (16, 0), (10, 5), (3, 20)] {
            let server = Server::acting(move |turn, stream| {
                let _ = stream.write_all(turn.answer.as_deref().unwrap_or_default());
                let goes_on = turn.answer.is_some() && turn.place.1 + 1 < most;
                if !goes_on {
                    thread::sleep(Duration::from_millis(millis));
                }
                goes_on
            });
            passes(&server.url, jobs, &format!("after {most}, {millis} ms"));
        }
        // By breaking it off, where a request has asked for an end.
        let url = odd::serve(|head, stream| {
            let body = format!(r#"{{"id": "{}"}}"#, row(head));
            let _ = stream.write_all(&answer("200 OK", JSON, body));
            if head.contains("connection: close") {
                thread::sleep(Duration::from_millis(1));
                let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        passes(&url, jobs, "broken off");
    }
}

#[test]
fn an_endpoint_that_serves_few_connections_at_once_is_not_kept_waiting_by_those_that_rest() {
    let folder = rows(20);
    let server = Few::start(2);
    let start = std::time::Instant::now();
    let ran = ran(folder.path(), &server, &["-j", "64", "--connections", "reuse"]);
    assert_eq!((ran.code, ran.count("passed")), (0, 40), "{}", ran.out);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// A server that serves so many connections at once, each until its client closes it, and takes no notice of what asks it to.
struct Few;

impl Few {
    fn start(count: usize) -> String {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let url = format!("http://{}", listener.local_addr().unwrap());
        for _ in 0..count {
            let listener = Arc::clone(&listener);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let act = |turn: &Turn, stream: &mut TcpStream| {
                        thread::sleep(Duration::from_millis(20));
                        stream.write_all(turn.answer.as_deref().unwrap_or_default()).is_ok()
                    };
                    converse(stream, &act, &Mutex::default(), &AtomicUsize::new(0));
                }
            });
        }
        url
    }
}

#[test]
fn every_report_shows_a_case_that_was_started_again() {
    let folder = rows(2);
    // The second request of a connection is read, and never answered.
    let server = Server::acting(|turn, stream| {
        let _ = stream.write_all(turn.answer.as_deref().filter(|_| turn.place.1 == 0).unwrap_or_default());
        turn.place.1 == 0
    });
    let formats = ["json", "junit", "markdown", "html", "tap", "ndjson"];
    let paths = formats.map(|format| folder.path().join(format));
    let reports: Vec<String> =
        formats.iter().zip(&paths).map(|(format, path)| format!("{format}={}", path.display())).collect();
    let mut arguments = vec!["--endpoint", &server.url, "-j", "1", "--connections", "reuse"];
    arguments.extend(reports.iter().flat_map(|report| ["--report", report.as_str()]));
    let output = program(folder.path(), &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let texts = paths.map(|path| fs::read_to_string(path).unwrap());
    let said = "started again: the request of step 1: ";
    for (format, text) in formats.iter().zip(&texts).filter(|(format, _)| !format.contains("json")) {
        assert!(text.contains(said), "{format}: {text}");
    }
    let report: Json = serde_json::from_str(&texts[0]).unwrap();
    let again: Vec<&Json> =
        report["cases"].as_array().unwrap().iter().map(|case| &case["started_again"]).collect();
    assert_eq!(again.iter().map(|again| again.is_string()).collect::<Vec<_>>(), [false, false, true, false]);
    let output = texts[1].split("<system-out>").nth(1).unwrap();
    assert!(output.contains(said) && output.contains("</system-out></testcase>"), "{}", texts[1]);
    assert!(texts[1].contains("failures=\"0\" errors=\"0\" skipped=\"0\""), "{}", texts[1]);
    // Text of Markdown is escaped in the list, and as it is at the case.
    assert!(texts[2].contains("<code>started again&#58; the request"), "{}", texts[2]);
    assert_eq!(texts[3].matches(said).count(), 2, "in the list and at the case: {}", texts[3]);
}

#[test]
fn connections_are_used_again_where_that_is_asked_for_and_only_there() {
    let folder = rows(10);
    for (arguments, expected) in [
        (&["-j", "2"][..], 20..=20),
        (&["-j", "2", "--connections", "fresh"], 20..=20),
        // One for the first request. A worker that finds nothing more to do closes what is idle then.
        (&["-j", "2", "--connections", "reuse"], 1..=6),
    ] {
        let server = Server::start(After::Keep);
        let ran = ran(folder.path(), &server.url, arguments);
        assert_eq!((ran.code, ran.count("passed")), (0, 20), "{arguments:?}: {}", ran.out);
        assert!(expected.contains(&server.connections()), "{arguments:?}: {}", server.connections());
    }
    let file = "[endpoint.kept]\nurl = \"URL\"\nconnections = \"reuse\"\n";
    let server = Server::start(After::Keep);
    fs::write(folder.path().join("endpoints.toml"), file.replace("URL", &server.url)).unwrap();
    assert_eq!(ran(folder.path(), "kept", &["-j", "1"]).code, 0);
    assert_eq!(server.connections(), 3, "of one, sixteen and three requests");
    assert_eq!(ran(folder.path(), "kept", &["-j", "1", "--connections", "fresh"]).code, 0);
    assert_eq!(server.connections(), 23);
}

#[test]
fn the_last_request_on_a_kept_connection_asks_to_close_it_and_the_run_waits_no_longer() {
    let folder = rows(10);
    // The first of all, the last of each worker that was needed, and with one worker the sixteenth on a connection.
    let runs = [("reuse", "1", 3..=3), ("reuse", "4", 3..=5), ("fresh", "1", 0..=0), ("fresh", "4", 0..=0)];
    for ((mode, jobs, due), is_saying) in runs.into_iter().flat_map(|run| [(run.clone(), true), (run, false)])
    {
        let run = || {
            let heads = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&heads);
            // It closes a connection as soon as it is asked to.
            let url = odd::serve(move |head, stream| {
                let is_last = head.contains("connection: close");
                let fields =
                    format!("{JSON}{}", if is_last && is_saying { "connection: close\r\n" } else { "" });
                let _ = stream.write_all(&answer("200 OK", &fields, r#"{"id": "x"}"#));
                noted.lock().unwrap().push(is_last);
                if is_last {
                    let _ = stream.shutdown(Shutdown::Both);
                }
            });
            let ran = ran(folder.path(), &url, &["-j", jobs, "--connections", mode]);
            assert_eq!((ran.code, ran.count("passed")), (0, 20), "{mode} {jobs}: {}", ran.out);
            let heads = heads.lock().unwrap();
            let closing = heads.iter().filter(|is_last| **is_last).count();
            assert_eq!(heads.len(), 20, "{mode} {jobs} {is_saying}");
            assert!(due.contains(&closing), "{mode} {jobs} {is_saying}: {closing}");
            Duration::from_micros(ran.events.last().unwrap()["duration_us"].as_u64().unwrap())
        };
        // Much less than a connection is listened to that stays open, on a machine that is not busy for long.
        let is_quick = std::iter::repeat_with(run).take(20).any(|took| took < Duration::from_millis(80));
        assert!(is_quick, "{mode} {jobs}");
    }
}

/// What a server that answers with these bytes leads to.
fn shown(bytes: &[u8]) -> Ran {
    let folder = rows(1);
    let bytes = bytes.to_vec();
    let url = odd::serve(move |_, stream| {
        let _ = stream.write_all(&bytes);
    });
    ran(folder.path(), &url, &["--exact", "shop/Get/t/each/r0-get"])
}

#[test]
fn bytes_behind_an_answer_are_a_finding() {
    let whole = |head: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{JSON}{head}\r\n{body}").into_bytes();
    let once = answer("200 OK", JSON, "{}");
    for (bytes, name) in [
        ([once.clone(), once.clone()].concat(), "a second answer"),
        (whole("content-length: 2\r\n", "{} "), "a length that is too small"),
        (whole("transfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n."), "behind the last chunk"),
        (b"HTTP/1.1 204 No Content\r\n\r\n{}".to_vec(), "a body where there is none"),
        ([once.clone(), b"\r\n\r\n".to_vec()].concat(), "more than one line end"),
    ] {
        let ran = shown(&bytes);
        let subjects: Vec<&Json> = ran
            .cases()
            .flat_map(|case| case["findings"].as_array().unwrap())
            .map(|finding| &finding["subject"])
            .collect();
        assert!(subjects.iter().any(|subject| *subject == "end of the answer"), "{name}: {}", ran.out);
        assert_eq!(ran.code, 1, "{name}: {}", ran.out);
    }
    for bytes in [once.clone(), [once, b"\r\n".to_vec()].concat()] {
        assert_eq!(shown(&bytes).code, 0);
    }
}

#[test]
fn odd_but_right_framing_is_read_as_ever() {
    let many: String = (0..200).fold(String::new(), |mut text, number| {
        let _ = write!(text, "x-{number}: {number}\r\n");
        text
    });
    let long = format!("x-long: {}\r\n", "a".repeat(100_000));
    for (bytes, name) in [
        (answer("200 OK", &format!("{JSON}{many}"), "{}"), "many fields"),
        (answer("200 OK", &format!("{JSON}{long}"), "{}"), "a long head"),
        (
            [b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec(), answer("200 OK", JSON, "{}")]
                .concat(),
            "1xx",
        ),
        (
            format!(
                "HTTP/1.1 200 OK\r\n{JSON}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\nx-t: 1\r\n\r\n"
            )
            .into(),
            "trailers",
        ),
        (
            answer("200 OK", JSON, "{}").iter().copied().skip(8).fold(
                b"HTTP/1.0".to_vec(),
                |mut all, byte| {
                    all.push(byte);
                    all
                },
            ),
            "HTTP/1.0",
        ),
    ] {
        let ran = shown(&bytes);
        assert_eq!((ran.code, ran.count("passed")), (0, 1), "{name}: {}", ran.out);
    }
}

#[test]
fn a_single_field_that_occurs_twice_is_a_finding_in_every_case() {
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (line, is_single) in [
        (JSON, true),
        (date, true),
        ("location: /a\r\n", true),
        ("etag: \"a\"\r\n", true),
        ("last-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", true),
        ("retry-after: 1\r\n", true),
        ("set-cookie: a=b\r\n", false),
        ("vary: accept\r\n", false),
    ] {
        let first = if line == JSON { "" } else { JSON };
        let ran = shown(&answer("200 OK", &format!("{first}{line}{line}"), "{}"));
        assert_eq!(ran.code, i32::from(is_single), "{line}: {}", ran.out);
    }
}
