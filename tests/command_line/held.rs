//! Error rows that an endpoint holds, and not only meets: the accepted case beside each must pass as well.

use std::fs;
use std::io::Write;

use tempfile::TempDir;

use crate::small::{self, ran};
use crate::support::odd::{JSON, answer, serve};

const CONTRACT: &str = r#"
operation = "Get"
version = "1"
about = "Gets a thing."

[request]
method = "GET"
path = "/thing"
place = "query"

[[param]]
name = "id"
type = "string"
constraints = [{ max-length = 3, error = "TooLong" }]

[[error]]
status = 400
code = "TooLong"
message = "It is too long."

[[error]]
status = 404
code = "NotFound"
message = "It is not here."

[[error]]
status = 409
code = "Locked"
message = "It is locked."

[envelope]
code = "$.code"
message = "$.message"
content-type = { json = "application/json" }
"#;

const TABLE: &str = r#"
[[case]]
id = "found"
about = "It is there."
params = { id = "abc" }
expect = { status = 200 }

[[case]]
id = "long"
about = "An id has three characters."
params = { id = "abcd" }
expect = { code = "TooLong" }

[[case]]
id = "missing"
about = "There is no such thing."
params = { id = "zzz" }
expect = { code = "NotFound" }
"#;

/// A case that no accepted one is like: there is none by POST.
const ALONE: &str = r#"
[[case]]
id = "locked"
about = "It is locked."
request = { method = "POST", body = "x" }
expect = { code = "Locked" }
"#;

fn refusal(status: &str, code: &str, message: &str) -> Vec<u8> {
    answer(status, JSON, format!("{{\"code\":\"{code}\",\"message\":\"{message}\"}}"))
}

/// A server that does what the page says, or refuses everything with one row.
fn server(refuses_all: bool) -> String {
    serve(move |head, stream| {
        let given = head.split("id=").nth(1).map_or("", |rest| rest.split([' ', '&']).next().unwrap());
        let answered = match given {
            _ if head.starts_with("POST") => refusal("409 Conflict", "Locked", "It is locked."),
            _ if refuses_all => refusal("400 Bad Request", "TooLong", "It is too long."),
            "abc" => answer("200 OK", JSON, "{}"),
            "zzz" => refusal("404 Not Found", "NotFound", "It is not here."),
            _ => refusal("400 Bad Request", "TooLong", "It is too long."),
        };
        let _ = stream.write_all(&answered);
    })
}

fn project(table: &str) -> TempDir {
    small::project("Get", CONTRACT, table)
}

#[test]
fn a_row_is_held_if_its_cases_and_the_accepted_one_beside_them_pass() {
    let folder = project(TABLE);
    let run = |url: &str, more: &[&str]| ran(&folder, &[&["run", "--endpoint", url], more].concat());
    let (status, text) = run(&server(false), &[]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("error rows  2 of 3 held"), "{text}");
    // Refusing everything meets a row, and holds none.
    let (status, text) = run(&server(true), &[]);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("error rows  0 of 3 held, 1 met"), "{text}");
    let (status, text) = run(&server(true), &["long"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("error rows  0 of 3 held, 1 met, 1 not measured"), "{text}");
    let (_, text) = run(&server(false), &["--skip", "found"]);
    assert!(text.contains("error rows  0 of 3 held, 2 met\n"), "{text}");
}

#[test]
fn a_row_of_which_every_case_that_ran_passes_is_held_in_part() {
    let longer = "\n[[case]]\nid = \"longer\"\nabout = \"Five are too many.\"\nparams = { id = \"abcde\" }\nexpect = { code = \"TooLong\" }\n";
    let folder = project(&[TABLE, longer].concat());
    let (right, wrong) = (server(false), server(true));
    let run = |more: &[&str]| ran(&folder, &[&["run", "--endpoint", &right], more].concat()).1;
    assert!(run(&[]).contains("error rows  2 of 3 held\n"), "{}", run(&[]));
    let page = ["--skip", "longer", "--report", "html=page.html", "--report", "json=all.json"];
    let text = run(&page);
    assert!(text.contains("error rows  1 of 3 held, 1 held in part\n"), "{text}");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("<b>◕ 1 held in part:</b>") && page.contains("<b>✓ 1 held:</b>"), "{page}");
    let json = fs::read_to_string(folder.path().join("all.json")).unwrap();
    assert!(json.contains("\"held\":1,\"held_in_part\":1,"), "{json}");
    assert!(json.contains("\"not_measured\":1"), "{json}");
    // The twin has to have passed with one of them.
    let text = run(&["--skip", "longer", "--skip", "found"]);
    assert!(text.contains("error rows  0 of 3 held, 2 met\n"), "{text}");
    let text = run(&["--endpoint", &wrong, "--skip", "longer"]);
    assert!(text.contains("0 of 2 error rows held on each of 2 endpoints"), "{text}");
    assert!(text.contains(&format!("held in part: {right}")), "{text}");
}

