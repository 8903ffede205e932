//! Cases that are run several times: one that does not come to the same verdict each time has not passed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

use super::choosing::{project, ran};
use crate::support::odd::{JSON, answer, serve};
use crate::support::structure::junit_cases;

/// What is asked, by row: the value of the parameter `token` of each request.
type Asked = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// An endpoint that is wrong for the row a each third time, never for b, always for c, and says nothing the second time
/// for d.
fn endpoint() -> (String, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let url = serve(move |head, stream| {
        let of = |name: &str| {
            let rest = head.split(&format!("{name}=")).nth(1).unwrap_or_default();
            rest.split(['&', ' ']).next().unwrap_or_default().to_owned()
        };
        let row = of("row");
        let mut log = log.lock().unwrap();
        let times = log.entry(row.clone()).or_default();
        times.push(of("token"));
        let status = match (row.as_str(), times.len()) {
            ("d", 2) => {
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return;
            }
            ("a", number) if number % 3 == 0 => "500 Broken",
            ("c", _) => "500 Broken",
            _ => "200 OK",
        };
        let _ = stream.write_all(&answer(status, JSON, "{}"));
    });
    (url, asked)
}

/// Cases for these rows.
fn cases(rows: &[&str]) -> TempDir {
    let folder = project();
    let contract = folder.path().join("cases/shop/Get/contract.toml");
    let text = fs::read_to_string(&contract).unwrap();
    let token = "[[param]]\nname = \"token\"\ntype = \"string\"\n\n[envelope]";
    fs::write(contract, text.replace("[envelope]", token)).unwrap();
    let rows: Vec<String> = rows.iter().map(|row| format!("{{ id = \"{row}\", r = \"{row}\" }}")).collect();
    let table = format!(
        "[[case]]\nid = \"one\"\nabout = \"It is there.\"\nparams = {{ row = \"{{{{ r }}}}\", token = \"{{{{ uuid() \
         }}}}\" }}\nrows = [{}]\nexpect = {{ status = 200 }}\n",
        rows.join(", ")
    );
    fs::write(folder.path().join("cases/shop/Get/t.toml"), table).unwrap();
    folder
}

fn report(folder: &TempDir) -> Json {
    serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap()
}

#[test]
fn a_case_that_fails_now_and_then_has_failed_and_is_unstable_with_its_share() {
    let (url, asked) = endpoint();
    let folder = cases(&["a", "b", "c"]);
    let reports = ["--report", "json=r.json", "--report", "junit=r.xml", "--report", "ndjson=r.ndjson"];
    let arguments = ["run", "--endpoint", &url, "--repeat", "10"];
    let (status, text) = ran(&folder, &[&arguments[..], &reports].concat());
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("1 case does not come to one verdict:"), "{text}");
    assert!(text.contains("shop/Get/t/one/a failed 3 of 10 times"), "{text}");
    assert!(text.contains("1 passed, 2 failed") && !text.contains("one/c failed"), "{text}");
    for (row, tokens) in asked.lock().unwrap().iter() {
        let different: BTreeSet<&String> = tokens.iter().collect();
        assert_eq!((tokens.len(), different.len()), (10, 10), "{row}: each time is another request");
    }
    let report = report(&folder);
    assert_eq!((&report["exchanges"], &report["outcome"]), (&30.into(), &"does not conform".into()));
    let found: Vec<_> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            let repeated = &case["repeated"];
            let count = |key: &str| repeated[key].as_u64().unwrap();
            let verdict = case["verdict"].as_str().unwrap();
            (verdict, count("times"), count("passed"), count("failed"), count("shown"), &repeated["unstable"])
        })
        .collect();
    let (yes, no) = (Json::from(true), Json::from(false));
    assert_eq!(
        found,
        [("failed", 10, 7, 3, 3, &yes), ("passed", 10, 10, 0, 1, &no), ("failed", 10, 0, 10, 1, &no)]
    );
    let junit = fs::read_to_string(folder.path().join("r.xml")).unwrap();
    assert!(
        junit.contains("type=\"unstable\" message=\"unstable: failed 3 of 10 times; status: expected 200"),
        "{junit}"
    );
    let results: Vec<Vec<String>> = junit_cases(&junit).into_iter().map(|case| case.results).collect();
    assert_eq!(results, [vec!["failure"], vec![], vec!["failure"]]);
    // An annotation says that it does not fail each time.
    let (_, text) = ran(&folder, &[&arguments[..], &["-q", "one/a", "--report", "github=-"]].concat());
    assert!(text.contains("%0Aunstable: failed ") && text.contains(" of 10 times%0A"), "{text}");
    // What a run has said can be shown again.
    let (_, text) = ran(&folder, &["report", "--from", "r.ndjson"]);
    assert!(text.contains("shop/Get/t/one/a failed 3 of 10 times"), "{text}");
    let (status, text) = ran(&folder, &[&arguments[..], &["-q"]].concat());
    assert!(status == 1 && text.contains("one/a failed") && text.lines().count() <= 15, "{text}");
    // Once, it is as without the flag.
    let (_, text) =
        ran(&folder, &["run", "--endpoint", &url, "--repeat", "1", "--report", "json=r.json", "one/b"]);
    assert!(!text.contains("one verdict"), "{text}");
    assert_eq!(self::report(&folder)["cases"][0]["repeated"], Json::Null);
}

