//! What an answer within the limit of its size may cost, and what it may write and pass for.
//!
//! It knows nothing of transport.

use std::fmt::Write;
use std::fs;
use std::net::TcpStream;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::odd::{JSON, Judged, answer, finished, judged, one_case, program, say, serve};

/// Far more than a linear check of a mebibyte takes unoptimised, and far less than a quadratic one.
const BEARABLE: Duration = Duration::from_secs(12);

/// So many parts that what is quadratic in them shows, within the default limit of a body.
const MANY: usize = 90_000;

fn joined(part: impl Fn(usize) -> String, between: &str) -> String {
    (0..MANY).map(part).collect::<Vec<_>>().join(between)
}

fn judged_in_time(content_type: &str, body: &str) -> Judged {
    let head = format!("content-type: {content_type}\r\n");
    let start = Instant::now();
    let judged = judged(&serve(say(answer("200 OK", &head, body))), &["--answer-timeout", "10"]);
    assert!(start.elapsed() < BEARABLE, "{:?}", start.elapsed());
    judged
}

#[test]
fn very_many_keys_are_checked_in_bearable_time() {
    let body = format!("{{{}}}", joined(|number| format!("\"{number:x}\":1"), ","));
    assert_eq!(judged_in_time("application/json", &body).verdict(), "failed");
}

#[test]
fn very_many_elements_are_read_in_bearable_time() {
    let body = format!("<r>{}</r>", joined(|number| format!("<a{number:x}/>"), ""));
    assert_eq!(judged_in_time("text/xml", &body).verdict(), "failed");
}

#[test]
fn very_many_doubled_keys_do_not_flood_the_report() {
    let body = format!("{{{}}}", joined(|_| "\"a\":1".to_owned(), ","));
    let judged = judged_in_time("application/json", &body);
    assert!(judged.raw.len() < 10_000 && judged.out.len() < 10_000, "{}", judged.raw.len());
}

#[test]
fn very_many_volatile_values_are_named_in_bearable_time() {
    let folder = one_case();
    let contract = folder.path().join("shop/Get/contract.toml");
    let mut text = fs::read_to_string(&contract).unwrap();
    writeln!(text, "\n[[volatile]]\nname = \"id\"\nat = \"$.id\"").unwrap();
    fs::write(&contract, text).unwrap();
    let (snapshots, path) = (folder.path().join("snapshots"), folder.path().join("out.json"));
    let report = format!("json={}", path.display());
    let ids = joined(|number| format!("\"{number:06x}\""), ",");
    let url = serve(say(answer(
        "200 OK",
        JSON,
        format!("{{\"x\":[{}],\"id\":[{ids}]}}", "\"zzzzzz\",".repeat(9000) + "0"),
    )));
    let arguments = [
        "--endpoint",
        &url,
        "--report",
        &report,
        "--snapshots",
        &snapshots.display().to_string(),
        "--update",
        "no",
        "plain",
    ];
    let start = Instant::now();
    let judged = finished(&program(folder.path(), &arguments).output().unwrap(), &path);
    assert_eq!((judged.code, judged.verdict()), (1, "failed"));
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
}

#[test]
fn the_report_holds_no_byte_that_acts_on_a_terminal() {
    let acting = r"\u009b31m\u007f\u202e\u2066\u200f\u2028\ufeff";
    let body = format!(r#"{{"code": "{acting}", "{acting}": 1, "{acting}": 2}}"#);
    let judged = judged(&serve(say(answer("200 OK", JSON, body))), &[]);
    let acts = |letter: char| {
        letter != '\n' && (letter.is_control() || "\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}".contains(letter))
    };
    assert_eq!(judged.raw.chars().find(|letter| acts(*letter)), None, "{}", judged.raw.escape_debug());
    let subject = judged.report["cases"][0]["findings"][0]["subject"].as_str().unwrap();
    assert_eq!(subject, "$.\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}");
}

#[test]
fn markup_does_not_pass_for_the_only_format_of_a_contract() {
    for (content_type, body) in [("text/html", "<html><id>a</id></html>"), ("text/xml", "<a><id>a</id></a>")]
    {
        let head = format!("content-type: {content_type}\r\n");
        let judged = judged(&serve(say(answer("200 OK", &head, body))), &[]);
        assert_eq!((judged.code, judged.levels()), (1, vec!["envelope"]), "{}", judged.out);
    }
}

#[test]
fn very_long_keys_do_not_flood_the_report() {
    let key = "k".repeat(400_000);
    let judged = judged_in_time("application/json", &format!("{{\"{key}\":1,\"{key}\":2}}"));
    assert_eq!(judged.verdict(), "failed");
    assert!(judged.raw.len() < 20_000 && judged.out.len() < 20_000, "{}", judged.raw.len());
    assert!(judged.raw.contains("more characters"), "what is cut is counted");
}

/// The command with 2 GB of memory and a minute, most of it for a busy machine.
#[cfg(target_os = "linux")]
fn limited(command: &std::process::Command) -> std::process::Command {
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -v 2000000; exec timeout 60 \"$0\" \"$@\""]);
    limited.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited
}

