//! Values of answers: what they are equal to, what a path gives, and what is used of them later.

use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::support::odd;
use crate::support::{code, err, out, proofmark};

const CONTRACT: &str = r#"operation = "Get"
version = "1"
about = "Gets things."

[request]
method = "GET"
path = "/"
place = "query"

[[error]]
status = 404
code = "NotFound"
message = "There is no %s."

[envelope]
code = "$.code"
message = "$.message"
content-type = { json = "application/json" }
"#;

/// A project with one table, and one file of states if it has any.
fn project(table: &str, states: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), CONTRACT).unwrap();
    fs::write(operation.join("t.toml"), table).unwrap();
    if !states.is_empty() {
        fs::write(operation.join("states.toml"), states).unwrap();
    }
    folder
}

/// The verdicts of the cases of a table, with their reasons, against one answer.
fn verdicts(status: &str, answer: &str, table: &str) -> Vec<(String, String)> {
    let url = odd::serve(odd::say(odd::answer(status, odd::JSON, answer)));
    let folder = project(table, "");
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let output = odd::program(folder.path(), &["--endpoint", &url, "--report", &report]).output().unwrap();
    let cases = odd::finished(&output, &path).report["cases"].clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    cases.as_array().unwrap().iter().map(|case| (text(&case["verdict"]), text(&case["reason"]))).collect()
}

/// The verdict of a case that expects this.
fn verdict(answer: &str, expect: &str) -> String {
    let table = format!("[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = {{ {expect} }}\n");
    verdicts("200 OK", answer, &table).remove(0).0
}

