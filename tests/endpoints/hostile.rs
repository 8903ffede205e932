//! How a run meets odd and hostile endpoints: every wait, size and depth is bounded, what is
//! inconclusive is not called broken, and no byte of an answer acts on the terminal or on the report.

mod answers;
mod bounds;
mod states;

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use proofmark::inside::model::is_hostile;

use crate::support::odd::{
    JSON, PROXIES, answer, finished, judged, one_case, program, say, say_and_close, serve, serve_bodies,
};

#[test]
fn a_plain_answer_passes() {
    let judged = judged(&serve(say(answer("200 OK", JSON, r#"{"id": "a"}"#))), &[]);
    assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{}", judged.out);
}

#[test]
fn what_is_no_whole_answer_is_inconclusive_and_not_broken() {
    let unfinished = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
    let bad_chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n";
    let flood = format!("HTTP/1.1 200 OK\r\n{}\r\n\r\n", "x: y\r\n".repeat(100_000));
    for (bytes, name) in [
        ("", "closed before an answer"),
        ("SSH-2.0-OpenSSH_9\r\n", "no HTTP"),
        ("HTTP/1.1 abc\r\n\r\n", "no status"),
        (unfinished, "closed in the middle of the body"),
        (bad_chunk, "a chunk that is none"),
        (flood.as_str(), "more header fields than anyone needs"),
    ] {
        let judged = judged(&serve(say_and_close(bytes.to_owned())), &[]);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{name}: {}", judged.out);
    }
}

#[test]
fn a_handshake_of_tls_that_does_not_come_about_is_named() {
    let silent = serve(|_: &str, _: &mut TcpStream| thread::park()).replace("http://", "https://");
    let judged = judged(&silent, &["--connect-timeout", "300ms"]);
    assert_eq!(judged.code, 5, "{}", judged.out);
    assert!(judged.out.contains("the handshake of TLS took longer than 300ms"), "{}", judged.out);
}

#[test]
fn a_wait_has_an_end() {
    let silent = |_: &str, _: &mut TcpStream| thread::park();
    let dripping = |_: &str, stream: &mut TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
        // Ends when the client has gone away.
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    };
    for url in [serve(silent), serve(dripping)] {
        let start = Instant::now();
        let judged = judged(&url, &[]);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
        assert!(judged.reason().contains("took longer than 1s"), "{}", judged.reason());
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn the_whole_run_has_an_end_too() {
    let url = serve(|_: &str, _: &mut TcpStream| thread::park());
    let judged = judged(&url, &["--answer-timeout", "60", "--total-timeout", "1"]);
    assert_eq!((judged.code, judged.report["stopped"].as_str()), (5, Some("out of time")), "{}", judged.out);
}

#[test]
fn a_body_that_is_too_large_is_not_read_to_its_end() {
    let sized = serve(say(answer("200 OK", JSON, " ".repeat(200_000))));
    let endless = serve(|_: &str, stream: &mut TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while stream.write_all(b"1000\r\n").and_then(|()| stream.write_all(&[b' '; 4098])).is_ok() {}
    });
    for url in [sized, endless] {
        let judged = judged(&url, &["--body-limit", "100000"]);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    }
}

#[test]
fn a_body_is_as_large_as_the_limit_and_no_larger() {
    let body = |size: usize| format!("{{\"id\": \"{}\"}}", "x".repeat(size - 10));
    for (size, arguments, verdict) in [
        (1_048_576, &[][..], "passed"),
        (1_048_577, &[], "inconclusive"),
        (3_000, &["--body-limit", "3000"], "passed"),
        (3_001, &["--body-limit", "3000"], "inconclusive"),
    ] {
        assert_eq!(body(size).len(), size);
        let judged = judged(&serve(say(answer("200 OK", JSON, body(size)))), arguments);
        assert_eq!(judged.verdict(), verdict, "{size}: {}", judged.out);
    }
}

#[test]
fn a_redirect_is_judged_and_not_followed() {
    let followed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&followed);
    let target = serve(move |_: &str, _: &mut TcpStream| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let url = serve(say(answer("302 Found", &format!("location: {target}/\r\n"), "")));
    let judged = judged(&url, &[]);
    assert_eq!((judged.code, judged.verdict()), (1, "failed"), "{}", judged.out);
    assert_eq!(followed.load(Ordering::SeqCst), 0);
}

#[test]
fn a_proxy_of_the_environment_is_passed_over() {
    let url = serve(say(answer("200 OK", JSON, r#"{"id": "a"}"#)));
    let folder = one_case();
    let mut command = program(folder.path(), &["--endpoint", &url, "plain"]);
    for name in PROXIES {
        command.env(name, "http://127.0.0.1:1");
    }
    assert_eq!(command.output().unwrap().status.code(), Some(0));
}

#[test]
fn bodies_that_cannot_be_read_break_the_envelope_and_nothing_else_of_us() {
    let deep = "[".repeat(100_000);
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
    let bodies: [&[u8]; 7] = [
        b"<html><body>Bad Gateway</body></html>",
        b"\xff\xfe\x00",
        b"{\"id\": \"a\"",
        deep.as_bytes(),
        bomb.as_bytes(),
        b"{\"id\": \"a\", \"id\": \"b\"}",
        b"\x1f\x8b\x08\x00",
    ];
    for body in bodies {
        let judged = judged(&serve(say(answer("200 OK", JSON, body))), &[]);
        assert_eq!((judged.code, judged.verdict()), (1, "failed"), "{}", judged.out);
        assert!(judged.levels().contains(&"envelope"), "{}", judged.out);
    }
}

#[test]
fn statuses_of_every_kind_get_a_verdict() {
    for status in ["204 No Content", "304 Not Modified", "100 Continue", "429 Too Many", "599 X", "999 Y"] {
        let judged =
            judged(&serve(say_and_close(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"))), &[]);
        assert!(
            matches!((judged.code, judged.verdict()), (1, "failed") | (5, "inconclusive")),
            "{status}: {}",
            judged.out
        );
    }
}

/// What acts on terminals, logs and files, as the text of a JSON string.
const ACTING: &str = r"\u001b[2J\u001b]0;x\u0007\r\u0000\u009b31m\u202e\u200b\u2060\ufe0f\udb40\udc41::error::]]>\u2028</script>";

#[test]
fn no_byte_of_an_answer_acts_on_the_terminal_or_the_report() {
    let body = format!(r#"{{"code": "{ACTING}", "message": "{ACTING}", "{ACTING}": 1}}"#);
    let headers = format!("{JSON}x-odd: \u{9b}31m\r\n");
    let judged = judged(&serve(say(answer("500 Red", &headers, body))), &["-v", "--color", "never"]);
    assert_eq!(judged.out.chars().find(|letter| is_hostile(*letter)), None, "{}", judged.out.escape_debug());
    assert_eq!(judged.verdict(), "failed");
    let is_told_raw = |letter: char| letter < ' ' && letter != '\n';
    assert_eq!(judged.raw.chars().find(|letter| is_told_raw(*letter)), None, "{}", judged.raw.escape_debug());
}

#[test]
fn a_hook_that_does_not_do_its_work_leaves_a_case_inconclusive() {
    let endpoint = serve(say(answer("200 OK", JSON, r#"{"id": "a"}"#)));
    let large = format!("{{\"thing\": \"{}\"}}", "x".repeat(20_000_000));
    for (bytes, reason) in [
        (answer("500 Oops", "", "broken"), "the hook answered 500"),
        (answer("200 OK", "", "<html></html>"), "the hook's answer is neither"),
        (answer("200 OK", JSON, "[]"), "the hook's answer is neither"),
        (answer("200 OK", JSON, "{}"), "the hook's answer lacks `thing`"),
        (answer("200 OK", JSON, large), "larger than"),
        (Vec::new(), "the hook gave no answer"),
    ] {
        let hook = serve(say_and_close(bytes));
        let judged = judged(&endpoint, &["--states", &hook]);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
        assert!(judged.reason().contains(reason), "{reason}: {}", judged.reason());
    }
}

#[test]
fn a_state_that_the_hook_does_not_know_is_not_run() {
    let endpoint = serve(say(answer("200 OK", JSON, r#"{"id": "a"}"#)));
    let hook = serve(say(answer("404 Not Found", "", "no such state")));
    let judged = judged(&endpoint, &["--states", &hook]);
    assert_eq!((judged.code, judged.verdict()), (5, "skipped"), "{}", judged.out);
}

#[test]
fn a_server_that_answers_the_same_to_everything_gets_a_verdict_for_every_shipped_case() {
    let url = serve(say(answer("200 OK", JSON, "{}")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let output =
        program(&cases, &["--endpoint", &url, "--states", &url, "--report", &report, "-q"]).output().unwrap();
    let judged = finished(&output, &path);
    let counts = &judged.report["counts"];
    assert_eq!(judged.code, 1, "{}", judged.out);
    assert_eq!(counts["passed"], 0);
    assert!(
        counts["failed"].as_u64().unwrap() > 0 && counts["inconclusive"].as_u64().unwrap() > 0,
        "{counts}"
    );
    assert_eq!(judged.report["cases"].as_array().unwrap().len() as u64, counts["total"].as_u64().unwrap());
}

#[cfg(unix)]
#[test]
fn an_interrupt_undoes_what_was_set_up_and_tells_what_is_known() {
    let states = Arc::new(Mutex::new(Vec::new()));
    let (shown, hear) = std::sync::mpsc::channel();
    let endpoint = serve(move |_: &str, _: &mut TcpStream| {
        shown.send(()).unwrap();
        thread::park();
    });
    let noted = Arc::clone(&states);
    let hook = serve_bodies(move |body| {
        noted.lock().unwrap().push(body["action"].as_str().unwrap().to_owned());
        r#"{"thing": "t-1"}"#.to_owned()
    });
    let folder = one_case();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let mut command = program(
        folder.path(),
        &["--endpoint", &endpoint, "--states", &hook, "--report", &report, "stateful"],
    );
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    hear.recv_timeout(Duration::from_secs(30)).unwrap();
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let judged = finished(&child.wait_with_output().unwrap(), &path);
    assert_eq!((judged.code, judged.verdict()), (130, "inconclusive"), "{}", judged.out);
    assert_eq!(
        (judged.report["outcome"].as_str(), judged.report["stopped"].as_str()),
        (Some("interrupted"), Some("interrupted"))
    );
    assert_eq!(*states.lock().unwrap(), ["setup", "teardown"]);
}
