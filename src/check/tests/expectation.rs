//! What a case expects, level by level.

use std::time::Duration;

use super::{Desk, NOTHING, answer, json, xml};
use crate::check::{PathError, select_in, throttle_reason};
use crate::model::{Level, Value};

#[test]
fn a_status_is_that_of_the_case_or_else_that_of_the_row() {
    let said = |expect: &str, status: u16, body: &str| Desk::new("", expect).said(json(status, body));
    assert_eq!(said("status = 200", 200, "{}"), NOTHING);
    assert_eq!(said("status = 200", 201, "{}"), ["status status: 200 / 201"]);
    assert_eq!(said("status = [200, \"4xx\"]", 404, "{}"), NOTHING);
    assert_eq!(said("status = [200, \"4xx\"]", 500, "{}"), ["status status: 200 or 4xx / 500"]);
    let coded = r#"{"code": "TooLong", "message": "It is too long."}"#;
    assert_eq!(said("status = 200", 400, coded), ["status status: 200 / 400 with the code \"TooLong\""]);
    assert_eq!(said("code = \"TooLong\"", 400, coded), NOTHING);
    assert_eq!(said("code = \"TooLong\"", 404, coded), ["status status: 400 / 404"]);
}

#[test]
fn a_code_is_a_text_or_a_number_and_in_xml_its_digits() {
    let contract = "[envelope.xml]\nsuccess-root = \"r\"\nerror-root = \"r\"\n";
    let said = |expect: &str, answer| Desk::new(contract, expect).said(answer);
    let message = "\"message\": \"It is no request.\"";
    let expect = "code = -32600";
    assert_eq!(said(expect, json(400, &format!("{{\"code\": -32600, {message}}}"))), NOTHING);
    assert_eq!(said(expect, json(400, &format!("{{\"code\": -32600.0, {message}}}"))), NOTHING);
    assert_eq!(
        said(expect, json(400, &format!("{{\"code\": \"-32600\", {message}}}"))),
        ["code code: -32600 / \"-32600\""]
    );
    assert_eq!(said(expect, json(400, &format!("{{{message}}}"))), ["code code: -32600 / nothing"]);
    let of_xml =
        |code: &str| xml(400, &format!("<r><code>{code}</code><message>It is no request.</message></r>"));
    assert_eq!(said(expect, of_xml("-32600")), NOTHING);
    assert_eq!(said(expect, of_xml("-32601")), ["code code: -32600 / \"-32601\""]);
    // The row of the code that was answered is the one that counts.
    let either = "code = { any = [\"TooLong\", -32600] }";
    assert_eq!(said(either, of_xml("-32600")), NOTHING);
    let wrong = xml(400, "<r><code>-32600</code><message>Something.</message></r>");
    assert_eq!(
        said(either, wrong),
        ["message message: \"It is no request.\" / \"Something.\" (the text differs)"]
    );
}

#[test]
fn a_message_is_that_of_the_case_or_else_that_of_the_row() {
    let said = |expect: &str, message: &str| {
        let code = if expect.contains("Other") { "Other" } else { "NotFound" };
        let body = format!("{{\"code\": \"{code}\", \"message\": {message}}}");
        Desk::new("", expect).said(json(404, &body))
    };
    let start = "message message: ";
    assert_eq!(said("code = \"NotFound\"", "\"There is no a.\""), NOTHING);
    assert_eq!(
        said("code = \"NotFound\"", "\"There is no .\""),
        [format!("{start}\"There is no %s.\" / \"There is no .\" (a `%s` is filled with nothing)")]
    );
    assert_eq!(
        said("code = \"NotFound\"", "1"),
        [format!("{start}\"There is no %s.\" / 1 (it is not text)")]
    );
    assert_eq!(said("code = \"Other\", message = \"Something.\"", "\"Something.\""), NOTHING);
    assert_eq!(
        said("code = \"Other\", message = \"Something.\"", "\"Other.\""),
        [format!("{start}\"Something.\" / \"Other.\"")]
    );
    assert_eq!(said("status = 404", "\"Whatever.\""), NOTHING);
}

