//! Two endpoints, the same cases: what differs, by case and by row of the contract.

#![cfg(unix)]

use std::fs;
use std::process::{Command, Stdio};

use crate::support::odd;
use crate::support::{Served, code, err, out, proofmark, run};
use serde_json::Value as Json;

fn diff(served: &Served, arguments: &[&str]) -> (i32, String) {
    let common = [
        "diff",
        "reference",
        served.at("url"),
        "--second-states",
        served.at("states"),
        "tag-count",
        "region-and-pipeline",
    ];
    let output = run(&[&common, arguments].concat());
    (code(&output), out(&output) + &err(&output))
}

#[test]
fn two_endpoints_that_answer_alike_have_no_difference_whatever_the_ids() {
    let served = Served::start(&["--seed", "7"]);
    let (code, text) = diff(&served, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("cases answered alike") && !text.contains("other "), "{text}");
}

#[test]
fn each_kind_of_difference_is_told_with_what_both_have() {
    for (fault, shown) in [
        ("wrong-status:Duplicate.TagKey", "other status"),
        ("wrong-code:Duplicate.TagKey", "other code"),
        ("wrong-message:Duplicate.TagKey", "other message"),
        ("no-host-id", "other fields"),
    ] {
        let served = Served::start(&["--fault", fault]);
        let (code, text) = diff(&served, &[]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(&format!(" {shown}: first ")), "{shown}: {text}");
        // One mistake is one cause, whatever the number of cases; -v has each of them.
        assert!(text.contains("CAUSES  (1)\n") && text.lines().count() < 15, "{text}");
        let (_, text) = diff(&served, &["-v"]);
        assert!(text.matches(&format!("\n{shown}  ecs/")).count() > 1, "{shown}: {text}");
    }
}

#[test]
fn differences_are_counted_by_row_and_told_as_json() {
    let served = Served::start(&["--fault", "wrong-code:Duplicate.TagKey"]);
    let (_, text) = diff(&served, &[]);
    let row = text.lines().find(|line| line.starts_with("  Duplicate.TagKey")).unwrap();
    assert!(row.contains("other code"), "{row}");
    let (code, text) = diff(&served, &["--format", "json"]);
    let json: Json = serde_json::from_str(&text).unwrap();
    let cases = json["cases"].as_array().unwrap();
    assert!(
        cases.iter().all(|case| case["first"] != "" && case["second"] != ""),
        "what was answered: {text}"
    );
    let same = cases.iter().find(|case| case["difference"] == "same" && case["row"].is_string()).unwrap();
    assert_eq!(same["first"], same["second"]);
    let cause = &json["causes"][0];
    assert_eq!(
        (&cause["difference"], &cause["rows"]),
        (&"other code".into(), &serde_json::json!(["Duplicate.TagKey"]))
    );
    assert_eq!(json["causes"].as_array().unwrap().len(), 1, "{text}");
    let of_cause = cases.iter().filter(|case| case["cause"] == 0);
    assert_eq!(of_cause.count() as u64, cause["cases"].as_u64().unwrap(), "{text}");
    assert!(
        code == 1
            && cases
                .iter()
                .any(|case| case["row"] == "Duplicate.TagKey" && case["difference"] == "other code")
    );
}

#[test]
fn a_dry_run_is_refused_since_nothing_may_be_sent() {
    let output = run(&["diff", "--dry-run", "reference", "http://127.0.0.1:9"]);
    assert_eq!((code(&output), out(&output).as_str()), (2, ""), "{}", err(&output));
}