#[test]
fn numbers_of_an_answer_are_equal_by_their_exact_value() {
    let answer = r#"{"zero": -0, "small": 1e-400, "big": 9007199254740993, "long": 0.12345678901234567890, "huge": 1e999999999, "in": [{"n": 1.0}]}"#;
    for (expect, wanted) in [
        (r#""$.zero" = 0"#, "passed"),
        (r#""$.small" = 0"#, "failed"),
        (r#""$.small" = 1e-400"#, "passed"),
        (r#""$.big" = 9007199254740993"#, "passed"),
        (r#""$.big" = 9007199254740992.0"#, "failed"),
        (r#""$.big" = 9007199254740993.0"#, "passed"),
        (r#""$.long" = 0.1234567890123456789"#, "passed"),
        (r#""$.long" = 0.12345678901234567891"#, "failed"),
        (r#""$.huge" = 10e999999998"#, "passed"),
        (r#""$.huge" = 1e999999998"#, "failed"),
        (r#""$.huge" = { max = 1e999999998 }"#, "failed"),
        (r#""$.in" = [{ n = 1 }]"#, "passed"),
        (r#""$.in" = { not = [{ n = 1 }] }"#, "failed"),
    ] {
        assert_eq!(verdict(answer, &format!("body = {{ {expect} }}")), wanted, "{expect}");
    }
}

#[test]
fn not_needs_a_value_wherever_it_looks() {
    let answer = r#"{"there": "a", "list": []}"#;
    for (expect, wanted) in [
        (r#"body = { "$.there" = { not = "b" } }"#, "passed"),
        (r#"body = { "$.nosuch" = { not = "b" } }"#, "failed"),
        (r#"body = { "$.list[*]" = { not = ["b"] } }"#, "failed"),
        (r#"body = { "$.nosuch" = { any = [{ not = "b" }, { present = false }] } }"#, "passed"),
        (r#"headers = { content-type = { not = "text/xml" } }"#, "passed"),
        (r#"headers = { x-nosuch = { not = "b" } }"#, "failed"),
        ("headers = { x-nosuch = { present = false } }", "passed"),
        (r#"code = { not = "NotFound" }"#, "failed"),
        (r#"message = { not = "b" }"#, "failed"),
    ] {
        assert_eq!(verdict(answer, expect), wanted, "{expect}");
    }
}

#[test]
fn not_needs_a_value_also_where_a_row_or_a_saved_value_says_which() {
    let table = r#"[[case]]
id = "row"
about = "x"
rows = [{ id = "a", other = "b" }]
expect = { body = { "$.nosuch" = { not = "{{ other }}" } } }

[[case]]
id = "saved"
about = "x"
[[case.step]]
expect = { status = 200 }
save = { there = "$.there" }
[[case.step]]
expect = { body = { "$.nosuch" = { not = "{{ there }}" } } }
"#;
    for (verdict, _) in verdicts("200 OK", r#"{"there": "a"}"#, table) {
        assert_eq!(verdict, "failed");
    }
}

#[test]
fn what_only_a_run_knows_and_can_not_be_used_decides_nothing() {
    let step = |expect: &str| {
        format!(
            "[[case]]\nid = \"c\"\nabout = \"x\"\n[[case.step]]\nexpect = {{ status = 200 }}\nsave = {{ saved = \"$.saved\", list = \"$.list[*]\" }}\n[[case.step]]\nexpect = {{ {expect} }}\n"
        )
    };
    let answer = r#"{"saved": "(", "text": "a", "list": ["("], "n": 1}"#;
    for (expect, reason) in [
        (r#"body = { "$.text" = { regex = "{{ saved }}" } }"#, "not a regular expression"),
        (r#"body = { "$.text" = { not = { regex = "{{ saved }}" } } }"#, "not a regular expression"),
        (r#"body = { "$.list[*]" = { none = { regex = "{{ saved }}" } } }"#, "not a regular expression"),
        (r#"any = [{ body = { "$.text" = { regex = "{{ saved }}" } } }, { status = 200 }]"#, "not a regular"),
        (r#"headers = { content-type = { not = { regex = "{{ saved }}" } } }"#, "not a regular expression"),
        (r#"body = { "$.n" = { not = { min = "{{ saved }}" } } }"#, "is not a number"),
        (r#"body = { "$.n" = { not = { type = "{{ saved }}" } } }"#, "is not one of string"),
        (r#"body = { "$.list[*]" = { not = { count = "{{ saved }}" } } }"#, "is not a whole number"),
        (r#"body = { "$.list[*]" = "{{ saved }}" }"#, "the path may find several values"),
        (r#"headers = { content-type = { not = "{{ list }}" } }"#, "this is a text or a number"),
    ] {
        let found = verdicts("200 OK", answer, &step(expect)).remove(0);
        assert!(found.0 == "inconclusive" && found.1.contains(reason), "{expect}: {found:?}");
    }
    let found = verdicts("200 OK", answer, &step(r#"body = { "$.list[*]" = "{{ list }}" }"#)).remove(0);
    assert_eq!(found.0, "passed", "a saved list is a list");
}

#[test]
fn check_takes_saved_values_as_not_known_yet_and_examples_of_states_as_they_are() {
    let states = |example: &str| {
        format!(
            "[[state]]\nname = \"a thing\"\nabout = \"x\"\n[state.provides.thing]\nabout = \"x\"\nexample = \"{example}\"\n"
        )
    };
    let table = r#"[[case]]
id = "c"
about = "x"
given = "a thing"
[[case.step]]
expect = { status = 200 }
save = { ids = "$.list[*].id", n = "$.n", kind = "$.kind" }
[[case.step]]
expect = { body = { "$.ids[*]" = "{{ ids }}", "$.a" = { count = "{{ n }}" }, "$.b" = { not = { type = "{{ kind }}" } }, "$.c" = { min = "{{ n }}" }, "$.d" = { regex = "^{{ thing }}$" } } }
"#;
    let check = |example: &str| {
        let folder = project(table, &states(example));
        let output = proofmark(&["check", "--cases", folder.path().to_str().unwrap()]).output().unwrap();
        (code(&output), err(&output))
    };
    assert_eq!(check("t-1").0, 0, "{}", check("t-1").1);
    let (code, shown) = check("t-(");
    assert!(code == 3 && shown.contains("expect: $.d: not a regular expression"), "{shown}");
}

#[test]
fn patterns_know_unicode_and_flags() {
    let answer = r#"{"text": "Äß٣"}"#;
    for (pattern, wanted) in [
        (r"^\\p{Lu}\\p{L}\\d$", "passed"),
        ("(?i)^äß", "passed"),
        ("^äß", "failed"),
        (r"^\\w{3}$", "passed"),
        (r"^[\\p{Greek}]", "failed"),
    ] {
        let expect = format!(r#"body = {{ "$.text" = {{ regex = "{pattern}" }} }}"#);
        assert_eq!(verdict(answer, &expect), wanted, "{pattern}");
    }
}

#[test]
fn what_a_query_gives_does_not_depend_on_how_much_it_finds() {
    for (items, count) in [("", 0), (r#"{"id": 1}"#, 1), (r#"{"id": 1}, {"id": 2}"#, 2)] {
        let answer = format!(r#"{{"list": [{items}]}}"#);
        let ids: Vec<String> = (1..=count).map(|id| id.to_string()).collect();
        for (expect, holds) in [
            (format!(r#""$.list[*].id" = [{}]"#, ids.join(", ")), true),
            (format!(r#""$..id" = [{}]"#, ids.join(", ")), true),
            (format!(r#""$.list[*].id" = {{ count = {count} }}"#), true),
            (r#""$.list[*].id" = { present = true }"#.to_owned(), count > 0),
            (r#""$.list[*].id" = { present = false }"#.to_owned(), count == 0),
            (r#""$.list[*].id" = { each = { min = 1 } }"#.to_owned(), count > 0),
            (r#""$.list[?@.id == 2].id" = { some = 2 }"#.to_owned(), count > 1),
            (r#""$.list[*].id" = { none = 3 }"#.to_owned(), true),
            (r#""$.list[0].id" = 1"#.to_owned(), count > 0),
        ] {
            let wanted = if holds { "passed" } else { "failed" };
            assert_eq!(verdict(&answer, &format!("body = {{ {expect} }}")), wanted, "{expect}: {answer}");
        }
    }
}

#[test]
fn a_list_is_saved_whatever_its_length_but_not_where_nothing_is() {
    let table = r#"[[case]]
id = "c"
about = "x"
[[case.step]]
expect = { status = 200 }
save = { ids = "$.list[*].id" }
[[case.step]]
expect = { body = { "$.ids" = "{{ ids }}" } }
"#;
    for (answer, wanted) in [
        (r#"{"list": [{"id": 1}], "ids": [1]}"#, "passed"),
        (r#"{"list": [{"id": 1}], "ids": 1}"#, "failed"),
        (r#"{"list": [{"id": 1}, {"id": 2}], "ids": [1, 2]}"#, "passed"),
        (r#"{"list": [], "ids": []}"#, "failed"),
    ] {
        assert_eq!(verdicts("200 OK", answer, table).remove(0).0, wanted, "{answer}");
    }
}

#[test]
fn a_filling_of_blanks_is_none() {
    let table = "[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = { code = \"NotFound\" }\n";
    let found = |filling: &str| {
        let answer = format!(r#"{{"code": "NotFound", "message": "There is no {filling}."}}"#);
        verdicts("404 Not Found", &answer, table).remove(0).0
    };
    for filling in ["", " ", "   ", "\\t\\n", "\\u00a0", "\\u200b", "\\u3000"] {
        assert_eq!(found(filling), "failed", "{filling:?}");
    }
    assert_eq!(found(" a"), "passed");
}

const STATES: &str = r#"[sweep.find]
params = { Action = "List" }
save = { left = "$.items[*].id" }
[[sweep.remove]]
params = { Action = "Remove", Id = "{{ left }}" }

[[state]]
name = "things"
about = "There are things."
[state.provides.kept]
about = "One of them."
example = "k"
[[state.recipe]]
step = [{ params = { Action = "Make" }, save = { kept = "$.kept" } }]
cleanup = [
  { params = { Action = "List" }, save = { ids = "$.items[*].id" } },
  { params = { Action = "Delete", Id = "{{ ids }}" } },
]
"#;

/// What a recipe and a sweep send to an endpoint with these things.
fn sent(items: &'static str) -> Vec<String> {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let keeper = Arc::clone(&seen);
    let url = odd::serve(move |head, stream| {
        let target = head.split(' ').nth(1).unwrap().to_owned();
        keeper.lock().unwrap().push(target);
        let body = format!(r#"{{"kept": "k", "items": [{items}]}}"#);
        let _ = stream.write_all(&odd::answer("200 OK", odd::JSON, body));
    });
    let table = "[[case]]\nid = \"c\"\nabout = \"x\"\ngiven = \"things\"\nparams = { Action = \"Get\", Id = \"{{ kept }}\" }\nexpect = { status = 200 }\n";
    let folder = project(table, STATES);
    let output = odd::program(folder.path(), &["--endpoint", &url]).output().unwrap();
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    let cases = folder.path().to_str().unwrap();
    let output = proofmark(&["sweep", "--endpoint", &url, "--cases", cases]).output().unwrap();
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    let seen = seen.lock().unwrap();
    seen.iter().filter(|target| target.contains("Delete") || target.contains("Remove")).cloned().collect()
}

#[test]
fn a_request_that_uses_a_saved_list_is_sent_once_for_each_item() {
    assert_eq!(sent(""), Vec::<String>::new());
    assert_eq!(sent(r#"{"id": "a"}"#), ["/?Action=Delete&Id=a", "/?Action=Remove&Id=a"]);
    let both = sent(r#"{"id": "a"}, {"id": "b"}"#);
    let due = ["Delete&Id=a", "Delete&Id=b", "Remove&Id=a", "Remove&Id=b"];
    assert_eq!(both, due.map(|rest| format!("/?Action={rest}")));
}

#[test]
fn templates_among_text_write_words_of_json() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let keeper = Arc::clone(&seen);
    let url = odd::serve(move |head, stream| {
        let line = head.lines().find_map(|line| line.strip_prefix("x-sent: "));
        keeper.lock().unwrap().extend(line.map(str::to_owned));
        let _ = stream.write_all(&odd::answer("200 OK", odd::JSON, "{}"));
    });
    let table = r#"[[case]]
id = "c"
about = "x"
rows = [
  { id = "a", v = true },
  { id = "b", v = [1, "é", { k = false }] },
  { id = "c", v = 1.10 },
  { id = "d", v = 123456789012345678901234567890123456789012 },
  { id = "e", v = "text" },
]
request = { headers = { x-sent = "v={{ v }} j={{ v|tojson }}" } }
expect = { status = 200 }
"#;
    let folder = project(table, "");
    let output = odd::program(folder.path(), &["--endpoint", &url, "--jobs", "1"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    let seen: Vec<String> =
        seen.lock().unwrap().iter().map(|text| text.replace('\u{c3}', "").clone()).collect();
    assert_eq!(seen[0], "v=true j=true");
    assert!(seen[1].starts_with("v=[1, \"") && seen[1].contains("{\"k\": false}] j=[1, \""), "{}", seen[1]);
    assert_eq!(seen[2], "v=1.10 j=1.10");
    assert_eq!(seen[3].matches("123456789012345678901234567890123456789012").count(), 2);
    assert!(!seen[3].contains('"'), "{}", seen[3]);
    assert_eq!(seen[4], "v=text j=\"text\"");
}