/// Answers that are made to cost memory, as they are written to the connection.
#[cfg(target_os = "linux")]
fn costly() -> Vec<(&'static str, Vec<u8>)> {
    let json = |body: String| answer("200 OK", JSON, body);
    let half = 500_000;
    vec![
        ("deep", json("[".repeat(2 * half))),
        ("deep and closed", json("[".repeat(half) + &"]".repeat(half))),
        ("deep in XML", answer("200 OK", "content-type: text/xml\r\n", "<a>".repeat(half / 2))),
        ("many lists", json(format!("{{\"id\": [{}0]}}", "[],".repeat(half / 2)))),
        (
            "one value everywhere",
            json(format!("{{\"id\": \"ab12\", \"x\": [{}0]}}", "\"ab12\",".repeat(140_000))),
        ),
        ("a number", json(format!("{{\"id\": {}}}", "9".repeat(2 * half)))),
        ("escapes", json(format!("{{\"id\": \"{}\"}}", "\\u202e".repeat(160_000)))),
        ("a field", answer("200 OK", &format!("{JSON}x-a: {}\r\n", "b".repeat(2 * half)), "{}")),
        ("fields", answer("200 OK", &(JSON.to_owned() + &"x-a: b\r\n".repeat(100_000)), "{}")),
        (
            "codings",
            answer("200 OK", &format!("{JSON}content-encoding: {}gzip\r\n", "gzip, ".repeat(1000)), "{}"),
        ),
    ]
}

#[cfg(target_os = "linux")]
#[test]
fn answers_that_are_made_to_cost_memory_get_a_verdict_in_two_gigabytes() {
    for (name, bytes) in costly() {
        let folder = one_case();
        let contract = folder.path().join("shop/Get/contract.toml");
        let rule = "\n[[volatile]]\nname = \"id\"\nat = \"$.id\"\n";
        fs::write(&contract, fs::read_to_string(&contract).unwrap() + rule).unwrap();
        let (html, path) = (folder.path().join("out.html"), folder.path().join("out.json"));
        let (html, report) = (format!("html={}", html.display()), format!("json={}", path.display()));
        let snapshots = folder.path().join("snapshots").display().to_string();
        let url = serve(say(bytes));
        let arguments =
            ["--endpoint", &url, "--report", &report, "--report", &html, "--snapshots", &snapshots];
        let arguments = [&arguments[..], &["--update", "always", "--answer-timeout", "20", "plain"]].concat();
        let output = limited(&program(folder.path(), &arguments)).output().unwrap();
        let judged = finished(&output, &path);
        assert!(["passed", "failed", "inconclusive"].contains(&judged.verdict()), "{name}: {}", judged.out);
        assert!(matches!(judged.code, 0 | 1 | 5), "{name}: {} {}", judged.code, judged.out);
    }
}

/// The most memory that a run of many cases with large answers may take, in KiB: far less than all answers.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 400 * 1024;

/// Cases that wait for one that is slow hold few answers meanwhile. They fail, so that their answers are needed.
#[cfg(target_os = "linux")]
#[test]
fn large_answers_that_wait_to_be_told_are_few() {
    let folder = one_case();
    let case = |number: usize| {
        format!(
            "[[case]]\nid = \"c{number:03}\"\nabout = \"It is there.\"\nparams = {{ id = {number} }}\nexpect = {{ status = 201 }}\n\n"
        )
    };
    fs::write(folder.path().join("shop/Get/t.toml"), (0..400).map(case).collect::<String>()).unwrap();
    let large = answer("200 OK", JSON, format!("{{\"id\": \"a\", \"x\": \"{}\"}}", "x".repeat(1_000_000)));
    // The first case is reported last: its answer comes when many others have come.
    let url = serve(move |head: &str, stream: &mut TcpStream| {
        if head.contains("id=0 ") {
            thread::sleep(Duration::from_secs(1));
        }
        let _ = std::io::Write::write_all(stream, &large);
    });
    let arguments = ["--endpoint", &url, "--jobs", "32", "-q"];
    let mut child = program(folder.path(), &arguments).stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    let status = format!("/proc/{}/status", child.id());
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line
            .and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
            .map_or(peak, |found: u64| found.max(peak));
        thread::sleep(Duration::from_millis(5));
    }
    assert!(peak > 0 && peak < MEMORY, "{peak} KiB");
}