#[test]
fn a_code_with_several_rows_is_held_against_each_as_a_whole() {
    let said = |expect: &str, status: u16, message: &str| {
        let body = format!("{{\"code\": \"Twice\", \"message\": \"{message}\"}}");
        Desk::new("", expect).findings(json(status, &body))
    };
    let code = "code = \"Twice\"";
    assert!(said(code, 409, "One.").is_empty() && said(code, 410, "Two.").is_empty());
    let found = said(code, 410, "One.");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].level, found[0].expected.as_str()), (Level::Message, "\"Two.\""));
    let because = found[0].because.clone().unwrap();
    assert!(because.starts_with("error row 410 Twice \"Two.\" ("), "{because}");
    assert!(
        because.ends_with("; row 2 is the nearest of (1) 409 Twice \"One.\", (2) 410 Twice \"Two.\""),
        "{because}"
    );
    // The case's own status and message say which row is meant.
    let found = said("code = \"Twice\", status = 409", 409, "Two.");
    assert_eq!(found[0].expected, "\"One.\"");
    assert!(!found[0].because.clone().unwrap().contains("nearest"), "{found:?}");
    for message in
        ["\"Two.\"", "{ template = \"Two.\" }", "{ any = [\"Two.\", \"Three.\"] }", "{ all = [\"Two.\"] }"]
    {
        let found = said(&format!("code = \"Twice\", message = {message}"), 409, "Two.");
        assert_eq!((found.len(), found[0].expected.as_str()), (1, "410"), "{message}");
    }
    for message in [
        "{ regex = \"Two\" }",
        "{ contains = \"Two\" }",
        "{ all = [{ regex = \"T\" }, { contains = \"Two\" }] }",
    ] {
        let found = said(&format!("code = \"Twice\", message = {message}"), 409, "Two.");
        assert!(found.is_empty(), "{message}: {found:?}");
    }
}

