//! Whatever a run says is read back as it was said.

use std::collections::BTreeSet;
use std::iter::successors;
use std::time::Duration;

use serde_json::Value as Json;

use super::{read_event, write_event};
use crate::event::{Event, Outcome, SeriesEnd, SeriesRun, Stopped};
use crate::model::{
    Effects, FramingBreach, Inconclusive, Literals, Moment, NoAnswer, Observation, Scheme, SetUp, Skipped,
    SnapshotOutcome, Value, Verdict,
};
use crate::report::FormatSchema;

/// A line of a case in which everything that may be left out is there.
const CASE: &str = r#"{"event":"finished","table":"a/B/t","case":"c","row":"r","about":"It is.","tags":["odd","slow"],"file":"t.toml","line":3,"column":2,"verdict":{"name":"failed"},"level":"body","findings":[{"level":"status","step":2,"subject":"status","expected":"200","actual":"500","because":"row","cites":[{"kind":"error-row","status":400,"code":"X","file":"c.toml","line":9,"column":1},{"kind":"field","name":"f","file":"c.toml","line":2,"column":3},{"kind":"limit","parameter":"p","limit":"ascii","file":"c.toml","line":4,"column":5}]}],"answered":1,"exchanges":[{"step":1,"request":{"method":"POST","target":"/?a=b","headers":[["x","y"]],"body":{"kind":"form","text":"c=d"},"params":[["a","b"]],"format":"xml"},"answer":{"status":200,"headers":[["content-type","text/xml"]],"base64":"/w==","flaws":[{"kind":"surplus","start":"HTTP/1.1"},{"kind":"coding","label":"br","reason":"no"},{"kind":"framing","breach":"two-lengths","shown":"9"}],"duration_us":5}}],"given":[["made","x"]],"variables":[["region","cn"],["n",{"b":1.50,"a":null}]],"unanswered":{"method":"GET","target":"/","headers":[],"body":{"kind":"empty"},"params":[],"format":null},"steps_not_sent":1,"rows_met":["X"],"codes_due":[[],["X","Y"]],"snapshot":{"name":"unusable","reason":"no"},"retried":["again"],"started_again":"lost","repeated":{"shown":2,"passed":1,"failed":1,"waived":0,"inconclusive":0,"skipped":0,"other_answers":3},"left_behind":["it"],"duration_us":7}"#;

fn again(event: &Event) -> String {
    let line = write_event(event).unwrap();
    assert!(!line.contains('\n'), "{line}");
    let schema = serde_json::from_str(FormatSchema::Events.text()).unwrap();
    let value = serde_json::from_str(&line).unwrap();
    assert!(jsonschema::is_valid(&schema, &value), "{line}");
    format!("{:?}", read_event(&line).unwrap())
}

fn case(change: impl FnOnce(&mut crate::model::CaseRecord)) -> Event {
    let Event::Finished(mut record) = read_event(CASE).unwrap() else { panic!("a case") };
    change(&mut record);
    Event::Finished(record)
}

#[test]
fn a_line_is_written_again_as_it_was() {
    assert_eq!(write_event(&read_event(CASE).unwrap()).unwrap(), CASE);
}

#[test]
fn every_verdict_comes_back_with_its_reason() {
    let text = || "why".to_owned();
    let after = Duration::from_millis(1500);
    let unknown = [
        Inconclusive::Transport(NoAnswer::Connect { reason: text() }),
        Inconclusive::Transport(NoAnswer::TimedOut { what: "the answer".into(), after }),
        Inconclusive::Transport(NoAnswer::Broken { reason: text() }),
        Inconclusive::Transport(NoAnswer::Lost { reason: text() }),
        Inconclusive::Transport(NoAnswer::TooLarge { limit: 9 }),
        Inconclusive::Transport(NoAnswer::Unsendable { reason: text() }),
        Inconclusive::Transport(NoAnswer::Interrupted),
        Inconclusive::Throttled { answer: text() },
        Inconclusive::SetUp { state: text(), reason: text() },
        Inconclusive::Paused { paused: after },
        Inconclusive::Unprepared { reason: text() },
    ];
    let skipped = [
        Skipped::NoWayTo { state: text(), reason: text() },
        Skipped::Unsigned { scheme: Scheme::AwsV4, is_meant: true },
        Skipped::OnPurpose { pattern: text() },
        Skipped::Billable,
        Skipped::Unreachable { reason: text() },
        Skipped::Refused { reason: text() },
        Skipped::Interrupted,
        Skipped::OutOfTime,
        Skipped::EnoughFailed,
    ];
    let others = [
        Verdict::Passed,
        Verdict::Failed,
        Verdict::Flaky { attempts: vec![text()] },
        Verdict::Waived { reason: text() },
    ];
    let verdicts = unknown.map(Verdict::Inconclusive).into_iter().chain(skipped.map(Verdict::Skipped));
    for verdict in verdicts.chain(others) {
        let event = case(|record| record.verdict = verdict.clone());
        assert_eq!(again(&event), format!("{event:?}"), "{verdict:?}");
    }
}

