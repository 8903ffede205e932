//! From an empty folder to a verdict.

use std::fs;
use std::io::Write;

use crate::support::odd::{JSON, answer, serve};
use crate::support::{code, err, out, proofmark};

/// A shop with one book.
fn shop() -> String {
    serve(|head, stream| {
        let line = head.lines().next().unwrap();
        let (status, body) = if line.starts_with("GET /books/1 ") {
            ("200 OK", r#"{"title": "A book"}"#)
        } else {
            ("404 Not Found", r#"{"code": "NotFound"}"#)
        };
        let _ = stream.write_all(&answer(status, JSON, body));
    })
}

fn ran(folder: &tempfile::TempDir, arguments: &[&str]) -> (i32, String) {
    let output = proofmark(arguments).current_dir(folder.path()).output().unwrap();
    (code(&output), out(&output) + &err(&output))
}

#[test]
fn a_project_begins_with_flags_and_comes_to_a_verdict() {
    let (folder, url) = (tempfile::tempdir().unwrap(), shop());
    let (status, text) = ran(&folder, &["init", "shop/GetBook", "--url", &url, "--path", "/books/1"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("wrote cases/shop/GetBook/contract.toml"), "{text}");
    assert!(text.contains("CONFORMS  2 of 2 cases passed"), "{text}");
    for path in [
        ".gitignore",
        ".taplo.toml",
        ".github/workflows/contract.yml",
        "cases/endpoints.toml",
        "schemas/table.json",
    ] {
        assert!(folder.path().join(path).is_file(), "{path}");
    }
    for arguments in [&["check"][..], &["run"], &["run", "--endpoint", "mine"], &["endpoints"]] {
        let (status, text) = ran(&folder, arguments);
        assert_eq!(status, 0, "{arguments:?}: {text}");
        assert_eq!(text.contains("endpoint    mine"), arguments[0] == "run", "{arguments:?}: {text}");
    }
    let rules = fs::read_to_string(folder.path().join(".taplo.toml")).unwrap();
    assert!(toml::from_str::<toml::Table>(&rules).is_ok(), "{rules}");
    // An endpoint that answers everything is found out at once.
    let all = serve(|_, stream| drop(stream.write_all(&answer("200 OK", JSON, "{}"))));
    let (status, text) = ran(&folder, &["run", "--endpoint", &all]);
    assert!(status == 1 && text.contains("refused"), "{status} {text}");
}

#[test]
fn an_endpoint_elsewhere_or_one_that_is_sent_a_secret_is_tested_only_where_it_is_named() {
    for (url, sign, is_default) in [
        ("http://127.0.0.1:9", "none", true),
        ("http://localhost:9", "none", true),
        ("http://127.0.0.1:9", "v3", false),
        ("https://api.example.com", "none", false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["init", "Get", "--url", url, "--path", "/", "--sign", sign, "--no-run"];
        let (status, text) = ran(&folder, &arguments);
        assert_eq!(status, 0, "{text}");
        let written = fs::read_to_string(folder.path().join("cases/endpoints.toml")).unwrap();
        assert_eq!(written.contains("default = \"mine\""), is_default, "{url} {sign}: {written}");
    }
}

#[test]
fn no_file_that_is_there_is_touched_and_none_is_half_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".gitignore"), "mine\n").unwrap();
    let arguments = ["init", "Get", "--url", "http://127.0.0.1:9", "--path", "/", "--no-run"];
    let (status, text) = ran(&folder, &arguments);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains(".gitignore is there already") && text.contains("empty folder"), "{text}");
    assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).unwrap(), "mine\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else was written");
    fs::remove_file(folder.path().join(".gitignore")).unwrap();
    let (status, text) = ran(&folder, &arguments);
    assert!(status == 0 && text.contains("proofmark run --endpoint mine"), "{status} {text}");
}

#[test]
fn what_a_project_cannot_begin_with_is_an_error() {
    for (name, url, method, path, message) in [
        ("..", "http://127.0.0.1:9", "GET", "/", "invalid name `..`"),
        ("Get", "ftp://x", "GET", "/", "ftp://x"),
        ("Get", "http://127.0.0.1:9", "GE T", "/", "invalid method `GE T`"),
        ("Get", "http://127.0.0.1:9", "GET", "books", "invalid path `books`"),
        ("Get", "http://127.0.0.1:9", "GET", "/a?b=c", "invalid path `/a?b=c`"),
        ("Get", "http://127.0.0.1:9", "GET", "/{id}", "invalid path `/{id}`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["init", name, "--url", url, "--method", method, "--path", path];
        let (status, text) = ran(&folder, &arguments);
        assert!(status == 2 && text.contains(message), "{status} {text}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (status, text) = ran(&folder, &["init"]);
    assert!(status == 2 && text.contains("init needs NAME"), "{status} {text}");
    let (status, text) = ran(&folder, &["run"]);
    assert!(status == 3 && text.contains("`proofmark init` starts a project"), "{status} {text}");
}
