//! The report as a page: its structure, what it shows, and that no text of an endpoint gets out of it. What a browser
//! makes of it is tested in tests/browser.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proofmark::inside::digest::{sha256_hex, sha256_source};
use regex::Regex;
use serde_json::{Value as Json, json};

use super::markup::{Element, Page};
use super::{FAULT, HOSTILE, Reports, lines};
use crate::support::odd::{JSON, answer, one_case, program, say, serve};
use crate::support::{code, err, out, run};

/// The page of a run with these arguments.
fn page(arguments: &[&str]) -> Page {
    let reports = Reports::new();
    reports.run(&[&["run", "-q"], arguments].concat(), "a", &["html"]);
    Page::read(&reports.read("a.html"))
}

/// The text of the page of a run of one case on an endpoint that answers so.
fn page_of(body: &str) -> String {
    let reports = Reports::new();
    let url = serve(say(answer("500 Oh", JSON, body)));
    let folder = one_case();
    let mut command = program(folder.path(), &["--endpoint", &url, "plain"]);
    let output = command.args(reports.flags("a", &["html"])).output().unwrap();
    assert_eq!(code(&output), 1, "{}", err(&output));
    reports.read("a.html")
}

/// The number in front of `case` or `cases` in a text; none where there is no such word.
fn count(text: &str) -> usize {
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = words.windows(2).find(|pair| pair[1].starts_with("case") && pair[0].parse::<usize>().is_ok());
    found.map_or(0, |pair| pair[0].parse().unwrap())
}

#[test]
fn every_link_of_a_page_leads_to_one_place_on_it() {
    let page = page(&["--fault", FAULT, "tag-count"]);
    let ids: Vec<&str> = page.0.iter().map(|each| each.attribute("id")).filter(|id| !id.is_empty()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    let links: Vec<&str> = page.all("a", "").map(|link| link.attribute("href")).collect();
    let to_cases = links.iter().filter(|link| link.starts_with("#r1/ecs/")).count();
    assert!(to_cases > 50, "{links:?}");
    for link in links {
        assert!(ids.contains(&link.strip_prefix('#').unwrap()), "{link}");
    }
    for label in
        page.0.iter().filter_map(|each| each.attributes.get("aria-labelledby").or(each.attributes.get("for")))
    {
        assert!(ids.contains(&label.as_str()), "{label}");
    }
}

#[test]
fn the_policy_allows_the_pages_own_style_and_script_and_nothing_else() {
    let reports = Reports::new();
    reports.run(&["run", "-q", "tag-count/none"], "a", &["html"]);
    let text = reports.read("a.html");
    let inner = |name: &str| {
        assert_eq!(text.matches(&format!("<{name}>")).count(), 1, "{name}");
        text.split_once(&format!("<{name}>")).unwrap().1.split_once(&format!("</{name}>")).unwrap().0
    };
    let page = Page::read(&text);
    let policy =
        page.all("meta", "").find(|each| each.attribute("http-equiv") == "Content-Security-Policy").unwrap();
    let expected = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        sha256_source(inner("style")),
        sha256_source(inner("script"))
    );
    assert_eq!(policy.attribute("content"), expected);
    for (name, value) in page.0.iter().flat_map(|each| &each.attributes) {
        assert!(!name.starts_with("on") && !["style", "src", "action"].contains(&name.as_str()), "{name}");
        assert!(name != "href" || value.starts_with('#') || value == "data:,", "{value}");
    }
    assert!(!inner("style").contains("url(") && !inner("style").contains("@import"));
}

#[test]
fn no_answer_changes_the_structure_of_a_page() {
    let body = |text: &str| format!("{{\"id\": 1, \"code\": {0}, {0}: {0}}}", Json::from(text));
    let [plain, hostile] = ["plain", HOSTILE].map(|text| page_of(&body(text)));
    assert_eq!(Page::read(&plain).shape(), Page::read(&hostile).shape());
    assert!(hostile.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "it is shown");
    let shown = page_of("{\"id\": 1, \"a\": \"\u{202e}\u{200b}</pre><script>\u{7f}\"}");
    for escape in ["\\u{202e}</b>", "\\u{200b}</b>", "\\u{7f}</b>"] {
        assert!(shown.contains(escape), "{escape}");
    }
    assert!(!shown.contains(['\u{202e}', '\u{200b}', '\u{7f}']));
    Page::read(&shown);
}

