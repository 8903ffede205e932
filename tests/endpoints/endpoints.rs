//! Settings of endpoints: what they allow, how fast, through which states; and what a run would send.

#![cfg(unix)]

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Served, code, copied_cases, err, out, proofmark, run};
use serde_json::Value as Json;

/// A copy of the cases with this in its endpoints.toml.
fn with_endpoints(text: &str) -> tempfile::TempDir {
    let folder = copied_cases();
    fs::write(folder.path().join("cases/endpoints.toml"), text).unwrap();
    folder
}

#[test]
fn cases_that_may_cost_money_are_not_run_elsewhere_unless_that_is_allowed() {
    let served = Served::start(&[]);
    let port = served.at("url").rsplit(':').next().unwrap().to_owned();
    let judged = |extra: &str, arguments: &[&str]| {
        // A name that is looked up nowhere, so that the endpoint is not on this machine by its address.
        let text = format!(
            "[endpoint.cloud]\nurl = \"http://api.example.invalid:{port}\"\nstates = \"{}\"\nresolve = {{ \"api.example.invalid\" = \"127.0.0.1:{port}\" }}\n{extra}",
            served.at("states")
        );
        let folder = with_endpoints(&text);
        let common = [
            "run",
            "--endpoint",
            "cloud",
            "--report",
            "json=out.json",
            "client-token/other-pipeline",
            "required/both-missing",
        ];
        let output = proofmark(&[&common, arguments].concat()).current_dir(folder.path()).output().unwrap();
        let report: Json =
            serde_json::from_slice(&fs::read(folder.path().join("out.json")).unwrap()).unwrap();
        (code(&output), report["counts"].clone(), out(&output))
    };
    let (code, counts, text) = judged("", &[]);
    assert_eq!(
        (code, counts["skipped"].as_u64(), counts["passed"].as_u64()),
        (5, Some(2), Some(1)),
        "{text}"
    );
    assert!(text.contains("it may cost money"), "{text}");
    for allowed in [judged("allow = [\"billable\"]\n", &[]), judged("", &["--allow", "billable"])] {
        assert_eq!((allowed.0, allowed.1["passed"].as_u64()), (0, Some(3)), "{}", allowed.2);
    }
}

#[test]
fn a_fixture_stands_in_for_a_hook_and_nothing_is_torn_down() {
    let served = Served::start(&[]);
    let text = format!(
        "[endpoint.fixed]\nurl = \"{}\"\n[endpoint.fixed.fixtures.\"a region\"]\nregion = \"cn-hangzhou\"\n",
        served.at("url")
    );
    let folder = with_endpoints(&text);
    let mut command = proofmark(&["run", "--endpoint", "fixed", "region-and-pipeline"]);
    let text = out(&command.current_dir(folder.path()).output().unwrap());
    assert!(
        text.contains("no fixture is declared, and no recipe leads there"),
        "states without one are skipped: {text}"
    );
    assert!(!text.contains("no way to the state \"a region\""), "{text}");
}

