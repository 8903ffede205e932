//! Requests as they go out, byte by byte: what the case says, and beside that only what HTTP needs and our name.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value as Json;

use crate::support::odd::{JSON, answer, one_case, program};
use crate::support::{Served, code, err, out, proofmark, run};

/// What was read from clients, one connection after the other.
pub(crate) type Log = Arc<Mutex<Vec<u8>>>;

/// A server between clients and another one, and what it has read.
pub(crate) fn relay(target: String) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let log = Log::default();
    let noted = Arc::clone(&log);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (noted, target) = (Arc::clone(&noted), target.clone());
            thread::spawn(move || pass(client, &TcpStream::connect(target).unwrap(), &noted));
        }
    });
    (address, log)
}

fn pass(mut client: TcpStream, server: &TcpStream, log: &Mutex<Vec<u8>>) {
    let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut server = server;
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        log.lock().unwrap().extend_from_slice(&buffer[..count]);
        if server.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

/// A request as it has to go out: the recorded one, and what is added to it.
fn due(request: &Json, host: &str) -> String {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let fields = request["headers"].as_array().unwrap().iter();
    let mut lines = vec![format!("{} {} HTTP/1.1", text(&request["method"]), text(&request["target"]))];
    lines.extend(fields.map(|field| format!("{}: {}", text(&field[0]), text(&field[1]))));
    lines.push("accept: */*".to_owned());
    lines.push(format!("user-agent: proofmark/{}", env!("CARGO_PKG_VERSION")));
    lines.push(format!("host: {host}"));
    let body = request["body"].get("text").map(text).unwrap_or_default();
    if !body.is_empty() {
        lines.push(format!("content-length: {}", body.len()));
    }
    lines.join("\r\n") + "\r\n\r\n" + &body
}

#[test]
fn the_requests_of_all_shipped_cases_go_out_as_they_are_recorded() {
    let served = Served::start(&[]);
    let (address, log) = relay(served.at("url").trim_start_matches("http://").to_owned());
    let folder = tempfile::tempdir().unwrap();
    let report = format!("ndjson={}", folder.path().join("events").display());
    let output = run(&[
        "run",
        "-q",
        "-j",
        "1",
        "--sign",
        "none",
        "--all-exchanges",
        "--observe",
        "never",
        "--report",
        &report,
        "--endpoint",
        &format!("http://{address}"),
        "--states",
        served.at("states"),
    ]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let events = fs::read_to_string(folder.path().join("events")).unwrap();
    let events = events.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let requests: Vec<String> = events
        .filter(|event| event["event"] == "finished")
        .flat_map(|case| case["exchanges"].as_array().cloned().unwrap_or_default())
        .map(|exchange| due(&exchange["request"], &address))
        .collect();
    assert!(requests.len() > 500);
    let sent = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    // The first difference, and not half a megabyte of both.
    let mut rest = sent.as_str();
    for request in &requests {
        rest = rest
            .strip_prefix(request.as_str())
            .unwrap_or_else(|| panic!("{request}\nnot\n{}", &rest[..rest.len().min(2000)]));
    }
    assert_eq!(rest, "");
}

/// What goes out of a case with this `request`, and the code of the run.
fn sent(request: &str, more: &[&str]) -> (i32, String, String) {
    let folder = case(request);
    let log = Log::default();
    let noted = Arc::clone(&log);
    let url = crate::support::odd::serve(move |head, stream| {
        noted.lock().unwrap().extend_from_slice(head.as_bytes());
        let _ = stream.write_all(&answer("200 OK", JSON, r#"{"id": "a"}"#));
    });
    let output =
        program(folder.path(), &[&["--endpoint", &url, "--level", "body"], more].concat()).output().unwrap();
    let seen = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    let host = url.trim_start_matches("http://");
    (code(&output), seen.replace(host, "HOST"), out(&output) + &err(&output))
}

fn case(request: &str) -> tempfile::TempDir {
    let folder = one_case();
    let table = format!(
        "[[case]]\nid = \"plain\"\nabout = \"Raw.\"\nrequest = {{ {request} }}\nexpect = {{ status = 200 }}\n"
    );
    fs::write(folder.path().join("shop/Get/t.toml"), table).unwrap();
    folder
}

/// The lines that every request ends with.
fn usual() -> String {
    format!("\r\naccept: */*\r\nuser-agent: proofmark/{}\r\nhost: HOST", env!("CARGO_PKG_VERSION"))
}

#[test]
fn targets_go_out_as_they_are_written() {
    for (request, line) in [
        (r#"path = "/a/../b""#, "GET /a/../b"),
        (r#"path = "/a/%2e%2e/./b/.""#, "GET /a/%2e%2e/./b/."),
        (r#"path = "//""#, "GET //"),
        (r#"query = "x='&&y=%zz&[1-2]{a,b}|^""#, "GET /thing?x='&&y=%zz&[1-2]{a,b}|^"),
        (r#"path = "/a%20b", query = "?""#, "GET /a%20b??"),
        (r#"path = "*", method = "OPTIONS""#, "OPTIONS *"),
    ] {
        let (code, seen, said) = sent(request, &[]);
        assert_eq!((code, seen), (0, format!("{line} HTTP/1.1{}", usual())), "{request}: {said}");
    }
}

#[test]
fn header_fields_go_out_in_their_order_also_twice_and_empty() {
    for (fields, lines) in [
        (r#"{ X-Two = ["a", "b"], x-one = "c" }"#, "x-two: a\r\nx-two: b\r\nx-one: c"),
        (r#"{ x-empty = "", x-more = ["", ""] }"#, "x-empty: \r\nx-more: \r\nx-more: "),
        (r#"{ x-made = ["{{ 1 + 1 }}", "c, d"] }"#, "x-made: 2\r\nx-made: c, d"),
    ] {
        let (code, seen, said) = sent(&format!("headers = {fields}"), &[]);
        assert_eq!((code, seen), (0, format!("GET /thing HTTP/1.1\r\n{lines}{}", usual())), "{said}");
    }
    // What a case says itself is not added to it.
    let (code, seen, said) = sent(r#"headers = { host = "h", accept = "a", user-agent = "u" }"#, &[]);
    assert_eq!(
        (code, seen.as_str()),
        (0, "GET /thing HTTP/1.1\r\nhost: h\r\naccept: a\r\nuser-agent: u"),
        "{said}"
    );
}

#[test]
fn fields_about_the_connection_go_out_as_they_are_written() {
    for line in [
        "connection: close",
        "connection: keep-alive, x-a",
        "expect: 100-continue",
        "keep-alive: timeout=5",
        "te: gzip;q=0.5, trailers",
        "trailer: x-a",
        "upgrade: h2c",
        "proxy-connection: close",
        "http2-settings: AAMAAABkAAQAoAAAAAIAAAAA",
        "content-length: 2",
    ] {
        let (name, value) = line.split_once(": ").unwrap();
        let request = format!("method = \"POST\", headers = {{ {name} = \"{value}\" }}, body = \"ab\"");
        let (code, seen, said) = sent(&request, &[]);
        let length = if name == "content-length" { "" } else { "\r\ncontent-length: 2" };
        let due = format!("POST /thing HTTP/1.1\r\n{line}{}{length}", usual());
        assert_eq!((code, seen), (0, due), "{said}");
    }
}

#[test]
fn a_transfer_coding_is_refused_with_its_place_and_a_hint() {
    let folder = case(r#"headers = { Transfer-Encoding = "gzip" }"#);
    let check = proofmark(&["check", "--cases", folder.path().to_str().unwrap()]).output().unwrap();
    let said = err(&check);
    let said = said.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("t.toml:1:1") && said.contains("\"transfer-encoding\" cannot be sent"), "{said}");
    assert!(said.contains("leave it out"), "{said}");
}

#[test]
fn what_no_request_can_carry_is_refused_with_what_to_do() {
    // Where it is written, with what to do; and the case where a template makes it.
    for (request, place, due) in [
        (r#"method = "CONNECT""#, "4:22", "the method CONNECT cannot be sent: it asks for a tunnel"),
        (r#"method = "GET /""#, "4:22", "a method is one word, such as GET or POST (RFC 9110, section 9.1)"),
        (r#"path = "/é""#, "4:20", "no request line has `é` in it; write %C3%A9"),
        (r#"path = "a""#, "4:20", "it does not begin with `/`"),
        (r#"query = "a=\t""#, "4:21", "no request line has `\\t` in it; write %09"),
        (r#"query = "a b""#, "4:21", "no request line has a space in it; write %20"),
        (r#"after-signing = "a<""#, "4:29", "no request line has `<` in it; write %3C"),
        (
            r#"headers = { x = "a\u0000" }"#,
            "4:29",
            "its value has a control character (RFC 9110, section 5.5)",
        ),
        (r#"path = "*""#, "1:1", "only OPTIONS has the target `*`"),
        (r#"path = "/{{ 'é' }}""#, "1:1", "no request line has `é` in it; write %C3%A9"),
        (r#"headers = { content-length = "7" }"#, "1:1", "says \"7\", and the body has 0 bytes"),
    ] {
        let folder = case(request);
        let check = proofmark(&["check", "--cases", folder.path().to_str().unwrap()]).output().unwrap();
        let said = err(&check).replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code(&check), 3, "{said}");
        assert!(said.contains(due) && said.contains(&format!("t.toml:{place}")), "{request}: {said}");
        assert!(said.contains("1 problem found"), "{request}: {said}");
    }
}

#[test]
fn a_template_of_a_field_may_span_lines() {
    let (code, seen, said) =
        sent(r#"headers = { x-a = "{%- if true %}\n  b\n{%- endif %}", x-b = "{{\n'c' }}" }"#, &[]);
    assert_eq!(code, 5, "what it makes has a line end: {said} {seen}");
    let (code, seen, said) =
        sent(r#"headers = { x-a = "{%- if true -%}\n  b\n{%- endif %}", x-b = "{{\n'c' }}" }"#, &[]);
    assert!(code == 0 && seen.contains("\r\nx-a: b\r\nx-b: c\r\n"), "{said} {seen}");
}

#[test]
fn an_address_of_a_proxy_that_is_none_is_named_as_such() {
    let folder = case("");
    let arguments = ["--endpoint", "http://127.0.0.1:1", "--proxy", "socks5://me:pw@h:1"];
    let said = program(folder.path(), &arguments).output().unwrap();
    assert_eq!(code(&said), 2);
    let said = err(&said);
    assert!(said.contains("invalid URL of the proxy, `…@h:1`: expected http:// or https://"), "{said}");
}

#[test]
fn a_step_replaces_all_lines_of_a_field() {
    let folder = one_case();
    let table = "request = { headers = { x-a = [\"1\", \"2\"], x-b = \"3\" } }\n[[case]]\nid = \"plain\"\nabout = \"Raw.\"\nrequest = { headers = { x-a = [\"4\", \"5\"] } }\nexpect = { status = 200 }\n";
    fs::write(folder.path().join("shop/Get/t.toml"), table).unwrap();
    let output = proofmark(&["show", "--cases", folder.path().to_str().unwrap(), "plain"]).output().unwrap();
    let shown = out(&output);
    assert!(shown.contains("x-a: 4") && shown.contains("x-a: 5") && shown.contains("x-b: 3"), "{shown}");
    assert!(!shown.contains("x-a: 1"), "{shown}");
}

#[test]
fn what_can_never_be_sent_is_refused_before_anything_is() {
    for request in [
        r#"path = "/a b""#,
        r#"path = "/a<b""#,
        r#"path = "/a>""#,
        r#"path = "/a<b>""#,
        r#"query = 'a="b'"#,
        r#"query = "a`""#,
        r#"path = "/a#b""#,
        r#"query = "x#b""#,
        r#"after-signing = "x#b""#,
        r#"path = "a""#,
        r#"path = "*""#,
        r#"headers = { "X A" = "a" }"#,
        r#"headers = { "" = "a" }"#,
        r"headers = { x-a = [] }",
        r#"headers = { x-a = "a\r\nx-b: c" }"#,
        r#"headers = { content-length = "5" }"#,
        r#"headers = { Content-Length = ["2", "3"] }, body = "ab""#,
        r#"headers = { Transfer-Encoding = "chunked" }"#,
        r#"headers = { transfer-encoding = "gzip" }, method = "POST", body = "ab""#,
        r#"headers = { transfer-encoding = "chunked", content-length = "2" }, body = "ab""#,
    ] {
        let folder = case(request);
        let check = proofmark(&["check", "--cases", folder.path().to_str().unwrap()]).output().unwrap();
        assert_eq!(code(&check), 3, "{request}: {}", out(&check));
        assert!(err(&check).contains("t.toml:"), "{request}: {}", err(&check));
        let dry =
            program(folder.path(), &["--endpoint", "http://127.0.0.1:1", "--dry-run"]).output().unwrap();
        assert_eq!(code(&dry), 3, "{request}: {}", out(&dry));
        let (code, seen, said) = sent(request, &[]);
        assert!(code != 0 && seen.is_empty(), "{request}: {code} {seen} {said}");
    }
    for request in [r#"headers = { content-length = "2" }, body = "ab""#, r#"path = "/{{ 'a' }}""#] {
        let folder = case(request);
        let check = proofmark(&["check", "--cases", folder.path().to_str().unwrap()]).output().unwrap();
        assert_eq!(code(&check), 0, "{request}: {}", err(&check));
    }
}

#[test]
fn a_proxy_is_asked_in_absolute_form_and_for_a_tunnel_where_connections_are_encrypted() {
    let folder = one_case();
    let log = Log::default();
    let noted = Arc::clone(&log);
    let proxy = crate::support::odd::serve(move |head, stream| {
        noted.lock().unwrap().extend_from_slice(head.as_bytes());
        let _ = stream.write_all(&answer("200 OK", JSON, r#"{"id": "a"}"#));
    });
    let endpoint = ["--endpoint", "http://shop.example:8080/v1", "--proxy", &proxy, "plain"];
    let output = program(folder.path(), &endpoint).output().unwrap();
    assert_eq!(code(&output), 0, "{}", out(&output));
    let seen = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    let due = format!("GET http://shop.example:8080/v1/thing HTTP/1.1{}", usual());
    assert_eq!(seen, due.replace("HOST", "shop.example:8080"));
}

#[test]
fn a_proxy_that_asks_for_authentication_is_no_answer_of_the_endpoint() {
    let folder = one_case();
    let proxy = crate::support::odd::serve(|_, stream| {
        let _ = stream.write_all(&answer("407 Proxy Authentication Required", JSON, "{}"));
    });
    let endpoint = ["--endpoint", "http://shop.example:8080/v1", "--proxy", &proxy, "plain"];
    let output = program(folder.path(), &endpoint).output().unwrap();
    assert_eq!(code(&output), 5, "{}", out(&output));
    assert!(out(&output).contains("the proxy asks for authentication (407)"), "{}", out(&output));
    // Without a proxy it is what the endpoint says.
    let output = program(folder.path(), &["--endpoint", &proxy, "plain"]).output().unwrap();
    assert_eq!(code(&output), 1, "{}", out(&output));
}

/// A proxy that makes tunnels to whatever address is asked for, and what it was asked.
fn tunnels(says: &'static str) -> (String, Log) {
    let log = Log::default();
    let noted = Arc::clone(&log);
    let url = crate::support::odd::serve(move |head, stream| {
        let mut log = noted.lock().unwrap();
        log.extend_from_slice(head.as_bytes());
        drop(log);
        let target = head.split(' ').nth(1).unwrap().to_owned();
        let _ = stream.write_all(says.as_bytes());
        if says.contains("200") {
            let server = TcpStream::connect(target).unwrap();
            pass(stream.try_clone().unwrap(), &server, &Mutex::default());
        }
    });
    (url, log)
}

#[test]
fn a_tunnel_leads_to_the_endpoint_or_the_proxy_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let trust = folder.path().join("trust.pem");
    let trust = trust.to_str().unwrap();
    let served = Served::start(&["--tls", "--tls-cert-out", trust]);
    let case = "without-state/";
    let judge = |proxy: &str| {
        run(&["run", "--endpoint", served.at("url"), "--ca-file", trust, "--proxy", proxy, case])
    };
    let (proxy, log) = tunnels("HTTP/1.1 200 Connection established\r\n\r\n");
    let judged = judge(&proxy);
    assert_eq!(code(&judged), 0, "{}", out(&judged));
    let host = served.at("url").trim_start_matches("https://");
    let asked = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(asked.contains(&format!("CONNECT {host} HTTP/1.1\r\nHost: {host}")), "{asked}");
    let proxy = tunnels("HTTP/1.1 403 Forbidden\r\n\r\n").0;
    let judged = judge(&proxy);
    assert_eq!(code(&judged), 5, "{}", out(&judged));
    let said = format!("by the proxy {proxy}: the proxy answered");
    assert!(out(&judged).contains(&said), "{}", out(&judged));
    let judged = judge("http://127.0.0.1:1");
    assert!(out(&judged).contains("by the proxy http://127.0.0.1:1: "), "{}", out(&judged));
    assert!(Path::new(trust).exists());
}
