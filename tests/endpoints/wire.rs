//! What the shipped cases send, held against a record: a changed request fails here, and belongs in the changelog.
//!
//! `tests/data/requests.txt` has a digest for each case. `PROOFMARK_UPDATE_DOCS=1 cargo test --test endpoints wire::` writes it
//! anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use proofmark::inside::digest::sha256_hex;
use regex::Regex;
use serde_json::Value as Json;

use super::sent::relay;
use crate::support::{Served, code, out, proofmark};

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/requests.txt");

/// How many digits of a digest are kept.
const DIGITS: usize = 16;

/// What goes out before the first case, in the place of a case's id.
const BEFORE: &str = "before/the-first-case";

/// What is another one in each run, and what is in its place.
const VOLATILE: [(&str, &str); 6] = [
    (r"127\.0\.0\.1:\d+", "HOST"),
    (concat!("proofmark/", env!("CARGO_PKG_VERSION")), "proofmark/VERSION"),
    (r"(Signature|SignatureNonce|Timestamp)=[^& \r\n]*", "$1="),
    (r"(x-acs-date|x-acs-signature-nonce): \S*", "$1:"),
    // A signature in a form has more or fewer letters that are escaped.
    (r"content-length: \d+", "content-length:"),
    (r"SecurityToken=[^& \r\n]*", "SecurityToken="),
];

/// What these cases send, by their ids, as text in which nothing is volatile.
fn sent(auth: &str, arguments: &[&str]) -> BTreeMap<String, String> {
    let served = Served::start(&["--auth", auth]);
    let (address, log) = relay(served.at("url").trim_start_matches("http://").to_owned());
    let folder = tempfile::tempdir().unwrap();
    let report = format!("ndjson={}", folder.path().join("events").display());
    let url = format!("http://{address}");
    let common = [
        "run",
        "-q",
        "-j",
        "1",
        "--seed",
        "0",
        "--level",
        "body",
        "--observe",
        "never",
        "--report",
        &report,
        "--endpoint",
        &url,
    ];
    let mut command = proofmark(&[&common[..], &["--states", served.at("states")], arguments].concat());
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret");
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{}", out(&output));
    let events = fs::read_to_string(folder.path().join("events")).unwrap();
    let cases: Vec<Json> = events
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .filter(|event| event["event"] == "finished" && event["answered"] != 0)
        .collect();
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    let mut requests = requests(&log).into_iter();
    let count = |case: &Json| usize::try_from(case["answered"].as_u64().unwrap()).unwrap();
    let before = requests.len() - cases.iter().map(count).sum::<usize>();
    let mut sent = BTreeMap::from([(BEFORE.to_owned(), requests.by_ref().take(before).collect())]);
    for case in &cases {
        let parts = ["table", "case", "row"].map(|key| case[key].as_str().unwrap_or_default());
        let id = parts.join("/").trim_end_matches('/').to_owned();
        sent.insert(id, requests.by_ref().take(count(case)).collect());
    }
    assert_eq!(requests.next(), None);
    sent
}

/// The requests of a connection's bytes, one after the other.
fn requests(mut bytes: &str) -> Vec<String> {
    let volatile = VOLATILE.map(|(pattern, name)| (Regex::new(pattern).unwrap(), name));
    let mut requests = Vec::new();
    while !bytes.is_empty() {
        let head = bytes.find("\r\n\r\n").unwrap() + 4;
        let length = bytes[..head].lines().find_map(|line| line.strip_prefix("content-length: "));
        let (request, rest) = bytes.split_at(head + length.map_or(0, |length| length.parse().unwrap()));
        let plain =
            |text: String, (pattern, name): &(Regex, &str)| pattern.replace_all(&text, *name).into_owned();
        requests.push(volatile.iter().fold(request.to_owned(), plain));
        bytes = rest;
    }
    requests
}

/// A digest for each case, below its table.
fn record(sent: &BTreeMap<String, String>) -> String {
    let mut record =
        "What each shipped case sends, as a digest; tests/endpoints/wire.rs says how it is made.\n"
            .to_owned();
    let mut last = "";
    for (id, requests) in sent {
        let parts: Vec<&str> = id.splitn(4, '/').collect();
        let end = id.len() - parts.last().unwrap().len();
        if &id[..end] != last {
            last = &id[..end];
            writeln!(record, "\n{last}").unwrap();
        }
        writeln!(record, "{} {}", &sha256_hex(requests.as_bytes())[..DIGITS], &id[end..]).unwrap();
    }
    record
}

#[test]
fn the_shipped_cases_send_what_they_sent_before() {
    let mut sent_now = sent("none", &["--sign", "none"]);
    let signed = sent("any", &["--sign", "v3", "signature/", "replayed-with-another-signature/"]);
    let unsigned_before = sent_now.remove(BEFORE).unwrap();
    assert_eq!(unsigned_before, "", "unsigned, nothing is asked before the first case");
    sent_now.extend(signed);
    assert!(sent_now.len() > 500);
    let record = record(&sent_now);
    if env::var("PROOFMARK_UPDATE_DOCS").is_ok_and(|value| value == "1") {
        fs::write(RECORD, &record).unwrap();
    }
    let before = fs::read_to_string(Path::new(RECORD)).unwrap();
    let Some((old, new)) = before.lines().zip(record.lines()).find(|(old, new)| old != new) else {
        assert_eq!(before, record, "more or fewer cases");
        return;
    };
    let case = new.split(' ').next_back().unwrap();
    let requests = sent_now.iter().find(|(id, _)| id.ends_with(case)).map_or("", |(_, requests)| requests);
    panic!(
        "other requests, first at `{old}`, now `{new}`:\n{requests}\nIf that is right, say so in CHANGELOG.md; \
         PROOFMARK_UPDATE_DOCS=1 writes {RECORD} anew."
    );
}