#[test]
fn a_case_that_cannot_be_decided_once_is_inconclusive() {
    let (url, _) = endpoint();
    let folder = cases(&["d"]);
    let arguments = ["run", "--endpoint", &url, "--repeat", "3", "--report", "json=r.json"];
    let (status, text) = ran(&folder, &arguments);
    assert_eq!(status, 5, "{text}");
    assert!(text.contains("one/d inconclusive 1 of 3 times"), "{text}");
    assert_eq!(report(&folder)["cases"][0]["verdict"], "inconclusive");
}

#[test]
fn a_case_whose_last_times_did_not_come_has_not_passed() {
    let url = serve(|_, stream| {
        thread::sleep(Duration::from_millis(100));
        let _ = stream.write_all(&answer("200 OK", JSON, "{}"));
    });
    let folder = cases(&["b"]);
    let arguments = ["run", "--endpoint", &url, "--repeat", "1000", "--total-timeout", "1"];
    let start = Instant::now();
    let (status, text) = ran(&folder, &[&arguments[..], &["--report", "json=r.json"]].concat());
    assert_eq!(status, 5, "{text}");
    assert!(start.elapsed() < Duration::from_secs(30), "the run ends when its time is over");
    let report = report(&folder);
    let case = &report["cases"][0];
    assert!(case["verdict"] != "passed" && case["repeated"]["unstable"] == false, "{case}");
    assert!(case["repeated"]["passed"].as_u64().unwrap() >= 1, "{case}");
}

#[test]
fn a_case_that_is_skipped_on_purpose_is_not_run_again() {
    let (url, asked) = endpoint();
    let folder = cases(&["a", "b"]);
    let arguments =
        ["run", "--endpoint", &url, "--repeat", "3", "--skip", "one/b", "--report", "json=r.json"];
    let (_, text) = ran(&folder, &arguments);
    let report = report(&folder);
    assert_eq!(
        (&report["cases"][0]["repeated"]["times"], &report["cases"][1]["verdict"]),
        (&3.into(), &"skipped".into()),
        "{text}"
    );
    assert_eq!(report["cases"][1]["repeated"], Json::Null, "it came to one verdict, once: {text}");
    assert_eq!(asked.lock().unwrap().keys().collect::<Vec<_>>(), ["a"], "{text}");
}

#[test]
fn what_cannot_be_repeated_is_refused_and_nothing_is_written() {
    let (url, asked) = endpoint();
    let folder = cases(&["a"]);
    let run = ["run", "--endpoint", &url];
    for more in [
        &["--repeat", "0"][..],
        &["--repeat", "1001"],
        &["--repeat", "2", "--update", "always"],
        &["--repeat", "2", "--update", "new"],
        &["--repeat", "2", "--keep-states"],
    ] {
        let (status, text) = ran(&folder, &[&run[..], more].concat());
        assert_eq!(status, 2, "{more:?}: {text}");
    }
    assert!(asked.lock().unwrap().is_empty(), "nothing was sent");
    let (_, text) = ran(&folder, &[&run[..], &["--repeat", "7", "--dry-run"]].concat());
    assert!(text.contains("requests   7"), "{text}");
    let snapshots = folder.path().join("snapshots");
    fs::create_dir_all(&snapshots).unwrap();
    let snapshots = snapshots.to_str().unwrap();
    ran(&folder, &[&run[..], &["--repeat", "2", "--snapshots", snapshots]].concat());
    assert_eq!(fs::read_dir(snapshots).unwrap().count(), 0);
    assert!(!folder.path().join(".proofmark").exists());
}
