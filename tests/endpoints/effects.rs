//! What requests do on an endpoint, beside what it answers: a shelf whose starts are listed by another request, and the
//! mistakes that its answers do not show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::support::odd::{JSON, answer, serve};
use crate::support::{code, err, out, proofmark};

/// What the shelf does that its answers do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    No,
    RefusesAndStarts,
    AcceptsAndStartsNothing,
    StartsTwo,
    StartsAnother,
    StartsAReplay,
    /// A repeated request starts nothing, and its answer names a run that there is not.
    NamesAnother,
    /// The start of a refused request can be seen from the second look on.
    RefusesAndStartsLater,
    /// That of an accepted one, 300 ms later: no mistake.
    StartsLate,
    SharesIds,
    ListsNothing,
    ListsWithoutEnd,
    ListsPages(usize),
    ListsValues(usize),
    ListsBytes(usize),
}

#[derive(Default)]
struct Shelf {
    started: BTreeSet<String>,
    /// Starts that the next look does not show.
    hidden: Vec<String>,
    tokens: BTreeMap<String, String>,
    count: usize,
    lists: usize,
}

impl Shelf {
    fn id(&mut self) -> String {
        self.count += 1;
        format!("run-{:04}", self.count)
    }
}

/// A parameter of a request line.
fn param<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let query = line.split(' ').nth(1)?.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn shelf(mistake: Mistake) -> String {
    let shelf: &'static Mutex<Shelf> = Box::leak(Box::default());
    serve(move |head, stream| {
        let line = head.lines().next().unwrap();
        let (status, body) =
            if line.contains("/list") { list(shelf, mistake, line) } else { start(shelf, mistake, line) };
        let _ = stream.write_all(&answer(status, JSON, body.to_string()));
    })
}

fn start(shelf: &'static Mutex<Shelf>, mistake: Mistake, line: &str) -> (&'static str, Json) {
    let mut own = shelf.lock().unwrap();
    if param(line, "bad").is_some() {
        let id = own.id();
        if mistake == Mistake::RefusesAndStarts {
            own.started.insert(id);
        } else if mistake == Mistake::RefusesAndStartsLater {
            own.hidden.push(id);
        }
        return ("400 Bad Request", json!({"code": "Bad", "message": "It is bad."}));
    }
    let known = param(line, "token").and_then(|token| own.tokens.get(token).cloned());
    if let Some(id) = known {
        if mistake == Mistake::StartsAReplay {
            let more = own.id();
            own.started.insert(more);
        } else if mistake == Mistake::NamesAnother {
            return ("200 OK", json!({"id": own.id()}));
        }
        return ("200 OK", json!({"id": id}));
    }
    let id = if mistake == Mistake::SharesIds { "run-0000".to_owned() } else { own.id() };
    if let Some(token) = param(line, "token") {
        own.tokens.insert(token.to_owned(), id.clone());
    }
    if mistake == Mistake::StartsLate {
        let late = id.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            shelf.lock().unwrap().started.insert(late);
        });
        return ("200 OK", json!({"id": id}));
    }
    let starts = if mistake == Mistake::StartsAnother {
        vec![own.id()]
    } else if mistake == Mistake::AcceptsAndStartsNothing {
        Vec::new()
    } else if mistake == Mistake::StartsTwo {
        vec![id.clone(), own.id()]
    } else {
        vec![id.clone()]
    };
    own.started.extend(starts);
    ("200 OK", json!({"id": id}))
}

fn list(shelf: &Mutex<Shelf>, mistake: Mistake, line: &str) -> (&'static str, Json) {
    let mut own = shelf.lock().unwrap();
    own.lists += 1;
    assert_eq!(param(line, "shelf"), Some("s1"), "{line}");
    if mistake == Mistake::ListsNothing {
        return ("404 Not Found", json!({"code": "NoList", "message": "No."}));
    }
    let from: usize = param(line, "next").map_or(0, |next| next.parse().unwrap());
    let own_runs = own.started.iter().map(|id| json!({"id": id}));
    let filled = if mistake == Mistake::ListsWithoutEnd {
        json!({"runs": [{"id": "a"}], "next": own.lists.to_string()})
    } else if let Mistake::ListsPages(pages) = mistake {
        if from + 1 < pages {
            json!({"runs": [], "next": (from + 1).to_string()})
        } else {
            json!({"runs": own_runs.collect::<Vec<_>>()})
        }
    } else if let Mistake::ListsValues(count) = mistake {
        let others = (own.started.len()..count).map(|number| json!({"id": number.to_string()}));
        json!({"runs": own_runs.chain(others).collect::<Vec<_>>()})
    } else if let Mistake::ListsBytes(count) = mistake {
        json!({"runs": own_runs.chain([json!({"id": "x".repeat(count)})]).collect::<Vec<_>>()})
    } else {
        Json::Null
    };
    if !filled.is_null() {
        return ("200 OK", filled);
    }
    // Two to a page.
    let runs: Vec<Json> = own.started.iter().skip(from).take(2).map(|id| json!({"id": id})).collect();
    let next = if from + 2 < own.started.len() { (from + 2).to_string() } else { String::new() };
    if next.is_empty() {
        // What is hidden is there at the next look.
        let hidden = std::mem::take(&mut own.hidden);
        own.started.extend(hidden);
    }
    ("200 OK", json!({"runs": runs, "next": next}))
}