#[test]
fn each_case_has_its_request_its_answer_what_disagrees_and_a_line_that_repeats_it() {
    let page = page(&["--fault", FAULT, "tag-count/duplicate-out-of-order"]);
    let [case] = &page.all("details", "case").collect::<Vec<_>>()[..] else { panic!("one case") };
    assert!(case.has_class("failed") && case.attributes.contains_key("open"));
    for printed in [
        "✗ failed",
        "duplicate-out-of-order",
        "cases/ecs/StartImagePipelineExecution/tag-count.toml:",
        "Finding at message",
        "expected\"The Tag.N.Key contain duplicate key.\"",
        "got\"The Tag.N.Key contain duplicate key\"",
        "because error row 400 Duplicate.TagKey",
        "POST /\nAction = StartImagePipelineExecution\n",
        "Answer 400 after ",
        "\n  \"Code\": \"Duplicate.TagKey\",\n",
        "curl -sS -i -X POST -A proofmark/",
        " http://127.0.0.1:9000/_proofmark/states",
        " 'http://127.0.0.1:9000/?Action=StartImagePipelineExecution",
    ] {
        assert!(case.text.contains(printed), "{printed}: {}", case.text);
    }
    // Once for all cases, and not in each.
    assert_eq!(
        page.all("p", "note")
            .filter(|each| each.text.contains("in another terminal: proofmark serve --fault"))
            .count(),
        1
    );
    let inside: Vec<&Element> = page.within(case).collect();
    let texts = |name: &str| {
        inside.iter().filter(|each| each.name == name).map(|each| each.text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(texts("del"), ["-   \"Message\": \"The Tag.N.Key contain duplicate key.\","]);
    assert_eq!(texts("ins"), ["+   \"Message\": \"The Tag.N.Key contain duplicate key\","]);
    assert_eq!(texts("mark"), ["."], "what differs inside the line");
}

#[test]
fn the_matrix_tells_which_rows_are_met_how_deep_others_hold_and_which_no_case_looks_for() {
    let reports = Reports::new();
    reports.run(&["run", "-q", "--fault", FAULT, "tag-count"], "a", &["html", "json"]);
    let json: Json = serde_json::from_str(&reports.read("a.json")).unwrap();
    let not_met: BTreeSet<&str> = json["error_rows"][0]["not_met"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_str().unwrap().split(' ').nth(1).unwrap())
        .collect();
    let page = Page::read(&reports.read("a.html"));
    let table = page.all("table", "matrix").next().unwrap();
    let rows: BTreeMap<&str, &Element> = page
        .within(table)
        .filter(|each| each.name == "tr" && !each.attribute("class").is_empty())
        .map(|row| {
            let code = page.within(row).find(|each| each.has_class("code")).unwrap();
            (code.text.split_once(' ').unwrap().1, row)
        })
        .collect();
    assert_eq!(rows.len(), 23);
    for (code, row) in &rows {
        assert_eq!(row.has_class("met"), !not_met.contains(code), "{code}: {}", row.text);
    }
    let cell = |code: &str, class: &str, level: &str| {
        let cell =
            page.within(rows[code]).find(|each| each.has_class(class) && each.attribute("data-l") == level);
        cell.unwrap().text.clone()
    };
    let broken = "Duplicate.TagKey";
    assert!(
        rows[broken].has_class("unmet") && cell(broken, "cases", "").starts_with("✗ broken "),
        "{rows:?}"
    );
    assert_eq!(cell(broken, "depth", ""), "code");
    let cases = count(&cell(broken, "cases", ""));
    assert!(cases > 5, "{rows:?}");
    assert_eq!(cell(broken, "l", "code"), format!("✓ {cases} hold"));
    assert_eq!(cell(broken, "l", "message"), format!("✗ {cases} of {cases} do not hold"));
    let met = rows.keys().find(|code| !not_met.contains(*code)).unwrap();
    assert_eq!(
        (cell(met, "depth", ""), cell(met, "cases", "").starts_with("✓ met ")),
        ("snapshot".into(), true)
    );
    let unasked =
        rows.values().filter(|row| row.has_class("open") && row.text.contains("○ not reached")).count();
    assert_eq!(unasked, not_met.len() - 1);
}

/// What the table of parameters says: by parameter and limit, the cases within and past.
fn limits(page: &Page) -> BTreeMap<(String, String), (usize, usize)> {
    let mut found = BTreeMap::new();
    let mut parameter = String::new();
    for row in
        page.all("table", "limits").flat_map(|table| page.within(table)).filter(|each| each.name == "tr")
    {
        let part = |name: &str, class: &str| {
            page.within(row).find(|each| each.name == name && each.has_class(class))
        };
        if let Some(head) =
            page.within(row).find(|each| each.name == "th" && each.attribute("scope") == "rowgroup")
        {
            let name = page.within(head).find(|each| each.has_class("code")).unwrap();
            parameter.clone_from(&name.text);
        }
        let Some(limit) = part("td", "limit") else { continue };
        let limit = page.within(limit).find(|each| each.has_class("code")).unwrap().text.clone();
        let side = |name: &str| {
            page.within(row).find(|each| each.attribute("data-l") == name).map(|each| count(&each.text))
        };
        if let (Some(within), Some(past)) = (side("within"), side("past")) {
            found.insert((parameter.clone(), limit), (within, past));
        }
    }
    found
}

#[test]
fn what_a_run_tried_past_limits_is_what_coverage_finds_in_its_cases() {
    let coverage: Json = serde_json::from_str(&out(&run(&["coverage", "--format", "json"]))).unwrap();
    let constraints = coverage["contracts"][0]["constraints"].as_array().unwrap();
    let size = |side: &Json| side.as_array().unwrap().len();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let expected: BTreeMap<(String, String), (usize, usize)> = constraints
        .iter()
        .map(|each| {
            ((text(&each["parameter"]), text(&each["limit"])), (size(&each["within"]), size(&each["past"])))
        })
        .collect();
    assert!(expected.len() > 12, "{expected:?}");
    let found = limits(&page(&[]));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (limit, (within, past)) in &found {
        assert_eq!(*past, expected[limit].1, "{limit:?}");
        // The page counts what was sent, also where the limit's error would not fail the case.
        assert!(*within >= expected[limit].0, "{limit:?}");
    }
}

#[test]
fn a_run_keeps_the_exchanges_of_cases_that_passed_where_a_page_is_asked_for_and_only_there() {
    let reports = Reports::new();
    for (name, formats) in [("with", &["ndjson", "html"][..]), ("without", &["ndjson"])] {
        reports.run(&["run", "-q", "tag-count"], name, formats);
    }
    let kept = |name: &str| {
        let events = lines(&reports.read(&format!("{name}.ndjson")));
        let cases = events.iter().filter(|event| event["event"] == "finished");
        cases.map(|case| case.get("exchanges").is_some()).collect::<BTreeSet<_>>()
    };
    assert_eq!((kept("with"), kept("without")), (BTreeSet::from([true]), BTreeSet::from([false])));
    let from = reports.path("without.ndjson").display().to_string();
    reports.run(&["report", "-q", "--from", &from], "later", &["html"]);
    let page = Page::read(&reports.read("later.html"));
    let cases: Vec<&Element> = page.all("details", "case").collect();
    assert!(cases.len() > 20 && cases.iter().all(|case| case.text.contains("not kept by the run")));
    let printed = format!("{} cases kept no exchanges", cases.len());
    assert!(page.all("p", "warning").any(|each| each.text.starts_with(&printed)), "{printed}");
}

#[test]
fn the_parts_of_a_run_give_the_page_of_the_whole() {
    let reports = Reports::new();
    let whole = ["run", "-q", "--fault", FAULT, "tag-count"];
    reports.run(&whole, "whole", &["html"]);
    for part in ["1/2", "2/2"] {
        reports.run(&[&whole[..], &["--shard", part]].concat(), &part[..1], &["ndjson", "html"]);
    }
    let files = ["1", "2"].map(|name| reports.path(&format!("{name}.ndjson")).display().to_string());
    reports.run(&["report", "-q", "--from", &files[0], "--from", &files[1]], "merged", &["html"]);
    let printed = |name: &str| {
        let page = Page::read(&reports.read(&format!("{name}.html")));
        let tables = page.all("table", "").map(|each| each.text.clone()).collect::<Vec<_>>();
        let ids = page.all("details", "case").map(|each| each.attribute("id").to_owned()).collect::<Vec<_>>();
        (page.all("h1", "").next().unwrap().text.clone(), tables, ids)
    };
    assert_eq!(printed("whole"), printed("merged"));
    assert_eq!(printed("whole").0, "✗ Does not conform");
}

#[test]
fn the_command_line_is_broken_between_its_words_alone() {
    let page = page(&["tag-count/none", "--seed", "7"]);
    let command = page.all("code", "command").next().unwrap();
    let words: Vec<&str> = page.within(command).map(|word| word.text.as_str()).collect();
    assert!(
        command.text.starts_with("proofmark run -q tag-count/none --seed 7 --report"),
        "{}",
        command.text
    );
    assert_eq!(&words[..7], ["proofmark", "run", "-q", "tag-count/none", "--seed", "7", "--report"]);
}

#[test]
fn the_first_sentence_counts_causes_and_tells_skips_on_purpose_from_others() {
    let url = serve(say(answer("200 OK", JSON, "{}")));
    let page =
        page(&["--endpoint", &url, "--sign", "none", "without-state", "tag-key/empty*", "signature/let-in*"]);
    let lead = &page.all("p", "lead").next().unwrap().text;
    assert!(lead.contains(" failed on http://127.0.0.1:") && lead.contains(" cause"), "{lead}");
    assert!(lead.contains(" skipped. ") && lead.contains(" skipped on purpose."), "{lead}");
    assert!(!page.0.iter().any(|each| each.text.starts_with("Skipped on purpose:")), "it is said once");
}

#[test]
fn several_endpoints_have_a_part_each_on_one_page() {
    let reports = Reports::new();
    let folder = one_case();
    let good = serve(say(answer("200 OK", JSON, "{\"id\":\"t\"}")));
    let bad = serve(say(answer("500 Oh", JSON, "{\"id\":\"t\"}")));
    let endpoints = format!("[endpoint.good]\nurl = \"{good}\"\n[endpoint.bad]\nurl = \"{bad}\"\n");
    fs::write(folder.path().join("endpoints.toml"), endpoints).unwrap();
    let mut command = program(folder.path(), &["--endpoint", "good", "--endpoint", "bad", "plain"]);
    assert_eq!(code(&command.args(reports.flags("a", &["html"])).output().unwrap()), 1);
    let page = Page::read(&reports.read("a.html"));
    let texts = |name: &str| page.all(name, "").map(|each| each.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts("h1"), ["✗ Does not conform"]);
    assert_eq!(texts("h2"), ["Endpoint: good", "Endpoint: bad", "Cases"]);
    let outcomes: Vec<&str> = page.all("p", "outcome").map(|each| each.text.as_str()).collect();
    assert_eq!(outcomes, ["✓ Conforms", "✗ Does not conform"]);
    let ids: Vec<&str> = page.all("details", "case").map(|each| each.attribute("id")).collect();
    assert_eq!(ids, ["r1/shop/Get/t/plain", "r2/shop/Get/t/plain"]);
}

#[test]
fn a_long_body_is_cut_and_told_by_its_length_and_digest() {
    let body = json!({ "id": "t", "long": "x".repeat(300_000) }).to_string();
    let text = page_of(&body);
    assert!(text.len() < 120_000, "{}", text.len());
    let printed = format!("{} bytes in all, SHA-256 {}", body.len(), sha256_hex(body.as_bytes()));
    assert!(text.contains(&printed), "{printed}");
    let bytes = [b"\xff\xfe", "<b>\u{1b}".repeat(10).as_bytes()].concat();
    let url = serve(say(answer("200 OK", JSON, &bytes)));
    let (reports, folder) = (Reports::new(), one_case());
    program(folder.path(), &["--endpoint", &url, "plain"])
        .args(reports.flags("a", &["html"]))
        .output()
        .unwrap();
    let page = Page::read(&reports.read("a.html"));
    let printed = format!("no UTF-8\ncut: {} bytes in all, SHA-256 {}", bytes.len(), sha256_hex(&bytes));
    assert!(page.all("pre", "").any(|each| each.text.contains(&printed)), "{printed}");
}

#[test]
fn what_was_in_the_way_is_told_before_anything_else() {
    let reports = Reports::new();
    let output =
        reports.run(&["run", "-q", "--endpoint", "http://127.0.0.1:9", "tag-count/none"], "a", &["html"]);
    assert_eq!(code(&output), 5, "{}", err(&output));
    let page = Page::read(&reports.read("a.html"));
    assert_eq!(page.all("h1", "").next().unwrap().text, "? Inconclusive");
    let warnings: Vec<&str> = page.all("p", "warning").map(|each| each.text.as_str()).collect();
    assert!(warnings[0].starts_with("Stopped: the endpoint cannot be reached"), "{warnings:?}");
    assert!(
        page.all("table", "matrix").next().unwrap().text.contains("○ not reached")
            || page.all("tr", "met").count() == 0
    );
    assert_eq!(page.all("svg", "columns").count(), 0, "nothing took any time");
}

#[test]
fn what_failed_is_named_before_what_could_not_be_found_out() {
    // Without a hook, no state is reached, so most cases are skipped; those of the last table fail.
    let url = serve(say(answer("200 OK", JSON, "{}")));
    let page = page(&["--endpoint", &url, "--sign", "none", "tag-key", "without-state"]);
    let list = page.all("ul", "listed").next().unwrap();
    let classes: Vec<String> = page
        .within(list)
        .filter(|each| each.name == "li")
        .map(|each| each.attribute("class").to_owned())
        .collect();
    let failed = classes.iter().filter(|class| *class == "failed").count();
    assert!(failed > 1 && page.all("details", "skipped").count() > 45);
    assert!(classes[..failed].iter().all(|class| class == "failed"), "{classes:?}");
    // All that are skipped wait for the same few states, and each case of one says the same.
    let states = page.all("li", "state").count();
    let skipped = classes.iter().filter(|class| *class == "skipped").count();
    assert!(states > 0 && skipped > 0 && skipped <= 3 * states, "{states} {classes:?}");
    assert_eq!(classes.last().unwrap(), "", "the rest is counted");
    assert!(
        page.all("details", "case")
            .all(|case| case.has_class("failed") == case.attributes.contains_key("open"))
    );
}

#[test]
fn numbers_that_nobody_measured_make_a_page_all_the_same() {
    let reports = Reports::new();
    reports.run(&["run", "-q", "--fault", FAULT, "tag-count"], "a", &["ndjson", "html"]);
    let number = Regex::new(r#""(duration_us|step|steps_not_sent|line)":\d+"#).unwrap();
    let events = number.replace_all(&reports.read("a.ndjson"), "\"$1\":18446744073709551615").into_owned();
    fs::write(reports.path("b.ndjson"), events).unwrap();
    let from = reports.path("b.ndjson").display().to_string();
    let output = reports.run(&["report", "-q", "--from", &from], "b", &["html"]);
    assert_eq!(code(&output), 1, "{}", err(&output));
    let page = Page::read(&reports.read("b.html"));
    assert!(page.all("details", "case").count() > 20);
}
