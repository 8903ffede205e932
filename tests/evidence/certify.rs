//! `proofmark certify`: which runs are certified, as what, and which are not.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bundle::{CASES, Desk, FAULT, PRIVATE, key, unpack, verify_command};
use crate::support::odd;
use crate::support::{Served, code, copied_cases, err, out, proofmark};
use proofmark::inside::digest::sha256_hex;
use proofmark::inside::evidence::{MANIFEST, TestResult};
use serde_json::Value as Json;

#[test]
fn a_run_in_which_every_case_passes_is_certified_as_passed() {
    let desk = Desk::new();
    let (code, text) = desk.certify(&[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("CONFORMS  1418 of 1418 cases passed\n"), "{text}");
    assert!(
        text.contains("result       PASSED\n") && text.contains("cases        1418 of 1418: 1418 passed\n"),
        "{text}"
    );
    let statement = desk.forged().statement();
    assert_eq!((statement.result, statement.passed.len()), (TestResult::Passed, 1418));
    assert_eq!((statement.warned.len(), statement.failed.len()), (0, 0));
    let scope = &statement.conformance.scope;
    assert_eq!(scope.levels, ["envelope", "status", "code", "message", "body", "effect"]);
    assert_eq!(scope.endpoints[0].kind, "reference");
    assert_eq!(
        (&scope.formats[..], &scope.signatures[..]),
        (&["json".into(), "xml".into()][..], &["none".into(), "v1".into(), "v3".into()][..])
    );
    // Nothing says what answered, so the subject is the evidence, which is bound in any case.
    assert_eq!(statement.subject[0], statement.configuration[0]);
    assert_eq!(statement.subject[0].name, MANIFEST);
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 0 && text.contains("judged again 1418 of 1418 cases"), "{text}");
}

#[test]
fn a_bundle_holds_every_exchange_and_file_that_it_rests_on() {
    let desk = Desk::new();
    assert_eq!(desk.certify(&[]).0, 0);
    let forged = desk.forged();
    let events = forged.events();
    let cases: Vec<&Json> = events.iter().filter(|event| event["event"] == "finished").collect();
    assert_eq!(cases.len(), 1418);
    for case in cases {
        let kept = case["exchanges"].as_array().map_or(0, Vec::len);
        assert_eq!(case["answered"], kept, "{case}");
    }
    let tables = fs::read_dir("cases/ecs/StartImagePipelineExecution").unwrap().count();
    let inside = forged.0.keys().filter(|name| name.starts_with("cases/")).count();
    assert_eq!(inside, tables + 2, "and what the product's operations share, and the manifest");
    let coverage: Json = serde_json::from_slice(&forged.0["coverage.json"]).unwrap();
    let rows = coverage["rows"].as_array().unwrap();
    let count = |class: &str| rows.iter().filter(|row| row["evidence"] == class).count();
    assert_eq!((rows.len(), count("by-request"), count("by-state")), (23, 5, 18));
    assert!(rows.iter().all(|row| row["held"] == true), "{coverage}");
    let held = &forged.statement().conformance.rows_held[0];
    assert_eq!((held.held, held.not_held, held.not_measured, held.rows), (23, 0, 0, 23));
}

#[test]
fn a_case_that_failed_is_certified_as_failed() {
    let desk = Desk::new();
    let (code, text) = desk.certify_served(&[FAULT], &[CASES]);
    assert_eq!(code, 1, "{text}");
    let statement = desk.forged().statement();
    assert_eq!(statement.result, TestResult::Failed);
    assert!(!statement.failed.is_empty() && statement.failed.iter().all(|id| id.contains("duplicate-")));
    assert_eq!(statement.conformance.scope.endpoints[0].kind, "foreign");
}

/// Certifies cases on a mock with a fault, with these waivers.
fn certified_with(waivers: &str, cases: &str) -> (Desk, i32, String) {
    let (desk, folder, served) = (Desk::new(), copied_cases(), Served::start(&["--fault", FAULT]));
    let endpoints = format!(
        "[endpoint.mock]\nkind = \"mock\"\nurl = \"{}\"\nstates = \"{}\"\n",
        served.at("url"),
        served.at("states")
    );
    fs::write(folder.path().join("cases/endpoints.toml"), endpoints).unwrap();
    fs::write(folder.path().join("cases/waivers.toml"), waivers).unwrap();
    let folder = folder.path().join("cases").display().to_string();
    let (code, text) = desk.certify(&["--cases", &folder, "--endpoint", "mock", cases]);
    (desk, code, text)
}

