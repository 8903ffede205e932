//! `coverage` counts what a wrong answer would fail, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proofmark::inside::coverage::{SuiteCoverage, coverage};
use proofmark::inside::model::CaseId;
use proofmark::inside::source::{Wanted, load};

const CONTRACT: &str = r#"operation = "Make"
version   = "1"
about     = "Makes a thing."
common    = "../common.toml"

[sources.page]
title = "The page"

[request]
method = "POST"
path   = "/things"
place  = "json"

[[param]]
name     = "owner"
type     = "object"
required = true
missing  = ["NoOwner", "Missing"]
source   = ["page"]

[[param]]
name     = "name"
type     = "string"
required = true
missing  = ["NoName", "Missing"]
source   = ["page"]
constraints = [
  { max-length = 3, error = "TooLong", source = ["page"] },
  { not-prefix = "x", source = ["page"] },
]

[[param]]
name   = "tags"
type   = "list"
source = ["page"]
constraints = [
  { unique = true, error = "Doubled", source = ["page"] },
  { max-items = 2, error = "TooMany", source = ["page"] },
]
"#;

const ROWS: &[(u16, &str, &str)] = &[
    (400, "NoOwner", "no owner"),
    (400, "NoName", "no name"),
    (400, "Missing", "missing %s"),
    (400, "TooLong", "%s is too long"),
    (400, "Doubled", "doubled"),
    (400, "TooMany", "too many"),
    (410, "Gone", "gone for good"),
];

const COMMON: &str = r#"[sources.service]
title = "The service"

[[error]]
status  = 429
code    = "Busy"
message = "busy"
source  = ["service"]

[[error]]
status  = 400
code    = "Busy"
message = "very busy"
source  = ["service"]

[[error]]
status  = 404
code    = "Gone"
message = "gone"
source  = ["service"]

[envelope]
code    = "$.code"
message = "$.message"
"#;

fn operation(folder: &Path, name: &str, cases: &[(&str, &str)]) {
    let operation = folder.join("shop").join(name);
    fs::create_dir_all(&operation).unwrap();
    let row = |(status, code, message): &(u16, &str, &str)| {
        format!(
            "[[error]]\nstatus = {status}\ncode = \"{code}\"\nmessage = \"{message}\"\nsource = [\"page\"]\n"
        )
    };
    let rows: String = ROWS.iter().map(row).collect();
    fs::write(operation.join("contract.toml"), format!("{CONTRACT}\n{rows}")).unwrap();
    let case = |(id, text): &(&str, &str)| format!("[[case]]\nid = \"{id}\"\nabout = \"It is.\"\n{text}\n");
    let table: String = cases.iter().map(case).collect();
    fs::write(operation.join("t.toml"), table).unwrap();
    fs::write(folder.join("shop/common.toml"), COMMON).unwrap();
}

fn covered(cases: &[(&str, &str)]) -> SuiteCoverage {
    let folder = tempfile::tempdir().unwrap();
    operation(folder.path(), "Make", cases);
    coverage(&load(folder.path(), Wanted::All).unwrap()).unwrap()
}

fn names(cases: &[CaseId]) -> BTreeSet<String> {
    cases.iter().map(|id| id.as_str().rsplit('/').next().unwrap().to_owned()).collect()
}

/// The cases within and past a limit, and no others.
fn sides(found: &SuiteCoverage, parameter: &str, limit: &str) -> (Vec<String>, Vec<String>) {
    let mut all = found.contracts[0].constraints.iter();
    let one = all.find(|one| (one.parameter.as_str(), one.limit.as_str()) == (parameter, limit)).unwrap();
    (names(&one.within).into_iter().collect(), names(&one.past).into_iter().collect())
}

fn met(found: &SuiteCoverage, status: u16, code: &str) -> Vec<String> {
    let mut rows = found.contracts[0].rows.iter().chain(&found.services[0].rows);
    let row = rows.find(|row| (row.status, row.code.as_str()) == (status, code)).unwrap();
    names(&row.cases).into_iter().collect()
}

const FINE: (&str, &str) = (
    "fine",
    r#"params = { owner = { mail = "a" }, name = "abc", tags = ["a", "b"] }
expect = { status = 200 }"#,
);

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn the_parameters_of_a_json_body_are_what_they_are_there() {
    let found = covered(&[
        FINE,
        (
            "no-owner",
            r#"params = { name = "abc" }
expect = { status = 400, code = "NoOwner" }"#,
        ),
        (
            "doubled",
            r#"params = { owner = { mail = "a" }, name = "abcd", tags = ["a", "a"] }
expect = { status = 400, code = "Doubled" }"#,
        ),
        (
            "three",
            r#"params = { owner = { mail = "a" }, name = "a", tags = ["a", "b", "c"] }
expect = { status = 400, code = "TooMany" }"#,
        ),
        // An owner is there, whatever this case says.
        (
            "a-lie",
            r#"params = { owner = { mail = "a" }, name = "abc" }
expect = { status = 400, code = "NoOwner" }"#,
        ),
    ]);
    assert_eq!(
        sides(&found, "owner", "required"),
        (vec!["doubled".into(), "fine".into(), "three".into()], vec!["no-owner".into()])
    );
    assert_eq!(
        sides(&found, "tags", "unique"),
        (vec!["fine".into(), "three".into()], vec!["doubled".into()])
    );
    assert_eq!(sides(&found, "tags", "max-items 2").1, ["three"]);
    assert_eq!(met(&found, 400, "TooMany"), ["three"]);
}