#[test]
fn a_rate_makes_requests_wait_their_turn() {
    let served = Served::start(&[]);
    let start = Instant::now();
    let output = run(&[
        "run",
        "-q",
        "--rate",
        "4/1s",
        "--endpoint",
        served.at("url"),
        "--states",
        served.at("states"),
        "without-state",
    ]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    // Six requests: the fifth waits for a second.
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_dry_run_tells_what_would_be_sent_and_sends_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let output = run(&[
        "run",
        "--dry-run",
        "--endpoint",
        &url,
        "--states",
        &url,
        "--rate",
        "10/60s",
        "client-token/replayed*",
    ]);
    let text = out(&output);
    assert_eq!(code(&output), 0);
    for part in [
        "nothing is sent",
        "an image pipeline",
        "billable   up to",
        "rate       10/60s: at least",
        "requests to the hook",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "a connection came");
}

#[test]
fn each_setting_is_shown_with_where_it_comes_from() {
    let folder = with_endpoints(
        "[endpoint.mock]\nabout = \"our mock\"\nurl = \"http://127.0.0.1:9\"\nrate = \"1000/60s\"\njobs = 4\n\
         connect-timeout = \"1500ms\"\n",
    );
    let text = out(&proofmark(&["endpoints"]).current_dir(folder.path()).output().unwrap());
    for part in [
        "our mock",
        "rate               1000/60s  (endpoints.toml)",
        "jobs               4  (endpoints.toml)",
        "connect-timeout    1.5s  (endpoints.toml)",
        "answer-timeout     30s  (default)",
        "billable cases     allowed  (it is on this machine)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn impossible_settings_are_told_before_anything_is_sent() {
    for (text, shown) in [
        ("[endpoint.a]\nurl = \"http://127.0.0.1:9\"\njobs = 0\n", "`jobs` is a number from 1 to 1024"),
        ("[endpoint.a]\nurl = \"http://127.0.0.1:9\"\ncolour = 1\n", "unknown key `colour`"),
        (
            "[endpoint.reference]\nurl = \"http://127.0.0.1:9\"\n",
            "`reference` is the name of the embedded endpoint",
        ),
    ] {
        let folder = with_endpoints(text);
        let output = proofmark(&["check"]).env("COLUMNS", "150").current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), 3);
        assert!(err(&output).contains(shown), "{shown}: {}", err(&output));
    }
    for arguments in
        [["--rate", "fast"], ["--ca-file", "nosuch.pem"], ["--resolve", "a"], ["--proxy", "nowhere"]]
    {
        let url = if arguments[0] == "--ca-file" { "https://127.0.0.1:9" } else { "http://127.0.0.1:9" };
        let output = run(&[&["run", "--endpoint", url], &arguments[..]].concat());
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn a_wait_for_the_rate_ends_with_the_time_for_the_run() {
    let served = Served::start(&[]);
    let start = Instant::now();
    let (url, states) = (served.at("url"), served.at("states"));
    let common =
        ["run", "-q", "--rate", "2/8s", "--total-timeout", "1", "--endpoint", url, "--states", states];
    let output = run(&[&common[..], &["tag-count/none", "tag-count/one"]].concat());
    assert_eq!(code(&output), 5, "{}", out(&output));
    // What was set up before is torn down at the rate: with eight seconds for two requests.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_template_in_a_fixture_is_named_since_nothing_renders_it() {
    let folder = with_endpoints(
        "[endpoint.a]\nurl = \"http://127.0.0.1:9\"\n[endpoint.a.fixtures.\"a region\"]\nregion = \"{{ region }}\"\n",
    );
    let output = proofmark(&["check"]).env("COLUMNS", "200").current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 3, "{}", err(&output));
    assert!(err(&output).contains("`region` of a fixture is taken as it is"), "{}", err(&output));
}

#[test]
fn check_finds_every_value_that_no_run_could_use() {
    let folder = with_endpoints(
        "[endpoint.a]\nurl = \"htp:/x\"\nstates = \"foo\"\nrate = \"many\"\nproxy = \"zz\"\nresolve = { x = \"y\" }\ncredentials = \"profil:x\"\n",
    );
    let output = proofmark(&["check"]).env("COLUMNS", "200").current_dir(folder.path()).output().unwrap();
    let text = err(&output);
    assert_eq!(code(&output), 3, "{text}");
    for line in 2..=7 {
        assert!(text.contains(&format!("endpoints.toml:{line}:")), "{line}: {text}");
    }
}

#[test]
fn a_flag_says_where_a_host_is_in_place_of_the_file() {
    let asked = [(); 2].map(|()| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        listener
    });
    let places = asked.each_ref().map(|listener| listener.local_addr().unwrap());
    let file = format!(
        "[endpoint.a]\nurl = \"http://api.example\"\nresolve = {{ \"api.example\" = \"{}\" }}\n",
        places[0]
    );
    let folder = with_endpoints(&file);
    let flag = format!("API.example={}", places[1]);
    let common = ["run", "-q", "--endpoint", "a", "--answer-timeout", "1", "--resolve", &flag];
    let mut command = proofmark(&[&common[..], &["without-state/"]].concat());
    command.current_dir(folder.path()).output().unwrap();
    let reached = asked.each_ref().map(|listener| listener.accept().is_ok());
    assert_eq!(reached, [false, true]);
    let twice =
        run(&["run", "--endpoint", "http://a", "--resolve", "a=127.0.0.1:1", "--resolve", "A=127.0.0.1:2"]);
    assert_eq!(code(&twice), 2, "{}", err(&twice));
}

