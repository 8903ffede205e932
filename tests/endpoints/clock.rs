//! The endpoint's clock, which is looked at before the first signed request.

#![cfg(unix)]

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support::odd::{self, JSON, answer, finished, one_case, program, serve};
use jiff::Timestamp;

/// An endpoint whose clock is off by so many seconds, and the methods that it is asked with.
fn shifted(
    offset: i64,
    more: &'static str,
    give: impl Fn(&str) -> (&'static str, String) + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let url = serve(move |head, stream| {
        let method = head.split(' ').next().unwrap().to_owned();
        let now = Timestamp::try_from(SystemTime::now()).unwrap();
        let shift = Duration::from_secs(offset.unsigned_abs());
        let date = if offset < 0 { now - shift } else { now + shift };
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let headers = format!("{JSON}date: {date}\r\n{more}");
        let (status, body) = give(head);
        log.lock().unwrap().push(method);
        std::io::Write::write_all(stream, &answer(status, &headers, body)).unwrap();
    });
    (url, seen)
}

/// What a run made of such an endpoint, and the methods that it was asked with.
fn judged(offset: i64, more: &'static str, arguments: &[&str]) -> (odd::Judged, Vec<String>) {
    let (url, seen) = shifted(offset, more, |head| {
        ("200 OK", if head.starts_with("HEAD") { String::new() } else { "{\"id\":\"t\"}".to_owned() })
    });
    let folder = one_case();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let common = ["--endpoint", &url, "--report", &report, "plain"];
    let mut command = program(folder.path(), &[&common, arguments].concat());
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret");
    command.env("PROOFMARK_BEARER_TOKEN", "bearer-token");
    let judged = finished(&command.output().unwrap(), &path);
    assert!(fs::remove_file(&path).is_ok());
    let seen = seen.lock().unwrap().clone();
    (judged, seen)
}

#[test]
fn a_clock_that_is_right_or_nearly_so_is_not_told() {
    for offset in [0, 30, -30] {
        for scheme in ["v1", "v3"] {
            let (judged, seen) = judged(offset, "", &["--sign", scheme]);
            assert_eq!(judged.code, 0, "{}", judged.out);
            assert!(judged.report["warnings"].as_array().unwrap().is_empty(), "{}", judged.raw);
            assert_eq!(seen, ["HEAD", "GET"]);
        }
    }
}

#[test]
fn a_clock_that_is_off_by_minutes_is_told_and_the_run_goes_on() {
    for (offset, shown) in [(300, "5 min ahead of"), (-300, "5 min behind")] {
        let (judged, _) = judged(offset, "", &["-q", "--sign", "v3"]);
        assert_eq!(judged.code, 0, "{}", judged.out);
        let shown = format!("the endpoint's clock is {shown} this machine's");
        assert!(judged.out.starts_with(&format!("WARNING  {shown}; beyond 15 min no")), "{}", judged.out);
        assert!(judged.report["warnings"][0].as_str().unwrap().starts_with(&shown), "{}", judged.raw);
    }
}

#[test]
fn a_clock_beyond_the_limit_is_one_clear_error_and_no_case_is_sent() {
    for offset in [1200, -1200] {
        let (judged, seen) = judged(offset, "", &["--sign", "v1"]);
        assert_eq!(judged.code, 5, "{}", judged.out);
        assert_eq!(judged.out.matches("clock").count(), 1, "{}", judged.out);
        assert!(judged.out.contains("the endpoint would refuse every signed request: "), "{}", judged.out);
        assert!(judged.out.contains("20 min"), "{}", judged.out);
        assert_eq!((judged.verdict(), &judged.report["stopped"]), ("skipped", &"refused".into()));
        assert!(judged.reason().contains("20 min"), "{}", judged.reason());
        assert_eq!(seen, ["HEAD"]);
    }
}

/// A contract that says how a key is refused, and what is not accepted without a parameter.
fn contract_that_can_tell() -> tempfile::TempDir {
    let folder = one_case();
    let contract = folder.path().join("shop/Get/contract.toml");
    let text = fs::read_to_string(&contract).unwrap()
        + "\n[envelope.refused]\ncode = [\"InvalidTime\"]\n\n[[param]]\nname = \"id\"\ntype = \"string\"\nrequired = true\n";
    fs::write(contract, text).unwrap();
    folder
}

#[test]
fn a_clock_beyond_the_limit_is_no_obstacle_where_signatures_are_taken_all_the_same() {
    let offset = 1200;
    for (code, exit, shown) in
        [("Other", 0, "WARNING  the endpoint's clock"), ("InvalidTime.Expired", 5, "InvalidTime")]
    {
        let folder = contract_that_can_tell();
        let (url, _) = shifted(offset, "", move |head| match head {
            head if head.starts_with("HEAD") => ("200 OK", String::new()),
            head if head.contains("id=") => ("200 OK", "{\"id\":\"t\"}".to_owned()),
            _ => ("400 Bad", format!("{{\"code\":\"{code}\"}}")),
        });
        let table = "[[case]]\nid = \"plain\"\nabout = \"It is there.\"\nparams = { id = \"1\" }\nexpect = { status = 200 }\n";
        fs::write(folder.path().join("shop/Get/t.toml"), table).unwrap();
        let mut command = program(folder.path(), &["--endpoint", &url, "--sign", "v3", "plain"]);
        command
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid")
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{text}");
        assert!(text.contains(shown) && text.contains("20 min"), "{text}");
    }
}

#[test]
fn a_clock_is_looked_at_only_where_a_signature_holds_a_time() {
    for arguments in [&[][..], &["--sign", "none"], &["--sign", "bearer"]] {
        let (judged, seen) = judged(-1200, "", arguments);
        assert_eq!((judged.code, seen), (0, vec!["GET".to_owned()]), "{}", judged.out);
    }
}

#[test]
fn a_date_that_a_cache_kept_says_nothing() {
    let (judged, _) = judged(-1200, "age: 1200\r\n", &["--sign", "v3"]);
    assert_eq!(judged.code, 0, "{}", judged.out);
}
