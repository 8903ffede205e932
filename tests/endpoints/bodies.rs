//! Bodies of every media type and encoding, codes, rows, request ids, and promises without a published source: what is
//! right passes, and what is wrong fails with the promise that it breaks.

use std::fs;
use std::net::TcpStream;

use serde_json::Value as Json;

use crate::support::odd::{JSON, Judged, answer, finished, program, say, serve};

const HEAD: &str = "operation = \"Op\"\nversion = \"1\"\nabout = \"x\"\n[sources.docs]\ntitle = \"The documentation\"\n\
    [request]\nmethod = \"GET\"\nmethods = [\"GET\", \"HEAD\"]\npath = \"/{p}\"\nplace = \"query\"\n\
    [[param]]\nname = \"p\"\ntype = \"string\"\nrequired = true\nplace = \"path\"\nsource = [\"docs\"]\n";

/// The place of code and message, as most contracts here have it.
const CODES: &str = "code = \"$.code\"\nmessage = \"$.message\"\n";

/// A folder of cases: the contract's part behind its head, and a table.
fn folder(contract: &str, table: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("t/Op");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), format!("{HEAD}{contract}")).unwrap();
    fs::write(operation.join("n.toml"), format!("about = \"t\"\n{table}")).unwrap();
    folder
}

/// A case that asks for a path.
fn case(id: &str, expect: &str) -> String {
    format!("[[case]]\nid = \"{id}\"\nabout = \"a\"\nparams = {{ p = \"{id}\" }}\nexpect = {expect}\n")
}

fn run(contract: &str, table: &str, url: &str, arguments: &[&str]) -> Judged {
    let folder = folder(contract, table);
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let arguments = [&["--endpoint", url, "--sign", "none", "--report", &report], arguments].concat();
    finished(&program(folder.path(), &arguments).output().unwrap(), &path)
}

/// The verdict of one case that expects a success, for an answer with these fields and this body.
fn one(envelope: &str, expect: &str, headers: &str, body: impl AsRef<[u8]>) -> Judged {
    let url = serve(say(answer("200 OK", headers, body)));
    run(&format!("[envelope]\n{CODES}{envelope}"), &case("c", expect), &url, &[])
}

fn of_type(media_type: &str) -> String {
    format!("content-type: {media_type}\r\n")
}

fn findings(judged: &Judged, case: usize) -> &Vec<Json> {
    judged.report["cases"][case]["findings"].as_array().unwrap()
}

fn text<'a>(finding: &'a Json, key: &str) -> &'a str {
    finding[key].as_str().unwrap_or_default()
}

const FORMATS: &str = "content-type = { json = \"application/json\", xml = \"text/xml\" }\n";

