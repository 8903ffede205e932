//! Forgeries by the owner of the key, each as consistent as it gets, and what gives them away.

use proofmark::inside::evidence::{EVENTS, Statement, TestResult};
use serde_json::{Value as Json, json};

use crate::bundle::{Forged, id};

/// A row of the contract, as a record names it.
const ROW: &str = "400 Duplicate.TagKey \"The Tag.N.Key contain duplicate key.\"";

/// What a forger with the key may do to an honest bundle, and what gives it away.
pub(super) type Forgery = (&'static str, fn(Forged) -> Vec<u8>, &'static str);

/// A failure is made a pass.
pub(super) const PASSES: &[Forgery] = &[
    (
        "the statement alone",
        |forged| forged.signed(all_pass),
        "it says PASSED, and the evidence comes to FAILED",
    ),
    (
        "the records too",
        |mut forged| {
            whitewash(&mut forged);
            forged.signed(all_pass)
        },
        "it is recorded as passed, and judged again as failed",
    ),
    (
        "fewer findings",
        |mut forged| {
            forged.change_events(|event| {
                event.as_object_mut().unwrap().shift_remove("findings");
                true
            });
            forged.signed(|_| {})
        },
        "its findings are not those that come out again (0 and 1)",
    ),
    (
        "the cases dropped",
        |mut forged| {
            forged.change_events(|event| !is_failed(event));
            forged.signed(|statement| {
                statement.failed.clear();
                statement.result = TestResult::Passed;
            })
        },
        "it is selected, and not recorded",
    ),
    (
        "the cases not run",
        |mut forged| {
            forged.change_events(|event| {
                if is_failed(event) {
                    event["verdict"] = json!({"name": "skipped", "because": {"kind": "billable"}});
                }
                true
            });
            forged.signed(|_| {})
        },
        "it was skipped, and something is recorded of it",
    ),
    (
        "a waiver added",
        |mut forged| {
            let endpoint = forged.events()[0]["endpoint"]["name"].as_str().unwrap().to_owned();
            let waiver = format!(
                "[[waiver]]\nendpoint = \"{endpoint}\"\ncase = \"*\"\nlevel = \"message\"\nreason = \"r\"\nowner = \"o\"\nexpires = \"2999-12-31\"\n"
            );
            forged.write("cases/waivers.toml", waiver);
            forged.signed(|_| {})
        },
        "it is recorded as failed, and judged again as waived",
    ),
];