#[test]
fn what_came_of_a_snapshot_comes_back() {
    use SnapshotOutcome::{Different, Missing, Outranked, Same, Unchecked, Unusable, Written};
    for outcome in [Unchecked, Same, Different, Outranked, Missing, Written, Unusable { reason: "x".into() }]
    {
        let event = case(|record| record.snapshot = outcome.clone());
        assert_eq!(again(&event), format!("{event:?}"));
    }
}

#[test]
fn starts_and_ends_come_back() {
    let run = |endpoint: &str, outcome| SeriesRun { endpoint: endpoint.to_owned(), outcome };
    let runs = vec![run("a", Outcome::Broken), run("b", Outcome::Interrupted)];
    let start = r#"{"event":"started","format":"proofmark-events","version":1,"tool":"1","started":"2026-11-30T08:15:00Z","command":"proofmark run","endpoint":{"name":"n","url":"u","reference":false},"contracts":[{"id":"a/B","version":"v","cases":1,"error_rows":["X"],"digest":"sha256:0"}],"selected":1,"known":2,"seed":3,"level":"body","faults":["f"],"snapshots":"s"}"#;
    assert_eq!(write_event(&read_event(start).unwrap()).unwrap(), start);
    let end = SeriesEnd { runs, not_started: vec!["c".to_owned()] };
    let series = Event::SeriesStarted { endpoints: vec!["a".to_owned()] };
    for event in [Event::SeriesEnded(end), series, Event::Warned { text: "w\n".to_owned() }] {
        assert_eq!(again(&event), format!("{event:?}"));
    }
}

