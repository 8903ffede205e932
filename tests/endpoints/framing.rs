//! Answers whose framing breaks HTTP/1.1, right ones beside them, and what must not show of bytes behind an answer.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::odd::{
    JSON, Judged, answer, finished, judged, one_case, program, say, say_and_close, serve,
};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const LENGTH: &str = "content-length: 11\r\n";
const CHUNKED: &str = "transfer-encoding: chunked\r\n";
const BODY: &str = r#"{"id": "a"}"#;
const CHUNKS: &str = "b\r\n{\"id\": \"a\"}\r\n0\r\n\r\n";

fn came_of(bytes: &str) -> Judged {
    judged(&serve(say_and_close(bytes.to_owned())), &[])
}

/// The findings about framing: what was expected, what came, and the section.
fn framing(judged: &Judged) -> Vec<[String; 3]> {
    let findings = judged.report["cases"][0]["findings"].as_array().unwrap();
    let of_framing = findings.iter().filter(|finding| finding["subject"] == "message framing");
    let texts = of_framing.map(|finding| {
        assert_eq!(finding["level"], "envelope");
        ["expected", "actual", "because"].map(|key| finding[key].as_str().unwrap().to_owned())
    });
    texts.collect()
}

#[test]
fn right_framing_passes() {
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n";
    for bytes in [
        format!("{OK}{LENGTH}\r\n{BODY}"),
        format!("{OK}{CHUNKED}\r\n{CHUNKS}"),
        format!(
            "{OK}transfer-encoding: Chunked\r\ntrailer: x\r\n\r\nB;a=\"b;\"\r\n{BODY}\r\n0;c\r\nx: y\r\n\r\n"
        ),
        format!("{OK}\r\n{BODY}"),
        format!("{OK}connection: close\r\n\r\n{BODY}\n"),
        format!("HTTP/1.0 200 OK\r\n{JSON}\r\n{BODY}"),
        format!("HTTP/1.1 200 \r\n{JSON}{LENGTH}\r\n{BODY}"),
        format!("HTTP/1.1 100 Continue\r\n\r\n{OK}{CHUNKED}\r\n{CHUNKS}"),
        // As many interim answers as may be.
        interim.repeat(100) + OK + LENGTH + "\r\n" + BODY,
    ] {
        let judged = came_of(&bytes);
        assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{bytes:?} {}", judged.out);
    }
}