#[test]
fn an_end_of_the_run_ends_the_look_before_it_too() {
    let served = Served::start(&[]);
    let start = Instant::now();
    let (url, states) = (served.at("url"), served.at("states"));
    let common =
        ["run", "-q", "--rate", "1/60s", "--total-timeout", "1", "--endpoint", url, "--states", states];
    let mut command = proofmark(&[&common[..], &["--sign", "v3", "tag-count/none"]].concat());
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "access-key")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "abcdefgh");
    let output = command.output().unwrap();
    assert_eq!(code(&output), 5, "{}{}", out(&output), err(&output));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn an_interrupt_ends_the_look_before_the_run() {
    // The first look takes the only turn of a minute, and the next one waits.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let common = ["run", "-q", "--rate", "1/60s", "--endpoint", &url, "--states", &url];
    let mut command = proofmark(&[&common[..], &["tag-count/none"]].concat());
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    drop(listener.accept().unwrap());
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_loopback_name_is_not_on_this_machine_if_it_is_led_elsewhere() {
    for arguments in [
        ["--proxy", "http://192.0.2.1"],
        ["--resolve", "localhost=192.0.2.1:80"],
        ["--resolve", "LOCALHOST=192.0.2.1:80"],
    ] {
        let common = ["run", "--dry-run", "--endpoint", "http://localhost:9", "client-token"];
        let text = out(&run(&[&common, &arguments[..]].concat()));
        assert!(text.contains("not allowed: those cases"), "{arguments:?}: {text}");
    }
    let text = out(&run(&["run", "--dry-run", "--endpoint", "http://localhost:9", "client-token"]));
    assert!(text.contains("; allowed"), "{text}");
}

#[test]
fn connection_flags_that_mean_nothing_to_the_embedded_endpoint_are_refused() {
    for arguments in [["--sign", "v3"], ["--proxy", "http://127.0.0.1:9"], ["--resolve", "a=127.0.0.1:9"]] {
        let output = run(&[&["run"], &arguments[..]].concat());
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains("needs --endpoint"), "{}", err(&output));
    }
}

#[test]
fn only_a_code_that_must_stand_there_rules_a_paid_success_out() {
    for (code, counted) in [
        ("{ present = false }", 1),
        ("{ any = [{ not = \"Duplicate.TagKey\" }, { present = false }] }", 1),
        ("{ not = \"Duplicate.TagKey\" }", 0),
        ("\"Duplicate.TagKey\"", 0),
        ("{ present = true }", 0),
    ] {
        let folder = with_endpoints("");
        let table = folder.path().join("cases/ecs/StartImagePipelineExecution/zz.toml");
        fs::write(
            table,
            format!("[[case]]\nid = \"a\"\nabout = \"b\"\nparams = {{ ImagePipelineId = \"ip-1\" }}\nexpect = {{ code = {code} }}\n"),
        )
        .unwrap();
        let common = ["run", "--dry-run", "--endpoint", "http://192.0.2.9", "zz/"];
        let output = proofmark(&common).current_dir(folder.path()).output().unwrap();
        let plural = if counted == 1 { "" } else { "s" };
        let shown = format!("up to {counted} request{plural} that may be accepted");
        assert!(out(&output).contains(&shown), "{code}: {}{}", out(&output), err(&output));
    }
}

#[test]
fn a_fixture_for_other_parameters_does_not_rule_out_what_a_recipe_may_cost() {
    let billable = |fixture: &str| {
        let folder = with_endpoints(&format!("[endpoint.a]\nurl = \"http://192.0.2.9\"\n{fixture}"));
        let common = ["run", "--dry-run", "--endpoint", "a", "running/"];
        let text = out(&proofmark(&common).current_dir(folder.path()).output().unwrap());
        text.lines().find(|line| line.contains("billable")).unwrap().to_owned()
    };
    let fixture = "[[endpoint.a.fixture]]\nstate = \"an image pipeline with an execution\"\nparams = { status = \"FAILED\" }\nvariables = { region = \"r\", pipeline = \"p\", execution = \"e\" }\n";
    assert_eq!(billable(fixture), billable(""));
    assert!(billable("").contains("up to 163 requests"), "{}", billable(""));
}

