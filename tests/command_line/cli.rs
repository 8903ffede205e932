//! The program as a person or a script meets it: output, files, exit codes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::project::Project;
use crate::support::{Served, code, copied_cases, err, out, proofmark, run};
use serde_json::Value as Json;

/// A case that takes one request and one state.
const ONE: &str = "ecs/StartImagePipelineExecution/tag-count/duplicate-key-in-a-form";

/// Times, ports and request ids replaced, which alone may differ between runs.
fn steady(text: &str) -> String {
    let patterns = [
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"\d+\.\d\d s", "TIME"),
        (r#""duration_ms":\d+"#, "DURATION"),
        (r#""started":"[^"]*""#, "STARTED"),
        (r#""command":"(?:[^"\\]|\\.)*""#, "COMMAND"),
        (r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "REQUEST-ID"),
        // Answers are shown as they came, with ids and nonces of one run.
        (r"(?m)^    < .*$", "    < ANSWER"),
        (r#""excerpt":"(?:[^"\\]|\\.)*""#, "EXCERPT"),
    ];
    patterns.iter().fold(text.to_owned(), |text, (pattern, name)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}

#[test]
fn the_program_alone_certifies_the_embedded_endpoint() {
    let output = run(&[]);
    let text = out(&output);
    assert_eq!(code(&output), 0, "{text}{}", err(&output));
    let count = out(&run(&["list"])).lines().count();
    for part in [
        format!("CONFORMS  {count} of {count} cases passed"),
        "contract    ecs/StartImagePipelineExecution 2014-05-26".into(),
        "error rows  23 of 23 held".into(),
        format!("{count} passed, 0 failed, 0 waived, 0 inconclusive, 0 skipped"),
        format!("snapshots   {count} same"),
        "time        ".into(),
    ] {
        assert!(text.contains(&part), "{part}\n{text}");
    }
}

#[test]
fn the_json_report_has_every_case_and_counts_that_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let output =
        run(&["run", "--report", &report, "-q", "--fault", "wrong-code:Duplicate.TagKey", "tag-count"]);
    assert_eq!(code(&output), 1);
    let json: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let cases = json["cases"].as_array().unwrap();
    let count = |verdict: &str| cases.iter().filter(|case| case["verdict"] == verdict).count() as u64;
    assert_eq!((json["format"].as_str(), json["version"].as_u64()), (Some("proofmark-report"), Some(1)));
    assert_eq!(json["counts"]["total"].as_u64(), Some(cases.len() as u64));
    assert_eq!(json["counts"]["passed"].as_u64(), Some(count("passed")));
    assert_eq!(json["counts"]["failed"].as_u64(), Some(count("failed")));
    assert_eq!(json["faults"][0], "wrong-code:Duplicate.TagKey");
    assert_eq!(json["outcome"], "does not conform");
    let failed = cases.iter().find(|case| case["verdict"] == "failed").unwrap();
    let finding = &failed["findings"][0];
    assert_eq!(
        (&finding["level"], &finding["expected"]),
        (&Json::from("code"), &Json::from("\"Duplicate.TagKey\""))
    );
    let row = &finding["cites"][0];
    assert_eq!((&row["kind"], &row["code"]), (&"error-row".into(), &"Duplicate.TagKey".into()), "{finding}");
    assert!(
        row["file"].as_str().unwrap().ends_with("contract.toml") && row["line"].as_u64() > Some(1),
        "{row}"
    );
    assert!(failed["exchanges"].as_u64().is_some() && failed["duration_ms"].as_u64().is_some());
}

#[test]
fn a_fault_fails_the_run_names_case_and_row_and_is_told_loudly() {
    for (fault, row) in [
        ("wrong-message:Duplicate.TagKey", "error row 400 Duplicate.TagKey"),
        ("wrong-status:Duplicate.TagKey", "error row 400 Duplicate.TagKey"),
        ("wrong-code:Duplicate.TagKey", "error row 400 Duplicate.TagKey"),
        ("tag-key-129", "error row 400 InvalidTagKey.Malformed"),
    ] {
        let output = run(&["--fault", fault, "--level", "body"]);
        let text = out(&output);
        assert_eq!(code(&output), 1, "{text}");
        assert!(text.contains("\nNEXT  proofmark show ecs/StartImagePipelineExecution/"), "{text}");
        assert!(text.contains(row), "{text}");
        assert!(text.contains("curl -sS -i -X POST"), "{text}");
        assert_eq!(text.matches(&format!("FAULT SWITCHED ON: {fault}")).count(), 1, "{text}");
    }
}

#[test]
fn an_endpoint_that_is_down_could_not_be_judged() {
    // A port that was free a moment ago; nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let output = run(&["--endpoint", &url, "--states", &url, "protocol"]);
    let text = out(&output);
    assert_eq!(code(&output), 5, "{text}");
    assert_eq!(text.matches("cannot be reached").count(), 1, "one error, not one for each case: {text}");
    assert!(!text.contains("FAILED") && text.contains("0 of"), "{text}");
}

#[test]
fn states_that_cannot_be_reached_are_not_run_and_not_passed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let output = run(&["--endpoint", &url, ONE]);
    let text = out(&output);
    assert_eq!(code(&output), 5, "{text}");
    assert!(
        text.contains("STATES  (1)")
            && text.contains("the endpoint has no state hook (`--states URL` names one)"),
        "{text}"
    );
    let output = run(&["--endpoint", &url, "--states", "http://127.0.0.1:1/states", ONE]);
    let text = out(&output);
    assert_eq!(code(&output), 5, "{text}");
    assert!(text.contains("the state hook cannot be reached: http://127.0.0.1:1/states: "), "{text}");
}

#[test]
fn a_missing_snapshot_is_recorded_or_reviewed_as_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().join("none");
    let output =
        proofmark(&["--snapshots", snapshots.to_str().unwrap(), ONE]).env("CI", "1").output().unwrap();
    let text = out(&output);
    assert!(text.contains("\n      proofmark run --update unseen --snapshots "), "{text}");
    assert!(!text.contains("because"), "where answers are is not a reason: {text}");
    let arguments = ["--snapshots", snapshots.to_str().unwrap(), ONE];
    let output = proofmark(&arguments).env("INSTA_UPDATE", "new").output().unwrap();
    let text = out(&output);
    assert!(text.contains("\n      proofmark review --snapshots ") && !text.contains("because"), "{text}");
}

#[test]
fn a_broken_table_is_shown_with_file_line_and_column_and_nothing_runs() {
    let folder = copied_cases();
    let table = folder.path().join("cases/ecs/StartImagePipelineExecution/running.toml");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(
        &table,
        format!("[[case]]\nid = \"broken\"\nabuot = \"x\"\nexpect = {{ status = 200 }}\n\n{text}"),
    )
    .unwrap();
    for command in ["check", "run", "list", "coverage"] {
        let output = proofmark(&[command, "--cases", "cases"])
            .env("COLUMNS", "200")
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = err(&output);
        assert_eq!(code(&output), 3, "{command}: {text}");
        assert!(text.contains("cases/ecs/StartImagePipelineExecution/running.toml:3:1"), "{text}");
        assert!(text.contains("unknown key `abuot`") && text.contains("did you mean `about`?"), "{text}");
        assert!(text.contains("abuot = \"x\""), "the source is shown: {text}");
        assert_eq!(out(&output), "");
    }
}

#[test]
fn check_prepares_every_case_so_that_none_fails_of_itself() {
    let folder = copied_cases();
    let table = "[[case]]\nid = \"odd\"\nabout = \"A template that fails.\"\nparams = { RegionId = \"{{ 't' ** n }}\" }\nrows = [\n  { id = \"a\", n = 2 },\n  { id = \"b\", n = 3 },\n]\nexpect = { status = 200 }\n";
    fs::write(folder.path().join("cases/ecs/StartImagePipelineExecution/odd.toml"), table).unwrap();
    let output = proofmark(&["check"]).env("COLUMNS", "200").current_dir(folder.path()).output().unwrap();
    let text = err(&output);
    assert_eq!(code(&output), 3, "{text}");
    assert!(text.contains("odd.toml:6:3") && text.contains("odd.toml:7:3"), "each row: {text}");
    assert!(text.contains("the case cannot be prepared: RegionId: invalid operation"), "{text}");
}

#[test]
fn no_byte_of_a_case_file_acts_on_the_terminal() {
    let folder = copied_cases();
    let operation = folder.path().join("cases/ecs/StartImagePipelineExecution");
    let contract = fs::read_to_string(operation.join("contract.toml")).unwrap();
    let acting = "\u{9b}31m\u{202e}\u{200b}\u{e0041}";
    let changed = contract.replacen("about", &format!("# {acting}\nabout"), 1);
    fs::write(operation.join("contract.toml"), changed.replacen("id = \"", "id = \"\\u001b[2J", 1)).unwrap();
    fs::write(
        operation.join("odd.toml"),
        format!(
            "[[case]] # {acting}\nid = \"odd\"\nabuot = \"{acting}\\u001b[2J\" # {acting}\nexpect = {{}}\n"
        ),
    )
    .unwrap();
    for command in ["check", "coverage", "list"] {
        let output = proofmark(&[command]).env("COLUMNS", "200").current_dir(folder.path()).output().unwrap();
        let shown = err(&output) + &out(&output);
        let acts = proofmark::inside::model::is_hostile;
        assert_eq!(code(&output), 3);
        assert_eq!(shown.chars().find(|letter| acts(*letter)), None, "{command}: {}", shown.escape_debug());
        assert!(shown.contains("odd.toml:3:1"), "{shown}");
    }
}

#[test]
fn a_row_that_is_not_run_is_told_by_its_own_line() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("out.json");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let argument = format!("json={}", report.display());
    run(&["--endpoint", &url, "--report", &argument, "tag-key/empty"]);
    let report: Json = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    let cases = report["cases"].as_array().unwrap();
    let places: std::collections::BTreeSet<u64> =
        cases.iter().map(|case| case["line"].as_u64().unwrap()).collect();
    assert!(cases.len() > 1 && cases.iter().all(|case| case["verdict"] == "skipped"));
    assert!(places.len() > 1, "each row has a line: {places:?}");
}