const CONTRACT: &str = r#"operation = "Start"
version = "1"
about = "Starts a run."

[effect]
about   = "a run starts"
replay  = "token"
success = { adds = "$.id" }
observe = { path = "/list", params = { shelf = "{{ shelf }}" }, value = "$.runs[*].id", pages = "next" }

[[unique]]
at = "$.id"

[request]
method = "GET"
path = "/start"
place = "query"

[[param]]
name = "bad"
type = "string"

[[param]]
name = "token"
type = "string"

[[response]]
name = "id"
type = "string"

[[error]]
status = 400
code = "Bad"
message = "It is bad."

[envelope]
code = "$.code"
message = "$.message"
content-type = { json = "application/json" }
"#;

const STATES: &str = r#"[[state]]
name = "a shelf"
about = "There is one."
[state.provides.shelf]
about = "Its name."
example = "s0"
"#;

const TABLE: &str = r#"about = "Starts"
given = "a shelf"

[[case]]
id = "accepted"
about = "It starts."
rows = [{ id = "a", n = 1 }, { id = "b", n = 2 }, { id = "c", n = 3 }, { id = "d", n = 4 }]
expect = { status = 200 }

[[case]]
id = "refused"
about = "It is refused."
rows = [{ id = "a", bad = "1" }, { id = "b", bad = "2" }]
params = { bad = "{{ bad }}" }
expect = { status = 400, code = "Bad" }

[[case]]
id = "replayed"
about = "The second starts nothing."
vars = { sent = "{{ uuid() }}" }
params = { token = "{{ sent }}" }
[[case.step]]
expect = { status = 200 }
save = { first = "$.id" }
[[case.step]]
expect = { status = 200, body = { "$.id" = "{{ first }}" } }
"#;

/// A project with the shelf as its endpoint; all cases look at one place.
fn project(url: &str, contract: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("cases/shop/Start");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), contract).unwrap();
    fs::write(operation.join("states.toml"), STATES).unwrap();
    // A case's own data is no parameter.
    let table =
        TABLE.replace(", n = 1", "").replace(", n = 2", "").replace(", n = 3", "").replace(", n = 4", "");
    fs::write(operation.join("t.toml"), table).unwrap();
    let endpoints =
        format!("[endpoint.shelf]\nurl = \"{url}\"\nfixtures = {{ \"a shelf\" = {{ shelf = \"s1\" }} }}\n");
    fs::write(folder.path().join("cases/endpoints.toml"), endpoints).unwrap();
    folder
}

struct Ran {
    code: i32,
    text: String,
    report: Json,
}

impl Ran {
    /// The findings of level effect: the last parts of the case's id, the step, and what was expected and found.
    fn effects(&self) -> Vec<(String, u64, String, String)> {
        let mut found = Vec::new();
        for case in self.report["cases"].as_array().unwrap() {
            for finding in case["findings"].as_array().unwrap() {
                if finding["level"] == "effect" {
                    let id = case["id"].as_str().unwrap().rsplit("/t/").next().unwrap().to_owned();
                    let text = |key: &str| finding[key].as_str().unwrap().to_owned();
                    found.push((id, finding["step"].as_u64().unwrap(), text("expected"), text("actual")));
                }
            }
        }
        found
    }
}

fn ran(mistake: Mistake, more: &[&str]) -> Ran {
    let folder = project(&shelf(mistake), CONTRACT);
    let arguments = [&["run", "--endpoint", "shelf", "--report", "json=report.json"], more].concat();
    let output = proofmark(&arguments).current_dir(folder.path()).output().unwrap();
    let report = fs::read(folder.path().join("report.json")).unwrap_or_default();
    Ran {
        code: code(&output),
        text: out(&output) + &err(&output),
        report: serde_json::from_slice(&report).unwrap_or(Json::Null),
    }
}

#[test]
fn effects_are_observed_and_hold_also_where_all_cases_look_at_one_place() {
    for mistake in [Mistake::No, Mistake::StartsLate] {
        let ran = ran(mistake, &[]);
        assert_eq!(ran.code, 0, "{mistake:?}: {}", ran.text);
        assert!(ran.text.contains("effects     observed in 7 of 7 cases"), "{}", ran.text);
        assert_eq!(ran.report["effects"], json!({"observed": 7, "not_observed": 0}), "{mistake:?}");
    }
}