/// On Linux, what is sent to no address at all comes to this machine, though it is no loopback address.
#[cfg(target_os = "linux")]
#[test]
fn a_harness_sends_nothing_that_may_cost_money_unless_it_is_told_to() {
    use proofmark::harness::{Addresses, Harness};
    let folder = with_endpoints("");
    let table = folder.path().join("cases/ecs/StartImagePipelineExecution/zz.toml");
    fs::write(
        table,
        "[[case]]\nid = \"a\"\nabout = \"b\"\nparams = { ImagePipelineId = \"ip-1\" }\nexpect = { status = 200 }\n",
    )
    .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://0.0.0.0:{}", listener.local_addr().unwrap().port());
    let harness = Harness::new(folder.path())
        .snapshots(None)
        .endpoint(move || Ok(Addresses { url: url.clone(), states: None }));
    let arguments = ["conformance", "--exact", "ecs::StartImagePipelineExecution::zz::a"];
    let run = move |harness: Harness| harness.run_with(arguments.map(Into::into));
    run(harness.clone());
    assert!(listener.accept().is_err(), "a connection came");
    let sending = std::thread::spawn(move || run(harness.allow_billable()));
    let start = Instant::now();
    while listener.accept().is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "no connection came");
        std::thread::yield_now();
    }
    drop(listener);
    sending.join().unwrap();
}

#[test]
fn a_harness_takes_an_endpoint_by_name_with_its_settings_and_its_waivers() {
    use std::process::ExitCode;

    use proofmark::harness::Harness;
    const FAULT: &str = "wrong-message:Duplicate.TagKey";
    const WAIVED: &str = "ecs::StartImagePipelineExecution::tag-count::duplicate-key::apart-json";
    let folder = copied_cases();
    let (cases, certificate) = (folder.path().join("cases"), folder.path().join("ca.pem"));
    let served = Served::start(&["--fault", FAULT, "--tls", "--tls-cert-out", certificate.to_str().unwrap()]);
    let endpoint = |more: &str| {
        let place = format!("url = \"{}\"\nstates = \"{}\"\n", served.at("url"), served.at("states"));
        fs::write(cases.join("endpoints.toml"), format!("[endpoint.mock]\n{place}{more}")).unwrap();
    };
    let waive = |case: &str| {
        let entry = format!(
            "[[waiver]]\nendpoint = \"mock\"\ncase = \"{case}\"\nlevel = \"message\"\nreason = \"r\"\nowner = \"o\"\nexpires = \"2099-01-01\"\n"
        );
        fs::write(cases.join("waivers.toml"), entry).unwrap();
    };
    let passes = |case: &str| {
        let harness = Harness::new(folder.path()).named("mock");
        let end = harness.run_with(["conformance", "--exact", case].map(Into::into));
        format!("{end:?}") == format!("{:?}", ExitCode::SUCCESS)
    };
    let accepted = "ecs::StartImagePipelineExecution::tag-count::none::query";
    let signed = "ecs::StartImagePipelineExecution::signature::date-expired";
    endpoint("");
    assert!(!passes(accepted), "its certificate is not one that the system trusts");
    endpoint(&format!("ca-file = \"{}\"\n", certificate.display()));
    assert!(passes(accepted), "it has no snapshots, and is compared with none");
    assert!(!passes(WAIVED), "no waiver says that it may fail");
    waive("**/duplicate-key/apart-json");
    assert!(passes(WAIVED));
    waive("**/none/query");
    assert!(!passes(accepted), "a waiver of what passes is stale");
    fs::remove_file(cases.join("waivers.toml")).unwrap();
    assert!(!passes(signed), "nothing says that it is skipped on purpose");
    endpoint(&format!("ca-file = \"{}\"\nsign = \"none\"\n", certificate.display()));
    assert!(passes(signed), "it does not concern an endpoint that is not signed for");
}
