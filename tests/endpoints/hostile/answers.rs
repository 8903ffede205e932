//! Answers that are odd in their transport, their header fields or their markup.
//!
//! It knows nothing of states.

use std::fs;
use std::net::{TcpListener, TcpStream};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::odd::{JSON, answer, judged, one_case, program, say, say_and_close, serve};

/// A server of wiremock, which goes on until it is dropped.
async fn mock(template: ResponseTemplate) -> MockServer {
    let server = MockServer::builder().disable_request_recording().start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    server
}

#[test]
fn a_refused_connection_is_not_known_and_not_broken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let judged = judged(&url, &[]);
    assert_eq!((judged.code, judged.report["stopped"].as_str()), (5, Some("unreachable")), "{}", judged.out);
    assert_eq!(judged.report["outcome"], "inconclusive");
}

/// Starts a server that resets the connection in the middle of a body.
async fn start_resetting() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            // The look whether the endpoint is there sends nothing.
            if stream.read(&mut request).await.unwrap_or(0) == 0 {
                continue;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\"").await;
            // A connection that is closed without a wait is reset.
            stream.set_zero_linger().unwrap();
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_in_the_middle_of_a_body_is_inconclusive() {
    let judged = judged(&start_resetting().await, &[]);
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    assert!(judged.reason().contains("the exchange broke"), "{}", judged.reason());
}

#[test]
fn a_body_without_a_length_is_bounded_too() {
    let bytes = format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(200_000));
    let judged = judged(&serve(say_and_close(bytes)), &["--body-limit", "100000"]);
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    assert!(judged.reason().contains("larger than 100000 bytes"), "{}", judged.reason());
}

#[test]
fn a_flood_of_early_hints_is_no_answer() {
    let url = serve(|_: &str, stream: &mut TcpStream| {
        use std::io::Write;
        while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").is_ok() {}
    });
    let judged = judged(&url, &[]);
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    assert!(judged.reason().contains("more than 100 interim answers"), "{}", judged.reason());
}

#[test]
fn two_lengths_that_differ_are_no_answer() {
    let url = serve(say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} "));
    let judged = judged(&url, &[]);
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
}