#[test]
fn a_report_goes_where_it_is_told_to_also_through_a_link_or_to_a_device() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let argument = format!("json={}", link.display());
    assert_eq!(code(&run(&["-q", "--report", &argument, "--report", "json=/dev/null", ONE])), 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && !Path::new("/dev/null").is_file());
    let report: Json = serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
    assert_eq!(report["outcome"], "conforms");
}

#[test]
fn a_report_whose_reader_goes_away_is_lost_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut reader =
        Command::new("head").args(["-c", "10"]).arg(&pipe).stdout(Stdio::null()).spawn().unwrap();
    let output = run(&["-q", "--report", &format!("json={}", pipe.display())]);
    reader.wait().unwrap();
    assert_eq!(code(&output), 6, "{}", err(&output));
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error_even_beside_one_that_does() {
    for arguments in
        [&["nosuch"][..], &["tag-key", "nosuch"], &["run", "--exact", "tag-key"], &["list", "nosuch"]]
    {
        let output = run(arguments);
        assert_eq!(code(&output), 4, "{arguments:?}");
        assert!(err(&output).contains("no case matches"), "{}", err(&output));
    }
}

#[test]
fn settings_that_make_no_sense_are_usage_errors() {
    let cases: [&[&str]; 10] = [
        &["--nosuch"],
        &[""],
        &["--jobs", "0"],
        &["--level", "nosuch"],
        &["--fault", "wrong-stats:Duplicate.TagKey"],
        &["--fault", "no-code", "--endpoint", "http://127.0.0.1:9"],
        &["--endpoint", "nosuch"],
        &["--endpoint", "ftp://127.0.0.1"],
        &["--report", "yaml=x"],
        &["--update", "nosuch"],
    ];
    for arguments in cases {
        assert_eq!(code(&run(arguments)), 2, "{arguments:?}");
    }
    assert!(
        err(&run(&["--fault", "wrong-stats:Duplicate.TagKey"])).contains("wrong-status:Duplicate.TagKey")
    );
}