#[test]
fn what_a_contract_promises_comes_back_and_may_be_missing() {
    let contract = r#"{"id":"a/B","version":"v","cases":1,"error_rows":["X"],"rows":[{"status":400,"code":"X","message":null,"reach":"state"}],"parameters":[{"name":"Tag.N","type":"list","deprecated":true,"about":"It is.","limits":[{"limit":"required","errors":["X"],"disputed":true},{"limit":{"min-length":1}},{"limit":{"max-length":2}},{"limit":{"min-items":3}},{"limit":{"max-items":4}},{"limit":"ascii"},{"limit":{"not-prefix":"a"}},{"limit":{"not-containing":"b"}},{"limit":"unique"},{"limit":{"one-of":["c","d"]}},{"limit":{"pattern":"e"}},{"limit":{"minimum":-5}},{"limit":{"maximum":6}},{"limit":{"known":"f"}}]}]}"#;
    let line = format!(
        r#"{{"event":"started","format":"proofmark-events","version":1,"tool":"1","endpoint":{{"name":"n","url":"u","reference":true}},"contracts":[{contract}],"selected":1,"known":2,"seed":3,"level":"body","faults":[],"snapshots":null}}"#
    );
    assert_eq!(write_event(&read_event(&line).unwrap()).unwrap(), line);
    let (before, rest) = line.split_once(r#","rows""#).unwrap();
    let earlier = format!("{before}{}", &rest[rest.find("}],\"selected").unwrap()..]);
    let Event::Started(start) = read_event(&earlier).unwrap() else { panic!("a start") };
    assert!(start.operations[0].error_rows.is_empty() && start.operations[0].parameters.is_empty());
}

#[test]
fn every_reason_for_an_early_end_comes_back() {
    let reason = || "r".to_owned();
    let reasons = [
        Stopped::Interrupted,
        Stopped::OutOfTime,
        Stopped::EnoughFailed { failures: 3 },
        Stopped::Unreachable { reason: reason() },
        Stopped::Refused { reason: reason() },
        Stopped::MixedUp,
    ];
    let line = r#"{"event":"ended","counts":{"passed":1,"flaky":2,"failed":0,"waived":4,"inconclusive":5,"skipped":6,"not_meant":1},"rows_met":[["X"]],"orphans":["o"],"stale_snapshots":[{"id":"a","why":"b"}],"stale_waivers":[],"manifest":{"missing":["m"],"new":["n"],"changed":["c"]},"snapshots":{"same":1,"different":2,"outranked":6,"missing":3,"written":4,"unusable":5},"left_behind":1,"exchanges":9,"stopped":null,"duration_us":3,"outcome":"inconclusive"}"#;
    assert_eq!(write_event(&read_event(line).unwrap()).unwrap(), line);
    for stopped in reasons {
        let Event::Ended(mut end) = read_event(line).unwrap() else { panic!("an end") };
        end.stopped = Some(stopped);
        let event = Event::Ended(end);
        assert_eq!(again(&event), format!("{event:?}"));
    }
}

#[test]
fn what_is_no_event_is_an_error_that_says_why() {
    let lines = [
        ("{", "EOF"),
        (r#"{"event":"nosuch"}"#, "unknown variant"),
        (&CASE.replace("\"case\":\"c\"", "\"case\":\"../c\""), "is not an id of a case"),
        (&CASE.replace("\"level\":\"body\"", "\"level\":\"deep\""), "`deep` is not one of envelope, status"),
        (&CASE.replace("\"method\":\"POST\"", "\"method\":\"P T\""), "`P T` is not a valid method"),
        (
            &CASE.replace(r#"{"name":"failed"}"#, r#"{"name":"inconclusive","because":{"kind":"odd"}}"#),
            "expected a reason why a case is inconclusive",
        ),
        (
            &CASE.replace("\"duration_us\":7", "\"duration_us\":-7"),
            "invalid value: integer `-7`, expected u64",
        ),
        (&CASE.replace("\"answered\":1,", ""), "missing field `answered`"),
        (&CASE.replace("\"answered\":1,", "\"answered\":1,\"answered\":2,"), "duplicate field `answered`"),
        (&CASE.replace("/w==", "*"), "`*` is not a valid body in base64"),
        (&CASE.replace("\"xml\"", "\"yaml\""), "`yaml` is not one of json, xml"),
    ];
    for (line, said) in lines {
        let error = read_event(line).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_place_far_down_is_read_within_bounds() {
    let event = case(|_| {});
    let line = write_event(&event).unwrap().replace("\"line\":3", "\"line\":18446744073709551615");
    let line = line.replace("\"column\":2", "\"column\":18446744073709551615");
    let Event::Finished(record) = read_event(&line).unwrap() else { panic!("a case") };
    assert_eq!((record.spot.line(), record.spot.column()), (2_147_483_647, 1_000_000));
}

/// The keys of all objects but those of values that an endpoint has given.
fn keys<'a>(json: &'a Json, found: &mut BTreeSet<&'a str>) {
    match json {
        Json::Object(entries) => {
            for (key, inner) in entries {
                found.insert(key);
                if key != "variables" {
                    keys(inner, found);
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| keys(item, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// The names of all properties that a schema describes.
fn properties<'a>(schema: &'a Json, found: &mut BTreeSet<&'a str>) {
    let Json::Object(entries) = schema else {
        return schema.as_array().into_iter().flatten().for_each(|item| properties(item, found));
    };
    for (key, inner) in entries {
        if let (true, Json::Object(named)) = (key == "properties", inner) {
            found.extend(named.keys().map(String::as_str));
        }
        properties(inner, found);
    }
}

/// What a derive would write all at once: the schema says what a log holds, and nothing else may come into it.
#[test]
fn a_line_has_no_key_that_the_schema_does_not_describe() {
    let event = case(|record| {
        let params = ["secret-parameter".to_owned()].into();
        record.literals = vec![Literals { params, has_path: true, ..Literals::default() }];
        record.set_ups = vec![SetUp { step: 0, asked: "{}".into() }];
        record.effects = Effects::Observed;
        record.paused = Duration::from_micros(3);
        let looks = [(Moment::Before(0), Ok(vec!["a".to_owned()])), (Moment::End(1), Err("no".to_owned()))];
        let of = vec![("p".to_owned(), "q".to_owned())];
        record.observations = looks.map(|(moment, seen)| Observation { moment, of: of.clone(), seen }).into();
    });
    let Event::Finished(record) = read_event(&write_event(&event).unwrap()).unwrap() else {
        panic!("a case")
    };
    assert!(record.literals.is_empty() && record.observations.len() == 2 && record.set_ups.len() == 1);
    let schema: Json = serde_json::from_str(FormatSchema::Events.text()).unwrap();
    let mut described = BTreeSet::new();
    properties(&schema, &mut described);
    let line: Json = serde_json::from_str(&write_event(&event).unwrap()).unwrap();
    let mut written = BTreeSet::new();
    keys(&line, &mut written);
    assert_eq!(written.difference(&described).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(!line.to_string().contains("secret-parameter"), "{line}");
}

/// The next rule of the form of a message; a new one does not compile before it is here.
fn rule_after(breach: FramingBreach) -> Option<FramingBreach> {
    use FramingBreach::{
        Before, Bodiless, ChunkLine, Length, LineEnd, NoUpgrade, ResetBody, StatusLine, Trailer,
        TransferCoding, TwoLengths,
    };
    Some(match breach {
        Before => StatusLine,
        StatusLine => LineEnd,
        LineEnd => TransferCoding,
        TransferCoding => TwoLengths,
        TwoLengths => Length,
        Length => Bodiless,
        Bodiless => ChunkLine,
        ChunkLine => Trailer,
        Trailer => ResetBody,
        ResetBody => NoUpgrade,
        NoUpgrade => return None,
    })
}

#[test]
fn the_schema_has_each_rule_of_the_form_of_a_message() {
    let rules = successors(Some(FramingBreach::Before), |breach| rule_after(*breach));
    let rules: Vec<Json> = rules.map(|breach| serde_json::to_value(breach).unwrap()).collect();
    let schema: Json = serde_json::from_str(FormatSchema::Events.text()).unwrap();
    let mut known = Vec::new();
    enums_of("breach", &schema, &mut known);
    assert_eq!(known, [&Json::Array(rules)]);
}

/// The words that a schema lists for a key.
fn enums_of<'a>(key: &str, schema: &'a Json, found: &mut Vec<&'a Json>) {
    match schema {
        Json::Object(entries) => {
            found.extend(entries.get(key).and_then(|known| known.get("enum")));
            entries.values().for_each(|inner| enums_of(key, inner, found));
        }
        Json::Array(items) => items.iter().for_each(|item| enums_of(key, item, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn a_variable_comes_back_with_its_digits_its_order_and_its_doubled_keys() {
    let number = |digits: &str| Value::Number(digits.into());
    let key = "$serde_json::private::Number";
    let of_the_parser = Value::Map(vec![(key.into(), Value::text("1\"x"))]);
    let entries = [("b", number("1.50")), ("a", number("123456789012345678901")), ("b", Value::Null)];
    let map = entries.map(|(key, value)| (key.to_owned(), value)).into();
    for value in [Value::Map(map), of_the_parser, number("-0"), Value::List(vec![Value::Bool(true)])] {
        let event = case(|record| record.variables = vec![("v".to_owned(), value.clone())]);
        let line = write_event(&event).unwrap();
        let Event::Finished(record) = read_event(&line).unwrap() else { panic!("a case") };
        assert_eq!(record.variables, [("v".to_owned(), value)], "{line}");
    }
}

#[test]
fn a_format_of_another_version_is_named_whatever_else_its_line_holds() {
    let line = r#"{"event":"started","format":"proofmark-events","version":2,"seeds":[3]}"#;
    let error = read_event(line).unwrap_err().to_string();
    assert_eq!(error, "this is `proofmark-events` version 2; `proofmark-events` version 1 can be read");
}