#[test]
fn flags_that_connect_and_sign_count_for_the_side_that_is_named() {
    let served = Served::start(&[]);
    let (code, text) = diff(&served, &["--sign", "none", "--answer-timeout", "20"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn an_interrupt_ends_a_comparison_and_undoes_its_states() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    let served = Served::start(&["--log", log.to_str().unwrap()]);
    let (url, states) = (served.at("url"), served.at("states"));
    let mut command = proofmark(&["diff", url, "reference", "--first-states", states, "--rate", "40/1s"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let asked = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().filter(|line| line.contains("/states")).count()
    };
    while asked() < 20 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", err(&output));
    assert_eq!(asked() % 2, 0, "a set-up without its teardown");
}

#[test]
fn an_answer_that_says_nothing_is_no_difference() {
    let busy = odd::serve(odd::say(odd::answer(
        "400 Bad Request",
        odd::JSON,
        r#"{"Code":"Throttling","Message":"Slow down.","RequestId":"r","HostId":"h"}"#,
    )));
    let output = run(&["diff", "reference", &busy, "without-state"]);
    assert_eq!(code(&output), 5, "{}", out(&output));
    assert!(out(&output).contains("only the first answered"), "{}", out(&output));
}

#[test]
fn a_key_that_one_side_refuses_is_told_as_the_reason() {
    let served = Served::start(&["--auth", "any"]);
    let states = ["--second-states", served.at("states")];
    let common = ["diff", "reference", served.at("url"), "--sign", "v3", "tag-count/none"];
    let mut command = proofmark(&[&common[..], &states].concat());
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "nobodys")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "nobodys-secret");
    let output = command.output().unwrap();
    assert_eq!(code(&output), 5, "{}", out(&output));
    assert!(err(&output).contains("would refuse every signed request: it answers 404"), "{}", err(&output));
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_told_and_is_no_difference() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = run(&["diff", "reference", &format!("http://{free}"), "tag-count/one"]);
    assert_eq!(code(&output), 5, "{}", out(&output));
    assert!(out(&output).contains("only the first answered"), "{}", out(&output));
}

#[test]
fn what_is_left_behind_is_told_and_is_not_green() {
    let hook = odd::serve_bodies(|_| r#"{"thing": "t"}"#.to_owned());
    let good = odd::serve(odd::say(odd::answer("200 OK", odd::JSON, r#"{"id": "a"}"#)));
    let folder = odd::one_case();
    let asked = std::sync::Mutex::new(0);
    // Sets up, and fails to tear down.
    let half = odd::serve(move |_: &str, stream| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        let bytes = if *asked == 1 {
            odd::answer("200 OK", odd::JSON, r#"{"thing": "t"}"#)
        } else {
            odd::answer("500 Oops", "", "no")
        };
        let _ = std::io::Write::write_all(stream, &bytes);
    });
    let common = ["diff", &good, &good, "--first-states", &hook, "--second-states", &half, "stateful"];
    let cases = ["--cases", folder.path().to_str().unwrap()];
    let output = run(&[&common[..], &cases].concat());
    assert_eq!(code(&output), 5, "{}{}", out(&output), err(&output));
    assert!(err(&output).contains("left behind"), "{}", err(&output));
}

#[test]
fn flags_that_it_does_not_honour_are_refused() {
    for flag in ["--endpoint", "--report", "--snapshots", "--update", "--manifest", "--max-age", "--max-fail"]
    {
        let output = run(&["diff", "reference", "reference", flag, "json=x"]);
        assert_eq!(code(&output), 2, "{flag}");
        assert!(err(&output).contains(&format!("`diff` does not accept {flag}")), "{}", err(&output));
    }
}

/// A folder with these cases of one operation, whose answers have an id that is volatile.
fn shop(cases: &str) -> tempfile::TempDir {
    let folder = odd::one_case();
    let operation = folder.path().join("shop/Get");
    let contract = fs::read_to_string(operation.join("contract.toml")).unwrap();
    let rule = "\n[[volatile]]\nname = \"id\"\nat = \"$.id\"\n";
    fs::write(operation.join("contract.toml"), contract + rule).unwrap();
    fs::write(operation.join("t.toml"), cases).unwrap();
    folder
}

fn case(id: &str, expect: &str) -> String {
    format!("[[case]]\nid = \"{id}\"\nabout = \"It is.\"\nexpect = {expect}\n\n")
}

/// What is said of two endpoints that answer with these bodies.
fn of_bodies(cases: &str, first: &str, second: &str) -> (i32, String) {
    let folder = shop(cases);
    let [first, second] =
        [first, second].map(|body| odd::serve(odd::say(odd::answer("200 OK", odd::JSON, body))));
    let output = run(&["diff", "-v", &first, &second, "--cases", folder.path().to_str().unwrap()]);
    (code(&output), out(&output) + &err(&output))
}

#[test]
fn what_cases_assert_is_compared_by_verdict() {
    let asserted = case("asserted", r#"{ status = 200, body = { "$.name" = "a" } }"#);
    let (code, text) = of_bodies(&asserted, r#"{"id":"x1","name":"a"}"#, r#"{"id":"x2","name":"b"}"#);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("1 case   other verdict: first passed, second failed: "), "{text}");
    assert!(text.contains(r#"second failed: step 1: body $.name: expected "a", found "b""#), "{text}");
    assert!(text.contains("0 of 1 case answered alike"), "{text}");
    // A header that the case looks at is in no snapshot.
    let header = case("header", "{ status = 200, headers = { x-a = { present = true } } }");
    let folder = shop(&header);
    let with =
        odd::serve(odd::say(odd::answer("200 OK", "content-type: application/json\r\nx-a: 1\r\n", "{}")));
    let without = odd::serve(odd::say(odd::answer("200 OK", odd::JSON, "{}")));
    let output = run(&["diff", &with, &without, "--cases", folder.path().to_str().unwrap()]);
    assert!(out(&output).contains("other verdict: "), "{}", out(&output));
}

#[test]
fn values_are_compared_as_snapshots_keep_them() {
    let plain = case("plain", "{ status = 200 }");
    for (first, second, shown) in [
        (r#"{"id":"x1","n":1}"#, r#"{"n":1,"id":"x2"}"#, None),
        (r#"{"id":"x1","n":1}"#, r#"{"id":"x1","n":2}"#, Some("first   $.n 1\n  second  $.n 2")),
        (r#"{"id":"x1","n":1}"#, r#"{"id":"x1","n":"1"}"#, Some("first   $.n 1\n  second  $.n \"1\"")),
        (r#"{"id":"x1","n":[1]}"#, r#"{"id":"x1","n":[1,2]}"#, Some("first   $.n a list of 1")),
        (r#"{"id":"x1","n":[]}"#, r#"{"id":"x1","n":[{"a":1}]}"#, Some("first   $.n a list of 0")),
        (r#"{"id":"x1","n":null}"#, r#"{"id":"x1","n":{}}"#, Some("first   $.n null\n  second  $.n {}")),
    ] {
        let (code, text) = of_bodies(&plain, first, second);
        assert_eq!(code, i32::from(shown.is_some()), "{first} {second}: {text}");
        match shown {
            Some(shown) => {
                assert!(text.contains("other value  shop/Get/t/plain") && text.contains(shown), "{text}");
            }
            None => assert!(text.contains("1 of 1 case answered alike"), "{text}"),
        }
    }
}

#[test]
fn fields_are_compared_at_every_depth() {
    let plain = case("plain", "{ status = 200 }");
    let (code, text) =
        of_bodies(&plain, r#"{"id":"x","a":{"b":[{"c":1}]}}"#, r#"{"id":"x","a":{"b":[{"d":1}]}}"#);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("other fields  shop/Get/t/plain\n  first   has $.a.b[*].c\n  second  has $.a.b[*].d"),
        "{text}"
    );
}

#[test]
fn a_difference_far_behind_the_first_values_is_still_found() {
    let list = |last: usize| {
        let items: Vec<String> = (0..3000).map(|n| if n == 2999 { last } else { n }.to_string()).collect();
        format!(r#"{{"id":"x","n":[{}]}}"#, items.join(","))
    };
    let plain = case("plain", "{ status = 200 }");
    assert_eq!(of_bodies(&plain, &list(1), &list(1)).0, 0);
    let (code, text) = of_bodies(&plain, &list(1), &list(2));
    assert!(code == 1 && text.contains("other value"), "{text}");
}

#[test]
fn cases_that_were_not_run_are_skipped_and_not_unreachable() {
    let body = r#"{"id":"x"}"#;
    let given =
        "[[case]]\nid = \"stateful\"\nabout = \"It is.\"\ngiven = \"a thing\"\nexpect = { status = 200 }\n";
    let (code, text) = of_bodies(&(case("plain", "{ status = 200 }") + given), body, body);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("skipped on both  shop/Get/t/stateful\n  first   skipped: "), "{text}");
    assert!(
        text.contains("1 of 2 cases answered alike\n1 not compared") && !text.contains("reachable"),
        "{text}"
    );
}