#[test]
fn the_page_of_a_run_tells_rows_that_are_held_from_those_that_are_only_met() {
    let folder = project(TABLE);
    let page = |url: &str, more: &[&str]| {
        let report = ["run", "--endpoint", url, "--report", "html=page.html", "--force"];
        ran(&folder, &[&report, more].concat());
        fs::read_to_string(folder.path().join("page.html")).unwrap()
    };
    let right = page(&server(false), &[]);
    assert!(right.contains("Error rows: 2 of 3 held"), "{right}");
    assert!(right.contains("<b>✓ 2 held:</b>") && right.contains("<b>○ 1 not reached:</b>"), "{right}");
    let wrong = page(&server(true), &[]);
    assert!(wrong.contains("Error rows: 0 of 3 held"), "{wrong}");
    assert!(wrong.contains("<b>◐ 1 met once:</b>") && !wrong.contains(" held:</b>"), "{wrong}");
    assert!(wrong.contains("<b>✗ 1 broken:</b> a case that expects the row failed"), "{wrong}");
    // Rows of which no case was selected are not reached, whatever cases there are.
    let part = page(&server(true), &["long"]);
    assert!(part.contains("<b>◐ 1 met once:</b>") && part.contains("<b>○ 2 not reached:</b>"), "{part}");
    assert!(!part.contains("no case<") && !part.contains("broken:</b>"), "{part}");
}

#[test]
fn check_names_the_rows_that_no_run_can_hold() {
    let folder = project(TABLE);
    let (status, text) = ran(&folder, &["check"]);
    assert!(status == 0 && !text.contains("no accepted case"), "{text}");
    let folder = project(&[TABLE, ALONE].concat());
    let (status, text) = ran(&folder, &["check"]);
    assert_eq!(status, 0, "{text}");
    let due = "no twin: error row 409 Locked \"It is locked.\" of shop/Get: no accepted case is like those that expect it";
    assert!(text.contains(due), "{text}");
    assert!(!text.contains("no twin: error row 400") && !text.contains("no twin: error row 404"), "{text}");
    let (_, text) = ran(&folder, &["run", "--endpoint", &server(false)]);
    assert!(text.contains("error rows  2 of 3 held, 1 met"), "{text}");
}

#[test]
fn a_case_names_its_twin_and_check_says_if_that_is_not_an_accepted_case() {
    let named = |twin: &str| {
        let alone = ALONE.replace("about =", &format!("twin = \"{twin}\"\nabout ="));
        project(&[TABLE, &alone].concat())
    };
    let folder = named("t/found");
    let (status, text) = ran(&folder, &["check"]);
    assert!(status == 0 && !text.contains("no twin"), "{text}");
    let run = |more: &[&str]| ran(&folder, &[&["run", "--endpoint", &server(false)], more].concat()).1;
    assert!(run(&[]).contains("error rows  3 of 3 held"), "{}", run(&[]));
    let text = run(&["--skip", "found"]);
    assert!(text.contains("error rows  0 of 3 held, 3 met\n"), "{text}");
    for wrong in ["t/missing", "t/nothing", "found", "other/found"] {
        let (status, text) = ran(&named(wrong), &["check"]);
        assert_eq!(status, 3, "{text}");
        let due = format!("the twin `{wrong}` is not an accepted case of this contract");
        assert!(text.contains(&due) && text.contains("t.toml:"), "{text}");
    }
}

#[test]
fn a_line_about_error_rows_names_its_contract_where_there_are_several() {
    let folder = project(TABLE);
    let without_rows = CONTRACT.split("[[error]]").next().unwrap().replace(", error = \"TooLong\"", "");
    let envelope = &CONTRACT[CONTRACT.find("[envelope]").unwrap()..];
    for (name, contract) in [("Other", CONTRACT.to_owned()), ("Plain", without_rows + envelope)] {
        let operation = folder.path().join("cases/shop").join(name);
        fs::create_dir_all(&operation).unwrap();
        let contract = contract.replace("operation = \"Get\"", &format!("operation = \"{name}\""));
        fs::write(operation.join("contract.toml"), contract).unwrap();
        let found = TABLE.split("[[case]]").nth(1).unwrap();
        fs::write(operation.join("t.toml"), format!("[[case]]{found}")).unwrap();
    }
    let (_, text) = ran(&folder, &["run", "--endpoint", &server(false)]);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("error rows")).collect();
    let of = |name: &str| lines.iter().filter(|line| line.ends_with(&format!(" (shop/{name})"))).count();
    assert_eq!((lines.len(), of("Get"), of("Other")), (2, 1, 1), "{text}");
}

/// Two more cases of one row, so that an endpoint that knows this row alone passes the most.
const LONGER: &str = r#"
[[case]]
id = "longer"
about = "An id has three characters, and these are more."
params = { id = "{{ text }}" }
rows = [{ id = "five", text = "abcde" }, { id = "six", text = "abcdef" }]
expect = { code = "TooLong" }
"#;

#[test]
fn the_floor_is_what_the_best_endpoint_passes_that_implements_nothing() {
    let folder = project(&[TABLE, LONGER].concat());
    let mutants = |more: &[&str]| {
        let (status, text) = ran(&folder, &[&["mutants", "--endpoint", &server(false)], more].concat());
        assert_eq!(status, 0, "{text}");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = mutants(&[]);
    let due = "floor: an endpoint that answers every request with error row 400 TooLong \"It is too long.\" passes 3 of 5 \
               cases, and holds 0 of 3 error rows";
    assert!(text.contains(due), "{text}");
    // Where nothing is refused, to accept everything is best, and holds no row either.
    let text = mutants(&["found"]);
    assert!(text.contains("floor: an endpoint that accepts every request passes 1 of 1 case, and"), "{text}");
    assert!(text.contains("mutants of 1 answer in 1 case, by set"), "{text}");
}