#[test]
fn an_answer_without_a_body_that_says_it_is_json_or_xml_fails() {
    let empty = [JSON.to_owned(), of_type("text/xml"), of_type("application/problem+json; charset=utf-8")];
    for headers in &empty {
        for body in ["", " \r\n"] {
            let judged = one(FORMATS, "{ status = 200 }", headers, body);
            assert_eq!((judged.code, judged.levels()), (1, vec!["envelope"]), "{headers} {}", judged.out);
        }
    }
    assert_eq!(one(FORMATS, "{ status = 200 }", "", "").code, 0, "no content type, no body");
    assert_eq!(one("", "{ status = 200 }", &of_type("text/plain"), "").code, 0, "a text may be empty");
    let url = serve(say(answer("204 No Content", JSON, "")));
    assert_eq!(
        run(&format!("[envelope]\n{CODES}{FORMATS}"), &case("c", "{ status = 204 }"), &url, &[]).code,
        0
    );
    let url = serve(say(format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 9\r\n\r\n")));
    let head = case("c", "{ status = 200 }") + "request = { method = \"HEAD\" }\n";
    assert_eq!(run(&format!("[envelope]\n{CODES}{FORMATS}"), &head, &url, &[]).code, 0);
}

#[test]
fn xml_in_any_encoding_that_it_declares_passes_and_a_wrong_value_in_it_fails() {
    let wide: Vec<u8> = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\"?><R><m>é</m></R>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><R><m>\xe9</m></R>".to_vec();
    let marked = "\u{feff}<?xml version=\"1.0\"?><R><m>é</m></R>".as_bytes().to_vec();
    for body in [wide, latin, marked] {
        let judged =
            one(FORMATS, "{ status = 200, body = { \"$.m\" = \"é\" } }", &of_type("text/xml"), &body);
        assert_eq!(judged.code, 0, "{}", judged.out);
        let judged =
            one(FORMATS, "{ status = 200, body = { \"$.m\" = \"e\" } }", &of_type("text/xml"), &body);
        assert_eq!((judged.code, judged.levels()), (1, vec!["body"]), "{}", judged.out);
    }
    let judged = one(FORMATS, "{ status = 200 }", &of_type("text/xml"), b"<R><m>\xe9</m></R>");
    assert!(text(&findings(&judged, 0)[0], "actual").contains("not UTF-8"), "{}", judged.out);
}

#[test]
fn a_list_in_xml_has_any_number_of_items_one_and_none_included() {
    let field = "[[response]]\nname = \"Disks.Disk\"\ntype = \"list\"\nsource = [\"docs\"]\n";
    let contract = format!("{field}[envelope]\n{CODES}{FORMATS}");
    let body = |items: usize| format!("<R><Disks>{}</Disks></R>", "<Disk><Id>d</Id></Disk>".repeat(items));
    let judge = |contract: &str, expect: &str, body: &str| {
        let url = serve(say(answer("200 OK", &of_type("text/xml"), body)));
        run(contract, &case("c", expect), &url, &[]).code
    };
    for items in 0..3 {
        assert_eq!(judge(&contract, "{ status = 200 }", &body(items)), 0, "{items} items, typed");
    }
    assert_eq!(judge(&contract, "{ status = 200, body = { \"$.Disks.Disk\" = [] } }", &body(0)), 0);
    assert_eq!(judge(&contract, "{ status = 200, body = { \"$.Disks.Disk\" = [] } }", &body(1)), 1);
    let plain = format!("[envelope]\n{CODES}{FORMATS}");
    let first = "{ status = 200, body = { \"$.Disks.Disk[0].Id\" = \"d\" } }";
    assert_eq!([0, 1, 2].map(|items| judge(&plain, first, &body(items))), [1, 0, 0], "by its index");
    let object = contract.replace("\"Disks.Disk\"", "\"Disks\"").replace("\"list\"", "\"object\"");
    let wrong = "{ status = 200, body = { \"$.Disks[0].Disk.Id\" = \"d\" } }";
    assert_eq!(judge(&object, wrong, &body(1)), 1, "an object of the contract is no list");
}

#[test]
fn a_field_with_dots_in_its_name_is_looked_for_inside_objects() {
    let field = "[[response]]\nname = \"a.b\"\ntype = \"integer\"\nsource = [\"docs\"]\n";
    let contract = format!("{field}[envelope]\n{CODES}{FORMATS}");
    for (body, code) in [
        (r#"{"a": {"b": 1}}"#, 0),
        (r#"{"a.b": 1}"#, 0),
        (r#"{"a": {"b": "1"}}"#, 1),
        (r#"{"a": {}}"#, 1),
        (r#"{"b": 1}"#, 1),
    ] {
        let url = serve(say(answer("200 OK", JSON, body)));
        assert_eq!(run(&contract, &case("c", "{ status = 200 }"), &url, &[]).code, code, "{body}");
    }
}

#[test]
fn an_answer_has_one_of_the_media_types_that_the_contract_promises() {
    let several = "content-type = { json = [\"application/json\", \"application/problem+json\"] }\n";
    let texts = "content-type = { json = \"application/json\", other = [\"text/plain\", \"text/csv\"] }\n";
    for (envelope, media_type, body, code) in [
        (several, "application/problem+json; charset=utf-8", "{}", 0),
        (several, "Application/JSON", "{}", 0),
        (several, "application/hal+json", "{}", 1),
        (several, "text/plain", "pong", 1),
        (texts, "text/plain", "pong", 0),
        (texts, "text/plain", "{\"a\": 1}", 0),
        (texts, "text/csv; header=present", "a,b", 0),
        (texts, "text/html", "<p>no", 1),
        (texts, "application/json", "pong", 1),
        ("", "text/plain", "pong", 0),
        ("", "image/png", "\u{0}\u{fffd}", 0),
        ("", "application/json", "pong", 1),
        ("[envelope.xml]\nsuccess-root = \"R\"\nerror-root = \"E\"\n", "text/plain", "pong", 1),
    ] {
        let judged = one(envelope, "{ status = 200 }", &of_type(media_type), body);
        assert_eq!(judged.code, code, "{envelope} {media_type} {body}: {}", judged.out);
    }
    let judged = one(texts, "{ status = 200, body = { \"$\" = \"pong\" } }", &of_type("text/plain"), "ping");
    assert_eq!(
        (judged.code, judged.levels()),
        (1, vec!["body"]),
        "the text itself is judged: {}",
        judged.out
    );
}

#[test]
fn a_code_that_is_a_number_meets_its_row_and_a_text_does_not() {
    let contract = format!(
        "[[error]]\nstatus = 400\ncode = -32600\nmessage = \"Invalid Request\"\nsource = [\"docs\"]\n\
         [envelope]\n{CODES}{FORMATS}"
    );
    for (code, exit) in [("-32600", 0), ("\"-32600\"", 1), ("-32601", 1)] {
        let body = format!(r#"{{"code": {code}, "message": "Invalid Request"}}"#);
        let url = serve(say(answer("400 Bad", JSON, body)));
        let judged = run(&contract, &case("c", "{ code = -32600 }"), &url, &[]);
        assert_eq!(judged.code, exit, "{code}: {}", judged.out);
        let met = judged.report["cases"][0]["rows_met"].as_array().unwrap().len();
        assert_eq!(met, usize::from(exit == 0), "{code}");
    }
    let xml = "<E><code>-32600</code><message>Invalid Request</message></E>";
    let url = serve(say(answer("400 Bad", &of_type("text/xml"), xml)));
    assert_eq!(run(&contract, &case("c", "{ code = -32600 }"), &url, &[]).code, 0, "XML has texts alone");
}

#[test]
fn a_row_is_taken_as_a_whole_and_the_nearest_one_is_cited() {
    let row = |status: u16, message: &str| {
        format!("[[error]]\nstatus = {status}\ncode = \"A\"\nmessage = \"{message}\"\nsource = [\"docs\"]\n")
    };
    let contract =
        format!("{}{}[envelope]\n{CODES}{FORMATS}", row(403, "not allowed"), row(400, "not valid"));
    let judge = |expect: &str, status: &str, message: &str| {
        let body = format!(r#"{{"code": "A", "message": "{message}"}}"#);
        run(&contract, &case("c", expect), &serve(say(answer(status, JSON, body))), &[])
    };
    let alone = "{ code = \"A\" }";
    assert_eq!(judge(alone, "400 X", "not valid").code, 0);
    assert_eq!(judge(alone, "403 X", "not allowed").code, 0);
    let mixed = judge(alone, "400 X", "not allowed");
    assert_eq!((mixed.code, mixed.levels()), (1, vec!["message"]), "{}", mixed.out);
    let because = text(&findings(&mixed, 0)[0], "because").to_owned();
    assert!(because.starts_with("error row 400 A \"not valid\" (The documentation)"), "{because}");
    assert!(because.contains("(1) 403 A \"not allowed\", (2) 400 A \"not valid\""), "{because}");
    let wrong = judge("{ status = 400, code = \"A\" }", "403 X", "not allowed");
    assert!(text(&findings(&wrong, 0)[0], "because").contains("error row 400 A"), "{}", wrong.out);
    let met = judge(alone, "400 X", "not valid");
    assert_eq!(met.report["cases"][0]["rows_met"], serde_json::json!(["400 A \"not valid\""]));
    let either = "{ any = [{ status = 400, code = \"A\" }, { status = 403, message = \"not allowed\" }] }";
    let neither = judge(either, "403 X", "no");
    let because = text(&findings(&neither, 0)[0], "because").to_owned();
    let whole = "alternative 2 is the nearest of (1) status 400 and code \"A\", (2) status 403 and message \"not allowed\"";
    assert!(because.contains(whole), "{because}");
}

/// An envelope with a request id that no two answers share, and a header field that repeats it.
const IDS: &str = "content-type = { json = \"application/json\" }\n[envelope.request-id]\nbody = \"$.id\"\n";

/// A server whose answers have the ids that the last segments of paths say.
fn ids(give: fn(&str) -> String) -> String {
    serve(move |head: &str, stream: &mut TcpStream| {
        let path = head.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
        let body = format!(r#"{{"id": "{}"}}"#, give(&path));
        say(answer("200 OK", JSON, body))(head, stream);
    })
}

fn three() -> String {
    ["a", "b", "c"].map(|id| case(id, "{ status = 200 }")).concat()
}

#[test]
fn a_request_id_that_answers_of_two_cases_share_fails_the_later_one_whatever_the_order() {
    let contract = format!("[envelope]\n{CODES}{IDS}");
    for jobs in ["1", "8"] {
        let url = ids(|path| if path == "b" { "own".into() } else { "shared".into() });
        let judged = run(&contract, &three(), &url, &["--jobs", jobs]);
        let verdicts: Vec<&str> =
            (0..3).map(|at| judged.report["cases"][at]["verdict"].as_str().unwrap()).collect();
        assert_eq!((judged.code, verdicts), (1, vec!["passed", "passed", "failed"]), "{}", judged.out);
        let finding = &findings(&judged, 2)[0];
        assert_eq!((text(finding, "level"), text(finding, "subject")), ("envelope", "$.id"));
        assert!(text(finding, "actual").contains("step 1 of t/Op/n/a"), "{finding}");
    }
    assert_eq!(run(&contract, &three(), &ids(str::to_owned), &[]).code, 0, "ids of their own");
    let free = contract.replace("body = \"$.id\"\n", "body = \"$.id\"\nunique = false\n");
    assert_eq!(run(&free, &three(), &ids(|_| "shared".into()), &[]).code, 0, "the contract may allow it");
}

#[test]
fn merged_shards_that_share_a_request_id_fail_at_the_later_case() {
    let contract = format!("[envelope]\n{CODES}{IDS}");
    let folder = folder(&contract, &three());
    let url = ids(|path| if path == "b" { "own".into() } else { "shared".into() });
    let shard = |case: &str| {
        let path = folder.path().join(format!("{case}.ndjson")).display().to_string();
        let report = format!("ndjson={path}");
        let output = program(
            folder.path(),
            &["--endpoint", &url, "--sign", "none", "--report", &report, &format!("n/{case}")],
        )
        .output()
        .unwrap();
        assert_eq!(output.status.code(), Some(0), "a shard alone has each id once");
        path
    };
    let shards = ["a", "b", "c"].map(shard);
    let path = folder.path().join("all.json");
    let report = format!("json={}", path.display());
    let arguments =
        ["report", "--report", &report, "--from", &shards[0], "--from", &shards[1], "--from", &shards[2]];
    let output = crate::support::run(&arguments);
    let judged = finished(&output, &path);
    assert_eq!(
        (judged.code, &judged.report["counts"]["failed"]),
        (1, &serde_json::json!(1)),
        "{}",
        judged.out
    );
    assert!(text(&findings(&judged, 2)[0], "actual").contains("t/Op/n/a"), "{}", judged.out);
}

#[test]
fn a_promise_that_is_marked_as_unpublished_warns_and_fails_nothing() {
    let rule = |mark: &str| format!("[envelope]\n{CODES}{IDS}header = {{ name = \"x-id\"{mark} }}\n");
    let url = ids(str::to_owned);
    let plain = run(&rule(""), &three(), &url, &[]);
    assert_eq!((plain.code, plain.levels()), (1, vec!["envelope"]), "{}", plain.out);
    let because = text(&findings(&plain, 0)[0], "because");
    assert!(because.contains("contract.toml:") && because.contains("without a source"), "{because}");
    let marked = run(&rule(", unpublished = true"), &three(), &url, &[]);
    assert_eq!((marked.code, marked.verdict()), (0, "passed"), "{}", marked.out);
    let finding = &findings(&marked, 0)[0];
    assert_eq!((&finding["warning"], &finding["counts"]), (&Json::Bool(true), &Json::Bool(false)));
    assert_eq!(marked.report["unpublished"], serde_json::json!({ "x-id": 3 }));
    assert!(marked.out.contains("3 answers differ in x-id"), "{}", marked.out);
    let sourced = run(&rule(", source = [\"docs\"]"), &three(), &url, &[]);
    assert!(
        text(&findings(&sourced, 0)[0], "because").contains("source: The documentation"),
        "{}",
        sourced.out
    );
}

#[test]
fn check_lists_what_is_marked_as_unpublished_and_refuses_a_mark_beside_a_source() {
    let contract = |more: &str| {
        format!(
            "[envelope]\n{CODES}content-type = {{ json = \"application/json\", unpublished = true{more} }}\n"
        )
    };
    let check = |contract: &str| {
        let folder = folder(contract, &three());
        crate::support::run(&["check", "--cases", folder.path().to_str().unwrap()])
    };
    let output = check(&contract(""));
    let out = crate::support::out(&output);
    assert!(out.contains("unpublished: envelope content-type (") && out.contains("contract.toml:"), "{out}");
    let output = check(&contract(", source = [\"docs\"]"));
    assert_eq!(crate::support::code(&output), 3, "{}", crate::support::err(&output));
}

#[test]
fn a_failing_answer_is_shown_with_what_it_says_of_itself() {
    let judged = one(FORMATS, "{ status = 200 }", &of_type("text/html"), "<p>\u{1b}[31mBad\nGateway");
    for line in ["< HTTP 200 text/html", "< <p>\\u{1b}[31mBad", "< Gateway"] {
        assert!(judged.out.contains(line), "{line}: {}", judged.out);
    }
    let answers = &judged.report["cases"][0]["answers"];
    let excerpt = "HTTP 200 text/html\n<p>\\u{1b}[31mBad\nGateway";
    assert_eq!((&answers[0]["status"], text(&answers[0], "excerpt")), (&200.into(), excerpt), "{answers}");
    let coded = format!("{JSON}content-encoding: x-own\r\n");
    let judged = one(FORMATS, "{ status = 200 }", &coded, "\u{1f}pong");
    let actual = text(&findings(&judged, 0)[0], "actual");
    assert!(actual.contains("x-own"), "{actual}");
    let judged = one(FORMATS, "{ status = 200 }", JSON, "pong");
    let actual = text(&findings(&judged, 0)[0], "actual");
    assert!(actual.contains("application/json"), "{actual}");
    let passed = one(FORMATS, "{ status = 200 }", JSON, "{}");
    assert!(!passed.out.contains("< HTTP"), "{}", passed.out);
}

#[test]
fn a_hook_that_has_no_variables_to_give_may_answer_nothing_ok_or_true() {
    let endpoint = serve(say(answer("200 OK", JSON, "{}")));
    let table = case("c", "{ status = 200 }").replace("expect", "given = \"ready\"\nexpect");
    let state = "[[state]]\nname = \"ready\"\nabout = \"It is.\"\n";
    let judge = |hook: Vec<u8>, states: &str| {
        let folder = folder(&format!("[envelope]\n{CODES}{FORMATS}"), &table);
        fs::write(folder.path().join("t/Op/states.toml"), states).unwrap();
        let path = folder.path().join("out.json");
        let (report, hook) = (format!("json={}", path.display()), serve(say(hook)));
        let arguments = ["--endpoint", &endpoint, "--states", &hook, "--sign", "none", "--report", &report];
        finished(&program(folder.path(), &arguments).output().unwrap(), &path)
    };
    let no_content = || b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let bodies = ["", "OK", "true", "{}"].map(|body| answer("200 OK", "", body));
    for hook in bodies.into_iter().chain([no_content()]) {
        let judged = judge(hook, state);
        assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{}", judged.reason());
    }
    for hook in ["false", "<html></html>", "[]"] {
        let judged = judge(answer("200 OK", "", hook), state);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{hook}: {}", judged.out);
    }
    let promises = format!("{state}[state.provides.id]\nabout = \"Its id.\"\nexample = \"1\"\n");
    let judged = judge(no_content(), &promises);
    assert!(
        judged.verdict() == "inconclusive" && judged.reason().contains("lacks `id`"),
        "{}",
        judged.reason()
    );
}
