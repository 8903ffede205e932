//! The endpoint's clock, which is looked at before the first signed request.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/odd.rs"]
mod odd;

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use odd::{JSON, answer, finished, one_case, program, serve};

/// What a run made of an endpoint whose clock is off by so many seconds, and the methods that it was asked with.
fn judged(offset: i64, more: &'static str, arguments: &[&str]) -> (odd::Judged, Vec<String>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let url = serve(move |head, stream| {
        let method = head.split(' ').next().unwrap().to_owned();
        let now = Timestamp::try_from(SystemTime::now()).unwrap();
        let shift = Duration::from_secs(offset.unsigned_abs());
        let date = if offset < 0 { now - shift } else { now + shift };
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let headers = format!("{JSON}date: {date}\r\n{more}");
        let body = if method == "HEAD" { "" } else { "{\"id\":\"t\"}" };
        log.lock().unwrap().push(method);
        std::io::Write::write_all(stream, &answer("200 OK", &headers, body)).unwrap();
    });
    let folder = one_case();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let common = ["--endpoint", &url, "--report", &report, "plain"];
    let mut command = program(folder.path(), &[&common, arguments].concat());
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret");
    command.env("PROOFMARK_BEARER_TOKEN", "token");
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
    for (offset, told) in [(300, "5 min ahead of"), (-300, "5 min behind")] {
        let (judged, _) = judged(offset, "", &["-q", "--sign", "v3"]);
        assert_eq!(judged.code, 0, "{}", judged.out);
        let told = format!("the endpoint's clock is {told} this machine's");
        assert!(judged.out.starts_with(&format!("WARNING  {told}; beyond 15 min no")), "{}", judged.out);
        assert!(judged.report["warnings"][0].as_str().unwrap().starts_with(&told), "{}", judged.raw);
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
        assert_eq!((judged.verdict(), &judged.report["stopped"]), ("not run", &"refused".into()));
        assert!(judged.reason().contains("20 min"), "{}", judged.reason());
        assert_eq!(seen, ["HEAD"]);
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
