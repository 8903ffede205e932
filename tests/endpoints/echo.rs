//! An endpoint that repeats the credentials that it was sent, plain and encoded: none of it reaches a terminal, a
//! report or a snapshot.

use std::fs;
use std::path::Path;

use crate::support::odd::{self, answer, one_case, program, serve};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const SECRET: &str = "s3cr3t/+Zq%3DKx9~tail=";

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Repeats the `Authorization` field in many forms, in fields and body.
fn echoing(status: &'static str) -> String {
    serve(move |head, stream| {
        let field = head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
        let escapes = field.bytes().map(|byte| format!("\\u00{byte:02x}")).collect::<Vec<_>>().concat();
        let value = field.split(' ').next_back().unwrap_or_default();
        let body = format!(
            r#"{{"id": "a", "code": "{field}", "message": "{} {} {} {} {}", "{field}": 1, "{field}": 2, "e": "{escapes}"}}"#,
            STANDARD.encode(field),
            URL_SAFE_NO_PAD.encode(format!("x{value}")),
            percent(value),
            hex(value),
            value.to_uppercase(),
        );
        let headers =
            format!("content-type: application/json\r\nx-echo: {field}\r\nx-hex: {}\r\n", hex(value));
        std::io::Write::write_all(stream, &answer(status, &headers, body)).unwrap();
    })
}

fn read_all(folder: &Path, seen: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, seen);
        } else {
            seen.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// What a run with this password writes and says of an endpoint with this answer.
fn seen(headers: &str, body: &str, password: &str) -> String {
    let folder = one_case();
    let written = folder.path().join("written");
    fs::create_dir(&written).unwrap();
    let report = format!("json={}", written.join("out.json").display());
    let snapshots = written.join("snapshots");
    let url = serve(odd::say(answer("200 OK", headers, body)));
    let arguments = ["--endpoint", &url, "--sign", "basic", "-v", "--report", &report, "--update", "always"];
    let arguments = [&arguments[..], &["--snapshots", snapshots.to_str().unwrap(), "plain"]].concat();
    let mut command = program(folder.path(), &arguments);
    let output =
        command.env("PROOFMARK_BASIC_USER", "me").env("PROOFMARK_BASIC_PASSWORD", password).output().unwrap();
    let mut seen = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    read_all(&written, &mut seen);
    seen
}

#[test]
fn a_body_that_cannot_be_read_is_looked_through_too() {
    let seen = seen("content-type: text/plain\r\n", &format!("you sent {SECRET}"), SECRET);
    assert!(seen.contains("you sent [secret]") && !seen.contains(SECRET), "{seen}");
}

#[test]
fn a_secret_that_shows_only_once_escapes_are_read_is_found() {
    let seen = seen(odd::JSON, r#"{"id": "p\u00e4ssw\u00f6rd-geheim"}"#, "p\u{e4}ssw\u{f6}rd-geheim");
    assert!(seen.contains("[secret]") && !seen.contains("rd-geheim"), "{seen}");
}

#[test]
fn credentials_that_an_endpoint_repeats_show_nowhere() {
    for (scheme, secret) in
        [("bearer", SECRET.to_owned()), ("basic", STANDARD.encode(format!("me:{SECRET}")))]
    {
        for status in ["200 OK", "401 Unauthorized"] {
            let folder = one_case();
            let operation = folder.path().join("shop/Get");
            let contract = fs::read_to_string(operation.join("contract.toml")).unwrap();
            let snapshot = "\n[snapshot]\nheaders = [\"content-type\", \"x-echo\", \"x-hex\"]\n";
            fs::write(operation.join("contract.toml"), contract + snapshot).unwrap();
            let written = folder.path().join("written");
            fs::create_dir(&written).unwrap();
            let (report, snapshots) = (written.join("out.json"), written.join("snapshots"));
            let report = format!("json={}", report.display());
            let url = echoing(status);
            let arguments =
                ["--endpoint", &url, "--sign", scheme, "-v", "--report", &report, "--update", "always"];
            let arguments = [&arguments[..], &["--snapshots", snapshots.to_str().unwrap(), "plain"]].concat();
            let mut command = program(folder.path(), &arguments);
            command.env("PROOFMARK_BEARER_TOKEN", SECRET);
            command.env("PROOFMARK_BASIC_USER", "me").env("PROOFMARK_BASIC_PASSWORD", SECRET);
            let output = command.output().unwrap();
            let mut seen =
                String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            read_all(&written, &mut seen);
            assert!(seen.contains("[secret]") && seen.contains("x-echo"), "{seen}");
            let seen = seen.to_lowercase();
            for text in [SECRET, &secret] {
                let forms = [text.to_owned(), percent(text), hex(text), STANDARD.encode(text)];
                for form in forms {
                    // What is at either end of base64 depends on what is beside it.
                    let form = &form[..form.len() - 4].to_lowercase();
                    assert!(!seen.contains(form), "{scheme} {status}: {form}\n{seen}");
                }
            }
        }
    }
}