#[test]
fn the_embedded_endpoint_can_be_named_too() {
    let output = run(&["--endpoint", "reference", ONE]);
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    assert!(out(&output).contains("endpoint    the embedded reference endpoint"), "{}", out(&output));
    let output = run(&["--endpoint", "reference", "--sign", "v3", ONE]);
    assert_eq!(code(&output), 2, "{}", err(&output));
}

#[test]
fn another_contract_is_not_run_against_the_embedded_endpoint() {
    for arguments in [&["run"][..], &["run", "--dry-run"], &["diff", "reference", "http://127.0.0.1:9"]] {
        let output = proofmark(arguments).args(["--cases", "tests/bookshop/cases"]).output().unwrap();
        assert_eq!(code(&output), 2, "{}", err(&output));
        let text = err(&output);
        assert!(text.contains("does not carry shop/"), "{text}");
        assert!(text.contains("--endpoint") || arguments[0] == "diff", "{text}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_of_its_own() {
    let output = run(&["--report", "json=/nosuch/folder/out.json", ONE]);
    assert_eq!(code(&output), 6);
    assert!(err(&output).contains("/nosuch/folder/out.json"));
}

#[test]
fn output_is_the_same_for_any_concurrency_and_from_run_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let printed = |jobs: &str| {
        let path = folder.path().join("out.json");
        let report = format!("json={}", path.display());
        let output = run(&["-j", jobs, "--fault", "no-host-id", "--report", &report, "--level", "body"]);
        assert_eq!(code(&output), 1);
        (steady(&out(&output)), steady(&fs::read_to_string(&path).unwrap()))
    };
    let first = printed("1");
    for _ in 0..2 {
        let again = printed("32");
        for (left, right) in first.0.lines().zip(again.0.lines()).chain(first.1.lines().zip(again.1.lines()))
        {
            assert_eq!(left, right);
        }
        assert_eq!((first.0.len(), first.1.len()), (again.0.len(), again.1.len()));
    }
}

#[test]
fn cases_are_told_in_the_order_of_their_ids() {
    let text = out(&run(&["-v"]));
    let printed: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("PASSED  ")).collect();
    let listed = out(&run(&["list"]));
    assert_eq!(printed, listed.lines().collect::<Vec<_>>());
    assert!(printed.is_sorted());
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let is_coloured = |command: &mut Command| out(&command.output().unwrap()).contains('\u{1b}');
    assert!(!is_coloured(&mut proofmark(&[ONE])));
    assert!(is_coloured(&mut proofmark(&["--color", "always", ONE])));
    assert!(is_coloured(proofmark(&[ONE]).env("CLICOLOR_FORCE", "1")));
    assert!(!is_coloured(proofmark(&[ONE]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
}

#[test]
fn a_level_gates_and_deeper_findings_are_still_told() {
    let output = run(&["--level", "code", "--fault", "wrong-message:Duplicate.TagKey", ONE]);
    let text = out(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.contains("message  (does not count at this --level)"), "{text}");
}

#[test]
fn a_missing_snapshot_is_a_failure_that_leaves_a_new_one_beside_it_except_in_ci() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().to_str().unwrap();
    let pending = folder.path().join(format!("{ONE}.snap.new"));
    let in_ci = proofmark(&["--snapshots", snapshots, ONE])
        .env_remove("INSTA_UPDATE")
        .env("CI", "true")
        .output()
        .unwrap();
    assert_eq!((code(&in_ci), pending.exists()), (1, false));
    let plain = proofmark(&["--snapshots", snapshots, ONE]).env_remove("INSTA_UPDATE").output().unwrap();
    assert_eq!((code(&plain), pending.exists()), (1, true));
    assert!(out(&plain).contains("1 missing"), "{}", out(&plain));
    let unseen = proofmark(&["--snapshots", snapshots, ONE]).env("INSTA_UPDATE", "unseen").output().unwrap();
    assert_eq!((code(&unseen), pending.exists()), (0, false));
    assert_eq!(code(&run(&["--snapshots", snapshots, ONE])), 0);
}

#[test]
fn a_different_answer_is_a_finding_that_shows_only_the_lines_that_differ() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().to_str().unwrap();
    let file = folder.path().join(format!("{ONE}.snap"));
    assert_eq!(
        code(&proofmark(&["--snapshots", snapshots, ONE]).env("INSTA_UPDATE", "always").output().unwrap()),
        0
    );
    let accepted = fs::read_to_string(&file).unwrap();
    fs::write(&file, accepted.replace("< 400", "< 403")).unwrap();
    let output = proofmark(&["--snapshots", snapshots, ONE]).env_remove("INSTA_UPDATE").output().unwrap();
    let text = out(&output);
    assert_eq!(code(&output), 1);
    assert!(text.contains("  expected  status line: 403\n  got       status line: 400"), "{text}");
    let pending = fs::read_to_string(folder.path().join(format!("{ONE}.snap.new"))).unwrap();
    assert_eq!(pending, accepted);
}

#[test]
fn a_snapshot_that_is_none_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{ONE}.snap"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let broken = "<<<<<<< ours\n---\nsource: a\n";
    fs::write(&file, broken).unwrap();
    let output = proofmark(&["--snapshots", folder.path().to_str().unwrap(), ONE])
        .env("INSTA_UPDATE", "always")
        .output()
        .unwrap();
    assert_eq!(code(&output), 1);
    assert!(out(&output).contains("PM102  snapshot: cannot read "), "{}", out(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), broken);
}