/// Parts of records that no verdict rests on, and reports show.
pub(super) const FIELDS: &[Forgery] = &[
    (
        "other codes that are expected",
        |mut forged| {
            let mut is_done = false;
            forged.change_events(|event| {
                if event["codes_due"].is_array() && !is_done {
                    is_done = true;
                    event["codes_due"][0] = json!(["Forged.Code"]);
                }
                true
            });
            assert!(is_done);
            forged.signed(|_| {})
        },
        "the record is wrong about the codes that it expects",
    ),
    (
        "a row that was met",
        |forged| first_case(forged, |case| put(case, "rows_met", json!([ROW]))),
        "the record is wrong about the rows that it met",
    ),
    (
        "another sentence",
        |forged| first_case(forged, |case| case["about"] = json!("It is fine.")),
        "the record is wrong about its sentence",
    ),
    (
        "another count of answers",
        |forged| first_case(forged, |case| case["answered"] = json!(2)),
        "the record is wrong about how many requests were answered",
    ),
    (
        "steps that were not sent",
        |forged| first_case(forged, |case| case["steps_not_sent"] = json!(1)),
        "the record is wrong about how many steps were not sent",
    ),
    (
        "a name for snapshots",
        |forged| first_case(forged, |case| put(case, "given", json!([["made", "x"]]))),
        "the record is wrong about what was made for snapshots",
    ),
    (
        "a request without an answer",
        |forged| {
            first_case(forged, |case| {
                let request = case["exchanges"][0]["request"].clone();
                put(case, "unanswered", request);
            })
        },
        "the record is wrong about a request without an answer",
    ),
    (
        "a snapshot",
        |forged| first_case(forged, |case| case["snapshot"] = json!({"name": "same"})),
        "the record is wrong about a snapshot",
    ),
    (
        "a manifest that was held against the suite",
        |mut forged| {
            // Keys have an order, so that one that is added is where the program has it.
            let end = r#""snapshots":{"same""#;
            let held = format!(r#""manifest":{{"missing":[],"new":[],"changed":[]}},{end}"#);
            forged.replace(EVENTS, end, &held);
            forged.signed(|_| {})
        },
        "its end is wrong about the suite's manifest",
    ),
];

/// Something is recorded of a case that was skipped.
pub(super) const SKIPPED: &[Forgery] = &[
    (
        "a finding",
        |forged| {
            skipped(forged, |case, _| {
                let finding =
                    json!({"level": "body", "step": 1, "subject": "$.a", "expected": "1", "actual": "2"});
                put(case, "findings", json!([finding]));
            })
        },
        BARE,
    ),
    ("a row", |forged| skipped(forged, |case, _| put(case, "rows_met", json!([ROW]))), BARE),
    (
        "an exchange",
        |forged| skipped(forged, |case, other| put(case, "exchanges", other["exchanges"].clone())),
        BARE,
    ),
    ("a variable", |forged| skipped(forged, |case, _| put(case, "variables", json!([["a", "b"]]))), BARE),
    ("a snapshot", |forged| skipped(forged, |case, _| case["snapshot"] = json!({"name": "same"})), BARE),
    ("a name", |forged| skipped(forged, |case, _| put(case, "given", json!([["made", "x"]]))), BARE),
    (
        "a request",
        |forged| {
            skipped(forged, |case, other| put(case, "unanswered", other["exchanges"][0]["request"].clone()))
        },
        BARE,
    ),
    ("an attempt", |forged| skipped(forged, |case, _| put(case, "retried", json!(["again"]))), BARE),
    ("an answer", |forged| skipped(forged, |case, _| case["answered"] = json!(1)), BARE),
    ("a step that was sent", |forged| skipped(forged, |case, _| case["steps_not_sent"] = json!(0)), BARE),
    (
        "other codes",
        |forged| skipped(forged, |case, _| put(case, "codes_due", json!([["Forged.Code"]]))),
        "the record is wrong about the codes that it expects",
    ),
    (
        "another place",
        |forged| skipped(forged, |case, _| case["line"] = json!(1)),
        "it does not stand where the record says",
    ),
];

/// What gives away most of them.
const BARE: &str = "it was skipped, and something is recorded of it";

/// The keys of a finished case, in the order in which they are written.
const KEYS: [&str; 31] = [
    "event",
    "table",
    "case",
    "row",
    "about",
    "tags",
    "file",
    "line",
    "column",
    "verdict",
    "level",
    "findings",
    "answered",
    "exchanges",
    "given",
    "variables",
    "set_ups",
    "unanswered",
    "steps_not_sent",
    "rows_met",
    "codes_due",
    "request_ids",
    "effects",
    "observations",
    "snapshot",
    "retried",
    "started_again",
    "left_behind",
    "paused_us",
    "duration_us",
    "attempts",
];

/// Sets a key at the place where it is written.
fn put(case: &mut Json, key: &str, value: Json) {
    let fields = case.as_object_mut().unwrap();
    fields.insert(key.to_owned(), value);
    let place = |key: &String| KEYS.iter().position(|known| known == key).unwrap_or(KEYS.len());
    let mut sorted: Vec<(String, Json)> = std::mem::take(fields).into_iter().collect();
    sorted.sort_by_key(|(key, _)| place(key));
    fields.extend(sorted);
}

/// Changes the first case that was skipped; the other is one that was run.
fn skipped(mut forged: Forged, change: impl Fn(&mut Json, &Json)) -> Vec<u8> {
    let other = forged.events().into_iter().find(|event| event["exchanges"].is_array()).unwrap();
    let mut is_done = false;
    forged.change_events(|event| {
        if event["event"] == "finished" && event["answered"] == 0 && !is_done {
            is_done = true;
            change(event, &other);
        }
        true
    });
    assert!(is_done);
    forged.signed(|_| {})
}

/// Answers are put to other requests, or changed.
pub(super) const ANSWERS: &[Forgery] = &[
    (
        "another request",
        |forged| first_case(forged, |case| case["exchanges"][0]["request"]["target"] = json!("/?other=1")),
        "the recorded request is not what the case sends: target \"/?other=1\"",
    ),
    (
        "another parameter",
        |forged| first_case(forged, |case| case["exchanges"][0]["request"]["params"][0][1] = json!("x")),
        "the recorded request is not what the case sends: other parameters",
    ),
    (
        "another answer",
        |forged| first_case(forged, |case| case["exchanges"][0]["answer"]["status"] = json!(301)),
        "it is recorded as passed, and judged again as failed",
    ),
    (
        "something that was started",
        |forged| {
            first_case(forged, |case| {
                let seen = case["observations"].as_array_mut().unwrap().last_mut().unwrap();
                seen["seen"].as_array_mut().unwrap().push(json!("zzz"));
            })
        },
        "it is recorded as passed, and judged again as failed",
    ),
    (
        "an observation of another pipeline",
        |forged| first_case(forged, |case| case["observations"][0]["of"][0][1] = json!("x")),
        "what was observed on the endpoint is not recorded as the case observes it",
    ),
    (
        "an observation fewer",
        |forged| {
            first_case(forged, |case| {
                case["observations"].as_array_mut().unwrap().pop();
            })
        },
        "what was observed on the endpoint is not recorded as the case observes it",
    ),
    (
        "no observation at all",
        |forged| {
            first_case(forged, |case| {
                case.as_object_mut().unwrap().shift_remove("observations");
            })
        },
        "the record is wrong about what is known of its effects",
    ),
    (
        "an exchange more",
        |forged| {
            first_case(forged, |case| {
                let again = case["exchanges"][0].clone();
                case["exchanges"].as_array_mut().unwrap().push(again);
                case["answered"] = json!(2);
            })
        },
        "an exchange is recorded after the case had ended",
    ),
    (
        "an exchange fewer",
        |forged| {
            first_case(forged, |case| {
                case.as_object_mut().unwrap().shift_remove("exchanges");
            })
        },
        "no answer is recorded",
    ),
    (
        "another variable",
        |forged| first_case(forged, |case| case["variables"][0][1] = json!("elsewhere")),
        "what was observed on the endpoint is not recorded as the case observes it",
    ),
    (
        "a variable fewer",
        |forged| {
            first_case(forged, |case| {
                case.as_object_mut().unwrap().shift_remove("variables");
            })
        },
        "it says PASSED, and the evidence comes to FAILED",
    ),
    (
        "another seed",
        |mut forged| {
            forged.change_events(|event| {
                if event["event"] == "started" {
                    event["seed"] = json!(77);
                }
                true
            });
            forged.signed(|_| {})
        },
        "the recorded request is not what the case sends: body",
    ),
];

/// What is certified is more or less than what was run.
pub(super) const EXTENT: &[Forgery] = &[
    (
        "a case dropped",
        |mut forged| {
            let mut dropped = None;
            forged.change_events(|event| {
                let is_it = event["event"] == "finished" && dropped.is_none();
                if is_it {
                    dropped = Some(id(event));
                }
                !is_it
            });
            let dropped = dropped.unwrap();
            forged.signed(|statement| statement.passed.retain(|id| *id != dropped))
        },
        "it is selected, and not recorded",
    ),
    (
        "a suite that is not the one that its manifest lists",
        |mut forged| {
            forged.replace("cases/manifest.toml", "\"tag-count/none/form\"", "\"tag-count/none/gone\"");
            forged.signed(|_| {})
        },
        "cases/manifest.toml: missing: ecs/StartImagePipelineExecution/tag-count/none/gone",
    ),
    (
        "a case twice",
        |mut forged| {
            let mut events = forged.events();
            events.insert(1, events[1].clone());
            forged.write_events(&events);
            forged.signed(|_| {})
        },
        "or twice",
    ),
    (
        "another selection",
        |mut forged| {
            forged.replace("run.json", "\"tag-count\"", "\"tag-key\"");
            forged.signed(|_| {})
        },
        "not one of the selected cases",
    ),
    (
        "a row that no case met",
        |mut forged| {
            forged.replace("coverage.json", "not-provoked", "by-request");
            forged.signed(|_| {})
        },
        "coverage.json: it is not what the cases come to",
    ),
    (
        "a row met at the end",
        |mut forged| {
            forged.change_events(|event| {
                if event["event"] == "ended" {
                    let rows = event["rows_met"][0].as_array_mut().unwrap();
                    rows.push(json!("InvalidVSwitchId.NotFound"));
                }
                true
            });
            forged.signed(|_| {})
        },
        "its end is wrong about the rows that were met",
    ),
    (
        "a wider scope",
        |forged| forged.signed(|statement| statement.conformance.scope.signatures.push("aws-sigv4".into())),
        "something else about its scope",
    ),
    (
        "another subject",
        |forged| forged.signed(|statement| statement.subject[0].name = "mock.tar".into()),
        "something else about its subject",
    ),
    (
        "nothing left out",
        |forged| forged.signed(|statement| statement.conformance.skipped.clear()),
        "something else about what it leaves out",
    ),
    (
        "a file more",
        |mut forged| {
            forged.write("readme.txt", "trust me");
            forged.signed(|_| {})
        },
        "readme.txt: a bundle has no such file",
    ),
    (
        "another place",
        |forged| first_case(forged, |case| case["line"] = json!(1_000_000)),
        "it does not stand where the record says",
    ),
    (
        "another case",
        |forged| first_case(forged, |case| case["case"] = json!("nosuch")),
        "it is recorded, and the tables have no such case",
    ),
    (
        "a level that counts less",
        |mut forged| {
            forged.change_events(|event| {
                if event["event"] == "started" {
                    event["level"] = json!("status");
                }
                true
            });
            forged.signed(|_| {})
        },
        "it was judged at another level than the run",
    ),
    (
        "a fault",
        |mut forged| {
            forged.change_events(|event| {
                if event["event"] == "started" {
                    event["faults"] = json!(["skip-row:X"]);
                }
                true
            });
            forged.signed(|_| {})
        },
        "its start is wrong about faults",
    ),
    (
        "an end before the start",
        |mut forged| {
            forged.replace("run.json", "\"ended\": \"20", "\"ended\": \"19");
            forged.signed(|_| {})
        },
        "run.json: it ends at 19",
    ),
    (
        "a time in another form",
        |mut forged| {
            forged.replace("run.json", "Z\",\n  \"ended\"", "+00:00[UTC]\",\n  \"ended\"");
            forged.signed(|_| {})
        },
        "is not a time as proofmark writes it",
    ),
    (
        "another kind of endpoint",
        |mut forged| {
            forged.replace("run.json", "\"reference\"", "\"real\"");
            forged.signed(|_| {})
        },
        "its start is wrong about what the endpoint is",
    ),
    (
        "a member more",
        |forged| first_case(forged, |case| case["note"] = json!("trust me")),
        "it is not as proofmark writes the case",
    ),
    (
        "the tables say less",
        |mut forged| {
            let table = "cases/ecs/StartImagePipelineExecution/tag-count.toml";
            let text = forged.text(table);
            forged.write(table, text.replace("id ", "about = \"x\"\nid "));
            forged.signed(|_| {})
        },
        "cases: ",
    ),
];

/// Says of every case that it passed, in the statement.
fn all_pass(statement: &mut Statement) {
    statement.passed.append(&mut statement.failed);
    statement.result = TestResult::Passed;
}

fn is_failed(event: &Json) -> bool {
    event["verdict"]["name"] == "failed"
}

/// Makes failed cases passed ones, with all that follows.
fn whitewash(forged: &mut Forged) {
    let mut count = 0;
    forged.change_events(|event| {
        if is_failed(event) {
            count += 1;
            event["verdict"] = json!({"name": "passed"});
            event.as_object_mut().unwrap().shift_remove("findings");
        }
        if event["event"] == "ended" {
            let passed = event["counts"]["passed"].as_u64().unwrap();
            event["counts"]["passed"] = json!(passed + count);
            event["counts"]["failed"] = json!(0);
            event["outcome"] = json!("conforms");
        }
        true
    });
}

/// Changes the first case that has exchanges and met no row of the contract.
fn first_case(mut forged: Forged, change: impl Fn(&mut Json)) -> Vec<u8> {
    let mut is_done = false;
    forged.change_events(|event| {
        if event["exchanges"].is_array() && event["rows_met"].is_null() && !is_done {
            is_done = true;
            change(event);
        }
        true
    });
    assert!(is_done);
    forged.signed(|_| {})
}
