//! The `curl` lines, really run: a server that keeps what it reads byte by byte says what was sent.

#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use proofmark::inside::curl::{USER_AGENT, curl_line};
use proofmark::inside::model::{Method, Request, SentBody};

use crate::support::{Served, code, err, out, proofmark, skipped};

/// What a server read of one request: names of fields in lower case and in order, since HTTP makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    line: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A server on loopback that keeps whole requests, and answers all of them with 200 and no body.
struct Log {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Log {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                thread::spawn(move || {
                    if let Some((request, mut stream)) = read(stream) {
                        log.lock().unwrap().push(request);
                        let _ = stream
                            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    }
                });
            }
        });
        Self { url, seen }
    }

    /// The one request that was read since the last call.
    fn one(&self) -> Seen {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

fn read(mut stream: TcpStream) -> Option<(Seen, TcpStream)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16_384];
    let head = loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        if let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break head;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let (line, rest) = text.split_once("\r\n").unwrap();
    let field = |field: &str| {
        let (name, value) = field.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned())
    };
    let mut fields: Vec<(String, String)> = rest.split("\r\n").map(field).collect();
    let length = fields.iter().find(|(name, _)| name == "content-length");
    let end = head + 4 + length.map_or(0, |(_, length)| length.parse::<usize>().unwrap());
    while bytes.len() < end {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
    }
    // Fields of one name keep their order.
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    Some((Seen { line: line.to_owned(), fields, body: bytes[head + 4..].to_vec() }, stream))
}

/// Whether there is a `curl`; a machine without it says so.
fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        skipped("there is no `curl` on this machine, so its lines are not tried");
    }
    found
}

/// Runs a line in a shell, in a folder with a file that no line may send.
fn run_line(shell: &str, folder: &Path, line: &str) {
    // As a script, since a line may be longer than an argument.
    let script = folder.join("line.sh");
    fs::write(&script, line).unwrap();
    let mut command = Command::new(shell);
    command.arg(script).current_dir(folder).env("HOME", folder).stdin(Stdio::null());
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    // 28 is the end of a wait for the body of an answer to HEAD.
    assert!(output.status.success() || code(&output) == 28, "{line}\n{}", err(&output));
}

fn folder_with_secret() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("leak.txt"), "content of a local file").unwrap();
    folder
}

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request {
        method: Method::new(method).unwrap(),
        target: target.to_owned(),
        headers: headers.collect(),
        body: if body.is_empty() { SentBody::Empty } else { SentBody::Raw(body.to_owned()) },
        params: Vec::new(),
        format: None,
    }
}

/// What a server has to read for a request, by RFC 9110 and RFC 9112.
fn due(request: &Request, url: &str) -> Seen {
    let mut fields: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let mut add = |name: &str, value: &str| {
        if !fields.iter().any(|(known, _)| known == name) {
            fields.push((name.to_owned(), value.to_owned()));
        }
    };
    add("host", url.trim_start_matches("http://"));
    add("accept", "*/*");
    add("user-agent", USER_AGENT);
    let body = request.body.as_str().as_bytes().to_vec();
    if !body.is_empty() {
        add("content-length", &body.len().to_string());
    }
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    Seen { line: format!("{} {} HTTP/1.1", request.method, request.target), fields, body }
}

/// Requests that `curl` would change if it were let.
fn odd_requests() -> Vec<Request> {
    let every: String = (1..=0x7f).map(char::from).chain("\u{85}é😀\u{202e}\u{feff}".chars()).collect();
    let graphic: String = ('!'..='~').filter(|letter| !"#?".contains(*letter)).collect();
    let json: &[(&str, &str)] = &[("content-type", "application/json")];
    let mut all = vec![
        request("HEAD", "/a", &[], ""),
        request("HEAD", "/a", &[], "x"),
        request("GET", "/a", &[], "with a body"),
        request("DELETE", "/a?b", &[], ""),
        request("POST", "/a", &[], ""),
        request("PURGE!'", "/a", &[], ""),
        request("OPTIONS", "*", &[], ""),
        request("GET", &format!("/{graphic}?{graphic}?"), &[], ""),
        request("GET", "/[1-2]{a,b}?c[]={d}", &[], ""),
        request("GET", "//a/../b/./c/%2e%2E/..", &[], ""),
        request("GET", "/a?", &[], ""),
        request("GET", "/a#b", &[], ""),
        request("POST", "/a", &[("x", "1"), ("x", ""), ("x", "2"), ("y", ""), ("z", " \t")], ""),
        request("POST", "/a", &[("x", "\ta\t'b' \"c\" $(d) `e` \\ ; é\u{202e}")], ""),
        request("POST", "/a", &[("user-agent", "me"), ("user-agent", "you"), ("accept", "a/b")], ""),
        request("POST", "/a", &[("user-agent", ""), ("accept", ""), ("content-type", "")], "x"),
        request("POST", "/a", &[("host", "other.example"), ("expect", "")], "x"),
        request("POST", "/a", json, "{\n  \"a\": \"it's 100 %, \\\"b\\\" \\\\n !x\"\n}\n"),
        request("POST", "/a", &[], "a\0b\u{0}1\n"),
        request("POST", "/a", &[], "-n\n\n\n"),
        request("POST", "/a", &[], &every),
        request("POST", "/a", &[], &"a long one, which asks for leave first; ".repeat(100)),
        request("POST", "/a", &[], &"%longer than an argument may be\n".repeat(10_000)),
    ];
    for body in
        ["@leak.txt", "@", "@-", "-", "<leak.txt", "a=@leak.txt", "$HOME", "`id`", "~", "!!", "\n", "'"]
    {
        all.push(request("POST", "/a", &[], body));
    }
    all
}

