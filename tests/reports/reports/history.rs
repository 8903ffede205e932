//! Several runs of one suite over time: what is new, what is mended, and what still fails.

use std::fs;

use serde_json::{Value as Json, json};

use super::markup::Page;
use super::{Reports, lines};
use crate::support::{code, err, out};

/// Runs cases, lets the run have started at an hour, and gives the file of its events.
fn ran(reports: &Reports, hour: u8, arguments: &[&str]) -> String {
    let name = hour.to_string();
    reports.run(&[&["run", "-q", "--level", "body"], arguments].concat(), &name, &["ndjson"]);
    let text = reports.read(&format!("{name}.ndjson"));
    let started = lines(&text)[0]["started"].as_str().unwrap().to_owned();
    let path = reports.path(&format!("{name}.ndjson"));
    fs::write(&path, text.replacen(&started, &time(hour), 1)).unwrap();
    path.display().to_string()
}

fn time(hour: u8) -> String {
    format!("2026-03-04T{hour:02}:00:00Z")
}

fn report(reports: &Reports, files: &[&str]) -> (i32, String) {
    let from: Vec<&str> = files.iter().flat_map(|file| ["--from", file]).collect();
    let output =
        reports.run(&[&["report"], &from[..]].concat(), "all", &["json", "markdown", "ndjson", "html"]);
    (code(&output), out(&output) + &err(&output))
}

fn changes(reports: &Reports) -> Json {
    serde_json::from_str::<Json>(&reports.read("all.json")).unwrap()["changes"].clone()
}

#[test]
fn runs_over_time_show_what_is_new_what_is_mended_and_what_still_fails() {
    let reports = Reports::new();
    let cases = ["tag-count", "tag-lists"];
    let fault = |fault: &'static str| [&cases[..], &["--fault", fault]].concat();
    let first = ran(&reports, 1, &fault("skip-row:Duplicate.TagKey"));
    let second = ran(&reports, 2, &fault("skip-row:Duplicate.TagKey"));
    let third = ran(&reports, 3, &cases);
    // The order of the files is not that of the runs.
    let (exit, text) = report(&reports, &[&second, &first]);
    assert_eq!(exit, 1, "{text}");
    let failing = changes(&reports);
    let still = failing["still"].as_array().unwrap();
    assert!(still.len() > 5 && still.iter().all(|one| one["since"] == json!(time(1))), "{failing}");
    assert_eq!((&failing["new"], &failing["mended"]), (&json!([]), &json!([])));
    assert_eq!(failing["before"], json!([time(1)]));
    assert!(text.contains("compared with the run of 2026-03-04 01:00:00 UTC"), "{text}");
    assert!(text.contains("cases still fail") && text.contains(", since 2026-03-04 01:00:00 UTC"), "{text}");

    let (exit, text) = report(&reports, &[&first, &second, &third]);
    assert_eq!(exit, 0, "{text}");
    let mended = changes(&reports);
    let ids: Vec<&Json> = still.iter().map(|one| &one["id"]).collect();
    assert_eq!(mended["mended"].as_array().unwrap().iter().collect::<Vec<_>>(), ids);
    assert!(text.contains("compared with 2 runs, the last one of 2026-03-04 02:00:00 UTC"), "{text}");
    assert!(text.contains(&format!("{} cases are mended", ids.len())), "{text}");
    let page = reports.read("all.markdown");
    assert!(page.contains("### Compared with 2 runs") && page.contains("cases are mended**"), "{page}");
    let page = Page::read(&reports.read("all.html"));
    let [part] = &page.all("section", "changes").collect::<Vec<_>>()[..] else { panic!("one part") };
    let links: Vec<&str> =
        page.within(part).filter(|each| each.name == "a").map(|link| link.attribute("href")).collect();
    let due: Vec<String> = ids.iter().map(|id| format!("#r1/{}", id.as_str().unwrap())).collect();
    assert_eq!(links, due);
    let lead = format!(
        "Compared with 2 runs, the last one of 2026-03-04 02:00:00 UTC: {} cases are mended.",
        ids.len()
    );
    assert!(page.all("p", "lead").any(|each| each.text == lead), "{lead}");
    assert!(!page.all("p", "note").any(|each| each.text.starts_with("Changes")), "it is said once");
    // What was compared says the same when it is reported again.
    let (json, again) = (reports.read("all.json"), reports.path("all.ndjson"));
    fs::copy(again, reports.path("again.ndjson")).unwrap();
    report(&reports, &[&reports.path("again.ndjson").display().to_string()]);
    assert_eq!(reports.read("all.json"), json);

    let fourth = ran(&reports, 4, &fault("skip-row:Duplicate.TagKey"));
    let (exit, text) = report(&reports, &[&third, &fourth]);
    assert_eq!((exit, &changes(&reports)["new"]), (1, &mended["mended"]), "{text}");
    let (_, text) = report(&reports, &[&third, &ran(&reports, 5, &cases)]);
    assert!(text.contains("nothing fails, and nothing did"), "{text}");
}

#[test]
fn a_case_that_failed_and_is_not_decided_any_more_is_not_mended() {
    let reports = Reports::new();
    let first = ran(&reports, 1, &["tag-count", "--fault", "skip-row:Duplicate.TagKey"]);
    let second = ran(&reports, 2, &["tag-count", "--skip", "duplicate-*"]);
    let (exit, text) = report(&reports, &[&first, &second]);
    assert_eq!(exit, 0, "{text}");
    let changes = changes(&reports);
    assert!(changes["undecided"].as_array().unwrap().len() > 5, "{changes}");
    assert_eq!((&changes["mended"], &changes["still"]), (&json!([]), &json!([])), "{changes}");
    assert!(text.contains("that failed are not decided any more"), "{text}");
}

#[test]
fn parts_and_a_run_that_is_named_twice_are_not_compared() {
    let reports = Reports::new();
    let one = ran(&reports, 1, &["tag-count"]);
    let other = ran(&reports, 2, &["tag-lists"]);
    let (exit, text) = report(&reports, &[&one, &other]);
    assert!(exit == 0 && changes(&reports).is_null(), "{text}");
    let (exit, text) = report(&reports, &[&one, &one]);
    assert!(exit == 3 && text.contains(" as well"), "{exit} {text}");
    let shard = |hour, part| ran(&reports, hour, &["tag-count", "--shard", part]);
    let (exit, text) = report(&reports, &[&shard(3, "1/2"), &shard(4, "2/2")]);
    assert!(exit == 0 && changes(&reports).is_null(), "{text}");
    let (exit, text) = report(&reports, &[&shard(3, "1/2"), &shard(4, "1/2")]);
    assert!(exit == 2 && text.contains("part 1/2"), "{exit} {text}");
}