fn waiver(case: &str, expires: &str) -> String {
    format!(
        "[[waiver]]\nendpoint = \"mock\"\ncase = \"{case}\"\nlevel = \"message\"\nreason = \"the dot \\u001b[31m ::error::is missing\"\nowner = \"team-mock\"\nexpires = \"{expires}\"\n"
    )
}

#[test]
fn a_waived_failure_is_certified_as_warned_with_its_reason() {
    let cases = ["*/tag-count/duplicate-key*", "*/duplicate-among-twenty", "*/duplicate-out-of-order"];
    let waivers = cases.map(|case| waiver(case, "2999-12-31")).concat();
    let (desk, code, text) = certified_with(&waivers, CASES);
    assert_eq!(code, 0, "{text}");
    let statement = desk.forged().statement();
    assert_eq!(statement.result, TestResult::Warned);
    assert!(statement.conformance.waived[0].reason.contains("(team-mock, until 2999-12-31)"));
    assert_eq!(statement.conformance.scope.endpoints[0].kind, "mock");
    // What is said of machines and places stays behind.
    assert!(!desk.forged().0.contains_key("cases/endpoints.toml"));
    assert!(desk.forged().0.contains_key("cases/waivers.toml"));
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 0 && text.contains("result       WARNED"), "{text}");
    assert!(text.contains("\\u{1b}[31m") && !text.contains('\u{1b}'), "{text}");
    let public = desk.text("key.pem.pub");
    let mut on_github = verify_command(&desk.path("b.tar"), &["--key", &public]);
    let output = on_github.env("GITHUB_ACTIONS", "true").output().unwrap();
    assert!(out(&output).contains(": :error: :is missing"), "{}", out(&output));
    assert!(!out(&output).contains("::"), "{}", out(&output));
}

#[test]
fn a_waiver_that_is_stale_fails_the_certificate() {
    let (desk, code, text) = certified_with(&waiver("*/tag-count/none/*", "2999-12-31"), "tag-count/none");
    assert_eq!(code, 1, "{text}");
    assert_eq!(desk.forged().statement().result, TestResult::Failed);
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 1 && text.contains("stale        cases/waivers.toml"), "{text}");
}

#[test]
fn a_request_id_that_two_cases_share_is_certified_as_failed_and_found_again_by_verify() {
    let desk = Desk::new();
    let (code, text) = desk.certify_served(&["repeated-request-id"], &["tag-count/none"]);
    assert_eq!(code, 1, "{text}");
    let statement = desk.forged().statement();
    assert!(statement.result == TestResult::Failed && !statement.passed.is_empty(), "{text}");
    assert!(
        !statement.failed.is_empty() && statement.passed[0] < statement.failed[0],
        "the later one fails: {text}"
    );
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 1 && text.contains("judged again"), "{text}");
    assert!(!text.contains("BAD"), "it comes to the same: {text}");
}

#[test]
fn what_no_source_promises_is_listed_in_the_scope_and_fails_no_certificate() {
    let desk = Desk::new();
    let (code, text) = desk.certify_served(&["no-request-id-header"], &["tag-count/none"]);
    assert_eq!(code, 0, "{text}");
    let statement = desk.forged().statement();
    let due = ["ecs/StartImagePipelineExecution envelope request-id.header".to_owned()];
    assert_eq!(
        (statement.result, &statement.conformance.scope.unpublished[..]),
        (TestResult::Passed, &due[..])
    );
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 0 && text.contains("not judged"), "{text}");
}