#[test]
fn what_a_request_does_and_its_answer_does_not_say_fails_its_case() {
    for (mistake, cases, expected, actual) in [
        (Mistake::RefusesAndStarts, "refused", "nothing added, since the request was refused", "\"run-"),
        (Mistake::RefusesAndStartsLater, "refused", "nothing added, since the request was refused", "\"run-"),
        (Mistake::AcceptsAndStartsNothing, "accepted", "\" added, as the answer says", "nothing added"),
        (Mistake::StartsTwo, "accepted", "\" added, as the answer says", "\", \"run-"),
        (Mistake::StartsAnother, "accepted", "\" added, as the answer says", "\"run-"),
        (
            Mistake::StartsAReplay,
            "replayed",
            "nothing added, since it repeats the request of step 1",
            "\"run-",
        ),
        (Mistake::NamesAnother, "replayed", "\" named, since it repeats the request of step 1", "\" named"),
    ] {
        let ran = ran(mistake, &[]);
        assert_eq!(ran.code, 1, "{mistake:?}: {}", ran.text);
        let found = ran.effects();
        let of_these = found.iter().filter(|(id, ..)| id.starts_with(cases)).count();
        let count = if cases == "accepted" { 4 } else { 2 - usize::from(cases == "replayed") };
        assert_eq!(of_these, count, "{mistake:?}: {found:?}");
        for (id, _, wanted, found) in found.iter().filter(|(id, ..)| id.starts_with(cases)) {
            assert!(wanted.contains(expected) && found.contains(actual), "{id}: {wanted} / {found}");
        }
        let is_about_others = |id: &str| mistake == Mistake::RefusesAndStartsLater && !id.starts_with(cases);
        assert!(
            found.iter().all(|(id, ..)| id.starts_with(cases) || is_about_others(id) || cases == "accepted")
        );
        assert!(ran.text.contains("PM008  effect \"a run starts\": expected"), "{}", ran.text);
    }
}

#[test]
fn a_value_that_two_answers_share_is_found_at_the_later_one() {
    let ran = ran(Mistake::SharesIds, &[]);
    assert_eq!(ran.code, 1, "{}", ran.text);
    let shared: Vec<_> =
        ran.effects().into_iter().filter(|(_, _, expected, _)| expected.contains("no other")).collect();
    let ids: Vec<&str> = shared.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids, ["accepted/b", "accepted/c", "accepted/d", "replayed"], "a replay shares its own");
    assert_eq!(shared[3].1, 1, "the first step alone");
}

#[test]
fn what_cannot_be_observed_fails_nothing_and_is_counted() {
    for mistake in [
        Mistake::ListsNothing,
        Mistake::ListsWithoutEnd,
        Mistake::ListsPages(101),
        Mistake::ListsValues(1_001),
        Mistake::ListsBytes(257),
    ] {
        let ran = ran(mistake, &["--jobs", "1"]);
        assert_eq!(ran.code, 0, "{mistake:?}: {}", ran.text);
        assert!(ran.text.contains("effects     observed in 0 of 7 cases"), "{mistake:?}: {}", ran.text);
    }
    for mistake in [Mistake::ListsPages(100), Mistake::ListsBytes(256)] {
        let ran = ran(mistake, &["--jobs", "1"]);
        assert!(ran.text.contains("effects     observed in 7 of 7 cases"), "{mistake:?}: {}", ran.text);
    }
    // Each start takes the place of one that was listed, so a thousand are there at every look.
    let full = ran(Mistake::ListsValues(1_000), &["--jobs", "1"]);
    assert!(full.text.contains("effects     observed in 7 of 7 cases"), "{}", full.text);
    let ran = ran(Mistake::RefusesAndStarts, &["--observe", "never"]);
    assert_eq!(ran.code, 0, "{}", ran.text);
    assert!(ran.text.contains("effects     observed in 0 of 7 cases"), "{}", ran.text);
}

#[test]
fn a_certificate_says_how_many_were_observed_and_verify_judges_them_again() {
    let folder = project(&shelf(Mistake::No), CONTRACT);
    let run = |arguments: &[&str]| {
        let output = proofmark(arguments).current_dir(folder.path()).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    };
    let (status, text) = run(&["keygen", "--output", "key.pem"]);
    assert_eq!(status, 0, "{text}");
    let (status, text) = run(&["certify", "--endpoint", "shelf", "--key", "key.pem", "--output", "b.tar"]);
    assert!(text.contains("effects      observed in 7 of 7 cases"), "{text}");
    assert_eq!(status, 0, "{text}");
    let (status, text) = run(&["verify", "b.tar", "--key", "key.pem.pub"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("effects      observed in 7 of 7 cases"), "{text}");
}

#[test]
fn a_contract_whose_effect_cannot_be_read_is_refused_at_its_place() {
    for (from, to, message) in [
        ("replay  = \"token\"", "replay  = \"tokn\"", "did you mean `token`?"),
        ("{{ shelf }}", "{{ shelv }}", "`shelv`"),
        ("value = \"$.runs[*].id\"", "value = \"runs\"", "JSONPath"),
        ("at = \"$.id\"", "at = \"$.id[*]\"", "name the place by keys"),
        ("about   = \"a run starts\"\n", "", "`about`"),
    ] {
        let folder = project("http://127.0.0.1:1", &CONTRACT.replace(from, to));
        let output = proofmark(&["check"]).current_dir(folder.path()).output().unwrap();
        let text = out(&output) + &err(&output);
        assert_eq!(code(&output), 3, "{to}: {text}");
        assert!(text.contains(message) && text.contains("contract.toml"), "{to}: {text}");
    }
}
