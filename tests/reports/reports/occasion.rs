//! Every report says when and how its run was started; one that is made later says the same.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{FORMATS, Reports, lines};
use crate::support::odd::{JSON, answer, one_case, program, say, serve};
use crate::support::{code, err, out};

/// The first event of a run.
fn start(reports: &Reports, name: &str) -> Json {
    lines(&reports.read(name)).remove(0)
}

#[test]
fn every_report_has_the_time_the_version_and_the_command_line_of_its_run() {
    let reports = Reports::new();
    let before = Timestamp::now().as_second();
    let output = reports.run(&["run", "tag-count/none*", "--seed", "7"], "a", &FORMATS);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let event = start(&reports, "a.ndjson");
    let (started, command) = (event["started"].as_str().unwrap(), event["command"].as_str().unwrap());
    let moment: Timestamp = started.parse().unwrap();
    assert!((before..=Timestamp::now().as_second()).contains(&moment.as_second()), "{started}");
    let words = "proofmark run 'tag-count/none*' --seed 7 --report 'json=";
    assert!(command.starts_with(words), "{command}");
    let spoken = started.replace('T', " ").replace('Z', " UTC");
    for format in FORMATS.into_iter().filter(|format| *format != "github") {
        let text = reports.read(&format!("a.{format}")).replace("&#58;", ":");
        let text = text.replace("<span>", "").replace("</span>", "");
        assert!(text.contains(started) || text.contains(&spoken), "{format}: {text}");
        assert!(text.contains(env!("CARGO_PKG_VERSION")), "{format}: {text}");
        assert!(text.contains("--seed 7 --report "), "{format}: {text}");
    }
    let json: Json = serde_json::from_str(&reports.read("a.json")).unwrap();
    assert_eq!((&json["started"], &json["command"]), (&event["started"], &event["command"]));
    let sarif: Json = serde_json::from_str(&reports.read("a.sarif")).unwrap();
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(
        (&invocation["startTimeUtc"], &invocation["commandLine"]),
        (&json["started"], &json["command"])
    );
    assert!(reports.read("a.junit").contains(&format!("timestamp=\"{started}\"")));
    assert!(!out(&output).contains(&spoken) && !out(&output).contains("--seed 7"), "{}", out(&output));
}

#[test]
fn a_secret_on_the_command_line_is_in_no_report() {
    let reports = Reports::new();
    let url = serve(say(answer("200 OK", JSON, "{}")));
    let folder = one_case();
    // The folder of the report has the secret for its name, as a careless script may have it.
    let secret = "tok-0123456789-abcdef";
    let place = folder.path().join(format!("{secret}.tap"));
    let sign = ["--endpoint", &url, "--sign", "bearer", "--report", &format!("tap={}", place.display())];
    let mut command = program(folder.path(), &sign);
    command.env("PROOFMARK_BEARER_TOKEN", secret).args(reports.flags("a", &FORMATS));
    let output = command.output().unwrap();
    assert!([0, 1].contains(&code(&output)), "{}", err(&output));
    for format in FORMATS {
        assert!(!reports.read(&format!("a.{format}")).contains(secret), "{format}");
    }
    let command = start(&reports, "a.ndjson")["command"].to_string();
    assert!(command.contains("[secret].tap"), "{command}");
}

#[test]
fn merged_parts_have_the_time_of_the_first_and_each_its_command_line() {
    let reports = Reports::new();
    let mut files = Vec::new();
    for (part, started) in [("1/2", "2026-03-04T05:06:07Z"), ("2/2", "2026-03-04T05:06:05Z")] {
        let output = reports.run(&["run", "-q", "tag-count", "--shard", part], &part[..1], &["ndjson"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let name = format!("{}.ndjson", &part[..1]);
        let known = start(&reports, &name)["started"].as_str().unwrap().to_owned();
        let text = reports.read(&name).replacen(&known, started, 1);
        std::fs::write(reports.path(&name), text).unwrap();
        files.push(reports.path(&name).display().to_string());
    }
    let from = ["report", "-q", "--from", &files[0], "--from", &files[1]];
    assert_eq!(code(&reports.run(&from, "all", &["json", "ndjson", "html", "markdown"])), 0);
    let json: Json = serde_json::from_str(&reports.read("all.json")).unwrap();
    assert_eq!((&json["started"], &json["command"]), (&json!("2026-03-04T05:06:05Z"), &Json::Null));
    for (part, shard) in json["parts"].as_array().unwrap().iter().zip(["--shard 1/2", "--shard 2/2"]) {
        assert!(part["command"].as_str().unwrap().contains(shard), "{part}");
        let page = reports.read("all.html").replace("<span>", "").replace("</span>", "");
        assert!(page.contains(shard), "{shard}");
    }
    assert!(
        reports.read("all.markdown").replace("&#58;", ":").contains("2026-03-04 05:06:05 UTC, proofmark ")
    );
    // What is merged says the same when it is reported again.
    let all = reports.path("all.ndjson").display().to_string();
    reports.run(&["report", "-q", "--from", &all], "again", &["json"]);
    assert_eq!(reports.read("again.json"), reports.read("all.json"));
}

#[test]
fn events_without_a_time_are_read_and_a_time_in_another_form_is_not() {
    let reports = Reports::new();
    reports.run(&["run", "-q", "tag-count/none"], "a", &["ndjson"]);
    let mut first = start(&reports, "a.ndjson");
    let rest = reports.read("a.ndjson").split_once('\n').unwrap().1.to_owned();
    let from = reports.path("b.ndjson").display().to_string();
    let mut report = |change: &dyn Fn(&mut Json)| {
        change(&mut first);
        std::fs::write(&from, format!("{first}\n{rest}")).unwrap();
        let output = reports.run(&["report", "-q", "--from", &from], "b", &["json", "markdown", "junit"]);
        (code(&output), err(&output))
    };
    for wrong in ["yesterday", "2026-03-04", "2026-03-04T05:06:07+01:00", "2026-03-04T05:06:07.5Z", "\" x=\""]
    {
        let (exit, text) = report(&|first| first["started"] = wrong.into());
        assert!(exit == 3 && text.contains("is not a valid time"), "{wrong}: {exit} {text}");
    }
    let (exit, text) = report(&|first| {
        let keys = first.as_object_mut().unwrap();
        keys.remove("started");
        keys.remove("command");
    });
    assert_eq!(exit, 0, "{text}");
    let json: Json = serde_json::from_str(&reports.read("b.json")).unwrap();
    assert_eq!((&json["started"], &json["command"]), (&Json::Null, &Json::Null));
}