#[test]
fn a_case_that_was_not_run_fails_the_certificate() {
    let (desk, served) = (Desk::new(), Served::start(&[]));
    // Without the hook there is no way to most states.
    let (code, text) =
        desk.certify(&["--endpoint", served.at("url"), "--sign", "none", "state-errors", "*signature*"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("a skipped case fails a certificate"), "{text}");
    let statement = desk.forged().statement();
    assert_eq!(statement.result, TestResult::Failed);
    let conformance = &statement.conformance;
    let has = |list: &[proofmark::inside::evidence::Omission], part: &str| {
        list.iter().any(|omission| omission.id.contains(part))
    };
    assert!(has(&conformance.skipped, "state-errors/"), "{text}");
    assert!(has(&conformance.skipped, "signature/"), "{text}");
    assert!(has(&conformance.rows_out_of_reach, " InvalidImage.NotFound \""), "{text}");
    let skipped: BTreeSet<&str> = conformance.skipped.iter().map(|omission| omission.id.as_str()).collect();
    assert!(statement.failed.iter().all(|id| skipped.contains(id.as_str())), "{text}");
    assert!(conformance.skipped.iter().all(|omission| !omission.reason.is_empty()), "{text}");
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 1 && text.contains("of which nothing can be judged"), "{text}");
    assert!(text.contains("only on the reference endpoint"), "{text}");
}

#[test]
fn a_certificate_that_fails_says_so_where_little_is_told_and_the_run_conforms() {
    let (desk, served) = (Desk::new(), Served::start(&[]));
    let place = ["--endpoint", served.at("url"), "--states", served.at("states"), "--sign", "none"];
    let (code, text) = desk.certify(&[&place[..], &["-q", "signature/unsigned", "tag-count/none"]].concat());
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("CONFORMS  2 of 3 cases passed, 1 skipped on purpose\nresult       FAILED\n"),
        "{text}"
    );
    assert!(text.contains("the run conforms, but a skipped case fails a certificate"), "{text}");
    assert!(text.ends_with("cases        3 of 1418: 2 passed, 1 skipped, 1415 not selected\n"), "{text}");
}

#[test]
fn states_that_recipes_bring_about_are_judged_again_as_well() {
    let (desk, folder, served) = (Desk::new(), copied_cases(), Served::start(&[]));
    let vars = "[endpoint.mock.vars]\nregion = \"cn-hangzhou\"\nbase_image = \"aliyun_3_x64_20G_alibase_20240819.vhd\"\n";
    let endpoints = format!("[endpoint.mock]\nurl = \"{}\"\n{vars}", served.at("url"));
    fs::write(folder.path().join("cases/endpoints.toml"), endpoints).unwrap();
    let (cases, url) = (folder.path().join("cases").display().to_string(), "https://ci.example/runs/7");
    let (code, text) = desk.certify(&["--cases", &cases, "--endpoint", "mock", "--run-url", url, CASES]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(desk.forged().statement().url.as_deref(), Some(url));
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 0 && text.contains("judged again 40 of 40 cases"), "{text}");
}

