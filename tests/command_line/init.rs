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

/// What begins a project without a run.
const GET: [&str; 7] = ["init", "Get", "--url", "http://127.0.0.1:9", "--path", "/", "--no-run"];

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
    // An endpoint that answers everything is found out at once. What to do next is about the run.
    let all = serve(|_, stream| drop(stream.write_all(&answer("200 OK", JSON, "{}"))));
    let other = tempfile::tempdir().unwrap();
    let mut begun = proofmark(&["init", "shop/GetBook", "--url", &all, "--path", "/books/1"]);
    let output =
        begun.env_remove("CI").env_remove("INSTA_UPDATE").current_dir(other.path()).output().unwrap();
    let text = out(&output);
    assert!(text.contains("      proofmark run --failed --endpoint mine\n"), "{text}");
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
    fs::write(folder.path().join(".taplo.toml"), "mine\n").unwrap();
    fs::create_dir(folder.path().join(".gitignore")).unwrap();
    let (status, text) = ran(&folder, &GET);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("nothing is written: .taplo.toml, .gitignore are there already"), "{text}");
    fs::remove_dir(folder.path().join(".gitignore")).unwrap();
    let (status, text) = ran(&folder, &GET);
    assert!(status == 2 && text.contains(".taplo.toml is there already"), "{status} {text}");
    assert_eq!(fs::read_to_string(folder.path().join(".taplo.toml")).unwrap(), "mine\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else was written");
    fs::remove_file(folder.path().join(".taplo.toml")).unwrap();
    let (status, text) = ran(&folder, &GET);
    assert!(status == 0 && text.contains("proofmark run --endpoint mine"), "{status} {text}");
}

#[test]
fn a_gitignore_that_is_there_keeps_its_lines_and_gets_those_that_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".gitignore");
    fs::write(&path, "/target\n.proofmark/").unwrap();
    let (status, text) = ran(&folder, &GET);
    assert!(status == 0 && text.contains("added lines to .gitignore\n"), "{status} {text}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "/target\n.proofmark/\n/proofmark.json\n");
}

#[test]
fn a_method_with_a_body_sends_one() {
    let body = r#"{"title": "A book", "pages": 12, "tags": ["new", {"by": "me"}]}"#;
    let sent = r#"{"title":"A book","pages":12,"tags":["new",{"by":"me"}]}"#;
    let length = format!("content-length: {}\r\n", sent.len());
    let shop = serve(move |head, stream| {
        let is_book = head.starts_with("POST /books ") && format!("{head}\r\n").contains(&length);
        let status = if is_book { "201 Created" } else { "400 Bad Request" };
        let _ = stream.write_all(&answer(status, JSON, "{}"));
    });
    let arguments = ["init", "AddBook", "--url", &shop, "--path", "/books", "--method", "POST"];
    let folder = tempfile::tempdir().unwrap();
    let (status, text) = ran(&folder, &[&arguments[..], &["--body", body]].concat());
    assert!(status == 0 && text.contains("CONFORMS  2 of 2 cases passed"), "{status} {text}");
    let (_, text) = ran(&folder, &["show", "first/accepted"]);
    assert!(text.contains(sent), "{text}");
    assert_eq!(ran(&folder, &["check"]).0, 0);
    // Without one, the first verdict cannot be good, and it is said what to do.
    let folder = tempfile::tempdir().unwrap();
    let (status, text) = ran(&folder, &arguments);
    let hint = "requests have the body {}: write the fields that they need under [params] in cases/AddBook/first.toml";
    assert!(status == 1 && text.contains(hint), "{status} {text}");
    let table = fs::read_to_string(folder.path().join("cases/AddBook/first.toml")).unwrap();
    assert!(table.contains("\n[params]\n"), "{table}");
}

#[test]
fn what_a_project_cannot_begin_with_is_an_error() {
    for (name, url, method, path, message) in [
        ("..", "http://127.0.0.1:9", "GET", "/", "invalid name `..`"),
        ("Get", "ftp://x", "GET", "/", "ftp://x"),
        ("Get", "127.0.0.1:8500", "GET", "/", "`127.0.0.1:8500`: expected http:// or https://"),
        ("Get", "http://127.0.0.1:9", "get", "/", "invalid method `get`: expected GET"),
        (
            "Get",
            "http://127.0.0.1:9",
            "books/1",
            "/",
            "expected a word such as GET or POST, in capital letters",
        ),
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
    let (status, text) = ran(&folder, &[&GET[..], &["--body", "{}", "--method", "GET"]].concat());
    assert!(status == 2 && text.contains("a GET request has no body"), "{status} {text}");
    let (status, text) = ran(&folder, &[&GET[..], &["--body", "a=b", "--method", "POST"]].concat());
    assert!(status == 2 && text.contains("invalid body: not JSON"), "{status} {text}");
    let (status, text) = ran(&folder, &["init"]);
    assert!(status == 2 && text.contains("init needs NAME"), "{status} {text}");
    let (status, text) = ran(&folder, &["run"]);
    assert!(status == 3 && text.contains("`proofmark init` starts a project"), "{status} {text}");
}

/// `init` at a terminal, in a folder.
#[cfg(unix)]
fn terminal(folder: &tempfile::TempDir, arguments: &[&str]) -> rexpect::session::PtySession {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.args(arguments).current_dir(folder.path()).env("TERM", "dumb");
    rexpect::session::spawn_command(command, Some(60_000)).unwrap()
}

#[cfg(unix)]
#[test]
fn at_a_terminal_an_answer_that_is_not_valid_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = terminal(&folder, &["init", "--no-run"]);
    for (question, answers) in [
        ("operation [GetThing]: ", &[("Get Book", "invalid name `Get Book`"), ("AddBook", "")][..]),
        ("endpoint [http://127.0.0.1:8080]: ", &[("127.0.0.1:8500", "expected http://"), ("", "")]),
        ("Method [GET]: ", &[("post", "expected POST"), ("POST", "")]),
        ("accepts [/]: ", &[("books", "invalid path `books`"), ("/books", "")]),
        ("JSON object [{}]: ", &[("title", "invalid body: not JSON"), (r#"{"title": "A book"}"#, "")]),
        ("signed [none]: ", &[("no", "no such scheme"), ("", "")]),
    ] {
        for (answer, complaint) in answers {
            session.exp_string(question).unwrap();
            session.send_line(answer).unwrap();
            session.exp_string(complaint).unwrap();
        }
    }
    session.exp_string("run them with: proofmark run --endpoint mine").unwrap();
    session.exp_eof().unwrap();
    let table = fs::read_to_string(folder.path().join("cases/AddBook/first.toml")).unwrap();
    assert!(table.contains("\"title\" = \"A book\""), "{table}");
}

#[cfg(unix)]
#[test]
fn the_end_of_the_input_ends_it_and_nothing_is_written() {
    for answers in [0, 2] {
        let folder = tempfile::tempdir().unwrap();
        let mut session = terminal(&folder, &["init"]);
        for _ in 0..answers {
            session.exp_string("]: ").unwrap();
            session.send_line("").unwrap();
        }
        session.exp_string("]: ").unwrap();
        session.send_control('d').unwrap();
        session.exp_string("nothing is written").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    // What is given is checked before anything is asked.
    let folder = tempfile::tempdir().unwrap();
    let mut session = terminal(&folder, &["init", "--url", "127.0.0.1:9"]);
    let seen = session.exp_eof().unwrap();
    assert!(seen.contains("expected http://") && !seen.contains("]: "), "{seen}");
}