#[test]
fn a_line_sends_just_the_request_from_each_shell() {
    if !has_curl() {
        return;
    }
    let (log, folder) = (Log::start(), folder_with_secret());
    for request in odd_requests() {
        let line = curl_line(&log.url, &request);
        assert_eq!(proofmark::inside::report::printable(&line), line, "nothing in it acts on a terminal");
        for shell in ["sh", "bash"] {
            run_line(shell, folder.path(), &line);
            assert_eq!(log.one(), due(&request, &log.url), "{shell}: {}", &line[..line.len().min(500)]);
        }
    }
}

const CONTRACT: &str = r#"operation = "Op"
version = "1"
about = "x"
[sources.docs]
title = "docs"
[request]
method = "POST"
path = "/q/{p}"
place = "json"
[[param]]
name = "p"
type = "string"
place = "path"
source = ["docs"]
[envelope]
code = "$.code"
content-type = { json = "application/json" }
"#;

/// Case files of which each sends something that `curl` would change.
const CASES: [(&str, &str); 14] = [
    ("plain", r#"params = { p = "x", a = 1 }"#),
    ("at", r#"params = { p = "x" }, request = { body = "@leak.txt" }"#),
    ("no-type", r#"params = { p = "x" }, request = { body = "plain" }"#),
    ("get-with-body", r#"params = { p = "x" }, request = { method = "GET", body = "plain" }"#),
    ("head", r#"params = { p = "x" }, request = { method = "HEAD" }"#),
    ("nothing", r#"params = { p = "x" }, request = { body = "" }"#),
    ("globs", r#"request = { path = "/[1-2]", query = "c[]={d,e}" }"#),
    (
        "fields",
        r#"params = { p = "x" }, request = { headers = { User-Agent = "me", Accept = "a/b", X = "'\"$(id)" } }"#,
    ),
    (
        "empty-field",
        r#"params = { p = "x" }, request = { headers = { X = "", Content-Type = "text/plain" } }"#,
    ),
    ("newlines", r#"params = { p = "x" }, request = { body = "{\n  \"a\": \"it's\"\n}\n" }"#),
    ("controls", r#"params = { p = "x" }, request = { body = "\u0001\u001b[2J\u0000\t\r\n'\\x41%d!!" }"#),
    (
        "unseen",
        r#"params = { p = "x" }, request = { body = "é中\u00a0\u00ad\u200b\u2028\u3164\ufff9\U000e0041\u202e" }"#,
    ),
    ("form", r#"params = { p = "x", "a b" = "c&d='e'" }, request = { place = "form" }"#),
    ("long", r#"params = { p = "x", a = "LONG" }"#),
];

fn folder_with_cases() -> tempfile::TempDir {
    let folder = folder_with_secret();
    let operation = folder.path().join("cases/t/Op");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), CONTRACT).unwrap();
    let tables = CASES.map(|(id, keys)| {
        let keys = keys.replace("}, request", "}\nrequest").replace("LONG", &"xy".repeat(3000));
        format!("[[case]]\nid = \"{id}\"\nabout = \"a\"\n{keys}\nexpect = {{ status = 201 }}\n")
    });
    fs::write(operation.join("n.toml"), tables.join("\n")).unwrap();
    folder
}

/// The line that begins so, up to what follows it.
fn found<'a>(text: &'a str, mark: &str, end: &str) -> &'a str {
    let start = text.find(mark).unwrap_or_else(|| panic!("{text}")) + mark.len();
    text[start..].split(end).next().unwrap()
}

/// What the terminal shows of the command: all behind the answer.
fn terminal_line(text: &str) -> String {
    let answer = found(text, "\n  < HTTP ", "\n\nDOES NOT");
    let (_, line) = answer.split_once("\n  < (no body)\n  ").unwrap_or_else(|| panic!("{text}"));
    line.to_owned()
}

#[test]
fn show_the_terminal_and_the_page_repeat_what_the_program_sends() {
    if !has_curl() {
        return;
    }
    let (log, folder) = (Log::start(), folder_with_cases());
    for (id, _) in CASES {
        let case = format!("t/Op/n/{id}");
        let arguments = [
            "run",
            "--endpoint",
            &log.url,
            "--exact",
            &case,
            "--report",
            "junit=j.xml",
            "--report",
            "html=p.html",
        ];
        let output = proofmark(&arguments).current_dir(folder.path()).output().unwrap();
        // The first thing that is sent is a question whether there is anybody.
        let sent = log.seen.lock().unwrap().drain(..).next_back();
        let sent = sent.unwrap_or_else(|| panic!("{}", out(&output) + &err(&output)));
        let shown =
            proofmark(&["show", "--endpoint", &log.url, &case]).current_dir(folder.path()).output().unwrap();
        let shown = out(&shown);
        let text = out(&output);
        let page = fs::read_to_string(folder.path().join("p.html")).unwrap();
        let page = found(&page, "<pre class=\"curl\">", "</pre>").to_owned();
        let unescaped = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        let page = unescaped.iter().fold(page, |page, (entity, plain)| page.replace(entity, plain));
        for (place, line) in [
            ("show", found(&shown, "\n  curl     ", "\n  expect")),
            ("terminal", &*terminal_line(&text)),
            ("page", &page),
        ] {
            run_line("sh", folder.path(), line);
            assert_eq!(log.one(), sent, "{place} {id}: {line}");
        }
    }
}

/// What an endpoint answers to the lines, one after the other, in one shell.
fn answers(folder: &Path, lines: &[String]) -> Vec<String> {
    let answers = lines.iter().map(|line| {
        let output = Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap();
        out(&output)
    });
    answers.collect()
}

#[test]
fn the_lines_for_the_embedded_endpoint_set_up_the_state_at_a_served_one() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let fault = "wrong-status:InvalidImagePipeline.HasRunningExecution";
    let case = "ecs/StartImagePipelineExecution/running/another-pipeline";
    let report = folder.path().join("page.html").display().to_string();
    let output =
        proofmark(&["run", "--fault", fault, "--exact", case, "--report", &format!("html={report}")])
            .output()
            .unwrap();
    assert_eq!(code(&output), 1, "{}", out(&output));
    let text = out(&output);
    let serve = format!("# in another terminal: proofmark serve --fault {fault}");
    assert!(text.lines().any(|line| line == serve), "{text}");
    let served = Served::start(&["--fault", fault]);
    let moved = |line: &str| line.trim().replace("http://127.0.0.1:9000", served.at("url"));
    let lines: Vec<String> = text.lines().filter(|line| line.starts_with("  curl -sS")).map(moved).collect();
    assert_eq!(lines.len(), 2, "{text}");
    let [set_up, answer] = &answers(folder.path(), &lines)[..] else { panic!("two lines") };
    assert!(set_up.starts_with("HTTP/1.1 200") && set_up.contains("\"pipeline\""), "{set_up}");
    assert!(answer.contains("InvalidImagePipeline.HasRunningExecution"), "the state is there: {answer}");
    let page = fs::read_to_string(&report).unwrap();
    assert!(page.contains(&format!("in another terminal: <code>proofmark serve --fault {fault}</code>")));
    assert!(page.contains("/_proofmark/states"), "the set-up is on the page");

    let without = Served::start(&[]);
    let shown = out(&proofmark(&["show", case]).output().unwrap());
    assert!(shown.contains("  serve    proofmark serve"), "{shown}");
    let moved = |line: &str| line[11..].replace("http://127.0.0.1:9000", without.at("url"));
    let lines: Vec<String> = shown.lines().filter(|line| line.contains(" curl -sS")).map(moved).collect();
    let answers = answers(folder.path(), &lines);
    assert!(answers[1].starts_with("HTTP/1.1 403"), "{answers:?}");
    assert!(answers[1].contains("InvalidImagePipeline.HasRunningExecution"), "{answers:?}");
}