#[test]
fn wrong_framing_is_a_finding_that_names_the_section() {
    let coding = |names: &str, rest: &str| format!("{OK}transfer-encoding: {names}\r\n{rest}");
    let both = format!("{LENGTH}{CHUNKED}\r\n{CHUNKS}");
    for (bytes, section, shown) in [
        (format!("{OK}{both}"), "9112, section 6.2", "content-length: 11, transfer-encoding: chunked"),
        (format!("{OK}content-length: 3\r\n{CHUNKED}\r\n{CHUNKS}"), "9112, section 6.2", "content-length: 3"),
        (format!("{OK}{CHUNKED}content-length: 900\r\n\r\n{CHUNKS}"), "9112, section 6.2", "900"),
        (coding("identity", &format!("content-length: 3\r\n\r\n{BODY}")), "9112, section 6.1", "identity"),
        (coding("xchunked", &format!("\r\n{BODY}")), "9112, section 6.1", "xchunked"),
        (coding("gzip", &format!("\r\n{BODY}")), "9112, section 6.1", "gzip"),
        (coding("gzip, chunked", &format!("\r\n{CHUNKS}")), "9112, section 6.1", "gzip, chunked"),
        (coding("identity, chunked", &format!("\r\n{CHUNKS}")), "9112, section 6.1", "identity"),
        (coding("chunked", &format!("{CHUNKED}\r\n{CHUNKS}")), "9112, section 6.1", "chunked, chunked"),
        (coding("", &format!("{LENGTH}\r\n{BODY}")), "9112, section 6.1", "\"\""),
        (format!("{OK}content-length: 11, 11\r\n\r\n{BODY}"), "9110, section 8.6", "11, 11"),
        ((OK.to_owned() + LENGTH + "\r\n").replace('\r', "") + BODY, "9112, section 2.2", "HTTP/1.1 200 OK"),
        (format!("{OK}x: a\n{LENGTH}\r\n{BODY}"), "9112, section 2.2", "x: a"),
        (format!("\r\n{OK}{LENGTH}\r\n{BODY}"), "9112, section 2.1", "\\r\\n"),
        (format!("\r\n\r\n\r\n{OK}{LENGTH}\r\n{BODY}"), "9112, section 2.1", "\\r\\n"),
        (format!("\n{OK}{LENGTH}\r\n{BODY}"), "9112, section 2.1", "\\n"),
        (format!("{OK}{LENGTH}\r\n{BODY}").replace(" OK", ""), "9112, section 4", "HTTP/1.1 200"),
        (format!("{OK}{CHUNKED}\r\nb;\0\u{1b}[31m\r\n{BODY}\r\n0\r\n\r\n"), "9112, section 7.1.1", ";"),
        (format!("{OK}{CHUNKED}\r\nb;\u{ff}\r\n{BODY}\r\n0\r\n\r\n"), "9112, section 7.1.1", ";"),
        (format!("{OK}{CHUNKED}\r\nb \r\n{BODY}\r\n0\r\n\r\n"), "9112, section 7.1.1", "\" \""),
        (
            format!("{OK}{CHUNKED}\r\nb\r\n{BODY}\r\n0\r\nContent-Length: 5\r\n\r\n"),
            "9110, section 6.5.1",
            "Content-Length: 5",
        ),
        (
            format!("{OK}{CHUNKED}\r\nb\r\n{BODY}\r\n0\r\ntransfer-encoding: x\r\n\r\n"),
            "9110, section 6.5.1",
            "transfer-encoding: x",
        ),
        (
            format!("HTTP/1.1 103 E\r\ncontent-length: 5\r\n\r\n{OK}{LENGTH}\r\n{BODY}"),
            "9112, section 6.1",
            "content-length: 5",
        ),
        (format!("HTTP/1.1 205 Reset Content\r\n{JSON}{LENGTH}\r\n{BODY}"), "9110, section 15.3.6", "{"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned(), "9110, section 15.2.2", "101"),
    ] {
        let judged = came_of(&bytes);
        assert_eq!((judged.code, judged.verdict()), (1, "failed"), "{bytes:?} {}", judged.out);
        let found = framing(&judged);
        assert!(
            found.iter().any(|[_, actual, because]| because.ends_with(section) && actual.contains(shown)),
            "{bytes:?}: {found:?}"
        );
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_inconclusive_and_the_line_is_shown() {
    let status = "a status line is HTTP/1.1, a space and three digits, from 100 on (RFC 9112, section 4)";
    for (bytes, rule, line) in [
        ("HTTP/1.1 20 OK\r\n\r\n".to_owned(), status, "\"HTTP/1.1 20 OK\""),
        ("HTTP/1.1 000 OK\r\n\r\n".to_owned(), status, "\"HTTP/1.1 000 OK\""),
        (
            format!("{OK}content-length: 99999999999999999999999\r\n\r\n{BODY}"),
            "a length is one number (RFC 9112, section 6.3)",
            "\"content-length: 99999999999999999999999\"",
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), status, "\"SSH-2.0-OpenSSH_9.2\""),
        (
            format!("{OK}x y: \u{1b}[31mz\r\n{LENGTH}\r\n{BODY}"),
            "the name of a field has letters, digits and some signs (RFC 9110, section 5.1)",
            r#""x y: \u001b[31mz""#,
        ),
        (
            format!("{OK}x: y\r\n z\r\n{LENGTH}\r\n{BODY}"),
            "no field goes on in a further line (RFC 9112, section 5.2)",
            "\" z\"",
        ),
        (
            format!("{OK}{LENGTH}content-length: 12\r\n\r\n{BODY}"),
            "a length is one number (RFC 9112, section 6.3)",
            "\"content-length: 12\"",
        ),
    ] {
        let judged = came_of(&bytes);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
        let due = format!("the answer cannot be read, since {rule}: {line}");
        assert!(judged.reason().ends_with(&due), "{}", judged.reason());
    }
}

#[test]
fn an_answer_past_a_limit_is_inconclusive_and_the_limit_is_named() {
    for (fields, reason) in [
        (
            "content-length: 18446744073709551615\r\n".to_owned(),
            "the Content-Length of the answer is larger than any",
        ),
        ("x: y\r\n".repeat(255) + LENGTH, "more than 256 fields"),
        (format!("x: {}\r\n{LENGTH}", "y".repeat(300_000)), "longer than 262144 bytes"),
    ] {
        let judged = came_of(&format!("{OK}{fields}\r\n{BODY}"));
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
        assert!(judged.reason().contains(reason), "{}", judged.reason());
    }
    let most = came_of(&format!("{OK}{}{LENGTH}\r\n{BODY}", "x: y\r\n".repeat(254)));
    assert_eq!(most.code, 0, "{}", most.out);
}

#[test]
fn interim_answers_have_a_limit_and_starve_nothing() {
    let one_more = "HTTP/1.1 103 E\r\n\r\n".repeat(101) + OK + LENGTH + "\r\n" + BODY;
    let flood = |count: usize| {
        let interim = "HTTP/1.1 103 E\r\n\r\n".repeat(count);
        serve(move |_: &str, stream: &mut TcpStream| while stream.write_all(interim.as_bytes()).is_ok() {})
    };
    for url in [serve(say(one_more)), flood(1), flood(1000), flood(100_000)] {
        let start = Instant::now();
        let judged = judged(&url, &["--answer-timeout", "60"]);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
        let due = "more than 100 interim answers (1xx) came before the answer";
        assert!(judged.reason().ends_with(due), "{}", judged.reason());
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}

const TOKEN: &str = "tok-0123456789abcdefghijklmnopqrstuvwxyz";

/// All that is written of an answer, for a request with a token.
fn written(bytes: String) -> String {
    let folder = one_case();
    let mut seen = String::new();
    let url = serve(say(bytes));
    for format in ["json", "ndjson", "markdown", "sarif", "tap", "junit", "html"] {
        let path = folder.path().join(format);
        let report = format!("{format}={}", path.display());
        let arguments = ["--endpoint", &url, "--sign", "bearer", "-v", "--report", &report, "plain"];
        let mut command = program(folder.path(), &arguments);
        let output = command.env("PROOFMARK_BEARER_TOKEN", TOKEN).output().unwrap();
        seen += &String::from_utf8(output.stdout).unwrap();
        seen += &std::fs::read_to_string(path).unwrap();
        if format == "json" {
            seen += &finished(&command.output().unwrap(), &folder.path().join(format)).raw;
        }
    }
    seen
}

#[test]
fn a_secret_behind_an_answer_does_not_show_wherever_it_is_cut() {
    let whole = |behind: &str| String::from_utf8(answer("200 OK", JSON, BODY)).unwrap() + behind;
    let padded = |length: usize| format!("{}{TOKEN}\"}}", "x".repeat(length));
    for (bytes, shown) in [
        (whole(&format!("{{\"error\":\"x\",\"you sent\":\"{TOKEN}\"}}")), "you sent"),
        (whole(&padded(62)), "xxxx"),
        (whole(&padded(16 * 1024 - 20)), "xxxx"),
        (whole(&format!("you sent {}", &TOKEN[..20])), "you sent"),
        (whole(&format!("you sent {}", percent(&TOKEN[..20]))), "you sent"),
        // A Content-Length that ends within it.
        (format!("{OK}content-length: 30\r\n\r\n{{\"id\": \"a\", \"you\": \"{TOKEN}\"}}"), "you"),
        // In a head that cannot be read.
        (format!("{OK}x {}{TOKEN}: y\r\n\r\n", "a".repeat(50)), "aaaa"),
        (format!("{OK}x {}{}", "a".repeat(50), &TOKEN[..20]), "aaaa"),
        (format!("{OK}x : {}{}", "a".repeat(50), &TOKEN[..20]), "aaaa"),
        (format!("nothing {} {}", "a".repeat(50), &TOKEN[..20]), "aaaa"),
        // In what is wrong with the framing.
        (format!("{OK}{CHUNKED}\r\nb;{}{TOKEN} \u{1}\r\n{BODY}\r\n0\r\n\r\n", "a".repeat(50)), "aaaa"),
        (format!("{OK}transfer-encoding: {}, {TOKEN}, chunked\r\n\r\n{CHUNKS}", "a".repeat(50)), "aaaa"),
    ] {
        let seen = written(bytes.clone());
        assert!(seen.contains(shown), "{bytes:?}\n{seen}");
        assert!(
            !seen.contains("tok-0") && !seen.contains("%74%6f%6b") && !seen.contains("mnopq"),
            "{bytes:?}\n{seen}"
        );
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat()
}