#[test]
fn an_informational_answer_before_the_real_one_is_passed_over() {
    let real = answer("200 OK", JSON, r#"{"id": "a"}"#);
    let bytes = [b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".as_slice(), &real].concat();
    let judged = judged(&serve(say(bytes)), &[]);
    assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{}", judged.out);
}

#[test]
fn every_redirect_stays_where_it_is() {
    for status in ["301 Moved", "303 See Other", "307 Temporary", "308 Permanent"] {
        let target = TcpListener::bind("127.0.0.1:0").unwrap();
        target.set_nonblocking(true).unwrap();
        let place = format!("location: http://{}/\r\n", target.local_addr().unwrap());
        let judged = judged(&serve(say(answer(status, &place, ""))), &[]);
        assert_eq!((judged.code, judged.verdict()), (1, "failed"), "{status}: {}", judged.out);
        // The program has ended, so a connection would stand in the queue by now.
        assert!(target.accept().is_err(), "{status} was followed");
    }
}

#[test]
fn a_proxy_that_is_named_is_used_so_that_one_of_the_environment_would_have_been() {
    let folder = one_case();
    let url = serve(say(answer("200 OK", JSON, r#"{"id": "a"}"#)));
    let output =
        program(folder.path(), &["--endpoint", &url, "--proxy", "http://127.0.0.1:1", "plain"]).output();
    assert_eq!(output.unwrap().status.code(), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_html_that_is_no_xml_is_told_by_status_and_body() {
    let page =
        ResponseTemplate::new(502).set_body_raw("<html><body>Bad Gateway<br></body></html>", "text/html");
    let judged = judged(&mock(page).await.uri(), &[]);
    assert_eq!((judged.code, judged.levels()), (1, vec!["envelope", "status"]), "{}", judged.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coding_that_was_not_asked_for_is_undone_and_a_broken_one_is_a_finding() {
    let template = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff".as_slice(), "application/json");
    let judged = judged(&mock(template).await.uri(), &[]);
    assert_eq!((judged.code, judged.levels()), (1, vec!["envelope"]), "{}", judged.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_of_an_xml_answer_are_not_expanded() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a><id>&c;</id></a>";
    let judged = judged(&mock(ResponseTemplate::new(200).set_body_raw(bomb, "text/xml")).await.uri(), &[]);
    assert_eq!((judged.code, judged.verdict()), (1, "failed"), "{}", judged.out);
    assert!(judged.out.contains("document type") && !judged.out.contains("bbbbbbbb"), "{}", judged.out);
}

#[test]
fn header_fields_that_stand_twice_are_no_trouble() {
    let twice = format!("{JSON}set-cookie: a=1\r\nset-cookie: b=2\r\n");
    let judged = judged(&serve(say(answer("200 OK", &twice, r#"{"id": "a"}"#))), &[]);
    assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{}", judged.out);
}

#[test]
fn a_number_written_as_text_is_no_number_where_there_are_types() {
    let folder = one_case();
    fs::write(
        folder.path().join("shop/Get/t.toml"),
        "[[case]]\nid = \"plain\"\nabout = \"Types count.\"\nexpect = { status = 200, body = { \"$.n\" = 5, \"$.b\" = true } }\n",
    )
    .unwrap();
    for (body, code) in [(r#"{"id":"a","n":5,"b":true}"#, 0), (r#"{"id":"a","n":"5","b":"true"}"#, 1)] {
        let url = serve(say(answer("200 OK", JSON, body)));
        let output = program(folder.path(), &["--endpoint", &url, "--level", "body"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert_eq!(text.contains("$.n") && text.contains("$.b"), code == 1, "{text}");
    }
}

#[test]
fn header_fields_that_contradict_each_other_are_a_finding() {
    let head = "content-type: application/json\r\ncontent-type: text/html\r\n";
    let judged = judged(&serve(say(answer("200 OK", head, r#"{"id": "a"}"#))), &[]);
    assert_eq!((judged.code, judged.levels()), (1, vec!["envelope"]), "{}", judged.out);
    assert!(judged.out.contains("text/html"), "{}", judged.out);
}

#[test]
fn another_status_is_told_with_the_code_that_came_with_it() {
    let judged = judged(&serve(say(answer("404 Not Found", JSON, r#"{"code": "Gone.Away"}"#))), &[]);
    assert_eq!(judged.report["cases"][0]["findings"][0]["actual"], "404 with the code \"Gone.Away\"");
}

/// A folder with one case that expects this, and a contract with this beside the usual.
fn expecting(expect: &str, more: &str) -> tempfile::TempDir {
    let folder = one_case();
    let operation = folder.path().join("shop/Get");
    let contract = fs::read_to_string(operation.join("contract.toml")).unwrap() + more;
    fs::write(operation.join("contract.toml"), contract).unwrap();
    let table = format!("[[case]]\nid = \"plain\"\nabout = \"It is there.\"\nexpect = {expect}\n");
    fs::write(operation.join("t.toml"), table).unwrap();
    folder
}

/// The exit code of a run of such a folder against this answer, and what was printed.
fn printed(folder: &tempfile::TempDir, bytes: Vec<u8>) -> (Option<i32>, String) {
    let url = serve(say(bytes));
    let output = program(folder.path(), &["--endpoint", &url, "--level", "body"]).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn each_of_several_codes_brings_its_row_along() {
    let rows = "\n[[error]]\nstatus = 400\ncode = \"Bad\"\nmessage = \"It is bad.\"\n\n[[error]]\nstatus = 409\ncode = \"Worse\"\nmessage = \"It is worse.\"\n";
    let folder = expecting("{ code = { any = [\"Bad\", \"Worse\"] } }", rows);
    for (status, code, message, exit) in [
        ("400 Bad", "Bad", "It is bad.", 0),
        ("409 Conflict", "Worse", "It is worse.", 0),
        ("503 Oops", "Bad", "It is bad.", 1),
        ("400 Bad", "Bad", "nonsense", 1),
        ("409 Conflict", "Bad", "It is bad.", 1),
    ] {
        let body = format!("{{\"code\": \"{code}\", \"message\": \"{message}\"}}");
        let (found, text) = printed(&folder, answer(status, JSON, body));
        assert_eq!(found, Some(exit), "{status} {code} {message}: {text}");
    }
}

#[test]
fn no_content_is_no_success_where_fields_are_promised() {
    let folder = expecting("{ status = \"2xx\" }", "");
    let contract = folder.path().join("shop/Get/contract.toml");
    let text = fs::read_to_string(&contract).unwrap();
    let bytes = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let (exit, shown) = printed(&folder, bytes.clone());
    assert_eq!(exit, Some(1), "{shown}");
    assert!(shown.contains("a body of JSON or XML"), "{shown}");
    let free = text.replacen("name = \"id\"\ntype", "name = \"id\"\nrequired = false\ntype", 1);
    fs::write(&contract, free).unwrap();
    assert_eq!(printed(&folder, bytes).0, Some(0), "nothing is required");
}

#[test]
fn types_and_patterns_of_fields_hold_for_more_than_text() {
    let fields = "xml = \"text/xml\" }\n\n[[response]]\nname = \"count\"\ntype = \"integer\"\npattern = \"^[0-9]{1,3}$\"\n\n[[response]]\nname = \"ready\"\ntype = \"boolean\"\n\n[[response]]\nname = \"size\"\ntype = \"integer\"\nrequired = false\n";
    let folder = expecting("{ status = 200 }", "");
    let contract = folder.path().join("shop/Get/contract.toml");
    let text = fs::read_to_string(&contract).unwrap();
    fs::write(&contract, text.replacen(" }\n", &format!(", {fields}"), 1)).unwrap();
    for (body, exit) in [
        ("<a><count>12</count><ready>true</ready></a>", 0),
        ("<a><count>many</count><ready>true</ready></a>", 1),
        ("<a><count>12</count><ready>true</ready><size>1</size></a>", 0),
        ("<a><count>12</count><ready>true</ready><size>large</size></a>", 1),
        ("<a><count>12</count><ready>perhaps</ready></a>", 1),
        ("<a><count>123456</count><ready>true</ready></a>", 1),
    ] {
        let body = body.replace("<a>", "<a><id>i</id>");
        let (found, text) = printed(&folder, answer("200 OK", "content-type: text/xml\r\n", &body));
        assert_eq!(found, Some(exit), "{body}: {text}");
    }
    for (body, exit) in [(r#"{"count": 12}"#, 0), (r#"{"count": -123456789}"#, 1), (r#"{"count": "12"}"#, 1)]
    {
        let body = body.replace('{', r#"{"id": "i", "ready": true, "#);
        let (found, text) = printed(&folder, answer("200 OK", JSON, &body));
        assert_eq!(found, Some(exit), "{body}: {text}");
    }
}

#[test]
fn a_code_does_not_flood_the_reason_that_repeats_it() {
    let folder = expecting("{ status = 200 }", "throttled = { code = [\"Throttling\"] }\n");
    let body = format!("{{\"code\": \"Throttling.{}\"}}", "x".repeat(200_000));
    let (exit, text) = printed(&folder, answer("400 Bad", JSON, body));
    assert_eq!(exit, Some(5), "{text}");
    assert!(text.contains("Throttling.xxx") && text.len() < 5_000, "{}", text.len());
}

#[test]
fn a_code_does_not_flood_what_is_told_of_attempts() {
    let folder = expecting("{ status = 503 }", "");
    let body = format!("{{\"code\": \"{}\"}}", "x".repeat(200_000));
    let url = serve(say(answer("503 Busy", JSON, body)));
    let file =
        format!("[endpoint.m]\nurl = \"{url}\"\n[endpoint.m.retry]\nattempts = 2\ncodes = [\"503\"]\n");
    fs::write(folder.path().join("endpoints.toml"), file).unwrap();
    let arguments = ["--endpoint", "m", "--level", "body", "-v", "plain"];
    let output = program(folder.path(), &arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("attempt 1: 503 xxx") && text.len() < 5_000, "{}: {text:.300}", text.len());
}