#[test]
fn of_many_alternatives_eight_are_named() {
    let alternatives = |count: u16| {
        let each: Vec<String> = (0..count).map(|number| format!("{{ status = {} }}", 300 + number)).collect();
        Desk::new("", &format!("any = [{}]", each.join(", "))).because(json(200, "{}"))
    };
    let named = |count: u16| {
        (1..=count).map(|at| format!("({at}) status {}", 299 + at)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(alternatives(2), format!("alternative 1 is the nearest of {}", named(2)));
    assert_eq!(alternatives(8), format!("alternative 1 is the nearest of {}", named(8)));
    assert_eq!(alternatives(9), format!("alternative 1 is the nearest of {}, and 1 more", named(8)));
    assert_eq!(alternatives(11), format!("alternative 1 is the nearest of {}, and 3 more", named(8)));
}

#[test]
fn an_alternative_is_described_by_all_that_it_expects() {
    let expect = r#"any = [
  { status = [200, "4xx"], code = "Other", message = "m", headers = { "x-a" = "b" }, body = { "$.c" = 1 }, within = "1ms" },
  { body = { "$.d" = 2 } },
]"#;
    let body = r#"{"code": "Other", "message": "m", "c": 1}"#;
    let first =
        "(1) status 200 or 4xx and code \"Other\" and message \"m\" and x-a \"b\" and $.c 1 and within 1ms";
    let because = Desk::new("", &expect.replace('\n', " ")).because(json(404, body));
    assert_eq!(because, format!("alternative 2 is the nearest of {first}, (2) $.d 2"));
}

#[test]
fn of_alternatives_the_deepest_disagreement_is_the_nearest_then_the_fewest_then_the_first() {
    let nearest = |expect: &str| {
        let found = Desk::new("", expect).findings(json(404, r#"{"code": "NotFound", "a": 2}"#));
        let because = found[0].because.clone().unwrap();
        let at = because.find("alternative ").unwrap() + "alternative ".len();
        because[at..=at].to_owned()
    };
    assert_eq!(nearest("any = [{ status = 400 }, { status = 404, body = { \"$.a\" = 1 } }]"), "2");
    assert_eq!(nearest("any = [{ status = 404, body = { \"$.a\" = 1 } }, { status = 400 }]"), "1");
    assert_eq!(nearest("any = [{ body = { \"$.a\" = 1, \"$.b\" = 1 } }, { body = { \"$.a\" = 1 } }]"), "2");
    assert_eq!(nearest("any = [{ body = { \"$.a\" = 1 } }, { body = { \"$.a\" = 3 } }]"), "1");
    let one_holds = "any = [{ status = 400 }, { body = { \"$.a\" = 2 } }]";
    assert_eq!(Desk::new("", one_holds).said(json(404, r#"{"a": 2}"#)), NOTHING);
    // What is beside the alternatives has to hold as well.
    let beside = "status = 200, any = [{ body = { \"$.a\" = 1 } }, { body = { \"$.a\" = 2 } }]";
    assert_eq!(Desk::new("", beside).said(json(404, r#"{"a": 2}"#)), ["status status: 200 / 404"]);
}

#[test]
fn where_the_status_of_each_alternative_differs_the_code_says_which_is_the_nearest() {
    let found = |expect: &str| {
        let found = Desk::new("", expect).findings(json(422, r#"{"code": "NotFound"}"#));
        (found[0].expected.clone(), found[0].cites.len(), found.len())
    };
    let row = "{ status = 404, code = \"NotFound\" }";
    assert_eq!(
        found(&format!("any = [{{ status = 200 }}, {row}]")),
        ("404".into(), 1, 2),
        "also in more findings"
    );
    let coded = "{ code = \"TooLong\" }";
    assert_eq!(found(&format!("any = [{{ status = 200 }}, {coded}]")), ("200".into(), 0, 1));
}

#[test]
fn findings_are_in_the_order_of_levels() {
    let contract = "[[response]]\nname = \"z\"\ntype = \"string\"\n\n[envelope.error]\nfields = [{ name = \"z\", type = \"string\" }]\n";
    let expect = "status = 400, code = \"TooLong\", message = \"It is too long.\", body = { \"$.a\" = 1 }";
    let found = Desk::new(contract, expect).findings(json(404, "{}"));
    let levels: Vec<Level> = found.iter().map(|finding| finding.level).collect();
    assert_eq!(levels, [Level::Envelope, Level::Status, Level::Code, Level::Message, Level::Body]);
}

#[test]
fn header_fields_places_and_time_are_compared() {
    let expect =
        "headers = { \"x-a\" = \"b\" }, body = { \"$.a\" = 1, \"$.l[*]\" = { each = 1 } }, within = \"5ms\"";
    let desk = Desk::new("", expect);
    let headers = [("content-type", "application/json"), ("x-a", "b")];
    let right = answer(200, &headers, r#"{"a": 1, "l": [1]}"#);
    assert_eq!(desk.said(right.clone()), NOTHING, "the limit is in time");
    let mut wrong = answer(200, &headers[..1], r#"{"a": 2, "l": [1, 2]}"#);
    wrong.elapsed = Duration::from_millis(6);
    assert_eq!(
        desk.said(wrong),
        [
            "body x-a: \"b\" / nothing",
            "body $.a: 1 / 2",
            "body $.l[*]: a list, each item 1 / [1, 2] (item 1 is not)",
            "body time: an answer within 5ms / 6ms",
        ]
    );
}

#[test]
fn a_path_that_is_too_much_is_a_finding_also_where_nothing_is_expected() {
    let desk =
        Desk::new("", "body = { \"$..a..b..c\" = { present = false }, \"$.x\" = { present = false } }");
    let deep = format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120));
    let many = format!("[{}]", vec![deep; 100].join(","));
    let found = desk.findings(json(200, &many));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].level, found[0].subject.as_str()), (Level::Body, "$..a..b..c"));
    assert_eq!(desk.said(json(200, "{}")), NOTHING);
}

#[test]
fn an_answer_can_not_flood_a_report() {
    let shown = |length: usize| {
        let body = format!("{{\"a\": \"{}\"}}", "é".repeat(length));
        Desk::new("", "body = { \"$.a\" = 1 }").findings(json(200, &body))[0].actual.clone()
    };
    // The quotes count as well.
    assert_eq!(shown(1998), format!("\"{}\"", "é".repeat(1998)));
    assert_eq!(shown(1999), format!("\"{}… and 1 more characters", "é".repeat(1999)));
    assert_eq!(shown(3000), format!("\"{}… and 1002 more characters", "é".repeat(1999)));
}

#[test]
fn an_answer_that_says_too_many_requests_is_known_by_status_or_start_of_the_code() {
    let contract = "[envelope.throttled]\nstatus = [429]\ncode = [\"Throttling\"]\n";
    let said = |status: u16, body: &str| {
        Desk::new(contract, "status = 200").with(json(status, body), throttle_reason)
    };
    assert_eq!(said(429, "{}").as_deref(), Some("429"));
    assert_eq!(said(503, r#"{"code": "Throttling.User"}"#).as_deref(), Some("503 Throttling.User"));
    assert_eq!(said(429, r#"{"code": 7}"#).as_deref(), Some("429 7"));
    assert_eq!(said(503, r#"{"code": "NoThrottling"}"#), None);
    assert_eq!(said(428, "{}"), None);
    let long = format!("{{\"code\": \"Throttling{}\"}}", "x".repeat(300));
    assert_eq!(said(400, &long).map(|text| text.chars().count()), Some(204));
}

#[test]
fn a_finding_rests_on_the_row_and_on_the_limits_of_what_was_sent() {
    let limit = |at: i32| {
        let limit = "[{ max-length = 3, error = \"TooLong\" }]";
        format!("[[param]]\nname = \"id{at}\"\ntype = \"string\"\nconstraints = {limit}\n\n")
    };
    let limits: Vec<String> = (0..9).map(limit).collect();
    let limits = limits.concat();
    let mut desk = Desk::new(&limits, "code = \"TooLong\"");
    let cited = |desk: &Desk| {
        let found = desk.findings(json(400, r#"{"code": "Other", "message": "It is too long."}"#));
        found[0].cites.iter().map(|cite| cite.promise.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(cited(&desk), ["error row 400 TooLong", "parameter id: max-length 3"]);
    desk.request.params = vec![("id0".into(), "long".into())];
    assert_eq!(cited(&desk), ["error row 400 TooLong", "parameter id0: max-length 3"]);
    desk.request.params = (0..9).map(|at| (format!("id{at}"), "long".into())).collect();
    assert_eq!(cited(&desk).len(), 10);
    let found = Desk::new("", "code = \"TooLong\"")
        .because(json(400, r#"{"code": "Other", "message": "It is too long."}"#));
    assert_eq!(found, "error row 400 TooLong \"It is too long.\" (The page)");
    let found = Desk::new("", "code = \"NotFound\"")
        .because(json(404, r#"{"code": "Other", "message": "There is no a."}"#));
    assert!(found.ends_with(", without a source)") && found.contains("contract.toml:"), "{found}");
}

#[test]
fn paths_into_an_answer_take_its_lists_as_the_contract_has_them() {
    let contract = "[[response]]\nname = \"O\"\ntype = \"object\"\nrequired = false\n\n[envelope.error]\nfields = [{ name = \"L\", type = \"object\" }]\n";
    let desk = Desk::new(contract, "status = 200");
    let found =
        |answer, path: &str| desk.with(answer, |subject| select_in(subject.contract, subject.answer, path));
    let one = |status| xml(status, "<r><O><a>1</a></O><L><a>1</a></L></r>");
    assert_eq!(found(one(200), "$.L[0].a"), Ok(Value::text("1")));
    assert!(found(one(200), "$.O[0].a").is_err(), "the contract says that it is an object");
    assert_eq!(found(one(399), "$.L[0].a"), Ok(Value::text("1")));
    assert!(found(one(400), "$.L[0].a").is_err(), "errors have other fields");
    assert_eq!(found(one(400), "$.O[0].a"), Ok(Value::text("1")));
    assert!(found(json(200, r#"{"L": {"a": "1"}}"#), "$.L[0].a").is_err(), "JSON says itself what is a list");
    let nothing = PathError::Nothing { path: "$.a".into() };
    assert_eq!(found(answer(200, &[], ""), "$.a"), Err(nothing));
}
