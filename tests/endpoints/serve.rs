//! The reference endpoint served on a port: readiness, the same verdicts as embedded, log, and its end.

#![cfg(unix)]

use std::fs;
#[cfg(target_os = "linux")]
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use crate::support::{Served, code, proofmark};
use serde_json::Value as Json;

#[test]
fn a_served_endpoint_gets_the_same_verdicts_as_the_embedded_one() {
    let served = Served::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let verdicts = |arguments: &[&str]| {
        let path = folder.path().join("out.json");
        let report = format!("json={}", path.display());
        let output = proofmark(
            &[&["run", "-q", "--level", "body", "--shard", "1/4", "--report", &report], arguments].concat(),
        )
        .output()
        .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
        let json: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let cases = json["cases"].as_array().unwrap().iter();
        let text = |case: &Json, name: &str| case[name].as_str().unwrap_or_default().to_owned();
        cases.map(|case| ["id", "verdict", "reason"].map(|name| text(case, name))).collect::<Vec<_>>()
    };
    let foreign =
        verdicts(&["--sign", "none", "--endpoint", served.at("url"), "--states", served.at("states")]);
    // The cases that have their own way to sign are skipped where nothing is signed; signing.rs runs them.
    let (skipped, ran): (Vec<_>, Vec<_>) =
        foreign.into_iter().partition(|[_, verdict, _]| verdict == "skipped");
    let strange: Vec<_> = skipped.iter().filter(|[_, _, why]| !why.contains("are not signed by")).collect();
    assert_eq!(strange, Vec::<&[String; 3]>::new());
    let mut embedded = verdicts(&[]);
    embedded.retain(|[id, ..]| skipped.iter().all(|[other, ..]| other != id));
    assert_eq!(ran, embedded);
    assert_eq!(served.end("-INT").code(), Some(0));
}

#[test]
fn a_fault_is_served_and_told_when_it_is_ready() {
    let served = Served::start(&["--fault", "no-host-id"]);
    assert_eq!(served.ready["faults"][0], "no-host-id");
    assert_eq!(code(&served.judged(&["without-state"])), 1);
    served.end("-TERM");
}

#[test]
fn each_request_is_a_line_of_json_in_the_log_without_its_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.ndjson");
    let served = Served::start(&["--log", path.to_str().unwrap()]);
    assert_eq!(code(&served.judged(&["tag-count/duplicate-key-in-a-form", "--observe", "never"])), 0);
    served.end("-INT");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "set-up, request, teardown");
    assert_eq!(
        (&lines[1]["action"], &lines[1]["status"]),
        (&Json::from("StartImagePipelineExecution"), &Json::from(400))
    );
    assert!(!text.contains("cn-hangzhou"), "{text}");
}

#[test]
fn an_address_in_use_is_an_error_of_settings() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = proofmark(&["serve", "--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
}

/// Sends all requests of a batch over a kept connection, then takes as many answers, which are to be 200; their bodies.
#[cfg(target_os = "linux")]
fn exchange(connection: &mut BufReader<TcpStream>, requests: &[String]) -> Vec<Json> {
    connection.get_mut().write_all(requests.concat().as_bytes()).unwrap();
    let answers = requests.iter().map(|request| {
        let (mut line, mut length) = (String::new(), 0);
        connection.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 200 "), "{request}\n{line}");
        while line != "\r\n" {
            line.clear();
            connection.read_line(&mut line).unwrap();
            if let Some(shown) = line.strip_prefix("content-length: ") {
                length = shown.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    });
    answers.collect()
}

/// Sets so many pipelines up and starts each, with a token of its own; nothing is torn down.
#[cfg(target_os = "linux")]
fn start_pipelines(connection: &mut BufReader<TcpStream>, numbers: std::ops::Range<usize>) {
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(50) {
        let set_ups = batch.iter().map(|number| {
            let body = format!(
                r#"{{"state": "an image pipeline built from an image family", "purpose": "{number}"}}"#
            );
            let length = body.len();
            format!(
                "POST /_proofmark/states HTTP/1.1\r\nhost: here\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        });
        let made = exchange(connection, &set_ups.collect::<Vec<_>>());
        let starts = made.iter().zip(batch).map(|(made, number)| {
            let pipeline = made["pipeline"].as_str().unwrap();
            let start = "Action=StartImagePipelineExecution&Version=2014-05-26&Format=JSON&RegionId=cn-hangzhou";
            format!(
                "GET /?{start}&ImagePipelineId={pipeline}&ClientToken=token-{number} HTTP/1.1\r\nhost: here\r\n\r\n"
            )
        });
        exchange(connection, &starts.collect::<Vec<_>>());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ever_new_pipelines_and_tokens_take_no_more_memory_once_the_limits_are_reached() {
    let served = Served::start(&[]);
    let stream = TcpStream::connect(served.at("url").trim_start_matches("http://")).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut connection = BufReader::new(stream);
    // Past the 2,048 pipelines that are kept; each takes its token along.
    start_pipelines(&mut connection, 0..3_000);
    let full = served.peak_memory();
    start_pipelines(&mut connection, 3_000..13_000);
    // The kernel counts the peak in steps, so a later one may read as a little less.
    let grown = served.peak_memory().saturating_sub(full);
    // Unbounded, these 20,000 requests would add some 30 MiB. The allocator asks for memory in pieces of a MiB or two.
    assert!(grown < 4 * 1024, "{grown} KiB beyond {full} KiB");
    assert!(full < 64 * 1024, "{full} KiB");
}
