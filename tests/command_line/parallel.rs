//! Steps whose requests are sent at the same time.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use crate::small::{self, ran};
use crate::support::odd::{JSON, answer, serve};

const CONTRACT: &str = r#"
operation = "Take"
version = "1"
about = "Takes a thing."

[request]
method = "POST"
path = "/thing"
place = "query"

[[error]]
status = 409
code = "Taken"
message = "It is taken."

[envelope]
code = "$.code"
message = "$.message"
content-type = { json = "application/json" }
"#;

const TABLE: &str = r#"
[[case]]
id = "taken-once"
about = "Of three at the same time one takes it."
[[case.step]]
expect = { code = "Taken" }
[[case.step]]
parallel = true
expect = { status = 200 }
[[case.step]]
parallel = true
expect = { code = "Taken" }
"#;

fn project(table: &str) -> TempDir {
    small::project("Take", CONTRACT, table)
}

fn taken() -> Vec<u8> {
    answer("409 Conflict", JSON, r#"{"code":"Taken","message":"It is taken."}"#)
}

/// How many requests there are, and a wait of at most some seconds until there are three.
#[derive(Default)]
struct Meeting {
    count: Mutex<usize>,
    has_come: Condvar,
}

impl Meeting {
    /// The number of the request from 0, once three are there; none if they do not come.
    fn number(&self) -> Option<usize> {
        let mut count = self.count.lock().unwrap();
        let number = *count % 3;
        *count += 1;
        let due = *count - number + 2;
        self.has_come.notify_all();
        let wait = self.has_come.wait_timeout_while(count, Duration::from_secs(5), |count| *count < due);
        (!wait.unwrap().1.timed_out()).then_some(number)
    }
}

/// A server that answers when three requests are there at the same time: `granted` of them are accepted, the one of this
/// number first.
fn server(granted: usize, first: usize) -> String {
    let meeting = Arc::new(Meeting::default());
    serve(move |_: &str, stream: &mut TcpStream| {
        let said = match meeting.number() {
            Some(number) if (number + 3 - first) % 3 < granted => answer("200 OK", JSON, "{}"),
            Some(_) => taken(),
            None => answer("500 Internal Server Error", JSON, r#"{"code":"Alone","message":"Alone."}"#),
        };
        let _ = stream.write_all(&said);
    })
}

#[test]
fn requests_are_under_way_together_and_each_expectation_needs_an_answer_of_its_own() {
    let folder = project(TABLE);
    for first in 0..3 {
        let (status, text) = ran(&folder, &["run", "--endpoint", &server(1, first), "--update", "no"]);
        assert_eq!(status, 0, "{text}");
    }
    for granted in [0, 2, 3] {
        let (status, text) = ran(&folder, &["run", "--endpoint", &server(granted, 0), "--update", "no"]);
        assert_eq!(status, 1, "{granted}: {text}");
    }
}

#[test]
fn answers_are_kept_in_the_order_of_the_steps_that_they_meet_and_judged_again() {
    let folder = project(TABLE);
    let snapshot = |first: usize| {
        let url = server(1, first);
        let endpoints = format!("[endpoint.mock]\nkind = \"mock\"\nurl = \"{url}\"\n");
        fs::write(folder.path().join("cases/endpoints.toml"), endpoints).unwrap();
        ran(&folder, &["run", "--endpoint", "mock", "--snapshots", "snapshots", "--update", "always"])
    };
    let (status, text) = snapshot(0);
    assert_eq!(status, 0, "{text}");
    let again = |first: usize| {
        let url = server(1, first);
        ran(&folder, &["run", "--endpoint", &url, "--snapshots", "snapshots", "--update", "no"])
    };
    for first in 0..3 {
        let (status, text) = again(first);
        assert!(status == 0 && text.contains("1 same"), "{text}");
    }
    let key = folder.path().join("key.pem").display().to_string();
    let bundle = folder.path().join("b.tar").display().to_string();
    assert_eq!(ran(&folder, &["keygen", "--output", &key]).0, 0);
    let url = server(1, 2);
    let (status, text) = ran(&folder, &["certify", "--endpoint", &url, "--key", &key, "--output", &bundle]);
    assert_eq!(status, 0, "{text}");
    let (status, text) = ran(&folder, &["verify", &bundle, "--key", &format!("{key}.pub")]);
    assert!(status == 0 && text.contains("judged again 1 of 1 case"), "{text}");
}

#[test]
fn one_that_never_answers_leaves_the_case_inconclusive() {
    let barrier = Arc::new(Barrier::new(3));
    let meeting = Meeting::default();
    let url = serve(move |_: &str, stream: &mut TcpStream| match meeting.number() {
        Some(0) => {
            barrier.wait();
        }
        Some(1) => drop(stream.write_all(&answer("200 OK", JSON, "{}"))),
        _ => drop(stream.write_all(&taken())),
    });
    let (status, text) = ran(&project(TABLE), &["run", "--endpoint", &url, "--answer-timeout", "1"]);
    assert!(status == 5 && text.contains("1 inconclusive"), "{text}");
}

#[test]
fn what_makes_no_sense_beside_parallel_is_refused() {
    let parallel =
        |more: &str| format!("[[case.step]]\nparallel = true\nexpect = {{ status = 200 }}\n{more}\n");
    let head = "[[case]]\nid = \"a\"\nabout = \"A.\"\n";
    let first = "[[case.step]]\nexpect = { status = 200 }\n";
    for (table, due) in [
        ([head, &parallel("")].concat(), "the first step cannot be parallel: there is none before it"),
        (
            [head, first, &parallel("params = { a = \"b\" }")].concat(),
            "no `params`: it sends the request of the step",
        ),
        ([head, first, &parallel("request = { method = \"GET\" }")].concat(), "no `request`: it sends"),
        (
            [head, first, "save = { a = \"$.a\" }\n", &parallel("")].concat(),
            "no `save`: which answer is whose is open",
        ),
        ([head, first, &parallel("").repeat(16)].concat(), "at most 16 requests are sent at the same time"),
    ] {
        let (status, text) = ran(&project(&table), &["check"]);
        let text = text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(status == 3 && text.contains(due), "{due}: {text}");
    }
    let (status, text) = ran(&project(&[head, first, &parallel("").repeat(15)].concat()), &["check"]);
    assert_eq!(status, 0, "{text}");
}

#[test]
fn show_says_what_is_sent_at_the_same_time() {
    let (status, text) = ran(&project(TABLE), &["show", "taken-once"]);
    assert_eq!(status, 0, "{text}");
    assert_eq!(text.matches("that of the step before, at the same time").count(), 2, "{text}");
    assert_eq!(text.matches("curl -sS").count(), 1, "{text}");
}