#[test]
fn orphans_are_told_also_when_few_cases_are_selected_and_cases_never_are() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().to_str().unwrap();
    assert_eq!(
        code(
            &proofmark(&["--snapshots", snapshots, "tag-count"])
                .env("INSTA_UPDATE", "always")
                .output()
                .unwrap()
        ),
        0
    );
    let stray = folder.path().join("ecs/StartImagePipelineExecution/tag-count/gone.snap");
    fs::write(&stray, "---\nsource: a\n---\n").unwrap();
    for pattern in ["tag-count", ONE] {
        let text = out(&run(&["--snapshots", snapshots, pattern]));
        assert!(text.contains("orphans     1 belong to no case") && text.contains("gone.snap"), "{text}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = proofmark(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), err(&output)), (0, String::new()));
}

#[test]
fn show_gives_the_request_the_expectation_and_a_curl_line() {
    let text = out(&run(&["show", "--endpoint", "http://127.0.0.1:9000", ONE]));
    for part in [
        "given    an image pipeline",
        "Tag.1.Key = ",
        "expect   status 400",
        "code \"Duplicate.TagKey\"",
        "curl -sS -i -X POST",
        "http://127.0.0.1:9000/",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let several = run(&["show", "tag-count"]);
    assert_eq!(code(&several), 2);
    assert!(err(&several).contains("means"), "{}", err(&several));
}

#[test]
fn show_gives_what_a_code_alone_brings_along() {
    let folder = copied_cases();
    let table = "[[case]]\nid = \"lone\"\nabout = \"A code alone.\"\ngiven = \"an image pipeline\"\nparams = { RegionId = \"{{ region }}\" }\nexpect = { code = \"Duplicate.TagKey\" }\n";
    fs::write(folder.path().join("cases/ecs/StartImagePipelineExecution/lone.toml"), table).unwrap();
    let output = proofmark(&["show", "lone/lone"]).current_dir(folder.path()).output().unwrap();
    let expected: Vec<String> =
        out(&output).lines().filter(|line| line.contains("expect")).map(str::to_owned).collect();
    assert_eq!(
        expected,
        [
            "  expect   status 400 (of the contract)",
            "  expect   message \"The Tag.N.Key contain duplicate key.\" (of the contract)",
            "  expect   code \"Duplicate.TagKey\"",
        ],
        "{}",
        err(&output)
    );
}

#[test]
fn check_says_how_much_there_is_and_schema_prints_json() {
    let text = out(&run(&["check"]));
    let (counts, marked) = text.split_once('\n').unwrap();
    assert!(counts.ends_with("cases: no problems"), "{text}");
    assert!(marked.starts_with("unpublished: envelope request-id.header (cases/ecs/common.toml:"), "{text}");
    for kind in ["table", "contract", "common", "states", "endpoints", "waivers"] {
        let json: Json = serde_json::from_slice(&run(&["schema", kind]).stdout).unwrap();
        assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
    assert_eq!(code(&run(&["schema", "nosuch"])), 2);
}

#[test]
fn coverage_is_the_same_as_text_and_as_json() {
    let text = out(&run(&["coverage"]));
    let json: Json = serde_json::from_slice(&run(&["coverage", "--format", "json"]).stdout).unwrap();
    let rows = json["contracts"][0]["error_rows"].as_array().unwrap();
    assert_eq!(rows.len(), 23);
    for row in rows {
        let message = row["message"].as_str().map(|message| format!(" {}", Json::from(message)));
        let message = message.unwrap_or_default();
        let line = format!("  {} {}{message}\n", row["status"], row["code"].as_str().unwrap());
        assert!(text.contains(&line), "{line}");
        assert!(!row["cases"].as_array().unwrap().is_empty());
    }
    assert!(text.contains("error rows: 23 of 23 are met") && text.contains("2 gaps\n"), "{text}");
}

#[test]
fn a_seed_is_told_and_repeats_what_chance_made() {
    let made = |seed: &str| {
        out(&run(&["show", "--seed", seed, "ecs/StartImagePipelineExecution/client-token/replayed/get-json"]))
    };
    assert_eq!(made("7"), made("7"));
    assert_ne!(made("7"), made("8"));
    assert!(out(&run(&["--seed", "7", ONE])).contains("seed        7"));
}

#[test]
fn faults_are_listed_with_the_promise_that_each_breaks() {
    let text = out(&run(&["run", "--fault", "list"]));
    assert!(text.lines().count() > 100);
    let (list, total) = text.rsplit_once("\n\n").unwrap();
    assert!(
        list.lines().all(|line| line.split_once("  ").is_some_and(|(_, breaks)| !breaks.trim().is_empty()))
    );
    assert!(total.contains(" promises, ") && total.contains("when:"), "{total}");
}

#[test]
fn a_mistyped_command_is_told_from_a_pattern() {
    let output = run(&["pendign"]);
    assert_eq!(code(&output), 4);
    assert!(err(&output).contains("was the command `pending` meant?"), "{}", err(&output));
    for no_mistake in [&["no-such-case-at-all"][..], &["list", "pendign"]] {
        assert!(!err(&run(no_mistake)).contains("was the command"), "{no_mistake:?}");
    }
}

#[test]
fn a_file_of_endpoints_is_checked_whatever_is_tested() {
    let folder = copied_cases();
    fs::write(folder.path().join("cases/endpoints.toml"), "[endpoint.a]\nurll = \"http://h\"\n").unwrap();
    for endpoint in [&["--endpoint", "http://127.0.0.1:9"][..], &[]] {
        for command in ["run", "noise"] {
            let arguments = [&[command], endpoint, &[ONE]].concat();
            let output = proofmark(&arguments).current_dir(folder.path()).output().unwrap();
            assert_eq!(code(&output), 3, "{arguments:?}: {}", err(&output));
            assert!(err(&output).contains("unknown key `urll`"), "{}", err(&output));
        }
    }
    let arguments = ["diff", "reference", "http://127.0.0.1:9", ONE];
    let output = proofmark(&arguments).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 3, "{}", err(&output));
}

#[test]
fn a_quiet_run_leaves_out_what_was_skipped_on_purpose_and_names_orphans() {
    let served = Served::start(&[]);
    let place = ["--endpoint", served.at("url"), "--states", served.at("states"), "--sign", "none"];
    let pattern = ["signature/date-expired"];
    let output = run(&[&["run", "-q"], &place[..], &pattern, &["tag-count/one"]].concat());
    assert!(!out(&output).contains("signature/"), "{}", out(&output));
    let output = run(&[&["run"], &place[..], &pattern].concat());
    let skipped = "skipped     1 case skipped on purpose: requests are not signed by v3 here";
    assert!(out(&output).contains(skipped), "{}", out(&output));
    let project = Project::new();
    let orphan = project.path("snapshots/ecs/StartImagePipelineExecution/tag-count/no-such-case.snap");
    let other = project.path("snapshots/ecs/StartImagePipelineExecution/tag-count");
    let one = fs::read_dir(other).unwrap().next().unwrap().unwrap().path();
    fs::copy(one, orphan).unwrap();
    let (_, text) = project.run(&["run", "-q", ONE]);
    assert!(text.contains("1 belong to no case") && text.contains("no-such-case.snap"), "{text}");
}
