//! Odd servers on plain TCP, a folder with one case, and what the program makes of the two.
//!
//! Servers listen on a port of their own and end with the process; it knows no test.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;

use serde_json::Value as Json;

/// Starts a server on loopback that hands each request's head to `answer` with its connection. Threads
/// end with the process.
pub(crate) fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || converse(stream, &*answer));
        }
    });
    url
}

fn converse(mut stream: TcpStream, answer: &(impl Fn(&str, &mut TcpStream) + ?Sized)) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..read]);
        let Some(head) = seen.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&seen[..head]).into_owned();
        let length =
            text.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let end = head + 4 + length.unwrap_or(0);
        if seen.len() < end {
            continue;
        }
        seen.drain(..end);
        answer(&text, &mut stream);
    }
}

/// Answers with these bytes and goes on.
pub(crate) fn say(bytes: impl Into<Vec<u8>>) -> impl Fn(&str, &mut TcpStream) + Send + Sync {
    let bytes = bytes.into();
    move |_, stream| {
        let _ = stream.write_all(&bytes);
    }
}

/// Answers with these bytes and closes.
pub(crate) fn say_and_close(bytes: impl Into<Vec<u8>>) -> impl Fn(&str, &mut TcpStream) + Send + Sync {
    let bytes = bytes.into();
    move |_, stream| {
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

/// A whole answer with a body.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The header line of a JSON body.
pub(crate) const JSON: &str = "content-type: application/json\r\n";

/// A folder with one case: GET /thing, which expects 200 and an id.
pub(crate) fn one_case() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    let contract = "operation = \"Get\"\nversion = \"1\"\nabout = \"Gets a thing.\"\n\n[request]\nmethod = \"GET\"\npath = \"/thing\"\nplace = \"query\"\n\n[[response]]\nname = \"id\"\ntype = \"string\"\n\n[envelope]\ncode = \"$.code\"\nmessage = \"$.message\"\ncontent-type = { json = \"application/json\" }\n";
    fs::write(operation.join("contract.toml"), contract).unwrap();
    let states = "[[state]]\nname = \"a thing\"\nabout = \"There is one.\"\n[state.provides.thing]\nabout = \"Its id.\"\nexample = \"t\"\n";
    fs::write(operation.join("states.toml"), states).unwrap();
    let table = "[[case]]\nid = \"plain\"\nabout = \"It is there.\"\nexpect = { status = 200 }\n\n[[case]]\nid = \"stateful\"\nabout = \"It is there.\"\ngiven = \"a thing\"\nexpect = { status = 200 }\n";
    fs::write(operation.join("t.toml"), table).unwrap();
    folder
}

/// What the program made of an endpoint.
pub(crate) struct Judged {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// The report, as it was written.
    pub(crate) raw: String,
    /// The report, read.
    pub(crate) report: Json,
}

impl Judged {
    /// The verdict of the first case.
    pub(crate) fn verdict(&self) -> &str {
        self.report["cases"][0]["verdict"].as_str().unwrap()
    }

    /// Why it has it, if there is a reason.
    pub(crate) fn reason(&self) -> &str {
        self.report["cases"][0]["reason"].as_str().unwrap_or_default()
    }

    /// The levels of its findings.
    pub(crate) fn levels(&self) -> Vec<&str> {
        let findings = self.report["cases"][0]["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["level"].as_str().unwrap()).collect()
    }
}

/// Variables from which HTTP clients take a proxy.
pub(crate) const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The program, about to run cases of a folder in a plain environment: nothing excepts loopback from a proxy.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.args(["run", "--cases"]).arg(folder).args(arguments).stdin(Stdio::null());
    let surroundings =
        ["CI", "GITHUB_ACTIONS", "INSTA_UPDATE", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM"];
    for name in surroundings.iter().chain(&PROXIES).chain(&["NO_PROXY", "no_proxy"]) {
        command.env_remove(name);
    }
    command
}

/// Runs the stateful case if there is a hook, else the plain one.
pub(crate) fn judged(url: &str, arguments: &[&str]) -> Judged {
    let folder = one_case();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let common = ["--endpoint", url, "--report", &report];
    let wait: &[&str] =
        if arguments.contains(&"--answer-timeout") { &[] } else { &["--answer-timeout", "1"] };
    let pattern: &[&str] = if arguments.contains(&"--states") { &["stateful"] } else { &["plain"] };
    let output = program(folder.path(), &[&common, wait, arguments, pattern].concat()).output().unwrap();
    finished(&output, &path)
}

/// What a run of the program came to, with the report that it wrote.
pub(crate) fn finished(output: &Output, path: &Path) -> Judged {
    let out = String::from_utf8(output.stdout.clone()).expect("output is text, whatever an endpoint sends");
    let written = fs::read(path)
        .unwrap_or_else(|error| panic!("{error}: {out}{}", String::from_utf8_lossy(&output.stderr)));
    let raw = String::from_utf8(written).expect("a report is text, whatever an endpoint sends");
    Judged { code: output.status.code().unwrap(), out, report: serde_json::from_str(&raw).unwrap(), raw }
}

/// A server that hands JSON bodies to `answer` and sends what it gives.
pub(crate) fn serve_bodies(give: impl Fn(&Json) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                seen.extend_from_slice(&buffer[..read]);
                let Some(head) = seen.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
                let Ok(body) = serde_json::from_slice(&seen[head + 4..]) else { continue };
                seen.clear();
                // One request a connection, so that no second thread is needed; unsaid, a pooled connection
                // could be used again while it is being closed.
                let head = format!("{JSON}connection: close\r\n");
                let _ = stream.write_all(&answer("200 OK", &head, give(&body)));
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        }
    });
    url
}