#[test]
fn a_case_that_accepts_either_answer_tests_neither() {
    let long = r#"params = { owner = { mail = "a" }, name = "abcd" }"#;
    let at_limit = r#"params = { owner = { mail = "a" }, name = "abc" }"#;
    let expectations = [
        "expect = { any = [{ status = 200 }, { status = 400, code = \"TooLong\" }] }",
        "expect = { status = [200, 400] }",
        "expect = { status = 400 }",
        "expect = { status = [\"2xx\", \"4xx\"], body = { \"$.code\" = { not = \"Other\" } } }",
        "expect = { status = 400, code = { regex = \"Too\" } }",
    ];
    for expect in expectations {
        let found =
            covered(&[("past", &format!("{long}\n{expect}")), ("at", &format!("{at_limit}\n{expect}"))]);
        assert_eq!(sides(&found, "name", "max-length 3"), (none(), none()), "{expect}");
        assert_eq!(met(&found, 400, "TooLong"), none(), "{expect}");
    }
    // One of several codes, all of which refuse: to accept the request would fail the case.
    let refused = "expect = { status = 400, code = { any = [\"TooLong\", \"Doubled\"] } }";
    let found = covered(&[("past", &format!("{long}\n{refused}"))]);
    assert_eq!(sides(&found, "name", "max-length 3"), (none(), vec!["past".into()]));
    assert_eq!(met(&found, 400, "TooLong"), none());
}

#[test]
fn a_limit_without_a_code_needs_a_refusal_and_an_acceptance_that_are_demanded() {
    let case =
        |name: &str, expect: &str| format!("params = {{ owner = 1, name = \"{name}\" }}\nexpect = {expect}");
    let found = covered(&[
        ("accepted", &case("ax", "{ status = 200 }")),
        ("open", &case("bx", "{ status = [200, 400] }")),
        ("other", &case("cx", "{ status = 404, code = \"Gone\" }")),
        ("refused", &case("xa", "{ status = \"4xx\" }")),
        ("may-be", &case("xb", "{ status = [200, 400] }")),
        ("passes", &case("xc", "{ status = 200 }")),
    ]);
    let (within, past) = sides(&found, "name", "not-prefix x");
    assert_eq!(within, ["accepted", "other"]);
    assert_eq!(past, ["refused"]);
}

#[test]
fn a_refusal_that_two_parameters_share_tests_neither_of_them() {
    let found = covered(&[
        ("both", r#"expect = { status = 400, code = "Missing" }"#),
        (
            "own",
            r#"params = { name = "a" }
expect = { status = 400, code = "Missing" }"#,
        ),
        ("first", r#"expect = { status = 400, code = "NoOwner" }"#),
    ]);
    assert_eq!(sides(&found, "owner", "required").1, ["own"]);
    assert_eq!(sides(&found, "name", "required").1, none());
}

#[test]
fn a_row_is_met_by_a_case_that_nothing_but_the_whole_row_passes() {
    let params = "params = { owner = 1, name = \"a\" }";
    let case = |expect: &str| format!("{params}\nexpect = {expect}");
    let found = covered(&[
        ("either", &case("{ code = \"Gone\" }")),
        ("by-status", &case("{ status = 410, code = \"Gone\" }")),
        ("by-message", &case("{ code = \"Gone\", message = \"gone\", status = 404 }")),
        ("any-message", &case("{ status = 400, code = \"TooMany\", message = { present = true } }")),
        ("filled", &case("{ status = 400, code = \"TooLong\", message = \"abcd is too long\" }")),
        (
            "template",
            &case("{ status = 400, code = \"TooLong\", message = { template = \"%s is too long\" } }"),
        ),
        ("pattern", &case("{ status = 400, code = \"Doubled\", message = { regex = \"^doubled$\" } }")),
        ("part-of-it", &case("{ status = 400, code = \"Doubled\", message = { regex = \"\" } }")),
    ]);
    assert_eq!(met(&found, 410, "Gone"), ["by-status"]);
    assert_eq!(met(&found, 404, "Gone"), ["by-message"]);
    assert_eq!(met(&found, 400, "TooMany"), none(), "any message would pass");
    assert_eq!(met(&found, 400, "TooLong"), ["filled", "template"]);
    assert_eq!(met(&found, 400, "Doubled"), ["pattern"]);
}

#[test]
fn rows_of_the_shared_file_count_once_for_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let busy = "params = { owner = 1, name = \"a\" }\nexpect = { status = 429, code = \"Busy\" }";
    operation(folder.path(), "Make", &[FINE, ("busy", busy)]);
    operation(folder.path(), "Mend", &[("busy", busy), ("either", "expect = { code = \"Busy\" }")]);
    let found = coverage(&load(folder.path(), Wanted::All).unwrap()).unwrap();
    let [service] = &found.services[..] else { panic!("one for both: {:?}", found.services) };
    assert!(service.file.ends_with("shop/common.toml"), "{}", service.file);
    let cases: Vec<Vec<&str>> =
        service.rows.iter().map(|row| row.cases.iter().map(CaseId::as_str).collect()).collect();
    assert_eq!(cases, [vec!["shop/Make/t/busy", "shop/Mend/t/busy"], vec![], vec![]]);
    let own = found.contracts.iter().flat_map(|contract| &contract.rows);
    assert!(own.into_iter().all(|row| row.code != "Busy"));
}