#[test]
fn what_a_selection_leaves_out_is_listed() {
    let desk = Desk::new();
    let (code, text) = desk.certify(&["--exact", "ecs/StartImagePipelineExecution/tag-count/none/form"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 of 1418: 1 passed, 1417 not selected"), "{text}");
    let statement = desk.forged().statement();
    assert_eq!((statement.passed.len(), statement.conformance.skipped.len()), (1, 1417));
    assert!(statement.conformance.skipped.iter().all(|omission| omission.reason == "not selected"));
    assert_eq!(desk.verify(&desk.bundle()).0, 0);
}

#[test]
fn a_level_is_certified_and_no_deeper_one() {
    let desk = Desk::new();
    let (code, text) = desk.certify_served(&[FAULT], &["--level", "code", CASES]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(desk.forged().statement().conformance.scope.levels, ["envelope", "status", "code"]);
    assert!(text.contains("levels       envelope, status, code\n"), "{text}");
}

#[test]
fn nothing_is_certified_that_could_not_be_found_out() {
    let desk = Desk::new();
    let (code, text) = desk.certify(&["--endpoint", "http://127.0.0.1:9", CASES]);
    assert!(
        code == 5 && text.contains("no certificate is written: the run did not come to its end"),
        "{text}"
    );
    let mute = odd::serve(odd::say_and_close("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"));
    let (code, text) = desk.certify(&["--endpoint", &mute, "without-state"]);
    assert!(code == 5 && text.contains("inconclusive: "), "{text}");
    assert!(!desk.path("b.tar").exists());
}

#[test]
fn a_suite_that_is_not_the_one_of_its_manifest_is_not_certified() {
    let (desk, folder) = (Desk::new(), copied_cases());
    let cases = folder.path().join("cases");
    fs::copy("cases/manifest.toml", cases.join("manifest.toml")).unwrap();
    fs::remove_file(cases.join("ecs/StartImagePipelineExecution/tag-value.toml")).unwrap();
    let cases = cases.to_str().unwrap();
    let (code, text) = desk.certify(&["--cases", cases, "tag-count/none"]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("cases of the manifest are missing") && text.contains("tag-value/"), "{text}");
    // A manifest that is named must be selected as a whole.
    let (code, text) = desk.certify(&["--manifest", "cases/manifest.toml", "tag-count/none"]);
    assert!(code == 5 && text.contains("1416 cases of the manifest are missing"), "{text}");
    assert!(!desk.path("b.tar").exists());
}

#[test]
fn an_interrupted_run_leaves_no_bundle() {
    let desk = Desk::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    let slow = odd::serve(move |_, stream| {
        let _ = sender.send(());
        // It answers nothing until the other side has gone away.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let (key, output) = (desk.text("key.pem"), desk.text("b.tar"));
    let arguments = ["certify", "--key", &key, "--output", &output, "--endpoint", &slow, "without-state"];
    let mut child = proofmark(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    receiver.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("INTERRUPTED")));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!desk.path("b.tar").exists());
}

#[test]
fn a_key_comes_from_a_file_or_the_environment_and_is_never_shown() {
    let desk = Desk::new();
    let output = desk.text("b.tar");
    let arguments = ["certify", "--output", &output, "tag-count/none"];
    let without = proofmark(&arguments).output().unwrap();
    assert_eq!(code(&without), 2);
    assert!(err(&without).contains("hint: `proofmark keygen --output FILE` makes one"), "{}", err(&without));
    let with = proofmark(&arguments).env("PROOFMARK_SIGNING_KEY", PRIVATE).output().unwrap();
    assert_eq!(code(&with), 0, "{}", err(&with));
    let secret = PRIVATE.lines().nth(1).unwrap();
    let bundle = String::from_utf8(desk.bundle()).unwrap();
    assert!(!bundle.contains(secret) && !(out(&with) + &err(&with)).contains(secret));
    let wrong = proofmark(&arguments).env("PROOFMARK_SIGNING_KEY", format!("x{secret}")).output().unwrap();
    assert_eq!(code(&wrong), 3);
    assert!(!(out(&wrong) + &err(&wrong)).contains(secret), "{}", err(&wrong));
    assert_eq!(desk.verify(&desk.bundle()).0, 0);
    assert_eq!(desk.forged().0["signer.pem"], key().public().to_pem().into_bytes());
}

#[test]
fn the_subject_is_what_somebody_says_has_answered() {
    let desk = Desk::new();
    fs::write(desk.path("mock.tar"), "the mock").unwrap();
    let file = desk.text("mock.tar");
    let (code, text) = desk.certify(&["--subject-file", &file, "tag-count/none"]);
    assert_eq!(code, 0, "{text}");
    let statement = desk.forged().statement();
    assert_eq!(
        (&*statement.subject[0].name, &statement.subject[0].digest.sha256),
        ("mock.tar", &sha256_hex(b"the mock"))
    );
    assert_eq!(statement.configuration[0].name, MANIFEST);
    assert_eq!(desk.verify(&desk.bundle()).0, 0);
    let image = format!("registry.example/mock:1={}", "sha256:".to_owned() + &"ab".repeat(32));
    assert_eq!(desk.certify(&["--subject", &image, "tag-count/none"]).0, 0);
    assert_eq!(desk.forged().statement().subject[0].name, "registry.example/mock:1");
    for wrong in ["mock", "mock=sha256:ab", "=sha256:"] {
        assert_eq!(desk.certify(&["--subject", wrong]).0, 2, "{wrong}");
    }
}

#[test]
fn flags_that_a_certified_run_cannot_honour_are_refused_with_a_hint() {
    let desk = Desk::new();
    let flags = [
        vec!["--shard", "1/2"],
        vec!["--partition", "hash:1/2"],
        vec!["--snapshots", "x"],
        vec!["--fail-fast"],
        vec!["--max-fail", "2"],
        vec!["--overwrite-real"],
        vec!["--max-age", "3d"],
        vec!["--dry-run"],
        vec!["--connections", "reuse"],
        vec!["--fault", "list"],
        vec!["--update", "always"],
    ];
    for flag in flags {
        let (code, text) = desk.certify(&flag);
        assert!(
            code == 2
                && text.contains(&format!("`certify` does not accept {}", flag[0]))
                && text.contains("hint: "),
            "{text}"
        );
    }
    let (code, text) =
        desk.certify(&["--endpoint", "http://127.0.0.1:9", "--endpoint", "http://127.0.0.1:8"]);
    assert!(code == 2 && text.contains("cannot be used multiple times"), "{text}");
    assert_eq!(desk.certify(&["nosuchcase"]).0, 4);
    assert!(!desk.path("b.tar").exists());
}

#[test]
fn a_report_for_a_program_has_standard_output_to_itself() {
    let desk = Desk::new();
    let (key, output) = (desk.text("key.pem"), desk.text("b.tar"));
    let arguments = ["certify", "--key", &key, "--output", &output, "--report", "json=-", "tag-count/none"];
    let certified = proofmark(&arguments).output().unwrap();
    assert_eq!(code(&certified), 0);
    assert!(serde_json::from_slice::<Json>(&certified.stdout).is_ok(), "{}", out(&certified));
    assert!(err(&certified).contains("result       PASSED"), "{}", err(&certified));
}

/// Certifies the one case of a folder on an endpoint that answers each connection so.
fn certified_thing(
    answer: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
    retry: &str,
) -> (Desk, i32, String) {
    let asked = AtomicUsize::new(0);
    let url = odd::serve(move |_, stream| {
        let _ = stream.write_all(&answer(asked.fetch_add(1, Ordering::SeqCst)));
    });
    let (desk, folder) = (Desk::new(), odd::one_case());
    fs::write(folder.path().join("endpoints.toml"), format!("[endpoint.mock]\nurl = \"{url}\"\n{retry}"))
        .unwrap();
    let cases = folder.path().display().to_string();
    let (code, text) = desk.certify(&["--cases", &cases, "--endpoint", "mock", "t/plain"]);
    (desk, code, text)
}

#[test]
fn a_case_that_passes_when_it_is_sent_again_is_certified_as_warned() {
    // The endpoint is looked for before the first case, so it may be asked once more.
    let answer = |asked| match asked {
        0 | 1 => odd::answer("503 Busy", odd::JSON, r#"{"code": "Busy", "message": "later"}"#),
        _ => odd::answer("200 OK", odd::JSON, r#"{"id": "a"}"#),
    };
    let retry = "[endpoint.mock.retry]\nattempts = 5\ncodes = [\"Busy\"]\n";
    let (desk, code, text) = certified_thing(answer, retry);
    assert_eq!(code, 0, "{text}");
    let statement = desk.forged().statement();
    assert_eq!(
        (statement.result, &*statement.warned),
        (TestResult::Warned, &["shop/Get/t/plain".to_owned()][..])
    );
    let reason = &statement.conformance.waived[0].reason;
    assert!(reason.starts_with("passed, but not at the first attempt: attempt 1: 503 Busy"), "{reason}");
    assert_eq!(desk.verify(&desk.bundle()).0, 0);
}

#[test]
fn what_is_left_behind_is_told_and_leaves_the_result_as_it_is() {
    let asked = AtomicUsize::new(0);
    let url = odd::serve(move |head, stream| {
        let answer = match head.starts_with("POST").then(|| asked.fetch_add(1, Ordering::SeqCst)) {
            None => odd::answer("200 OK", odd::JSON, r#"{"id": "a"}"#),
            Some(0) => odd::answer("200 OK", odd::JSON, r#"{"thing": "t"}"#),
            Some(_) => odd::answer("500 Broken", odd::JSON, "{}"),
        };
        let _ = stream.write_all(&answer);
    });
    let (desk, folder) = (Desk::new(), odd::one_case());
    let (cases, states) = (folder.path().display().to_string(), format!("{url}/states"));
    let place = ["--cases", &cases, "--endpoint", &url, "--states", &states];
    let (code, text) = desk.certify(&[&place[..], &["t/stateful"]].concat());
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("left behind: ") && text.contains("result       PASSED\n"), "{text}");
    assert!(text.contains("error rows   none\n"), "{text}");
    let ended = desk.forged().events().pop().unwrap();
    assert_eq!(ended["left_behind"], 1);
    assert_eq!(desk.verify(&desk.bundle()).0, 0);
}

#[test]
fn what_is_wrong_in_the_tables_is_shown_where_it_stands() {
    let (desk, folder) = (Desk::new(), odd::one_case());
    let table = folder.path().join("shop/Get/t.toml");
    fs::write(&table, "[[case]]\nnonsense = 1\n").unwrap();
    let (code, text) = desk.certify(&["--cases", folder.path().to_str().unwrap()]);
    assert_eq!(code, 3, "{text}");
    assert!(text.replace('\n', "").contains(table.to_str().unwrap()), "{text}");
}

#[test]
fn answers_of_any_bytes_are_judged_again_as_they_were() {
    let bodies: [&[u8]; 8] = [
        b"\xff\xfe\x00",
        b"{\"id\": \"\\ud800\"}",
        b"{\"id\": 1, \"id\": 2}",
        b"",
        b"{\"id\": \"\x1b[31m\xe2\x80\xae</script>]]>\"}",
        b"{\"id\": 1e999, \"more\": 12345678901234567890.50}",
        b"<a>\xc0</a>",
        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ];
    for body in bodies {
        let (desk, code, text) = certified_thing(move |_| odd::answer("200 OK", odd::JSON, body), "");
        assert_eq!(code, 1, "{text}");
        let (code, shown) = desk.verify(&desk.bundle());
        assert_eq!(code, 1, "{shown}");
        assert!(shown.contains("judged again 1 of 1 case") && !shown.contains('\u{1b}'), "{shown}");
    }
}

#[test]
fn a_bundle_appears_whole_or_not_at_all() {
    let desk = Desk::new();
    fs::create_dir(desk.path("b.tar")).unwrap();
    let (code, text) = desk.certify(&["tag-count/none"]);
    assert!(code == 2 && text.contains("b.tar is there already, and is not a bundle"), "{text}");
    let left: Vec<_> = fs::read_dir(desk.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    // Where none can appear, nothing is sent.
    let nowhere = desk.text("nowhere/b.tar");
    let arguments = ["certify", "--key", &desk.text("key.pem"), "--output", &nowhere, "tag-count/none"];
    let done = proofmark(&arguments).output().unwrap();
    assert_eq!((done.status.code(), out(&done)), (Some(6), String::new()), "{}", err(&done));
}

#[test]
fn badge_and_page_are_those_that_the_bundle_comes_to() {
    let desk = Desk::new();
    let (badge, page) = (desk.text("badge.svg"), desk.text("page.md"));
    let (code, text) = desk.certify(&["--badge", &badge, "--certificate", &page, "tag-count/none"]);
    assert_eq!(code, 0, "{text}");
    let (bundle, public) = (desk.text("b.tar"), desk.text("key.pem.pub"));
    let (same_badge, same_page) = (desk.text("same.svg"), desk.text("same.md"));
    let arguments =
        ["certificate", &bundle, "--key", &public, "--badge", &same_badge, "--markdown", &same_page];
    assert_eq!(code_of(&arguments), 0);
    for (one, other) in [(&badge, &same_badge), (&page, &same_page)] {
        assert_eq!(fs::read_to_string(one).unwrap(), fs::read_to_string(other).unwrap());
    }
    let (code, text) = desk.certify(&["--badge", &bundle, "tag-count/none"]);
    assert!(code == 2 && text.contains("cannot both be the file"), "{text}");
    let nowhere = desk.text("nowhere/badge.svg");
    let (code, text) = desk.certify(&["--badge", &nowhere, "tag-count/none"]);
    assert!(code == 6 && !text.contains("CONFORMS"), "{text}");
}

fn code_of(arguments: &[&str]) -> i32 {
    code(&proofmark(arguments).output().unwrap())
}

#[test]
fn no_secret_that_requests_are_signed_with_is_in_a_bundle() {
    let served = Served::start(&["--auth", "any"]);
    let desk = Desk::new();
    let (key, output) = (desk.text("key.pem"), desk.text("b.tar"));
    let arguments = ["certify", "--key", &key, "--output", &output, "--endpoint", served.at("url")];
    let more = ["--states", served.at("states"), "--sign", "v3", "tag-count", "signature/let-in*"];
    let mut command = proofmark(&[&arguments[..], &more].concat());
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret");
    let certified = command.output().unwrap();
    assert_eq!(code(&certified), 0, "{}{}", out(&certified), err(&certified));
    for (name, bytes) in unpack(&desk.bundle()) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("testsecret"), "{name}");
        // What a signature goes into is as little recorded as the secret.
        assert!(!text.contains("ACS3-HMAC-SHA256 Credential=") && !text.contains("&Signature="), "{name}");
    }
    assert!(desk.forged().statement().conformance.scope.signatures.contains(&"v3".to_owned()));
    let output = verify_command(&desk.path("b.tar"), &[]).output().unwrap();
    assert_eq!(code(&output), 5, "{}", out(&output));
}

#[test]
fn a_bundle_with_a_secret_in_it_is_not_written() {
    let served = Served::start(&["--auth", "v3"]);
    let (desk, folder) = (Desk::new(), copied_cases());
    let table = folder.path().join("cases/ecs/StartImagePipelineExecution/tag-count.toml");
    fs::write(&table, fs::read_to_string(&table).unwrap() + "\n# the key is testsecret\n").unwrap();
    let (key, output) = (desk.text("key.pem"), desk.text("b.tar"));
    let cases = folder.path().join("cases").display().to_string();
    let arguments = ["certify", "--key", &key, "--output", &output, "--cases", &cases, "--endpoint"];
    let more = [served.at("url"), "--states", served.at("states"), "--sign", "v3", "tag-count/none"];
    let mut command = proofmark(&[&arguments[..], &more].concat());
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret");
    let certified = command.output().unwrap();
    assert_eq!(code(&certified), 5);
    assert!(err(&certified).contains("a secret of the endpoint is in `cases/"), "{}", err(&certified));
    assert!(!desk.path("b.tar").exists());
}

#[test]
fn a_certificate_rests_on_connections_that_carry_one_request_each() {
    let folder = odd::one_case();
    let rows: Vec<String> =
        (0..10).map(|row| format!("  {{ id = \"r{row}\", row = \"r{row}\" }},\n")).collect();
    let rows = rows.concat();
    let table = format!(
        "[[case]]\nid = \"each\"\nabout = \"It is there.\"\nparams = {{ row = \"{{{{ row }}}}\" }}\nexpect = {{ status = 200 }}\nrows = [\n{rows}]\n"
    );
    fs::write(folder.path().join("shop/Get/t.toml"), table).unwrap();
    let served = AtomicUsize::new(0);
    let url = odd::serve(move |head, stream| {
        let row = head.split("row=").nth(1).unwrap().split(' ').next().unwrap();
        let _ = stream.write_all(&odd::answer("200 OK", odd::JSON, format!(r#"{{"id": "{row}"}}"#)));
        // One more answer, in time for a request that would go out on the same connection.
        if served.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            std::thread::sleep(std::time::Duration::from_millis(30));
            let _ = stream.write_all(&odd::answer("200 OK", odd::JSON, r#"{"id": "late"}"#));
        }
    });
    let desk = Desk::new();
    let cases = folder.path().to_str().unwrap().to_owned();
    let place = ["--cases", &cases, "--endpoint", &url];
    let (code, text) = desk.certify(&[&place[..], &["--connections", "reuse"]].concat());
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("`certify` does not accept --connections"), "{text}");
    let (code, text) = desk.certify(&place);
    assert_eq!(code, 0, "{text}");
    let finished = desk.forged().events().into_iter().filter(|event| event["event"] == "finished");
    for case in finished {
        let exchange = &case["exchanges"][0];
        let row = exchange["request"]["target"].as_str().unwrap().split("row=").nth(1).unwrap().to_owned();
        assert_eq!(exchange["answer"]["text"], format!(r#"{{"id": "{row}"}}"#), "{case}");
    }
}
